//! What an option is, and its names in each channel.

use super::kind::{Kind, ON, Value};
use super::registry::OPTIONS;
use super::share::Share;

/// One option, in all its channels.
#[derive(Clone, Copy)]
pub(crate) struct OptionSpec {
    /// Identity for code.
    pub(crate) key: Key,
    /// The key in `askr.toml` and `config/askr.php`; the other names derive from it.
    pub(crate) name: &'static str,
    /// What kind of value it takes, and its range.
    pub(crate) kind: fn() -> Kind,
    /// The value when nobody sets one.
    pub(crate) default: fn() -> Option<Value>,
    /// The default in words, where it is not a fixed value.
    pub(crate) default_text: Option<&'static str>,
    /// What stands for the value in `--help`.
    pub(crate) placeholder: &'static str,
    /// One sentence.
    pub(crate) doc: &'static str,
}

/// Names an option in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    AppBase,
    Root,
    WorkerScript,
    FileCache,
    Immutable,
    Symlinks,
    SendfileRoots,
    Listen,
    Workers,
    MaxRequests,
    MaxMemory,
    MaxAge,
    Cow,
    Isolation,
    ReforkAfter,
    Pools,
    Hosts,
    Redirects,
    BootTimeout,
    RequestTimeout,
    RequestTimeoutGrace,
    SlowRequest,
    ShutdownTimeout,
    CanaryWindow,
    CanaryFailures,
    CanaryLatency,
    HealthPath,
    RollbackKeep,
    Watch,
    WatchPaths,
    ControlSocket,
    User,
    TrustedProxies,
    TrustedFields,
    ProxyProtocol,
    HeadLimit,
    FieldLimit,
    RequestLineLimit,
    BodyLimit,
    HeaderTimeout,
    BodyTimeout,
    KeepAliveTimeout,
    ConnectionLimit,
    ClientConnectionLimit,
    Http2,
    Http2Streams,
    QueueLimit,
    QueueTimeout,
    WriteTimeout,
    Compress,
    CompressMin,
    CompressTypes,
    CompressLevels,
    StoreSize,
    StoreValueMax,
    StoreSessions,
    StoreFile,
    StoreSocket,
    Limits,
    Ini,
    Paranoid,
    ParanoidVendor,
    ParanoidIgnore,
    LogLevel,
    LogFormat,
    LogFile,
    AccessLog,
    AccessLogFormat,
    AccessLogFields,
    Debug,
    TlsCerts,
    TlsKeys,
    TlsSelfSigned,
    TlsClientCa,
    TlsClientAuth,
    TlsMin,
    HttpRedirect,
    Hsts,
}

/// The levels of `--log-level`, least talkative first.
pub(crate) const LOG_LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
/// The formats of `--log-format`.
pub(crate) const LOG_FORMATS: &[&str] = &["text", "json"];
/// The words of `tls_client_auth`.
pub(crate) const TLS_CLIENT_AUTH: &[&str] = &["off", "optional", "required"];
/// The words of `tls_min`.
pub(crate) const TLS_VERSIONS: &[&str] = &["1.2", "1.3"];
/// The words of `isolation`.
pub(crate) const ISOLATIONS: &[&str] = &["worker", "fork", "request"];

impl OptionSpec {
    /// The command-line flag without its dashes: `queue-limit`; each table has one.
    pub(crate) fn flag(&self) -> String {
        match self.key {
            Key::Pools => "pool".to_owned(),
            Key::Limits => "limit".to_owned(),
            Key::Hosts => "host".to_owned(),
            Key::Redirects => "redirect".to_owned(),
            _ => self.name.replace('_', "-"),
        }
    }

    /// The environment variable: `ASKR_QUEUE_LIMIT`.
    pub(crate) fn variable(&self) -> String {
        format!("ASKR_{}", self.name.to_ascii_uppercase())
    }

    /// Whether the flag may be given more than once.
    pub(crate) fn is_list(&self) -> bool {
        matches!(
            (self.kind)(),
            Kind::AccessFields
                | Kind::CodingLevels
                | Kind::Codings
                | Kind::Addresses
                | Kind::Listen
                | Kind::Ini
                | Kind::Limits
                | Kind::MediaTypes
                | Kind::Names
                | Kind::Paths
                | Kind::Peers
                | Kind::TrustedFields
        ) || self.has_tables()
    }

    /// Whether its value is tables with names.
    pub(crate) fn has_tables(&self) -> bool {
        matches!(
            (self.kind)(),
            Kind::Pools | Kind::Limits | Kind::Hosts | Kind::Redirects
        )
    }

    /// What the flag stands for when no value follows it.
    pub(crate) fn bare_value(&self) -> Option<&'static str> {
        match (self.kind)() {
            Kind::Share => Some(Share::ALL_TEXT),
            Kind::Switch | Kind::Addresses => Some(ON),
            _ => None,
        }
    }

    /// The default as the reference page shows it.
    pub(crate) fn default_shown(&self) -> String {
        match (self.default_text, (self.default)()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(value)) => format!("`{}`", value.to_text()),
            (None, None) => "none".to_owned(),
        }
    }
}

/// The option called `name` in files.
pub(crate) fn named(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.name == name)
}
