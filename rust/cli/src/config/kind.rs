//! What kind of value an option takes, and the one place that accepts or refuses one.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::share::Share;
use super::units::{bytes_text, duration_text, parse_bytes, parse_duration};

/// The type and range of an option.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A file or folder; a relative one is resolved against the folder it was named in.
    Path,
    /// A whole number; `auto` stands for a number found out at start.
    Count {
        range: RangeInclusive<u64>,
        auto: bool,
    },
    /// A number of bytes.
    Bytes { range: RangeInclusive<u64> },
    /// A length of time.
    Duration { range: RangeInclusive<Duration> },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// One or more addresses to listen on.
    Addresses,
    /// php.ini settings.
    Ini,
    /// Off, on, or a share of the requests.
    Share,
    /// Names of things the server itself knows nothing of.
    Names,
}

/// A value of some [`Kind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Path(PathBuf),
    /// `None` is `auto`.
    Count(Option<u64>),
    Bytes(u64),
    Duration(Duration),
    Choice(&'static str),
    Addresses(Vec<SocketAddr>),
    Ini(Vec<(String, String)>),
    Share(Share),
    Names(Vec<String>),
}

/// A value as a channel delivered it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    /// From a channel that has only text: a flag or the environment. Several for repeated flags.
    Words(Vec<String>),
    /// From a file: typed, and text is not taken for a number.
    Typed(serde_json::Value),
    /// From PHP's configuration: typed, but numbers read by `env()` arrive as text.
    Loose(serde_json::Value),
}

impl Kind {
    /// The value, if it is one of this kind and within range.
    pub(crate) fn accept(&self, raw: &Raw) -> Option<Value> {
        match self {
            Self::Path => raw
                .text()
                .filter(|text| !text.is_empty())
                .map(|t| Value::Path(t.into())),
            Self::Count { range, auto } => count(raw, range, *auto),
            Self::Bytes { range } => raw
                .measure(parse_bytes, |bytes| bytes)
                .filter(|bytes| range.contains(bytes))
                .map(Value::Bytes),
            Self::Duration { range } => raw
                .measure(parse_duration, Duration::from_secs)
                .filter(|duration| range.contains(duration))
                .map(Value::Duration),
            Self::Choice(words) => {
                let text = raw.text()?;
                words
                    .iter()
                    .find(|word| **word == text)
                    .map(|word| Value::Choice(word))
            }
            Self::Addresses => addresses(raw),
            Self::Ini => ini(raw),
            Self::Share => share(raw).map(Value::Share),
            Self::Names => names(raw).map(Value::Names),
        }
    }

    /// What a refused value should have been, for "give …".
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Path => "a path".to_owned(),
            Self::Count { range, auto } => {
                let or_auto = if *auto { ", or auto" } else { "" };
                format!(
                    "a whole number from {} to {}{or_auto}",
                    range.start(),
                    range.end()
                )
            }
            Self::Bytes { range } => {
                let (least, most) = (bytes_text(*range.start()), bytes_text(*range.end()));
                format!("a size such as 512KB or 64MB, from {least} to {most}")
            }
            Self::Duration { range } => {
                let (least, most) = (duration_text(*range.start()), duration_text(*range.end()));
                format!("a duration such as 30s or 500ms, from {least} to {most}")
            }
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Addresses => "an address and port such as 127.0.0.1:8000".to_owned(),
            Self::Ini => "php.ini settings such as memory_limit=256M".to_owned(),
            Self::Share => "on, off, or a share of the requests such as 0.01".to_owned(),
            Self::Names => "names, in a list or separated by commas".to_owned(),
        }
    }
}

impl Value {
    /// The value as the same option would accept it again.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Count(None) => "auto".to_owned(),
            Self::Count(Some(number)) => number.to_string(),
            Self::Bytes(bytes) => bytes_text(*bytes),
            Self::Duration(duration) => duration_text(*duration),
            Self::Choice(word) => (*word).to_owned(),
            Self::Addresses(list) => list
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
            Self::Names(list) => list.join(","),
        }
    }
}

impl Raw {
    /// The value as it was written, for messages.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Words(words) => format!("{:?}", words.join(" ")),
            Self::Typed(value) | Self::Loose(value) => value.to_string(),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Words(words) => match words.as_slice() {
                [word] => Some(word),
                _ => None,
            },
            Self::Typed(value) | Self::Loose(value) => value.as_str(),
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Words(_) => self.text()?.trim().parse().ok(),
            Self::Typed(value) => value.as_u64(),
            Self::Loose(value) => value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok()),
        }
    }

    /// A number with a unit in text, or a bare number from a typed channel.
    fn measure<T>(&self, parse: fn(&str) -> Option<T>, bare: fn(u64) -> T) -> Option<T> {
        self.text().map_or_else(|| self.number().map(bare), parse)
    }

    /// The items of a list: words separated by commas, or a typed array.
    fn items(&self) -> Option<Vec<String>> {
        let typed = match self {
            Self::Words(words) => return Some(split(&words.join(","))),
            Self::Typed(value) | Self::Loose(value) => value,
        };
        match typed.as_array() {
            Some(list) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect(),
            None => typed.as_str().map(split),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

fn count(raw: &Raw, range: &RangeInclusive<u64>, auto: bool) -> Option<Value> {
    if auto && raw.text() == Some("auto") {
        return Some(Value::Count(None));
    }
    raw.number()
        .filter(|number| range.contains(number))
        .map(|number| Value::Count(Some(number)))
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

fn addresses(raw: &Raw) -> Option<Value> {
    let items = raw.items()?;
    let list: Vec<SocketAddr> = items
        .iter()
        .map(|item| address(item))
        .collect::<Option<_>>()?;
    (!list.is_empty()).then_some(Value::Addresses(list))
}

fn address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse().ok(),
        None => text.parse().ok(),
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
