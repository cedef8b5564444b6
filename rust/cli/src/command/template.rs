//! Hidden commands: processes that `askr` starts itself, in which PHP runs.

use std::process::ExitCode;

use askr_supervisor::TemplateFds;

use crate::config::LogConfig;
use crate::exit::Failure;
use crate::logging;
use crate::user::Ids;

/// `askr template`: boots the engine and forks workers, until main says stop or is gone.
///
/// It becomes the user that PHP is to run as before it does anything else.
pub(crate) fn template(log: LogConfig, ids: Option<&Ids>) -> Result<ExitCode, Failure> {
    if let Some(ids) = ids {
        ids.become_them()?;
    }
    logging::init(log, None)?;
    let TemplateFds {
        control,
        store,
        exchanges,
    } = TemplateFds::take()?;
    let exchanges = exchanges.into_iter().map(|fds| (fds.region, fds.doorbell));
    Ok(askr_worker::template_main(
        control,
        store,
        exchanges.collect(),
    ))
}

/// `askr engine-report`: starts the engine once, for `askr doctor`.
pub(crate) fn engine_report() -> ExitCode {
    askr_worker::report_main()
}
