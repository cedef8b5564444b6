//! Applications by host name: `shop names=shop.example,*.shop.example app_base=/srv/shop workers=2`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use askr_gateway::HostName;

use super::kind::{Kind, Value};
use super::limit_rules;
use super::options::{Key, OptionSpec};
use super::pools;
use super::raw::Raw;
use super::registry::OPTIONS;
use super::tables::{NamedTable, TableFault, tables};

/// The application that the options of the server describe, if they describe one.
pub(crate) const DEFAULT_APPLICATION: &str = "default";

/// More applications than this would cost each request of any of them.
pub(crate) const HOSTS_MAX: usize = 31;

/// What an application can have for itself, and else has as the server says.
const SHARED_KEYS: [Key; 23] = [
    Key::Workers,
    Key::MaxRequests,
    Key::MaxMemory,
    Key::MaxAge,
    Key::BootTimeout,
    Key::RequestTimeout,
    Key::RequestTimeoutGrace,
    Key::SlowRequest,
    Key::CanaryWindow,
    Key::CanaryFailures,
    Key::CanaryLatency,
    Key::HealthPath,
    Key::RollbackKeep,
    Key::Watch,
    Key::User,
    Key::QueueLimit,
    Key::QueueTimeout,
    Key::StoreSize,
    Key::Ini,
    Key::ParanoidVendor,
    Key::ParanoidIgnore,
    Key::Debug,
    Key::StoreValueMax,
];

/// What an application has for itself alone: where it lies, how it is booted, what is about its
/// paths.
pub(crate) const OWN_KEYS: [Key; 15] = [
    Key::AppBase,
    Key::Root,
    Key::SendfileRoots,
    Key::WorkerScript,
    Key::Cow,
    Key::Isolation,
    Key::ReforkAfter,
    Key::Paranoid,
    Key::Pools,
    Key::Limits,
    Key::WatchPaths,
    Key::ControlSocket,
    Key::StoreSessions,
    Key::StoreFile,
    Key::StoreSocket,
];

/// What somebody said about the application of some host names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostOptions {
    pub(crate) name: String,
    /// The host names that are its.
    pub(crate) names: Vec<HostName>,
    /// What it has for itself.
    pub(crate) values: BTreeMap<Key, Value>,
}

impl HostOptions {
    /// With all paths as they are when relative ones are changed by `absolute`.
    pub(super) fn with_paths(mut self, absolute: impl Fn(PathBuf) -> PathBuf) -> Self {
        for value in self.values.values_mut() {
            match value {
                Value::Path(path) => *path = absolute(std::mem::take(path)),
                Value::Paths(list) => {
                    for path in list {
                        *path = absolute(std::mem::take(path));
                    }
                }
                _ => {}
            }
        }
        self
    }
}

/// The applications in `raw`.
///
/// # Errors
/// The first fault there is.
pub(crate) fn accept(raw: &Raw) -> Result<Vec<HostOptions>, TableFault> {
    let hosts: Vec<HostOptions> = tables(raw)?
        .into_iter()
        .map(host)
        .collect::<Result<_, _>>()?;
    check_names(&hosts)?;
    Ok(hosts)
}

/// What an application can have for itself, in the order of the registry.
pub(crate) fn own_options() -> impl Iterator<Item = &'static OptionSpec> {
    let is_own = |key: &Key| OWN_KEYS.contains(key) || SHARED_KEYS.contains(key);
    OPTIONS.iter().filter(move |option| is_own(&option.key))
}

fn host(mut table: NamedTable<'_>) -> Result<HostOptions, TableFault> {
    if table.name == DEFAULT_APPLICATION {
        let expected = "another name: this is the application of all other hosts";
        let value = format!("{:?}", table.name);
        return Err(table.refuse(None, value, expected.to_owned()));
    }
    let names = table.take(NAMES, host_names, names_expected)?;
    let names =
        names.ok_or_else(|| table.refuse(Some(NAMES), "nothing".to_owned(), names_expected()))?;
    let mut values = BTreeMap::new();
    for option in own_options() {
        if let Some(value) = take(&mut table, option)? {
            values.insert(option.key, value);
        }
    }
    let known: Vec<&str> = [NAMES]
        .into_iter()
        .chain(own_options().map(|option| option.name))
        .collect();
    let name = table.name.clone();
    table.finish("a host", &known)?;
    Ok(HostOptions {
        name,
        names,
        values,
    })
}

/// The value of an option; tables in the table have faults of their own.
fn take(table: &mut NamedTable<'_>, option: &OptionSpec) -> Result<Option<Value>, TableFault> {
    let kind = (option.kind)();
    let nested: fn(&Raw) -> Result<Value, TableFault> = match kind {
        Kind::Pools => |raw| pools::accept(raw).map(Value::Pools),
        Kind::Limits => |raw| limit_rules::accept(raw).map(Value::Limits),
        _ => return table.take(option.name, |raw| kind.accept(raw), || kind.expected()),
    };
    let Some(raw) = table.take_raw(option.name) else {
        return Ok(None);
    };
    let shape = || table.refuse(Some(option.name), raw.written(), in_files_only(&kind));
    nested(&raw)
        .map(Some)
        .map_err(|fault| fault.within(&table.name, option.name, shape))
}

fn in_files_only(kind: &Kind) -> String {
    let expected = kind.expected();
    let (expected, _) = expected.split_once(',').unwrap_or((&expected, ""));
    format!("{expected}, in askr.toml or config/askr.php")
}

fn host_names(raw: &Raw) -> Option<Vec<HostName>> {
    let items = raw.items()?;
    let names: Option<Vec<HostName>> = items.iter().map(|item| item.parse().ok()).collect();
    names.filter(|names| !names.is_empty())
}

fn names_expected() -> String {
    "host names such as shop.example or *.shop.example, in a list or separated by commas".to_owned()
}

fn check_names(hosts: &[HostOptions]) -> Result<(), TableFault> {
    for (index, host) in hosts.iter().enumerate() {
        for other in &hosts[..index] {
            if let Some(name) = host.names.iter().find(|name| other.names.contains(name)) {
                return Err(TableFault::Clash {
                    value: format!("{name} of {} and of {}", other.name, host.name),
                    problem: "a request could be for either",
                    remedy: "give the name to one of them",
                });
            }
        }
    }
    Ok(())
}

/// As the flag takes it, but for tables, which it does not take.
impl fmt::Display for HostOptions {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.names.iter().map(ToString::to_string).collect();
        write!(to, "{} {NAMES}={}", self.name, names.join(","))?;
        for option in own_options() {
            match self.values.get(&option.key) {
                None => {}
                Some(value @ (Value::Pools(_) | Value::Limits(_) | Value::Ini(_))) => {
                    write!(to, " {}={{{}}}", option.name, value.to_text())?;
                }
                Some(value) => write!(to, " {}={}", option.name, value.to_text())?,
            }
        }
        Ok(())
    }
}

/// The key of an application's host names.
pub(crate) const NAMES: &str = "names";
