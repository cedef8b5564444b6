//! How the fleet is told to end.
#![forbid(unsafe_code)]

use std::future::pending;
use std::time::Instant;

use tokio::sync::watch;

/// What the fleet is to do; stages only ever advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Keep all workers ready.
    Running,
    /// Requests are being finished: serve on, but replace nobody.
    Draining,
    /// No request is left: end the workers, and by force what is left at the deadline.
    Stopping { deadline: Instant },
    /// End everything now.
    Killing,
}

/// The end that is listened to.
#[derive(Clone, Debug)]
pub struct Shutdown {
    stage: watch::Receiver<Stage>,
    /// The last stage that was reported.
    reported: Stage,
}

/// The end that decides.
#[derive(Debug)]
pub struct ShutdownTrigger {
    stage: watch::Sender<Stage>,
}

impl Shutdown {
    /// Both ends, running.
    #[must_use]
    pub fn new() -> (ShutdownTrigger, Self) {
        let (sender, receiver) = watch::channel(Stage::Running);
        (
            ShutdownTrigger { stage: sender },
            Self {
                stage: receiver,
                reported: Stage::Running,
            },
        )
    }

    /// Waits until the stage advances, for ever after the last one; a trigger that was dropped means [`Stage::Killing`].
    ///
    /// # Cancel safety
    /// Safe: nothing is lost.
    pub(crate) async fn advanced(&mut self) -> Stage {
        if self.reported == Stage::Killing {
            return pending().await;
        }
        self.reported = match self.stage.changed().await {
            Ok(()) => *self.stage.borrow_and_update(),
            Err(_) => Stage::Killing,
        };
        self.reported
    }
}

impl ShutdownTrigger {
    /// Workers serve on but are not replaced.
    pub fn drain(&self) {
        self.advance(Stage::Draining);
    }

    /// Every request is finished: workers leave, and what is left at `deadline` is killed.
    pub fn stop(&self, deadline: Instant) {
        self.advance(Stage::Stopping { deadline });
    }

    /// Everything is killed at once.
    pub fn kill(&self) {
        self.advance(Stage::Killing);
    }

    fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let is_later = to > *stage;
            if is_later {
                *stage = to;
            }
            is_later
        });
    }
}
