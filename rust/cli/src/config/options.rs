//! The registry: every option there is, once.
//!
//! Flags, environment variables, keys of `askr.toml` and of `config/askr.php`, `askr config` and
//! `docs/config.md` all derive from [`OPTIONS`].

use std::ops::RangeInclusive;
use std::time::Duration;

use askr_gateway::{Limits, PoolConfig};
use askr_supervisor::SupervisorConfig;

use super::kind::{Kind, Value};
use super::share::Share;

/// One option, in all its channels.
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
    Listen,
    Workers,
    MaxRequests,
    BootTimeout,
    ShutdownTimeout,
    HeadLimit,
    BodyLimit,
    HeaderTimeout,
    BodyTimeout,
    KeepAliveTimeout,
    ConnectionLimit,
    QueueLimit,
    QueueTimeout,
    WriteTimeout,
    Ini,
    Paranoid,
    ParanoidVendor,
    ParanoidIgnore,
    LogLevel,
    LogFormat,
}

/// The levels of `--log-level`, least talkative first.
pub(crate) const LOG_LEVELS: &[&str] = &["error", "warn", "info", "debug", "trace"];
/// The formats of `--log-format`.
pub(crate) const LOG_FORMATS: &[&str] = &["text", "json"];
/// More workers than this do not fit the exchange: it has 256 seats, and a worker needs a second
/// one while its replacement boots.
pub(crate) const WORKERS_MAX: u64 = 120;

