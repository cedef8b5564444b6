//! Settings become the plain values that the components take.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use askr_gateway::{CompressionConfig, FileConfig, Limits, Listen, PeerList, RedirectRule, Trust};

use super::access_log::{self, AccessLogConfig};
use super::application::ApplicationConfig;
use super::compression;
use super::contradictions;
use super::error::ConfigError;
use super::memory;
use super::options::{Key, LOG_LEVELS};
use super::sending;
use super::settings::Settings;

/// Everything `askr serve` needs, checked against the file system.
#[derive(Clone, Debug)]
pub(crate) struct ServeConfig {
    pub(crate) files: FileConfig,
    pub(crate) listen: Vec<Listen>,
    /// Where clients are sent to HTTPS.
    pub(crate) http_redirect: Vec<SocketAddr>,
    pub(crate) hsts: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) limits: Limits,
    /// Who may speak for a client, if somebody was asked.
    pub(crate) trust: Option<Trust>,
    /// Whose connections begin with a header of the PROXY protocol.
    pub(crate) proxy_protocol: PeerList,
    /// What is compressed on its way to clients.
    pub(crate) compression: CompressionConfig,
    pub(crate) log_file: Option<PathBuf>,
    /// Where requests are written down.
    pub(crate) access_log: Option<AccessLogConfig>,
    /// Clients may speak HTTP/2.
    pub(crate) http2: bool,
    /// Replies say how long they took.
    pub(crate) debug: bool,
    /// Who is sent elsewhere.
    pub(crate) redirects: Vec<RedirectRule>,
    /// There is at least one; the first has no names if it is the one that the server's own
    /// options describe.
    pub(crate) applications: Vec<ApplicationConfig>,
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

impl ServeConfig {
    /// Picks the values of `askr serve` and checks that what they name is there.
    ///
    /// # Errors
    /// No root, or a folder or script that does not exist, or settings that exclude each other.
    pub(crate) fn new(settings: &Settings) -> Result<Self, ConfigError> {
        contradictions::check_server(settings)?;
        let applications = settings.applications();
        let applications = applications.iter().map(ApplicationConfig::new);
        let applications: Vec<ApplicationConfig> = applications.collect::<Result<_, _>>()?;
        memory::check(settings, &applications)?;
        Ok(Self {
            files: sending::files(settings),
            http_redirect: settings.addresses(Key::HttpRedirect).to_vec(),
            hsts: settings.duration(Key::Hsts),
            listen: settings.listen().to_vec(),
            shutdown_timeout: settings.duration(Key::ShutdownTimeout),
            limits: limits(settings),
            trust: trust(settings),
            proxy_protocol: settings
                .peers(Key::ProxyProtocol)
                .cloned()
                .unwrap_or_default(),
            compression: compression::compression(settings),
            log_file: settings.path(Key::LogFile).map(Path::to_owned),
            access_log: access_log::access_log(settings),
            http2: settings.switch(Key::Http2),
            debug: settings.switch(Key::Debug),
            redirects: settings.redirects().to_vec(),
            applications,
        })
    }
}

/// What clients may do, and how long anything may take; the rest is not an option.
fn limits(settings: &Settings) -> Limits {
    let count = |key| usize::try_from(settings.count(key)).unwrap_or(usize::MAX);
    let bytes = |key| usize::try_from(settings.bytes(key)).unwrap_or(usize::MAX);
    Limits {
        connections: count(Key::ConnectionLimit),
        client_connections: count(Key::ClientConnectionLimit),
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
