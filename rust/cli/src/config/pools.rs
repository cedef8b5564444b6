//! Pools of workers with paths of their own: `slow paths=/reports workers=1..2`.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value as Json};

use super::kind::{Kind, Value};
use super::nearest::nearest;
use super::options::{Key, OptionSpec};
use super::raw::Raw;
use super::registry::OPTIONS;

/// The pool of all paths that no other has.
pub(crate) const DEFAULT_POOL: &str = "default";

/// The options that a pool can have for itself.
pub(crate) const POOL_KEYS: [Key; 7] = [
    Key::Workers,
    Key::Isolation,
    Key::RequestTimeout,
    Key::SlowRequest,
    Key::QueueLimit,
    Key::QueueTimeout,
    Key::MaxRequests,
];

/// What somebody said about one pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolOptions {
    pub(crate) name: String,
    /// What the paths of its requests begin with.
    pub(crate) paths: Vec<String>,
    /// What it has for itself; the rest is as for all.
    pub(crate) values: BTreeMap<Key, Value>,
}

/// What is wrong with the pools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PoolFault {
    /// They are not pools at all.
    Shape,
    /// The value of a key, or the pool itself when there is no key.
    Refused {
        place: Place,
        value: String,
        expected: String,
    },
    /// No pool has such a key.
    UnknownKey {
        place: Place,
        value: String,
        remedy: String,
    },
    /// A request of this path could go to either.
    Overlap {
        path: String,
        pool: String,
        other: String,
    },
}

/// A key of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pool: String,
    pub(crate) key: Option<String>,
}

/// The pools in `raw`.
///
/// # Errors
/// The first fault there is.
pub(crate) fn accept(raw: &Raw) -> Result<Vec<PoolOptions>, PoolFault> {
    let tables = match raw {
        Raw::Words(words) => words
            .iter()
            .flat_map(|word| word.split(';'))
            .filter(|text| !text.trim().is_empty())
            .map(table_of)
            .collect::<Result<Vec<_>, _>>()?,
        Raw::Typed(value) | Raw::Loose(value) => typed_tables(value)?,
    };
    let pools: Vec<PoolOptions> = tables
        .into_iter()
        .map(|(name, table)| pool(name, table, raw))
        .collect::<Result<_, _>>()?;
    check_names(&pools)?;
    check_paths(&pools)?;
    Ok(pools)
}

type Table = (String, Map<String, Json>);

/// `slow paths=/reports workers=1..2` as a table.
fn table_of(text: &str) -> Result<Table, PoolFault> {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default().to_owned();
    let mut table = Map::new();
    for word in words {
        let pair = word.split_once('=');
        let fresh = pair.filter(|(key, _)| !table.contains_key(*key));
        let Some((key, value)) = fresh else {
            return Err(PoolFault::Refused {
                place: Place::of(&name, None),
                value: format!("{word:?}"),
                expected: "KEY=VALUE after its name, each key once".to_owned(),
            });
        };
        table.insert(key.to_owned(), value.into());
    }
    Ok((name, table))
}

/// PHP's empty array arrives as an empty list.
fn typed_tables(value: &Json) -> Result<Vec<Table>, PoolFault> {
    if value.as_array().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let tables = value.as_object().ok_or(PoolFault::Shape)?;
    let table = |(name, value): (&String, &Json)| match value.as_object() {
        Some(table) => Ok((name.clone(), table.clone())),
        None => Err(PoolFault::Refused {
            place: Place::of(name, None),
            value: value.to_string(),
            expected: format!("a table with {PATHS} and what the pool has for itself"),
        }),
    };
    tables.iter().map(table).collect()
}

