//! Pools of workers with paths of their own: `slow paths=/reports workers=1..2`.

use std::collections::BTreeMap;
use std::fmt;

use super::kind::{Kind, Value};
use super::options::{Key, OptionSpec};
use super::raw::Raw;
use super::registry::OPTIONS;
use super::tables::{NamedTable, TableFault, tables};

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

/// The pools in `raw`.
///
/// # Errors
/// The first fault there is.
pub(crate) fn accept(raw: &Raw) -> Result<Vec<PoolOptions>, TableFault> {
    let pools: Vec<PoolOptions> = tables(raw)?
        .into_iter()
        .map(pool)
        .collect::<Result<_, _>>()?;
    check_paths(&pools)?;
    Ok(pools)
}

fn pool(mut table: NamedTable<'_>) -> Result<PoolOptions, TableFault> {
    let name = table.name.clone();
    if name == DEFAULT_POOL {
        let expected = "another name: this is the pool of all other paths";
        return Err(table.refuse(None, format!("{name:?}"), expected.to_owned()));
    }
    let paths = paths(&mut table)?;
    let paths = paths.ok_or_else(|| {
        table.refuse(Some(PATHS), "nothing".to_owned(), Kind::Prefixes.expected())
    })?;
    let mut values = BTreeMap::new();
    for option in own_options() {
        let kind = (option.kind)();
        if let Some(value) = table.take(option.name, |raw| kind.accept(raw), || kind.expected())? {
            values.insert(option.key, value);
        }
    }
    let known: Vec<&str> = own_options()
        .map(|option| option.name)
        .chain([PATHS])
        .collect();
    table.finish("a pool", &known)?;
    Ok(PoolOptions {
        name,
        paths,
        values,
    })
}

/// The paths of a table, if it has any.
pub(super) fn paths(table: &mut NamedTable<'_>) -> Result<Option<Vec<String>>, TableFault> {
    let accept = |raw: &Raw| match Kind::Prefixes.accept(raw) {
        Some(Value::Prefixes(paths)) => Some(paths),
        _ => None,
    };
    table.take(PATHS, accept, || Kind::Prefixes.expected())
}

/// What a pool can have for itself beside its paths.
pub(crate) fn own_options() -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS
        .iter()
        .filter(|option| POOL_KEYS.contains(&option.key))
}

/// One path below another is clear: the longer one counts.
fn check_paths(pools: &[PoolOptions]) -> Result<(), TableFault> {
    for (index, pool) in pools.iter().enumerate() {
        for other in &pools[..index] {
            if let Some(path) = pool.paths.iter().find(|path| other.paths.contains(path)) {
                return Err(TableFault::Clash {
                    value: format!("{path} of {} and of {}", other.name, pool.name),
                    problem: "a request could go to either pool",
                    remedy: "give the path to one of them",
                });
            }
        }
    }
    Ok(())
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
