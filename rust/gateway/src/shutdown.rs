//! Tells every part of the gateway when to drain and when to stop.

use tokio::sync::watch;
use tokio::time::Instant;

/// How far the shutdown has come; it only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Everything is served.
    Running,
    /// Nothing new is accepted; what runs may finish until the deadline.
    Draining(Instant),
}

/// The end that listens.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<Stage>);

/// The end that starts the drain. Dropping it lets everything run on.
#[derive(Debug)]
pub struct ShutdownTrigger(watch::Sender<Stage>);

impl Shutdown {
    /// A connected pair, in stage [`Stage::Running`].
    #[must_use]
    pub fn new() -> (ShutdownTrigger, Shutdown) {
        let (sender, receiver) = watch::channel(Stage::Running);
        (ShutdownTrigger(sender), Shutdown(receiver))
    }

    /// The stage now.
    #[must_use]
    pub fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// Whether the stage has moved since this clone was made; cheaper than [`Shutdown::stage`].
    pub(crate) fn has_begun(&self) -> bool {
        self.0.has_changed().unwrap_or(false)
    }

    /// Waits for the drain to run out of time. A deadline brought forward counts.
    pub(crate) async fn expired(&mut self) {
        loop {
            let deadline = self.draining().await;
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => return,
                changed = self.0.changed() => if changed.is_err() {
                    return tokio::time::sleep_until(deadline).await;
                },
            }
        }
    }

    /// Waits for the drain to begin and returns its deadline.
    ///
    /// # Cancel safety
    /// Safe to drop and call again.
    pub async fn draining(&mut self) -> Instant {
        loop {
            if let Stage::Draining(deadline) = *self.0.borrow_and_update() {
                return deadline;
            }
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl ShutdownTrigger {
    /// Begins the drain, or brings its deadline forward; it is never put off.
    pub fn drain(&self, deadline: Instant) {
        self.0.send_if_modified(|stage| match *stage {
            Stage::Draining(earlier) if earlier <= deadline => false,
            _ => {
                *stage = Stage::Draining(deadline);
                true
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_drain_deadline_only_moves_forward_in_time() {
        let (trigger, shutdown) = Shutdown::new();
        assert_eq!(shutdown.stage(), Stage::Running);
        let soon = Instant::now() + Duration::from_secs(1);
        trigger.drain(soon);
        trigger.drain(soon + Duration::from_secs(9));
        assert_eq!(shutdown.stage(), Stage::Draining(soon));
        let sooner = soon - Duration::from_millis(500);
        trigger.drain(sooner);
        assert_eq!(shutdown.stage(), Stage::Draining(sooner));
    }
}
