//! Hidden commands: processes that `askr` starts itself, in which PHP runs.

use std::process::ExitCode;

use askr_supervisor::TemplateFds;

use crate::config::LogConfig;
use crate::exit::Failure;
use crate::logging;

/// `askr template`: boots the engine and forks workers, until main says stop or is gone.
pub(crate) fn template(log: LogConfig) -> Result<ExitCode, Failure> {
    logging::init(log)?;
    let TemplateFds {
        control,
        region,
        doorbell,
    } = TemplateFds::take()?;
    Ok(askr_worker::template_main(control, region, doorbell))
}

/// `askr engine-report`: starts the engine once, for `askr doctor`.
pub(crate) fn engine_report() -> ExitCode {
    askr_worker::report_main()
}
