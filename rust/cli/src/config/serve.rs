//! Settings become the plain values that the components take.

use std::path::{Path, PathBuf};
use std::time::Duration;

use askr_gateway::{CompressionConfig, FileConfig, LimitRule, Limits, Listen, PeerList, Trust};
use askr_supervisor::{Endurance, Thresholds};

use super::access_log::{self, AccessLogConfig};
use super::account;
use super::compression;
use super::contradictions;
use super::error::ConfigError;
use super::kind::Value;
use super::memory;
use super::options::{Key, LOG_LEVELS};
use super::pool_config::{self, PoolConfig};
use super::sending;
use super::settings::Settings;
use super::share::Share;
use super::store::{self, StoreConfig};
use super::watch::{self, WatchConfig};
use crate::user::Account;

/// Everything `askr serve` needs, checked against the file system.
#[derive(Clone, Debug)]
pub(crate) struct ServeConfig {
    pub(crate) app_base: Option<PathBuf>,
    pub(crate) root: PathBuf,
    pub(crate) files: FileConfig,
    /// `None` is classic mode.
    pub(crate) worker_script: Option<PathBuf>,
    pub(crate) listen: Vec<Listen>,
    /// The first has every path that no other has.
    pub(crate) pools: Vec<PoolConfig>,
    pub(crate) boot_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) limits: Limits,
    /// Who may speak for a client, if somebody was asked.
    pub(crate) trust: Option<Trust>,
    /// Whose connections begin with a header of the PROXY protocol.
    pub(crate) proxy_protocol: PeerList,
    /// How much of one client is too much.
    pub(crate) limit_rules: Vec<LimitRule>,
    /// What is compressed on its way to clients.
    pub(crate) compression: CompressionConfig,
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
    pub(crate) log_file: Option<PathBuf>,
    /// Where requests are written down.
    pub(crate) access_log: Option<AccessLogConfig>,
    /// Clients may speak HTTP/2.
    pub(crate) http2: bool,
    /// Replies name their generation and worker.
    pub(crate) debug: bool,
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

/// How to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// One of the words of `log_level`.
    pub(crate) level: &'static str,
    pub(crate) format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl ParanoidConfig {
    /// Whether anything is to be watched.
    pub(crate) fn is_on(&self) -> bool {
        self.share != Share::NONE
    }
}

impl ServeConfig {
    /// Picks the values of `askr serve` and checks that what they name is there.
    ///
    /// # Errors
    /// No root, or a folder or script that does not exist, or settings that exclude each other.
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        contradictions::check(settings)?;
        let config = Self {
            app_base: folder(settings, Key::AppBase, "name the folder of the application")?,
            root: root(settings)?,
            files: sending::files(settings)?,
            worker_script: worker_script(settings)?,
            listen: settings.listen().to_vec(),
            pools: pool_config::pools(settings),
            boot_timeout: settings.duration(Key::BootTimeout),
            shutdown_timeout: settings.duration(Key::ShutdownTimeout),
            limits: limits(settings),
            trust: trust(settings),
            proxy_protocol: settings
                .peers(Key::ProxyProtocol)
                .cloned()
                .unwrap_or_default(),
            limit_rules: settings.limits().to_vec(),
            compression: compression::compression(settings),
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
            log_file: settings.path(Key::LogFile).map(Path::to_owned),
            access_log: access_log::access_log(settings),
            http2: settings.switch(Key::Http2),
            debug: settings.switch(Key::Debug),
        };
        memory::check_store(settings)?;
        memory::check(settings, &config.pools)?;
        account::check_reading(settings, &config)?;
        Ok(config)
    }
}

/// What clients may do, and how long anything may take; the rest is not an option.
fn limits(settings: &Settings) -> Limits {
    let count = |key| usize::try_from(settings.count(key)).unwrap_or(usize::MAX);
    let bytes = |key| usize::try_from(settings.bytes(key)).unwrap_or(usize::MAX);
    Limits {
        connections: count(Key::ConnectionLimit),
        head_bytes: bytes(Key::HeadLimit),
        head_fields: count(Key::FieldLimit),
        request_line_bytes: bytes(Key::RequestLineLimit),
        body_bytes: settings.bytes(Key::BodyLimit),
        head_read: settings.duration(Key::HeaderTimeout),
        body_read: settings.duration(Key::BodyTimeout),
        keep_alive: settings.duration(Key::KeepAliveTimeout),
        write_stall: settings.duration(Key::WriteTimeout),
        http2_streams: u32::try_from(settings.count(Key::Http2Streams)).unwrap_or(u32::MAX),
        ..Limits::default()
    }
}

fn trust(settings: &Settings) -> Option<Trust> {
    let proxies = settings.peers(Key::TrustedProxies)?.clone();
    let fields = settings.trusted_fields().to_vec();
    Some(Trust { proxies, fields })
}

fn canary(settings: &Settings) -> Thresholds {
    Thresholds {
        window: settings.duration(Key::CanaryWindow),
        failures: settings.decimal(Key::CanaryFailures).value(),
        latency: settings.decimal(Key::CanaryLatency).value(),
    }
}

impl LogConfig {
    /// The log settings, which cannot be wrong once they are merged.
    pub(crate) fn new(settings: &Settings) -> Self {
        let (level, format) = (
            settings.choice(Key::LogLevel),
            settings.choice(Key::LogFormat),
        );
        Self::from_words(level, format).expect("both are words of the registry")
    }

    /// As [`LogConfig::words`] gave them.
    pub(crate) fn from_words(level: &str, format: &str) -> Option<Self> {
        let level = LOG_LEVELS.iter().find(|word| **word == level)?;
        let format = match format {
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return None,
        };
        Some(Self { level, format })
    }

    /// The values of `log_level` and `log_format`.
    pub(crate) fn words(self) -> [&'static str; 2] {
        let format = match self.format {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        [self.level, format]
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
