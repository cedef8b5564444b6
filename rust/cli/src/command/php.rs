//! `askr php …` and `askr artisan …`: PHP on the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config::{Inputs, Key, Settings};
use crate::exit::Failure;

/// There is no artisan to run.
#[derive(Debug, thiserror::Error)]
#[error("{} is not there; give the application's folder in ASKR_APP_BASE or app_base, or change into it", path.display())]
pub(crate) struct ArtisanError {
    path: PathBuf,
}

/// Runs PHP with the arguments as they are.
pub(crate) fn php(arguments: Vec<OsString>) -> ExitCode {
    askr_worker::php_cli(arguments)
}

/// Runs the artisan of the application, which is the current folder unless one is configured.
pub(crate) fn artisan(inputs: &Inputs, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(inputs)?;
    let folder = settings.path(Key::AppBase).unwrap_or(&inputs.current_dir);
    let path = folder.join("artisan");
    if !path.is_file() {
        return Err(ArtisanError { path }.into());
    }
    let mut words = vec![path.into_os_string()];
    words.extend(arguments);
    Ok(php(words))
}
