//! One application: what runs for it, checked against the file system.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use askr_gateway::{HostName, LimitRule};
use askr_supervisor::{Endurance, Thresholds};

use super::account;
use super::contradictions;
use super::error::ConfigError;
use super::hosts::DEFAULT_APPLICATION;
use super::kind::Value;
use super::memory;
use super::options::Key;
use super::pool_config::{self, PoolConfig};
use super::sending;
use super::settings::Settings;
use super::share::Share;
use super::store::{self, StoreConfig};
use super::watch::{self, WatchConfig};
use crate::user::Account;

/// Everything that is to be known of one application.
#[derive(Clone, Debug)]
pub(crate) struct ApplicationConfig {
    /// What the log and commands know it by.
    pub(crate) name: String,
    /// The host names that are its; none is all that no other has.
    pub(crate) names: Vec<HostName>,
    pub(crate) app_base: Option<PathBuf>,
    pub(crate) root: PathBuf,
    /// From below which PHP may have files sent.
    pub(crate) sendfile_roots: Vec<PathBuf>,
    /// `None` is classic mode.
    pub(crate) worker_script: Option<PathBuf>,
    /// The first has every path that no other has.
    pub(crate) pools: Vec<PoolConfig>,
    pub(crate) boot_timeout: Duration,
    /// How much of one client is too much.
    pub(crate) limit_rules: Vec<LimitRule>,
    /// `None` is no store at all.
    pub(crate) store: Option<StoreConfig>,
    pub(crate) ini: Vec<(String, String)>,
    pub(crate) paranoid: ParanoidConfig,
    /// What to reload for, while somebody develops.
    pub(crate) watch: Option<WatchConfig>,
    /// What a worker is asked for to see whether it answers.
    pub(crate) health_path: String,
    /// By what the first worker of a reload is judged.
    pub(crate) canary: Thresholds,
    pub(crate) rollback_keep: Duration,
    pub(crate) endurance: Endurance,
    pub(crate) refork_after: u64,
    /// Who everything that runs PHP is to be, if somebody else.
    pub(crate) user: Option<Account>,
    /// Replies name their generation and worker.
    pub(crate) debug: bool,
}

/// An application, and the settings that hold for it.
pub(crate) struct ApplicationSettings<'a> {
    /// [`DEFAULT_APPLICATION`], or the name of a host.
    pub(crate) name: &'a str,
    /// None is all that no other has.
    pub(crate) names: &'a [HostName],
    pub(crate) settings: Cow<'a, Settings>,
}

/// What is watched for state that outlives its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParanoidConfig {
    /// The share of the requests that are looked at.
    pub(crate) share: Share,
    /// Composer packages that are watched beside the application.
    pub(crate) vendor: Vec<String>,
    /// What is not to be reported.
    pub(crate) ignore: Vec<String>,
}

impl ApplicationConfig {
    /// Picks the values of one application and checks that what they name is there.
    ///
    /// # Errors
    /// No root, or a folder or script that does not exist, or settings that exclude each other.
    pub(crate) fn new(application: &ApplicationSettings<'_>) -> Result<Self, ConfigError> {
        let settings = &*application.settings;
        contradictions::check(settings)?;
        let config = Self {
            name: application.name.to_owned(),
            names: application.names.to_vec(),
            app_base: folder(settings, Key::AppBase, "name the folder of the application")?,
            root: root(settings)?,
            sendfile_roots: sending::sendfile_roots(settings)?,
            worker_script: worker_script(settings)?,
            pools: pool_config::pools(settings),
            boot_timeout: settings.duration(Key::BootTimeout),
            limit_rules: settings.limits().to_vec(),
            store: store::store(settings)?,
            ini: settings.ini().to_vec(),
            paranoid: paranoid(settings),
            watch: watch::watch(settings),
            health_path: settings
                .text(Key::HealthPath)
                .unwrap_or_default()
                .to_owned(),
            canary: canary(settings),
            rollback_keep: settings.duration(Key::RollbackKeep),
            endurance: Endurance {
                max_memory: settings.bytes(Key::MaxMemory),
                max_age: settings.duration(Key::MaxAge),
            },
            refork_after: settings.count(Key::ReforkAfter),
            user: account::account(settings)?,
            debug: settings.switch(Key::Debug),
        };
        memory::check_store(settings)?;
        account::check_reading(settings, &config)?;
        Ok(config)
    }
}

