//! What kind of value an option takes, and the one place that accepts or refuses one.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use askr_gateway::{
    AccessField, Coding, CodingLevels, LimitRule, Listen, MediaRange, PeerList, RedirectRule,
    TrustedField,
};

use super::access_log::{self, AccessPlace};
use super::compression;
use super::decimal::Decimal;
use super::hosts::{self, HostOptions};
use super::limit_rules;
use super::pools::{self, PoolOptions};
use super::raw::Raw;
use super::redirects;
use super::share::Share;
use super::units::{bytes_text, duration_text, parse_bytes, parse_duration};
use super::worker_range::{WORKERS_MAX, WorkerRange};

/// The type and range of an option.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A file or folder; a relative one is resolved against the folder it was named in.
    Path,
    /// A whole number.
    Count { range: RangeInclusive<u64> },
    /// A number of workers, or the least and the most of them.
    Workers,
    /// A number with a fraction.
    Decimal { range: RangeInclusive<Decimal> },
    /// A number of bytes.
    Bytes { range: RangeInclusive<u64> },
    /// A length of time.
    Duration { range: RangeInclusive<Duration> },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// On or off.
    Switch,
    /// One or more places to listen at.
    Listen,
    /// Off, on, or addresses with their ports.
    Addresses,
    /// php.ini settings.
    Ini,
    /// Off, on, or a share of the requests.
    Share,
    /// Names of things the server itself knows nothing of.
    Names,
    /// Files and folders, each as [`Kind::Path`].
    Paths,
    /// Other ends of connections.
    Peers,
    /// Fields in which proxies speak of their clients.
    TrustedFields,
    /// A user of the machine, by name or number.
    User,
    /// The path of a request.
    RequestPath,
    /// What the paths of requests begin with.
    Prefixes,
    /// Named pools of workers; taken apart in [`pools`](super::pools).
    Pools,
    /// Named rules about clients; taken apart in [`limit_rules`](super::limit_rules).
    Limits,
    /// Content codings, the best first.
    Codings,
    /// A level for each coding.
    CodingLevels,
    /// Media types, by name or by pattern.
    MediaTypes,
    /// Where requests are written down.
    AccessPlace,
    /// What is written down of each.
    AccessFields,
    /// Named applications; taken apart in [`hosts`](super::hosts).
    Hosts,
    /// Named rules about where requests go; taken apart in [`redirects`](super::redirects).
    Redirects,
}

/// A value of some [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Path(PathBuf),
    Count(u64),
    Workers(WorkerRange),
    Decimal(Decimal),
    Switch(bool),
    Bytes(u64),
    Duration(Duration),
    Choice(&'static str),
    Listen(Vec<Listen>),
    Addresses(Vec<SocketAddr>),
    Ini(Vec<(String, String)>),
    Share(Share),
    Names(Vec<String>),
    Paths(Vec<PathBuf>),
    Peers(PeerList),
    TrustedFields(Vec<TrustedField>),
    User(String),
    RequestPath(String),
    Prefixes(Vec<String>),
    Pools(Vec<PoolOptions>),
    Limits(Vec<LimitRule>),
    Codings(Vec<Coding>),
    CodingLevels(CodingLevels),
    MediaTypes(Vec<MediaRange>),
    AccessPlace(AccessPlace),
    AccessFields(Vec<AccessField>),
    Hosts(Vec<HostOptions>),
    Redirects(Vec<RedirectRule>),
}

