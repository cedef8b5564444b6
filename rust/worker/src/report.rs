//! What a server's engine says about itself; `askr doctor` reads it from a child process.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use askr_php::{EngineConfig, Host, Incoming, Priority, Runtime};
use serde::{Deserialize, Serialize};

use crate::ini;

/// The engine as a worker sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineReport {
    /// For example `8.4.24`.
    pub version: String,
    /// Built for threads; Askr needs `false`.
    pub thread_safe: bool,
    /// What `PHP_SAPI` says.
    pub sapi: String,
    /// `opcache_get_status()` says that it is enabled.
    pub opcache: bool,
    /// Names as `get_loaded_extensions()` gives them, in lower case.
    pub extensions: Vec<String>,
    /// The php.ini that was read, if any.
    pub ini_file: Option<String>,
}

/// The version of PHP that is linked in, such as `8.4.24`; starts nothing.
#[must_use]
pub fn php_version() -> String {
    Runtime::version()
}

/// Starts a server's engine, asks it, and prints the report as JSON on standard output.
pub fn report_main() -> ExitCode {
    match report() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the engine could not be asked");
            ExitCode::from(70)
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error("no temporary file for the question")]
    File(#[source] std::io::Error),
    #[error(transparent)]
    Start(#[from] askr_php::StartError),
    #[error(transparent)]
    Request(#[from] askr_php::RequestError),
}

fn report() -> Result<(), ReportError> {
    let mut script = tempfile::Builder::new()
        .suffix(".php")
        .tempfile()
        .map_err(ReportError::File)?;
    script
        .write_all(include_bytes!("report.php"))
        .map_err(ReportError::File)?;
    let config = EngineConfig {
        ini_defaults: ini::defaults(),
        ..EngineConfig::default()
    };
    let host = Questioner {
        script: script.path().as_os_str().as_bytes().to_vec(),
        asked: false,
    };
    let mut runtime = Runtime::start(&config, Box::new(host))?;
    if let Some(mut request) = runtime.next_request()? {
        request.run_its_script();
    }
    Ok(())
}

/// Asks one question and prints what PHP answers.
struct Questioner {
    script: Vec<u8>,
    asked: bool,
}

impl Host for Questioner {
    fn take(&mut self, incoming: &mut Incoming) -> bool {
        incoming.set_line("GET", "/", "");
        incoming.set_script(&self.script);
        !std::mem::replace(&mut self.asked, true)
    }

    fn write(&mut self, bytes: &[u8]) -> bool {
        std::io::stdout().write_all(bytes).is_ok()
    }

    fn log(&mut self, _priority: Priority, message: &str) {
        tracing::warn!(target: "php", "{message}");
    }
}
