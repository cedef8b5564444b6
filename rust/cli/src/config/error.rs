//! What can be wrong with a configuration.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;

use super::source::Source;

/// A configuration that cannot be used; each message names key, value, source and remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("unknown key {key} = {value} in {origin}; {remedy}")]
    UnknownKey {
        key: String,
        value: String,
        origin: Source,
        remedy: String,
    },

    #[error("unknown environment variable {name} = {value}; did you mean {nearest}?")]
    UnknownVariable {
        name: String,
        value: String,
        nearest: String,
    },

    #[error("{name} = {value} ({origin}) cannot be used; give {expected}")]
    Refused {
        name: String,
        value: String,
        origin: Source,
        expected: String,
    },

    #[error("{name} = {value} ({origin}): there is no such {what}; {remedy}")]
    NotThere {
        name: String,
        value: String,
        origin: Source,
        what: &'static str,
        remedy: &'static str,
    },

    #[error("{name} = {value} ({origin}): {problem}; {remedy}")]
    Contradiction {
        name: String,
        value: String,
        origin: Source,
        problem: Cow<'static, str>,
        remedy: &'static str,
    },

    #[error("--path = {} (flag): there is no such folder; name the folder of a release", path.display())]
    NoRelease { path: PathBuf },

    #[error("{name} is not set; {remedy}")]
    Missing {
        name: &'static str,
        remedy: &'static str,
    },

    #[error("{path} ({origin}) cannot be read: {error}; name a file that is there")]
    Unreadable {
        path: PathBuf,
        origin: &'static str,
        error: io::Error,
    },

    #[error("{place}: {problem}; correct it")]
    Syntax { place: String, problem: String },
}

impl ConfigError {
    /// Whether the command line itself is at fault rather than a file or the environment.
    pub(crate) fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Refused { origin, .. }
                | Self::Contradiction { origin, .. }
                | Self::UnknownKey { origin, .. } if origin.is_flag()
        )
    }
}
