//! The registry: every option there is, once.
//!
//! Flags, environment variables, keys of `askr.toml` and of `config/askr.php`, `askr config` and
//! `docs/config.md` all derive from [`OPTIONS`].

use std::ops::RangeInclusive;
use std::time::Duration;

use askr_gateway::{FileConfig, GatewayConfig, Limits, PoolConfig, TrustedField};
use askr_supervisor::{Deadlines, Endurance, SupervisorConfig, Thresholds};

use super::decimal::Decimal;
use super::kind::{Kind, Value};
use super::options::{ISOLATIONS, Key, OptionSpec};
use super::sending::SYMLINKS;
use super::worker_range::WorkerRange;

mod compression;
mod logging;
mod paranoid;
mod store;
mod tls;

/// Every option, in the order of the reference page.
pub(crate) static OPTIONS: &[OptionSpec] = &joined::<{ count_of(PARTS) }>(PARTS);

/// Subjects with many options have a file of their own.
const PARTS: &[&[OptionSpec]] = &[
    GENERAL,
    store::OPTIONS,
    REQUESTS,
    paranoid::OPTIONS,
    compression::OPTIONS,
    tls::OPTIONS,
    logging::OPTIONS,
];

const GENERAL: &[OptionSpec] = &[
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
        key: Key::FileCache,
        name: "file_cache",
        kind: || Kind::Bytes { range: 0..=4 << 30 },
        default: || bytes(FileConfig::default().cache_bytes as u64),
        default_text: None,
        placeholder: "SIZE",
        doc: "Memory for the contents of files that were sent, so that they need not be opened and read again; each file is looked at before it is sent from there. 0 keeps none.",
    },
    OptionSpec {
        key: Key::Immutable,
        name: "immutable",
        kind: || Kind::Names,
        default: || Some(Value::Names(FileConfig::default().immutable)),
        default_text: None,
        placeholder: "PATTERN",
        doc: "Paths of files that never change under their name, so that browsers keep them without asking again: `Cache-Control: public, max-age=31536000, immutable`. `*` stands for any characters. A list, or separated by commas.",
    },
    OptionSpec {
        key: Key::Symlinks,
        name: "symlinks",
        kind: || Kind::Choice(SYMLINKS),
        default: || Some(Value::Choice("follow")),
        default_text: None,
        placeholder: "POLICY",
        doc: "What becomes of symbolic links below the root: `follow` them wherever they lead; follow them `inside` the root, and from it into `sendfile_roots`, so that Laravel's `public/storage` works; `never` serve a path with one in it.",
    },
    OptionSpec {
        key: Key::SendfileRoots,
        name: "sendfile_roots",
        kind: || Kind::Paths,
        default: || Some(Value::Paths(Vec::new())),
        default_text: Some("`storage/app` in `app_base`"),
        placeholder: "DIR",
        doc: "Folders from below which PHP may have files sent by the server, with `X-Sendfile` or `X-Accel-Redirect`; a list, or separated by commas.",
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
        kind: || Kind::Listen,
        default: || Some(Value::Listen(GatewayConfig::default().listen)),
        default_text: None,
        placeholder: "ADDR",
        doc: "Where to listen: `[http://|https://]ADDRESS:PORT` or `unix:/PATH`; several as repeated flags, a list, or separated by commas. Port 0 takes a free one. Without a scheme it is HTTPS when there are certificates. A Unix socket speaks HTTP; its file has mode 0660, another as in `unix:/PATH|0666`, is made anew where a dead server left one, and goes with the server.",
    },
    OptionSpec {
        key: Key::Workers,
        name: "workers",
        kind: || Kind::Workers,
        default: || Some(Value::Workers(WorkerRange::Auto)),
        default_text: Some("`auto`: the cores the process may use, by affinity and cgroup quota"),
        placeholder: "RANGE",
        doc: "Worker processes; each takes one request at a time. A range such as `2..16` keeps the least of them, adds more while requests wait, and ends those that idle; `auto..16` begins at the cores.",
    },
    OptionSpec {
        key: Key::MaxRequests,
        name: "max_requests",
        kind: || Kind::Count {
            range: 0..=u64::from(u32::MAX),
        },
        default: || Some(Value::Count(0)),
        default_text: None,
        placeholder: "N",
        doc: "Requests after which a worker is replaced by a fresh one; 0 is never. Spread over the last quarter so that workers do not leave together.",
    },
    OptionSpec {
        key: Key::MaxMemory,
        name: "max_memory",
        kind: || Kind::Bytes { range: 0..=1 << 40 },
        default: || bytes(Endurance::default().max_memory),
        default_text: None,
        placeholder: "SIZE",
        doc: "Private memory above which a worker is replaced by a fresh one; 0 is never. What it shares with others does not count.",
    },
    OptionSpec {
        key: Key::MaxAge,
        name: "max_age",
        kind: || seconds(0..=2_592_000),
        default: || duration(Endurance::default().max_age),
        default_text: None,
        placeholder: "TIME",
        doc: "Age at which a worker is replaced by a fresh one; 0 is never.",
    },
    OptionSpec {
        key: Key::Cow,
        name: "cow",
        kind: || Kind::Switch,
        default: || Some(Value::Switch(false)),
        default_text: None,
        placeholder: "SWITCH",
        doc: "Copy-on-write mode: the application is booted once, up to `askr_cow_ready()`, and workers are forked from it. Wants a `worker_script`.",
    },
    OptionSpec {
        key: Key::Isolation,
        name: "isolation",
        kind: || Kind::Choice(ISOLATIONS),
        default: || None,
        default_text: Some("`worker` with a `worker_script`, else `request`"),
        placeholder: "MODE",
        doc: "What a request shares with those before it: `worker` the application, reset between requests; `fork` nothing but what was booted, its process is put back to its birth after each request, or ends; `request` nothing, a script per request.",
    },
    OptionSpec {
        key: Key::ReforkAfter,
        name: "refork_after",
        kind: || Kind::Count {
            range: 0..=u64::from(u32::MAX),
        },
        default: || Some(Value::Count(0)),
        default_text: None,
        placeholder: "N",
        doc: "With `cow`: requests after which a worker becomes the template that others are forked from, so that they share what it has learned; 0 is never.",
    },
    OptionSpec {
        key: Key::Pools,
        name: "pools",
        kind: || Kind::Pools,
        default: || Some(Value::Pools(Vec::new())),
        default_text: Some("none"),
        placeholder: "POOL",
        doc: "Workers of their own for the paths below some prefixes, so that these cannot starve the rest: `slow paths=/reports,/export workers=1..2 request_timeout=10m`. A repeated flag, separated by `;` in the environment, in files a table of tables. The strongest channel names all.",
    },
    OptionSpec {
        key: Key::Hosts,
        name: "hosts",
        kind: || Kind::Hosts,
        default: || Some(Value::Hosts(Vec::new())),
        default_text: Some("none"),
        placeholder: "HOST",
        doc: "Applications beside this one, by the host names that are theirs: `shop names=shop.example,*.shop.example app_base=/srv/shop workers=2`. What one does not say is as for all, but for where it lies, how it is booted, its pools and its limits. A repeated flag, separated by `;` in the environment, in files a table of tables, which `pools`, `limits` and `ini` of a host want. The strongest channel names all.",
    },
    OptionSpec {
        key: Key::Redirects,
        name: "redirects",
        kind: || Kind::Redirects,
        default: || Some(Value::Redirects(Vec::new())),
        default_text: Some("none"),
        placeholder: "REDIRECT",
        doc: "Requests that are sent elsewhere before anybody is asked: `www from=www.shop.example to=https://shop.example status=301`. Both sides are a scheme, a host and a path, as much as there is to say; `/*` at their ends stands for what is below. `status` is 302 unless given. A repeated flag, separated by `;` in the environment, in files a table of tables. The strongest channel names all.",
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
        key: Key::RequestTimeout,
        name: "request_timeout",
        kind: || millis(100..=86_400_000),
        default: || duration(Deadlines::default().request_timeout),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a request may take; then PHP gets an `Askr\\RequestTimeout` that it can handle.",
    },
    OptionSpec {
        key: Key::RequestTimeoutGrace,
        name: "request_timeout_grace",
        kind: || seconds(0..=3600),
        default: || duration(Deadlines::default().grace),
        default_text: None,
        placeholder: "TIME",
        doc: "How long PHP may take to end a request after its `request_timeout`; then the worker is killed and the answer is 504.",
    },
    OptionSpec {
        key: Key::SlowRequest,
        name: "slow_request",
        kind: || seconds(0..=86_400),
        default: || duration(Deadlines::default().slow_request),
        default_text: None,
        placeholder: "TIME",
        doc: "How long a request runs before the log says what PHP code it is in; 0 is never.",
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
        key: Key::CanaryWindow,
        name: "canary_window",
        kind: || seconds(0..=3600),
        default: || duration(Thresholds::default().window),
        default_text: None,
        placeholder: "TIME",
        doc: "How long the first worker of a reload serves real requests before the others follow or none does; 0 replaces all at once.",
    },
    OptionSpec {
        key: Key::CanaryFailures,
        name: "canary_failures",
        kind: || Kind::Decimal {
            range: Decimal::whole(0)..=Decimal::whole(1),
        },
        default: || decimal(Thresholds::default().failures),
        default_text: None,
        placeholder: "SHARE",
        doc: "The share of its replies that may fail (5xx) beyond the share of the other workers.",
    },
    OptionSpec {
        key: Key::CanaryLatency,
        name: "canary_latency",
        kind: || Kind::Decimal {
            range: Decimal::whole(1)..=Decimal::whole(1000),
        },
        default: || decimal(Thresholds::default().latency),
        default_text: None,
        placeholder: "FACTOR",
        doc: "How many times slower it may be than the other workers.",
    },
    OptionSpec {
        key: Key::HealthPath,
        name: "health_path",
        kind: || Kind::RequestPath,
        default: || Some(Value::RequestPath("/up".to_owned())),
        default_text: None,
        placeholder: "PATH",
        doc: "What the first worker of a reload is asked for when nobody asks it anything in its window; an answer below 500 is healthy.",
    },
    OptionSpec {
        key: Key::RollbackKeep,
        name: "rollback_keep",
        kind: || seconds(0..=86_400),
        default: || duration(SupervisorConfig::ROLLBACK_KEEP),
        default_text: None,
        placeholder: "TIME",
        doc: "How long the generation before is kept for `askr rollback`.",
    },
    OptionSpec {
        key: Key::Watch,
        name: "watch",
        kind: || Kind::Switch,
        default: || Some(Value::Switch(false)),
        default_text: None,
        placeholder: "SWITCH",
        doc: "For development: reload when a file of `watch_paths` has changed.",
    },
    OptionSpec {
        key: Key::WatchPaths,
        name: "watch_paths",
        kind: || Kind::Paths,
        default: || Some(Value::Paths(Vec::new())),
        default_text: Some("code, configuration, routes and views in `app_base`"),
        placeholder: "PATH",
        doc: "Files and folders that `watch` looks at; a list, or separated by commas.",
    },
    OptionSpec {
        key: Key::ControlSocket,
        name: "control_socket",
        kind: || Kind::Path,
        default: || None,
        default_text: Some("a name for the application in a private folder of the user"),
        placeholder: "FILE",
        doc: "Unix socket on which `askr reload`, `askr rollback` and `askr status` find the server.",
    },
    OptionSpec {
        key: Key::User,
        name: "user",
        kind: || Kind::User,
        default: || None,
        default_text: Some("as the server was started"),
        placeholder: "USER",
        doc: "As root: the user everything that runs PHP becomes.",
    },
    OptionSpec {
        key: Key::TrustedProxies,
        name: "trusted_proxies",
        kind: || Kind::Peers,
        default: || None,
        default_text: Some(
            "what is said of clients reaches PHP as it came, for the application to judge",
        ),
        placeholder: "PEER",
        doc: "Who may say for whom it asks, in `trusted_fields`: addresses, networks, `unix` for Unix sockets, `private` for addresses that are not of the internet; `none` is nobody. The client is the last address that is none of theirs. PHP finds it in `REMOTE_ADDR`, as with `HTTPS`, `SERVER_PORT` and the host, and gets none of these fields, of anybody.",
    },
    OptionSpec {
        key: Key::TrustedFields,
        name: "trusted_fields",
        kind: || Kind::TrustedFields,
        default: || Some(Value::TrustedFields(TrustedField::ALL.to_vec())),
        default_text: None,
        placeholder: "FIELD",
        doc: "What `trusted_proxies` are believed. Name those that yours write, or take away: what they pass on as it came, a client has chosen. `forwarded` is looked at where a request has none of the others.",
    },
    OptionSpec {
        key: Key::ProxyProtocol,
        name: "proxy_protocol",
        kind: || Kind::Peers,
        default: || None,
        default_text: Some("nobody"),
        placeholder: "PEER",
        doc: "Whose connections begin with a header of the PROXY protocol (version 1 or 2), written as for `trusted_proxies`: without one they are closed. It names the client, and whether that speaks TLS; `trusted_proxies` are then judged by what it names.",
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
        key: Key::FieldLimit,
        name: "field_limit",
        kind: || Kind::Count { range: 8..=1000 },
        default: || count(Limits::default().head_fields),
        default_text: None,
        placeholder: "N",
        doc: "Header fields of a request; with more it is answered 431.",
    },
    OptionSpec {
        key: Key::RequestLineLimit,
        name: "request_line_limit",
        kind: || Kind::Bytes {
            range: 128..=64 << 10,
        },
        default: || bytes(Limits::default().request_line_bytes as u64),
        default_text: None,
        placeholder: "SIZE",
        doc: "Longest request line, which is mostly the address with its query; a longer one is answered 414.",
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
        },
        default: || count(Limits::default().connections),
        default_text: None,
        placeholder: "N",
        doc: "Connections open at once. Further ones wait to be accepted, and those that have no request for longest make room.",
    },
    OptionSpec {
        key: Key::ClientConnectionLimit,
        name: "client_connection_limit",
        kind: || Kind::Count {
            range: 0..=1_000_000,
        },
        default: || count(Limits::default().client_connections),
        default_text: None,
        placeholder: "N",
        doc: "Connections of one client address, of IPv6 of one /64; further ones are closed. 0 is any number. `trusted_proxies`, balancers of `proxy_protocol` and Unix sockets have as many as they like.",
    },
    OptionSpec {
        key: Key::Http2,
        name: "http2",
        kind: || Kind::Switch,
        default: || Some(Value::Switch(true)),
        default_text: None,
        placeholder: "SWITCH",
        doc: "Clients may speak HTTP/2: over TLS, and in the clear if they begin with it.",
    },
    OptionSpec {
        key: Key::Http2Streams,
        name: "http2_streams",
        kind: || Kind::Count { range: 1..=10_000 },
        default: || count(Limits::default().http2_streams as usize),
        default_text: None,
        placeholder: "N",
        doc: "Requests that one HTTP/2 connection may have under way; more are refused.",
    },
    OptionSpec {
        key: Key::QueueLimit,
        name: "queue_limit",
        kind: || Kind::Count {
            range: 0..=1_000_000,
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
];

/// What stands behind those of the store.
const REQUESTS: &[OptionSpec] = &[
    OptionSpec {
        key: Key::Limits,
        name: "limits",
        kind: || Kind::Limits,
        default: || Some(Value::Limits(Vec::new())),
        default_text: Some("none"),
        placeholder: "LIMIT",
        doc: "How many requests one client may send before further ones are answered 429, without PHP: `login paths=/login rate=5/1m burst=10`, counted in the store. `key` is what tells clients apart. A repeated flag, separated by `;` in the environment, in files a table of tables. The strongest channel names all.",
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
];

const fn count_of(parts: &[&[OptionSpec]]) -> usize {
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

const fn joined<const COUNT: usize>(parts: &[&[OptionSpec]]) -> [OptionSpec; COUNT] {
    let mut all = [parts[0][0]; COUNT];
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            all[count] = parts[part][index];
            (count, index) = (count + 1, index + 1);
        }
        part += 1;
    }
    all
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
    Some(Value::Count(count as u64))
}

fn decimal(number: f64) -> Option<Value> {
    Decimal::of(number).map(Value::Decimal)
}

fn millis(range: RangeInclusive<u64>) -> Kind {
    let (least, most) = range.into_inner();
    Kind::Duration {
        range: Duration::from_millis(least)..=Duration::from_millis(most),
    }
}
