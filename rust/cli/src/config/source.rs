//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// The origin of one value, printed by `askr config` and in every complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A command-line flag.
    Flag,
    /// An environment variable.
    Environment,
    /// `askr.toml`, at this path.
    File(PathBuf),
    /// `config/askr.php`, handed over by `php artisan askr:start`.
    Laravel,
    /// Nobody set it.
    Default,
}

impl Source {
    /// Whether the caller typed it as part of the command.
    pub(crate) fn is_flag(&self) -> bool {
        matches!(self, Self::Flag)
    }

    /// What stands between the name of a table there and those of its keys.
    pub(crate) fn joint(&self) -> &'static str {
        match self {
            Self::Flag | Self::Environment => " ",
            Self::File(_) | Self::Laravel | Self::Default => ".",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => to.write_str("flag"),
            Self::Environment => to.write_str("environment"),
            Self::File(path) => write!(to, "{}", path.display()),
            Self::Laravel => to.write_str("config/askr.php"),
            Self::Default => to.write_str("default"),
        }
    }
}
