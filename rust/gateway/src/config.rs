//! What a gateway is told before it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use askr_store::{Rate, Store};

use crate::client::Trust;
use crate::client::peers::PeerList;
use crate::compression::{Coding, CodingLevels, MediaRange};
use crate::files::roots::{Rights, Symlinks};
use crate::hosting::host_name::HostName;
use crate::hosting::redirect_rule::RedirectRule;
use crate::limiter::LimitKey;
use crate::limits::{Limits, SHORT_REPLY_PATIENCE};
use crate::listening::listen::Listen;
use crate::tls::TlsConfig;

/// Where the gateway listens and what it serves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where to listen.
    pub listen: Vec<Listen>,
    /// Who answers, by host name; there is at least one.
    pub applications: Vec<ApplicationConfig>,
    /// Who is sent elsewhere before that.
    pub redirects: Vec<RedirectRule>,
    /// How files are served.
    pub files: FileConfig,
    /// Where request bodies go that do not fit into memory, in files without a name.
    pub spool_folder: PathBuf,
    /// Bounds on clients and waits.
    pub limits: Limits,
    /// How connections are encrypted, if they are.
    pub tls: Option<TlsConfig>,
    /// Addresses beside [`GatewayConfig::listen`] where clients are only sent to HTTPS.
    pub http_redirect: Vec<SocketAddr>,
    /// For how long browsers are to come by HTTPS only; zero says nothing of it.
    pub hsts: Duration,
    /// Clients may speak HTTP/2.
    pub http2: bool,
    /// Who may speak for a client; `None` leaves that to the application.
    pub trust: Option<Trust>,
    /// Whose connections begin with a header of the PROXY protocol; they are closed without.
    pub proxy_protocol: PeerList,
    /// What is compressed on its way out.
    pub compression: CompressionConfig,
    /// Replies say how long they took.
    pub debug: bool,
}

/// What answers the requests for some host names.
#[derive(Debug, Clone)]
pub struct ApplicationConfig {
    /// The host names that are its; none is all that no other has.
    pub names: Vec<HostName>,
    /// The document root: files below it are served, `index.php` in it is the front controller.
    pub root: PathBuf,
    /// Folders from below which its PHP may have files sent; one that is missing is left out.
    pub sendfile_roots: Vec<PathBuf>,
    /// Who must be able to read a file, if not this process: whoever runs PHP, where main is root.
    pub rights: Option<Rights>,
    /// Who runs PHP, in the order of their exchanges. The first takes every path that no other
    /// has.
    pub pools: Vec<PoolConfig>,
    /// How much of one client is too much, if anything is.
    pub limiting: Option<Limiting>,
}

impl Default for GatewayConfig {
    fn default() -> GatewayConfig {
        GatewayConfig {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8000)).into()],
            applications: vec![ApplicationConfig::default()],
            redirects: Vec::new(),
            files: FileConfig::default(),
            spool_folder: std::env::temp_dir(),
            limits: Limits::default(),
            tls: None,
            http_redirect: Vec::new(),
            hsts: Duration::ZERO,
            http2: true,
            trust: None,
            proxy_protocol: PeerList::default(),
            compression: CompressionConfig::default(),
            debug: false,
        }
    }
}

/// How files are served, those below the root and those that PHP names.
#[derive(Debug, Clone)]
pub struct FileConfig {
    /// What may be kept of files that were sent.
    pub cache_bytes: usize,
    /// Paths of files that never change under their name; `*` stands for anything.
    pub immutable: Vec<String>,
    /// What becomes of symbolic links below the root.
    pub symlinks: Symlinks,
}

impl Default for FileConfig {
    fn default() -> FileConfig {
        FileConfig {
            cache_bytes: 16 * 1024 * 1024,
            immutable: vec!["/build/assets/*".to_owned()],
            symlinks: Symlinks::default(),
        }
    }
}

impl Default for ApplicationConfig {
    fn default() -> ApplicationConfig {
        ApplicationConfig {
            names: Vec::new(),
            root: PathBuf::from("public"),
            sendfile_roots: Vec::new(),
            rights: None,
            pools: vec![PoolConfig::default()],
            limiting: None,
        }
    }
}

/// A pool of workers, as far as the gateway has to know it.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// What it is called in the log.
    pub name: String,
    /// The beginnings of the paths that are its, in whole segments, decoded: `/reports` also has
    /// `/reports/2026`. Where several pools have a path, the longest beginning counts.
    pub paths: Vec<String>,
    /// Classic mode: a request for an existing PHP file runs that file.
    pub classic: bool,
    /// Requests that may wait for a slot of its exchange (503).
    pub queue_waiting: usize,
    /// How long a request may wait until a worker has it (503).
    pub queue_wait: Duration,
}

impl Default for PoolConfig {
    fn default() -> PoolConfig {
        PoolConfig {
            name: "default".to_owned(),
            paths: Vec::new(),
            classic: false,
            queue_waiting: 1000,
            queue_wait: Duration::from_secs(30),
        }
    }
}

/// Rules about how many requests may come, and the store that counts them.
#[derive(Debug, Clone)]
pub struct Limiting {
    /// The store of the server.
    pub store: Arc<Store>,
    /// In any order.
    pub rules: Vec<LimitRule>,
}

/// How many requests may come from one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRule {
    /// What clients, statistics and the log know it by: letters, digits, `-` and `_`.
    pub name: String,
    /// The beginnings of the paths that it is about, as those of a pool: whatever answers there.
    /// None are all requests that PHP answers.
    pub paths: Vec<String>,
    /// What makes a client one.
    pub key: LimitKey,
    /// How many of them, and how soon others.
    pub rate: Rate,
}

/// Which replies are compressed, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompressionConfig {
    /// The first that a client likes best is taken; none is no compression.
    pub codings: Vec<Coding>,
    /// A shorter reply is not worth it.
    pub bytes_min: u64,
    /// What shrinks.
    pub types: Vec<MediaRange>,
    /// How hard to try.
    pub levels: CodingLevels,
    /// How long a reply whose end is not there yet may take to show that it is a short one. Not
    /// an option: it is there for workers that are about to end their reply.
    pub patience: Duration,
}

impl Default for CompressionConfig {
    fn default() -> CompressionConfig {
        let range = |text: &&str| text.parse().expect("the table has media ranges");
        CompressionConfig {
            codings: Coding::ALL.to_vec(),
            bytes_min: 512,
            types: COMPRESSED_TYPES.iter().map(range).collect(),
            levels: CodingLevels::default(),
            patience: SHORT_REPLY_PATIENCE,
        }
    }
}

const COMPRESSED_TYPES: &[&str] = &[
    "text/*",
    "application/javascript",
    "application/json",
    "application/*+json",
    "application/x-ndjson",
    "application/xml",
    "application/*+xml",
    "application/wasm",
    "application/vnd.ms-fontobject",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/svg+xml",
    "image/vnd.microsoft.icon",
    "image/x-icon",
];
