//! What is said on the control socket.

use serde::{Deserialize, Serialize};

use crate::remote::{Progress, ReloadOrder};
use crate::status::Status;

/// What a client asks for; the one line that it sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// A new generation, answered by its progress.
    Reload(ReloadOrder),
    /// The generation before, answered by its progress.
    Rollback,
    /// What runs, answered once.
    Status,
}

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What runs; nothing follows.
    Status(Box<Status>),
    /// How far a change is; nothing follows its end, with which everything that is refused ends,
    /// too.
    #[serde(untagged)]
    Progress(Progress),
}