fn pool(name: String, mut table: Map<String, Json>, raw: &Raw) -> Result<PoolOptions, PoolFault> {
    check_name(&name)?;
    let paths = paths(&name, table.remove(PATHS), raw)?;
    let mut values = BTreeMap::new();
    for (key, value) in table.into_iter().filter(|(_, value)| !value.is_null()) {
        let option = own_option(&key).ok_or_else(|| unknown_key(&name, &key, &value))?;
        let kind = (option.kind)();
        let accepted = kind.accept(&raw.beside(value.clone()));
        let accepted = accepted.ok_or_else(|| PoolFault::Refused {
            place: Place::of(&name, Some(&key)),
            value: value.to_string(),
            expected: kind.expected(),
        })?;
        values.insert(option.key, accepted);
    }
    Ok(PoolOptions {
        name,
        paths,
        values,
    })
}

fn paths(name: &str, value: Option<Json>, raw: &Raw) -> Result<Vec<String>, PoolFault> {
    let accepted = value
        .as_ref()
        .and_then(|value| Kind::Prefixes.accept(&raw.beside(value.clone())));
    match accepted {
        Some(Value::Prefixes(paths)) => Ok(paths),
        _ => Err(PoolFault::Refused {
            place: Place::of(name, Some(PATHS)),
            value: value.map_or_else(|| "nothing".to_owned(), |value| value.to_string()),
            expected: Kind::Prefixes.expected(),
        }),
    }
}

/// The option of the registry that a pool can have under that name.
fn own_option(name: &str) -> Option<&'static OptionSpec> {
    own_options().find(|option| option.name == name)
}

/// What a pool can have for itself beside its paths.
pub(crate) fn own_options() -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS
        .iter()
        .filter(|option| POOL_KEYS.contains(&option.key))
}

fn unknown_key(pool: &str, key: &str, value: &Json) -> PoolFault {
    let names: Vec<&str> = own_options()
        .map(|option| option.name)
        .chain([PATHS])
        .collect();
    let remedy = match nearest(key, names.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("a pool has {}", names.join(", ")),
    };
    PoolFault::UnknownKey {
        place: Place::of(pool, Some(key)),
        value: value.to_string(),
        remedy,
    }
}

fn check_name(name: &str) -> Result<(), PoolFault> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_name = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(is_plain);
    if is_name && name != DEFAULT_POOL {
        return Ok(());
    }
    Err(PoolFault::Refused {
        place: Place::of(name, None),
        value: format!("{name:?}"),
        expected: format!(
            "a name of letters, digits, - and _ that is not {DEFAULT_POOL:?}, the pool of all other paths"
        ),
    })
}

/// A flag can be repeated with the same name; tables cannot.
fn check_names(pools: &[PoolOptions]) -> Result<(), PoolFault> {
    for (index, pool) in pools.iter().enumerate() {
        if pools[..index].iter().any(|other| other.name == pool.name) {
            return Err(PoolFault::Refused {
                place: Place::of(&pool.name, None),
                value: format!("{:?}", pool.name),
                expected: "each pool once, with all its paths".to_owned(),
            });
        }
    }
    Ok(())
}

/// One path below another is clear: the longer one counts.
fn check_paths(pools: &[PoolOptions]) -> Result<(), PoolFault> {
    for (index, pool) in pools.iter().enumerate() {
        for other in &pools[..index] {
            if let Some(path) = pool.paths.iter().find(|path| other.paths.contains(path)) {
                return Err(PoolFault::Overlap {
                    path: path.clone(),
                    pool: pool.name.clone(),
                    other: other.name.clone(),
                });
            }
        }
    }
    Ok(())
}

impl Place {
    fn of(pool: &str, key: Option<&str>) -> Self {
        Self {
            pool: pool.to_owned(),
            key: key.map(str::to_owned),
        }
    }
}

/// As the flag takes it.
impl fmt::Display for PoolOptions {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} {PATHS}={}", self.name, self.paths.join(","))?;
        for option in own_options() {
            if let Some(value) = self.values.get(&option.key) {
                write!(to, " {}={}", option.name, value.to_text())?;
            }
        }
        Ok(())
    }
}

/// The key of a pool's paths.
pub(crate) const PATHS: &str = "paths";

const NAME_BYTES_MAX: usize = 32;
