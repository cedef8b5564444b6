//! Hidden commands: processes that `askr` starts itself, in which PHP runs.

use std::process::ExitCode;

use askr_supervisor::TemplateFds;

use crate::config::LogConfig;
use crate::exit::Failure;
use crate::logging;

/// `askr template`: boots the engine and forks workers, until main says stop or is gone.
pub(crate) fn template(log: LogConfig) -> Result<ExitCode, Failure> {
    logging::init(log)?;
    let TemplateFds { control, exchanges } = TemplateFds::take()?;
    let exchanges = exchanges.into_iter().map(|fds| (fds.region, fds.doorbell));
    Ok(askr_worker::template_main(control, exchanges.collect()))
}

/// `askr engine-report`: starts the engine once, for `askr doctor`.
pub(crate) fn engine_report() -> ExitCode {
    askr_worker::report_main()
}
