//! A job for PHP on the command line.

use std::ffi::CString;

use askr_php_sys::askr_php_cli_action;

/// What `php` is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the script named by the subject.
    File,
    /// Run the subject as code: `-r`.
    Code,
    /// Run the script that standard input holds.
    Stdin,
    /// Print `phpinfo()` as text: `-i`.
    Info,
    /// List the modules: `-m`.
    Modules,
    /// Print the version: `-v`.
    Version,
    /// Check the syntax of the script named by the subject: `-l`.
    Lint,
}

impl Action {
    pub(crate) const fn to_sys(self) -> askr_php_cli_action {
        match self {
            Self::File => askr_php_cli_action::ASKR_PHP_CLI_FILE,
            Self::Code => askr_php_cli_action::ASKR_PHP_CLI_CODE,
            Self::Stdin => askr_php_cli_action::ASKR_PHP_CLI_STDIN,
            Self::Info => askr_php_cli_action::ASKR_PHP_CLI_INFO,
            Self::Modules => askr_php_cli_action::ASKR_PHP_CLI_MODULES,
            Self::Version => askr_php_cli_action::ASKR_PHP_CLI_VERSION,
            Self::Lint => askr_php_cli_action::ASKR_PHP_CLI_LINT,
        }
    }
}

/// One run of `php`.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// What to do.
    pub action: Action,
    /// The script or the code; `None` where the action needs none.
    pub subject: Option<CString>,
    /// `$argv`.
    pub argv: Vec<CString>,
}