impl Kind {
    /// The value, if it is one of this kind and within range.
    pub(crate) fn accept(&self, raw: &Raw) -> Option<Value> {
        match self {
            Self::Path => raw
                .text()
                .filter(|text| !text.is_empty())
                .map(|t| Value::Path(t.into())),
            Self::Count { range } => raw
                .number()
                .filter(|number| range.contains(number))
                .map(Value::Count),
            Self::Workers => workers(raw).map(Value::Workers),
            Self::Decimal { range } => decimal(raw)
                .filter(|number| range.contains(number))
                .map(Value::Decimal),
            Self::Switch => switch(raw).map(Value::Switch),
            Self::Bytes { range } => raw
                .measure(parse_bytes, |bytes| bytes)
                .filter(|bytes| range.contains(bytes))
                .map(Value::Bytes),
            Self::Duration { range } => raw
                .measure(parse_duration, Duration::from_secs)
                .filter(|duration| range.contains(duration))
                .map(Value::Duration),
            Self::Choice(words) => {
                let text = raw.word()?;
                let word = words.iter().find(|word| **word == text)?;
                Some(Value::Choice(word))
            }
            Self::Listen => listen(raw).map(Value::Listen),
            Self::Addresses => addresses(raw).map(Value::Addresses),
            Self::Ini => ini(raw),
            Self::Share => share(raw).map(Value::Share),
            Self::Names => names(raw).map(Value::Names),
            Self::Paths => names(raw).map(paths),
            Self::Peers => peers(raw).map(Value::Peers),
            Self::TrustedFields => trusted_fields(raw).map(Value::TrustedFields),
            Self::User => user(raw).map(Value::User),
            Self::RequestPath => request_path(raw.text()?).map(Value::RequestPath),
            Self::Prefixes => prefixes(raw).map(Value::Prefixes),
            Self::Pools => pools::accept(raw).ok().map(Value::Pools),
            Self::Limits => limit_rules::accept(raw).ok().map(Value::Limits),
            Self::Codings => compression::codings(raw).map(Value::Codings),
            Self::CodingLevels => compression::levels(raw).map(Value::CodingLevels),
            Self::MediaTypes => compression::types(raw).map(Value::MediaTypes),
            Self::AccessPlace => AccessPlace::of(raw).map(Value::AccessPlace),
            Self::AccessFields => access_log::fields(raw).map(Value::AccessFields),
            Self::Hosts => hosts::accept(raw).ok().map(Value::Hosts),
            Self::Redirects => redirects::accept(raw).ok().map(Value::Redirects),
        }
    }

    /// What a refused value should have been, for "give …".
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Path => "a path".to_owned(),
            Self::Count { range } => {
                format!("a whole number from {} to {}", range.start(), range.end())
            }
            Self::Workers => format!(
                "a whole number from 1 to {WORKERS_MAX}, a range such as 2..16 or auto..16, or auto"
            ),
            Self::Decimal { range } => {
                format!("a number from {} to {}", range.start(), range.end())
            }
            Self::Switch => "on or off".to_owned(),
            Self::Bytes { range } => {
                let (least, most) = (bytes_text(*range.start()), bytes_text(*range.end()));
                format!("a size such as 512KB or 64MB, from {least} to {most}")
            }
            Self::Duration { range } => {
                let (least, most) = (duration_text(*range.start()), duration_text(*range.end()));
                format!("a duration such as 30s or 500ms, from {least} to {most}")
            }
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Addresses => "on, off, or addresses with a port such as 0.0.0.0:80".to_owned(),
            Self::Listen => "addresses with a port such as 127.0.0.1:8000 or https://[::]:443, or unix:/PATH".to_owned(),
            Self::Ini => "php.ini settings such as memory_limit=256M".to_owned(),
            Self::Share => "on, off, or a share of the requests such as 0.01".to_owned(),
            Self::Names => "names, in a list or separated by commas".to_owned(),
            Self::Paths => "paths, in a list or separated by commas".to_owned(),
            Self::Peers => {
                "addresses, networks such as 10.0.0.0/8, unix or private in a list or separated by commas, or none".to_owned()
            }
            Self::TrustedFields => {
                format!("some of {}", field_names(&TrustedField::ALL, ", "))
            }
            Self::User => "the name or the number of a user".to_owned(),
            Self::RequestPath => "a path such as /up".to_owned(),
            Self::Prefixes => "paths such as /reports, in a list or separated by commas".to_owned(),
            Self::Pools => {
                "a table of pools, or `NAME paths=/PATH,… KEY=VALUE …` for each".to_owned()
            }
            Self::Limits => {
                "a table of limits, or `NAME rate=N/TIME KEY=VALUE …` for each".to_owned()
            }
            Self::Codings => "off, or some of zstd, br, gzip, the best first".to_owned(),
            Self::CodingLevels => compression::levels_expected(),
            Self::MediaTypes => {
                "media types such as text/html, text/* or application/*+json".to_owned()
            }
            Self::AccessPlace => {
                "off, stdout, syslog, syslog:/SOCKET, syslog:HOST:PORT or a path".to_owned()
            }
            Self::AccessFields => {
                let all = access_log::fields_text(&AccessField::ALL, ", ");
                format!("default or some of {all}, in a list or separated by commas")
            }
            Self::Hosts => {
                "a table of hosts, or `NAME names=HOST,… KEY=VALUE …` for each".to_owned()
            }
            Self::Redirects => {
                "a table of redirects, or `NAME from=FROM to=TO status=N` for each".to_owned()
            }
        }
    }
}

