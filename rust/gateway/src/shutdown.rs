//! Tells every part of the gateway when to drain and when to stop.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::listening::places::Presence;

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
pub struct Shutdown {
    stage: watch::Receiver<Stage>,
    /// Of a connection, which may have to leave before the others.
    presence: Option<Arc<Presence>>,
}

/// The end that starts the drain. Dropping it lets everything run on.
#[derive(Debug)]
pub struct ShutdownTrigger(watch::Sender<Stage>);

impl Shutdown {
    /// A connected pair, in stage [`Stage::Running`].
    #[must_use]
    pub fn new() -> (ShutdownTrigger, Shutdown) {
        let (sender, receiver) = watch::channel(Stage::Running);
        let shutdown = Shutdown {
            stage: receiver,
            presence: None,
        };
        (ShutdownTrigger(sender), shutdown)
    }

    /// The stage now.
    #[must_use]
    pub fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Whether the stage has moved since this clone was made, or somebody wants the place; cheaper than [`Shutdown::stage`].
    pub(crate) fn has_begun(&self) -> bool {
        let is_asked = |presence: &Arc<Presence>| presence.has_to_leave();
        self.stage.has_changed().unwrap_or(false) || self.presence.as_ref().is_some_and(is_asked)
    }

    /// For one connection, which drains when somebody wants its place as well.
    pub(crate) fn of(&self, presence: Arc<Presence>) -> Shutdown {
        Shutdown {
            stage: self.stage.clone(),
            presence: Some(presence),
        }
    }

    /// Waits for the drain to run out of time. A deadline brought forward counts.
    pub(crate) async fn expired(&mut self) {
        loop {
            let deadline = self.draining().await;
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => return,
                changed = self.stage.changed() => if changed.is_err() {
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
            if let Stage::Draining(deadline) = *self.stage.borrow_and_update() {
                return deadline;
            }
            tokio::select! {
                changed = self.stage.changed() => if changed.is_err() {
                    asked_to_leave(self.presence.as_deref()).await;
                    return Instant::now();
                },
                () = asked_to_leave(self.presence.as_deref()) => return Instant::now(),
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

/// Never without a presence.
async fn asked_to_leave(presence: Option<&Presence>) {
    match presence {
        Some(presence) => presence.asked_to_leave().await,
        None => std::future::pending().await,
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