impl ApplicationConfig {
    /// What the log calls it, where there may be several.
    pub(crate) fn shown_name(&self) -> Option<&str> {
        (!self.names.is_empty()).then_some(self.name.as_str())
    }

    /// A host name that it answers, for requests that nobody sends.
    pub(crate) fn own_host(&self) -> String {
        let mut names = self.names.iter();
        let name = names.find(|name| !name.is_wildcard());
        name.map_or_else(|| "localhost".to_owned(), ToString::to_string)
    }
}

impl Settings {
    /// The applications that the settings describe: that of the options of the server, unless
    /// there are only others, then each host's.
    pub(crate) fn applications(&self) -> Vec<ApplicationSettings<'_>> {
        let own = ApplicationSettings {
            name: DEFAULT_APPLICATION,
            names: &[],
            settings: Cow::Borrowed(self),
        };
        let own = self.has_own_application().then_some(own);
        let lends_socket = own.is_none();
        let hosts = self.hosts().iter().enumerate();
        let hosts = hosts.map(|(index, host)| ApplicationSettings {
            name: &host.name,
            names: &host.names,
            settings: Cow::Owned(self.of_host(host, index == 0 && lends_socket)),
        });
        own.into_iter().chain(hosts).collect()
    }

    /// Whether there is an application for hosts that nobody names.
    pub(crate) fn has_own_application(&self) -> bool {
        let is_given = |key| self.path(key).is_some();
        self.hosts().is_empty() || is_given(Key::AppBase) || is_given(Key::Root)
    }
}

impl ParanoidConfig {
    /// Whether anything is to be watched.
    pub(crate) fn is_on(&self) -> bool {
        self.share != Share::NONE
    }
}

fn canary(settings: &Settings) -> Thresholds {
    Thresholds {
        window: settings.duration(Key::CanaryWindow),
        failures: settings.decimal(Key::CanaryFailures).value(),
        latency: settings.decimal(Key::CanaryLatency).value(),
    }
}

/// The root that was given, else `public` in the application.
pub(super) fn root_path(settings: &Settings) -> Option<PathBuf> {
    let given = settings.path(Key::Root).map(Path::to_owned);
    given.or_else(|| Some(settings.path(Key::AppBase)?.join("public")))
}

fn root(settings: &Settings) -> Result<PathBuf, ConfigError> {
    let Some(path) = root_path(settings) else {
        let remedy = "give --root DIR, or --app-base DIR for a Laravel application";
        return Err(ConfigError::Missing {
            name: "root",
            remedy,
        });
    };
    if path.is_dir() {
        return Ok(path);
    }
    let key = if settings.path(Key::Root).is_some() {
        Key::Root
    } else {
        Key::AppBase
    };
    let remedy = "name the folder that holds index.php, or create it";
    Err(not_there(settings, key, &path, "folder", remedy))
}

fn folder(
    settings: &Settings,
    key: Key,
    remedy: &'static str,
) -> Result<Option<PathBuf>, ConfigError> {
    match settings.path(key) {
        Some(path) if !path.is_dir() => Err(not_there(settings, key, path, "folder", remedy)),
        path => Ok(path.map(Path::to_owned)),
    }
}

fn worker_script(settings: &Settings) -> Result<Option<PathBuf>, ConfigError> {
    match settings.path(Key::WorkerScript) {
        Some(path) if !path.is_file() => {
            let remedy = "name the PHP script that boots the application, or leave it out";
            Err(not_there(settings, Key::WorkerScript, path, "file", remedy))
        }
        path => Ok(path.map(Path::to_owned)),
    }
}

fn paranoid(settings: &Settings) -> ParanoidConfig {
    ParanoidConfig {
        share: settings.share(Key::Paranoid),
        vendor: settings.names(Key::ParanoidVendor).to_vec(),
        ignore: settings.names(Key::ParanoidIgnore).to_vec(),
    }
}

pub(super) fn not_there(
    settings: &Settings,
    key: Key,
    path: &Path,
    what: &'static str,
    remedy: &'static str,
) -> ConfigError {
    let setting = settings.setting(key);
    ConfigError::NotThere {
        name: setting.name.clone(),
        value: Value::Path(path.to_owned()).to_text(),
        origin: setting.source.clone(),
        what,
        remedy,
    }
}
