//! How the rest of the program steers a running fleet.
#![forbid(unsafe_code)]

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::status::Status;

/// Asks that may wait for the fleet; who asks more is told so.
const ASKS_MAX: usize = 16;
/// Messages about one change that may wait for a reader. Notes that find no room are left out, the
/// end never is.
const PROGRESS_MAX: usize = 64;

/// Steers a fleet; clones steer the same one.
#[derive(Clone, Debug)]
pub struct Remote {
    asks: mpsc::Sender<Ask>,
}

/// What a reload is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadOrder {
    /// Where the release lies; `None` is where it was configured, resolved anew.
    pub path: Option<PathBuf>,
    /// One worker of the new generation is tried before the others are replaced.
    pub canary: bool,
}

/// What becomes of a change. Nothing follows [`Done`](Self::Done) or [`Failed`](Self::Failed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It goes on.
    Note(String),
    /// No worker runs other code any more.
    Done(String),
    /// It was given up; what ran before runs on.
    Failed(String),
}

/// What was asked.
#[derive(Debug)]
pub(crate) enum Ask {
    Reload { order: ReloadOrder, caller: Caller },
    Rollback { caller: Caller },
    Status { answer: oneshot::Sender<Status> },
}

/// Who waits for the end of a change.
#[derive(Debug)]
pub(crate) struct Caller {
    progress: mpsc::Sender<Progress>,
}

impl Remote {
    /// The remote, and what is asked with it.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        (Self { asks }, asked)
    }

    /// Asks for a new generation that runs the code as it is now. The newest order counts: one
    /// that is under way is given up. Who does not read the progress holds up nobody.
    #[must_use = "the progress tells whether it was done"]
    pub fn reload(&self, order: ReloadOrder) -> mpsc::Receiver<Progress> {
        self.ask_for_change(|caller| Ask::Reload { order, caller })
    }

    /// Asks for the generation that ran before the last reload.
    #[must_use = "the progress tells whether it was done"]
    pub fn rollback(&self) -> mpsc::Receiver<Progress> {
        self.ask_for_change(|caller| Ask::Rollback { caller })
    }

    /// What runs at this moment; `None` when the fleet has ended.
    ///
    /// # Cancel safety
    /// Safe: nothing is changed.
    pub async fn status(&self) -> Option<Status> {
        let (answer, status) = oneshot::channel();
        self.asks.send(Ask::Status { answer }).await.ok()?;
        status.await.ok()
    }

    fn ask_for_change(&self, ask: impl FnOnce(Caller) -> Ask) -> mpsc::Receiver<Progress> {
        let (progress, reports) = mpsc::channel(PROGRESS_MAX);
        if let Err(refused) = self.asks.try_send(ask(Caller { progress })) {
            let message = match refused {
                mpsc::error::TrySendError::Full(_) => "too many reloads wait already",
                mpsc::error::TrySendError::Closed(_) => "the server ends",
            };
            refused.into_inner().turn_down(message);
        }
        reports
    }
}

impl ReloadOrder {
    /// The configured release as it is now, tried by one worker first.
    #[must_use]
    pub fn new() -> Self {
        Self {
            path: None,
            canary: true,
        }
    }
}

impl Default for ReloadOrder {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_end(&self) -> bool {
        !matches!(self, Progress::Note(_))
    }
}

impl Ask {
    fn turn_down(self, message: &str) {
        match self {
            Ask::Reload { caller, .. } | Ask::Rollback { caller } => {
                caller.tell(Progress::Failed(message.to_owned()));
            }
            Ask::Status { .. } => {}
        }
    }
}

impl Caller {
    /// The last place is kept for the end.
    pub(crate) fn tell(&self, progress: Progress) {
        if progress.is_end() || self.progress.capacity() > 1 {
            let _ = self.progress.try_send(progress);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_is_told_also_to_who_reads_nothing_for_long() {
        let (remote, mut asked) = Remote::new();
        let mut reports = remote.rollback();
        let Some(Ask::Rollback { caller }) = asked.recv().await else {
            panic!()
        };
        for note in 0..1000 {
            caller.tell(Progress::Note(note.to_string()));
        }
        caller.tell(Progress::Done("done".to_owned()));
        drop(caller);

        let mut last = None;
        while let Some(progress) = reports.recv().await {
            last = Some(progress);
        }

        assert_eq!(last, Some(Progress::Done("done".to_owned())));
    }

    #[tokio::test]
    async fn who_asks_a_fleet_that_has_ended_is_told_so() {
        let (remote, asked) = Remote::new();
        drop(asked);

        let mut reports = remote.reload(ReloadOrder::new());

        let end = Progress::Failed("the server ends".to_owned());
        assert_eq!(reports.recv().await, Some(end));
        assert_eq!(reports.recv().await, None);
        assert!(remote.status().await.is_none());
    }
}