impl Value {
    /// The value as the same option would accept it again.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Count(number) => number.to_string(),
            Self::Workers(range) => range.to_string(),
            Self::Decimal(number) => number.to_string(),
            Self::Switch(is_on) => if *is_on { ON } else { OFF }.to_owned(),
            Self::Bytes(bytes) => bytes_text(*bytes),
            Self::Duration(duration) => duration_text(*duration),
            Self::Choice(word) => (*word).to_owned(),
            Self::Addresses(list) if list.is_empty() => OFF.to_owned(),
            Self::Addresses(list) => list
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
            Self::Listen(list) => list
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(","),
            Self::Ini(list) => list
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
                .join(";"),
            Self::Share(share) => share.to_string(),
            Self::Names(list) | Self::Prefixes(list) => list.join(","),
            Self::Paths(list) => list
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
                .join(","),
            Self::Peers(list) if list.is_empty() => NOBODY.to_owned(),
            Self::Peers(list) => list.to_string(),
            Self::TrustedFields(list) => field_names(list, ","),
            Self::User(text) | Self::RequestPath(text) => text.clone(),
            Self::Pools(list) => list
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(";"),
            Self::Limits(list) => list
                .iter()
                .map(limit_rules::to_text)
                .collect::<Vec<_>>()
                .join(";"),
            Self::Codings(list) => compression::codings_text(list),
            Self::CodingLevels(levels) => levels.to_string(),
            Self::MediaTypes(list) => compression::types_text(list),
            Self::AccessPlace(place) => place.to_string(),
            Self::AccessFields(list) => access_log::fields_text(list, ","),
            Self::Hosts(list) => list
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(";"),
            Self::Redirects(list) => list
                .iter()
                .map(redirects::to_text)
                .collect::<Vec<_>>()
                .join(";"),
        }
    }
}

/// `on`, as switches are written.
pub(crate) const ON: &str = "on";
pub(super) const OFF: &str = "off";
/// A list of peers that has none.
const NOBODY: &str = "none";

/// Text is not taken for a number where numbers are known as such.
fn workers(raw: &Raw) -> Option<WorkerRange> {
    if let Some(count) = raw.number() {
        return WorkerRange::fixed(count);
    }
    let range: WorkerRange = raw.text()?.parse().ok()?;
    let is_text = !matches!(raw, Raw::Typed(_)) || !matches!(range, WorkerRange::Fixed(_));
    is_text.then_some(range)
}

fn decimal(raw: &Raw) -> Option<Decimal> {
    match raw {
        Raw::Typed(value) => Decimal::of(value.as_f64()?),
        Raw::Loose(value) if value.is_number() => Decimal::of(value.as_f64()?),
        Raw::Words(_) | Raw::Loose(_) => raw.text()?.parse().ok(),
    }
}