/// Every option, in the order of the reference page.
pub(crate) static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::AppBase,
        name: "app_base",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("none"),
        placeholder: "DIR",
        doc: "Folder of the Laravel application; its `public` folder becomes the root unless one is given.",
    },
    OptionSpec {
        key: Key::Root,
        name: "root",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("`public` in `app_base`"),
        placeholder: "DIR",
        doc: "Document root: static files are served from it, and `index.php` in it answers the rest.",
    },
    OptionSpec {
        key: Key::WorkerScript,
        name: "worker_script",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("none: classic mode, a script per request"),
        placeholder: "FILE",
        doc: "PHP script that boots the application once and then serves requests (worker mode).",
    },
    OptionSpec {
        key: Key::Listen,
        name: "listen",
        kind: || Kind::Addresses,
        default: || Some(Value::Addresses(vec![([127, 0, 0, 1], 8000).into()])),
        default_text: None,
        placeholder: "ADDR",
        doc: "Address and port to listen on; several as repeated flags, a list, or separated by commas. Port 0 takes a free one.",
    },
    OptionSpec {
        key: Key::Workers,
        name: "workers",
        kind: || Kind::Count {
            range: 1..=WORKERS_MAX,
            auto: true,
        },
        default: || Some(Value::Count(None)),
        default_text: Some("`auto`: the cores the process may use, by affinity and cgroup quota"),
        placeholder: "N",
        doc: "Worker processes; each takes one request at a time.",
    },
    OptionSpec {
        key: Key::MaxRequests,
        name: "max_requests",
        kind: || Kind::Count {
            range: 0..=u64::from(u32::MAX),
            auto: false,
        },
        default: || Some(Value::Count(Some(0))),
        default_text: None,
        placeholder: "N",
        doc: "Requests after which a worker is replaced by a fresh one; 0 is never. Spread over the last quarter so that workers do not leave together.",
    },
    OptionSpec {
        key: Key::BootTimeout,
        name: "boot_timeout",
        kind: || seconds(1..=3600),
        default: || duration(SupervisorConfig::BOOT_TIMEOUT),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a worker may take to boot the application before it counts as failed.",
    },
    OptionSpec {
        key: Key::ShutdownTimeout,
        name: "shutdown_timeout",
        kind: || seconds(0..=3600),
        default: || duration(Duration::from_secs(30)),
        default_text: None,
        placeholder: "TIME",
        doc: "How long running requests may take to finish after SIGTERM or SIGINT.",
    },
    OptionSpec {
        key: Key::HeadLimit,
        name: "head_limit",
        kind: || Kind::Bytes {
            range: 1 << 10..=64 << 10,
        },
        default: || bytes(Limits::default().head_bytes as u64),
        default_text: None,
        placeholder: "SIZE",
        doc: "Largest request head; a larger one is answered 431.",
    },
    OptionSpec {
        key: Key::BodyLimit,
        name: "body_limit",
        kind: || Kind::Bytes {
            range: 0..=64 << 30,
        },
        default: || bytes(Limits::default().body_bytes),
        default_text: None,
        placeholder: "SIZE",
        doc: "Largest request body; a larger one is answered 413.",
    },
    OptionSpec {
        key: Key::HeaderTimeout,
        name: "header_timeout",
        kind: || seconds(1..=3600),
        default: || duration(Limits::default().head_read),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a client may take to send a request head; then 408.",
    },
    OptionSpec {
        key: Key::BodyTimeout,
        name: "body_timeout",
        kind: || seconds(1..=3600),
        default: || duration(Limits::default().body_read),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a client may take to send a request body; then 408.",
    },
    OptionSpec {
        key: Key::KeepAliveTimeout,
        name: "keep_alive_timeout",
        kind: || seconds(1..=3600),
        default: || duration(Limits::default().keep_alive),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a connection may be idle between two requests.",
    },
    OptionSpec {
        key: Key::ConnectionLimit,
        name: "connection_limit",
        kind: || Kind::Count {
            range: 1..=1_000_000,
            auto: false,
        },
        default: || count(Limits::default().connections),
        default_text: None,
        placeholder: "N",
        doc: "Connections open at once; further ones wait to be accepted.",
    },
    OptionSpec {
        key: Key::QueueLimit,
        name: "queue_limit",
        kind: || Kind::Count {
            range: 0..=1_000_000,
            auto: false,
        },
        default: || count(PoolConfig::default().queue_waiting),
        default_text: None,
        placeholder: "N",
        doc: "Requests that may wait for a worker; further ones are answered 503.",
    },
    OptionSpec {
        key: Key::QueueTimeout,
        name: "queue_timeout",
        kind: || seconds(0..=3600),
        default: || duration(PoolConfig::default().queue_wait),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a request may wait for a worker; then 503.",
    },
    OptionSpec {
        key: Key::WriteTimeout,
        name: "write_timeout",
        kind: || seconds(1..=3600),
        default: || duration(Limits::default().write_stall),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a client may take nothing of its answer; then it is cut off.",
    },
    OptionSpec {
        key: Key::Ini,
        name: "ini",
        kind: || Kind::Ini,
        default: || Some(Value::Ini(Vec::new())),
        default_text: Some("none"),
        placeholder: "KEY=VALUE",
        doc: "php.ini settings: a repeated flag, a table in files, separated by `;` in the environment. Settings of all channels are merged.",
    },
    OptionSpec {
        key: Key::Paranoid,
        name: "paranoid",
        kind: || Kind::Share,
        default: || Some(Value::Share(Share::NONE)),
        default_text: None,
        placeholder: "SHARE",
        doc: "Watch for state that one request leaves to the next, and log it; a share such as 0.01 looks at every hundredth request only. Worker mode with the Laravel package.",
    },
    OptionSpec {
        key: Key::ParanoidVendor,
        name: "paranoid_vendor",
        kind: || Kind::Names,
        default: || Some(Value::Names(Vec::new())),
        default_text: Some("none"),
        placeholder: "PACKAGE",
        doc: "Composer packages whose classes `paranoid` watches beside those of the application, such as `livewire/livewire` or `spatie/*`; a list, or separated by commas.",
    },
    OptionSpec {
        key: Key::ParanoidIgnore,
        name: "paranoid_ignore",
        kind: || Kind::Names,
        default: || Some(Value::Names(Vec::new())),
        default_text: Some("none"),
        placeholder: "NAME",
        doc: "What `paranoid` is to be silent about, as its log calls it, such as `App\\Services\\Foo::$cache` or `App\\Metrics*`; a list, or separated by commas.",
    },
    OptionSpec {
        key: Key::LogLevel,
        name: "log_level",
        kind: || Kind::Choice(LOG_LEVELS),
        default: || Some(Value::Choice("info")),
        default_text: None,
        placeholder: "LEVEL",
        doc: "Least level that is logged (to standard error).",
    },
    OptionSpec {
        key: Key::LogFormat,
        name: "log_format",
        kind: || Kind::Choice(LOG_FORMATS),
        default: || Some(Value::Choice("text")),
        default_text: None,
        placeholder: "FORMAT",
        doc: "Lines of text for people or JSON for machines.",
    },
];

impl OptionSpec {
    /// The command-line flag without its dashes: `queue-limit`.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The environment variable: `ASKR_QUEUE_LIMIT`.
    pub(crate) fn variable(&self) -> String {
        format!("ASKR_{}", self.name.to_ascii_uppercase())
    }

    /// Whether the flag may be given more than once.
    pub(crate) fn is_list(&self) -> bool {
        matches!((self.kind)(), Kind::Addresses | Kind::Ini | Kind::Names)
    }

    /// What the flag stands for when no value follows it.
    pub(crate) fn bare_value(&self) -> Option<&'static str> {
        matches!((self.kind)(), Kind::Share).then_some(Share::ALL_TEXT)
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

fn seconds(range: RangeInclusive<u64>) -> Kind {
    let (least, most) = range.into_inner();
    Kind::Duration {
        range: Duration::from_secs(least)..=Duration::from_secs(most),
    }
}

fn duration(duration: Duration) -> Option<Value> {
    Some(Value::Duration(duration))
}

fn bytes(bytes: u64) -> Option<Value> {
    Some(Value::Bytes(bytes))
}

fn count(count: usize) -> Option<Value> {
    Some(Value::Count(Some(count as u64)))
}
