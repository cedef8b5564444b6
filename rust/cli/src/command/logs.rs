//! What a server writes down, and where: its own log, and one line for each request.

use std::time::Duration;

use askr_gateway::{AccessLog, AccessLogPlace, SyslogAddress};
use tracing::{debug, error, info};

use crate::config::{AccessLogConfig, ServeConfig};
use crate::exit::Failure;
use crate::log_file::LogFile;

/// The logs of one server; clones are the same ones.
#[derive(Clone, Debug)]
pub(super) struct Logs {
    /// `None` is standard error.
    pub(super) file: Option<LogFile>,
    /// `None` is no line for a request.
    pub(super) access: Option<AccessLog>,
}

impl Logs {
    /// Opens those that are files.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub(super) fn open(config: &ServeConfig) -> Result<Self, Failure> {
        let open = |path: &std::path::PathBuf| {
            LogFile::open(path).map_err(|source| Failure::LogFile {
                path: path.clone(),
                source,
            })
        };
        Ok(Self {
            file: config.log_file.as_ref().map(open).transpose()?,
            access: config.access_log.as_ref().map(access_log).transpose()?,
        })
    }

    /// Goes on in new files of the same names.
    pub(super) fn reopen(&self) {
        match self.file.as_ref().map(LogFile::reopen) {
            None => debug!("there is no log file to open anew"),
            Some(Ok(())) => info!("log file opened anew"),
            Some(Err(error)) => error!(%error, "log file cannot be opened anew"),
        }
        if let Some(access) = &self.access {
            access.reopen();
        }
    }

    /// No request comes any more.
    pub(super) fn finish(&self) {
        if let Some(access) = &self.access {
            access.finish(LAST_LINES_PATIENCE);
        }
    }
}

fn access_log(config: &AccessLogConfig) -> Result<AccessLog, Failure> {
    let AccessLogConfig { place, format } = config;
    AccessLog::open(place, format.clone()).map_err(|source| Failure::AccessLog {
        place: name(place),
        source,
    })
}

fn name(place: &AccessLogPlace) -> String {
    match place {
        AccessLogPlace::Stdout => "on standard output".to_owned(),
        AccessLogPlace::File(path) => path.display().to_string(),
        AccessLogPlace::Syslog(SyslogAddress::Local(path)) => path.display().to_string(),
        AccessLogPlace::Syslog(SyslogAddress::Remote(host)) => host.clone(),
    }
}

/// How long whoever takes the access log may take for its last lines.
const LAST_LINES_PATIENCE: Duration = Duration::from_secs(2);
