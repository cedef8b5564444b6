//! What is said on the control socket.

use serde::{Deserialize, Serialize};

use crate::remote::{Progress, ReloadOrder};
use crate::status::Status;

/// What a client asks for, and of which application; the one line that it sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The application of these hosts; `None` is that of the socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What it is to do.
    #[serde(flatten)]
    pub command: Command,
}

/// What a client asks for.
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