fn switch(raw: &Raw) -> Option<bool> {
    if let Raw::Typed(value) | Raw::Loose(value) = raw
        && let Some(is_on) = value.as_bool()
    {
        return Some(is_on);
    }
    match raw.text()?.trim() {
        ON | "true" | "yes" | "1" => Some(true),
        OFF | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn paths(list: Vec<String>) -> Value {
    Value::Paths(list.into_iter().map(PathBuf::from).collect())
}

fn peers(raw: &Raw) -> Option<PeerList> {
    let items = raw.items()?;
    match items.as_slice() {
        [word] if word == NOBODY => Some(PeerList::default()),
        [] => None,
        items => PeerList::of(items).ok(),
    }
}

fn trusted_fields(raw: &Raw) -> Option<Vec<TrustedField>> {
    let items = raw.items()?;
    let known = |item: &String| {
        let mut fields = TrustedField::ALL.into_iter();
        fields.find(|field| item.eq_ignore_ascii_case(field.name()))
    };
    let fields: Vec<TrustedField> = items.iter().map(known).collect::<Option<_>>()?;
    (!fields.is_empty()).then_some(fields)
}

fn field_names(fields: &[TrustedField], separator: &str) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    names.join(separator)
}

/// PHP's configuration may have a number of a user as such.
fn user(raw: &Raw) -> Option<String> {
    let text = raw.number().map(|number| number.to_string());
    let text = text.or_else(|| raw.text().map(|text| text.trim().to_owned()))?;
    let is_name = !text.is_empty() && !text.contains([':', '/', '\0']);
    is_name.then_some(text)
}

fn request_path(text: &str) -> Option<String> {
    let is_path = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_path.then(|| text.to_owned())
}

/// At least one; the bare `/` is everything, which is the pool that has no prefixes.
fn prefixes(raw: &Raw) -> Option<Vec<String>> {
    let items = raw.items()?;
    let list: Option<Vec<String>> = items.iter().map(|item| prefix(item)).collect();
    list.filter(|list| !list.is_empty())
}

fn prefix(item: &str) -> Option<String> {
    let prefix = request_path(item)?.trim_end_matches('/').to_owned();
    let is_plain = !prefix.is_empty() && !prefix.contains(['?', '#', ';', ',', '%']);
    is_plain.then_some(prefix)
}

/// A switch or a number; PHP's `env()` and TOML know both as such, the other channels as text.
fn share(raw: &Raw) -> Option<Share> {
    let typed = match raw {
        Raw::Words(_) => None,
        Raw::Typed(value) | Raw::Loose(value) => value
            .as_bool()
            .map(|on| if on { Share::ALL } else { Share::NONE })
            .or_else(|| Share::of(value.as_f64()?)),
    };
    typed.or_else(|| raw.text()?.parse().ok())
}

fn names(raw: &Raw) -> Option<Vec<String>> {
    let mut list = raw.items()?;
    list.retain(|name| !name.is_empty());
    Some(list)
}

fn listen(raw: &Raw) -> Option<Vec<Listen>> {
    let items = raw.items()?;
    let list: Vec<Listen> = items
        .iter()
        .map(|item| item.parse().ok())
        .collect::<Option<_>>()?;
    (!list.is_empty()).then_some(list)
}

/// `on` is the port of HTTP wherever the machine can be reached.
fn addresses(raw: &Raw) -> Option<Vec<SocketAddr>> {
    match switch(raw) {
        Some(true) => Some(vec![([0, 0, 0, 0], 80).into()]),
        Some(false) => Some(Vec::new()),
        None => raw.items()?.iter().map(|item| item.parse().ok()).collect(),
    }
}

fn ini(raw: &Raw) -> Option<Value> {
    let pairs: Option<Vec<(String, String)>> = match raw {
        Raw::Words(words) => words.iter().map(|word| ini_pair(word)).collect(),
        Raw::Typed(value) | Raw::Loose(value) => ini_typed(value),
    };
    pairs.map(Value::Ini)
}

/// A table, or a list of `key=value` (PHP's empty array arrives as an empty list).
fn ini_typed(value: &serde_json::Value) -> Option<Vec<(String, String)>> {
    if let Some(table) = value.as_object() {
        return table
            .iter()
            .map(|(key, value)| Some((key.clone(), ini_value(value)?)))
            .collect();
    }
    value
        .as_array()?
        .iter()
        .map(|item| ini_pair(item.as_str()?))
        .collect()
}

fn ini_pair(item: &str) -> Option<(String, String)> {
    let (key, value) = item.split_once('=')?;
    let key = key.trim();
    (!key.is_empty()).then(|| (key.to_owned(), value.trim().to_owned()))
}

fn ini_value(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(on) => Some(if *on { "1" } else { "0" }.to_owned()),
        _ => None,
    }
}
