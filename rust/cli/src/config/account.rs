//! Whether PHP can run as the user that was given.

use std::io;
use std::path::Path;

use rustix::process::geteuid;

use super::application::ApplicationConfig;
use super::error::ConfigError;
use super::options::Key;
use super::settings::Settings;
use crate::user::Account;

/// The user, unless we are that one already.
///
/// # Errors
/// When there is no such user, or we cannot become it.
pub(crate) fn account(settings: &Settings) -> Result<Option<Account>, ConfigError> {
    let Some(text) = settings.text(Key::User) else {
        return Ok(None);
    };
    let found = Account::of(text).map_err(|error| unknown(settings, &error))?;
    let Some(account) = found else {
        let remedy = "give the name or the number of a user of this machine";
        return Err(refused(
            settings,
            "there is no such user".to_owned(),
            remedy,
        ));
    };
    if account.is_own() {
        return Ok(None);
    }
    if !geteuid().is_root() {
        let problem = "only root can run PHP as another user".to_owned();
        return Err(refused(settings, problem, "start as root, or leave it out"));
    }
    Ok(Some(account))
}

/// Looks whether the user can read what it is to run.
///
/// # Errors
/// The first file or folder that it cannot read.
pub(super) fn check_reading(
    settings: &Settings,
    config: &ApplicationConfig,
) -> Result<(), ConfigError> {
    let Some(account) = &config.user else {
        return Ok(());
    };
    let own = [config.app_base.as_deref(), config.worker_script.as_deref()];
    let paths = own.into_iter().flatten().chain([config.root.as_path()]);
    match account.cannot_read(paths) {
        Ok(None) => Ok(()),
        Ok(Some((path, error))) => Err(unreadable(settings, path, &error)),
        Err(error) => Err(unknown(settings, &error)),
    }
}

fn unreadable(settings: &Settings, path: &Path, error: &io::Error) -> ConfigError {
    let problem = format!("that user cannot read {}: {error}", path.display());
    refused(settings, problem, "let it, or give another user")
}

fn unknown(settings: &Settings, error: &io::Error) -> ConfigError {
    let problem = format!("that user cannot be looked up: {error}");
    refused(settings, problem, "see the user database of this machine")
}

fn refused(settings: &Settings, problem: String, remedy: &'static str) -> ConfigError {
    let setting = settings.setting(Key::User);
    ConfigError::Contradiction {
        name: setting.name.clone(),
        value: settings.text(Key::User).unwrap_or_default().to_owned(),
        origin: setting.source.clone(),
        problem: problem.into(),
        remedy,
    }
}
