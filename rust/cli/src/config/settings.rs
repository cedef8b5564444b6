//! One value per option, by precedence: flag, environment, `askr.toml`, `config/askr.php`, default.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use askr_gateway::{
    AccessField, Coding, CodingLevels, LimitRule, Listen, MediaRange, PeerList, RedirectRule,
    TrustedField,
};

use super::access_log::AccessPlace;
use super::channels::{Channels, Entry, Inputs};
use super::decimal::Decimal;
use super::error::ConfigError;
use super::hosts::{self, HostOptions, OWN_KEYS};
use super::kind::{Kind, Value};
use super::limit_rules;
use super::options::{Key, OptionSpec};
use super::pools::{self, PoolOptions};
use super::redirects;
use super::registry::OPTIONS;
use super::share::Share;
use super::source::Source;
use super::tables::TableFault;
use super::worker_range::WorkerRange;

/// Every option with its effective value.
#[derive(Clone)]
pub(crate) struct Settings {
    values: BTreeMap<Key, Setting>,
}

/// The effective value of one option.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    /// `None` when nobody set it and it has no default.
    pub(crate) value: Option<Value>,
    pub(crate) source: Source,
    /// What the option is called where the value came from.
    pub(crate) name: String,
}

impl Settings {
    /// Merges all channels.
    ///
    /// # Errors
    /// Every value is checked, also one that a stronger channel overrides.
    pub(crate) fn resolve(inputs: &Inputs) -> Result<Self, ConfigError> {
        let channels = Channels::read(inputs)?;
        let mut values = BTreeMap::new();
        for option in OPTIONS {
            values.insert(option.key, merge(option, channels.entries(option.key))?);
        }
        Ok(Self { values })
    }

    /// The settings of an application that has some of its own. It is where it says, and has the
    /// pools and limits that it says; else it is as all are. The first of several without one for
    /// all other hosts `has_socket` that was meant for the server.
    pub(crate) fn of_host(&self, host: &HostOptions, has_socket: bool) -> Self {
        let all = self.setting(Key::Hosts);
        let mut values = self.values.clone();
        for option in hosts::own_options() {
            let inherited = values.remove(&option.key).expect("every option is there");
            let own = host.values.get(&option.key).map(|value| Setting {
                value: Some(value.clone()),
                source: all.source.clone(),
                name: [all.name.as_str(), &host.name, option.name].join(all.source.joint()),
            });
            let is_socket = has_socket && option.key == Key::ControlSocket;
            let is_shared = is_socket || !OWN_KEYS.contains(&option.key);
            let setting = match own {
                Some(mut own) => {
                    own.add_weaker(inherited.value);
                    own
                }
                None if is_shared => inherited,
                None => Setting::default_of(option),
            };
            values.insert(option.key, setting);
        }
        Self { values }
    }

    /// The option's value and where it came from.
    pub(crate) fn setting(&self, key: Key) -> &Setting {
        self.values.get(&key).expect("resolve puts every option in")
    }

    pub(crate) fn path(&self, key: Key) -> Option<&Path> {
        match &self.setting(key).value {
            Some(Value::Path(path)) => Some(path),
            _ => None,
        }
    }

    pub(crate) fn count(&self, key: Key) -> u64 {
        match self.setting(key).value {
            Some(Value::Count(number)) => number,
            _ => unreachable!("{key:?} is a number with a default"),
        }
    }

    pub(crate) fn workers(&self) -> WorkerRange {
        match self.setting(Key::Workers).value {
            Some(Value::Workers(range)) => range,
            _ => unreachable!("workers has a default"),
        }
    }

    pub(crate) fn decimal(&self, key: Key) -> Decimal {
        match self.setting(key).value {
            Some(Value::Decimal(number)) => number,
            _ => unreachable!("{key:?} is a number with a default"),
        }
    }

    pub(crate) fn switch(&self, key: Key) -> bool {
        self.setting(key).value == Some(Value::Switch(true))
    }

    /// The user or the path of a request, where one is set.
    pub(crate) fn text(&self, key: Key) -> Option<&str> {
        match &self.setting(key).value {
            Some(Value::User(text) | Value::RequestPath(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn paths(&self, key: Key) -> &[PathBuf] {
        match &self.setting(key).value {
            Some(Value::Paths(list)) => list,
            _ => unreachable!("{key:?} is a list of paths with a default"),
        }
    }

    pub(crate) fn pools(&self) -> &[PoolOptions] {
        match &self.setting(Key::Pools).value {
            Some(Value::Pools(list)) => list,
            _ => unreachable!("pools has a default"),
        }
    }

    pub(crate) fn limits(&self) -> &[LimitRule] {
        match &self.setting(Key::Limits).value {
            Some(Value::Limits(list)) => list,
            _ => unreachable!("limits has a default"),
        }
    }

    pub(crate) fn hosts(&self) -> &[HostOptions] {
        match &self.setting(Key::Hosts).value {
            Some(Value::Hosts(list)) => list,
            _ => unreachable!("hosts has a default"),
        }
    }

    pub(crate) fn redirects(&self) -> &[RedirectRule] {
        match &self.setting(Key::Redirects).value {
            Some(Value::Redirects(list)) => list,
            _ => unreachable!("redirects has a default"),
        }
    }

    pub(crate) fn bytes(&self, key: Key) -> u64 {
        match self.setting(key).value {
            Some(Value::Bytes(bytes)) => bytes,
            _ => unreachable!("{key:?} is a size with a default"),
        }
    }

    /// A size that may be left to the server.
    pub(crate) fn size(&self, key: Key) -> Option<u64> {
        match self.setting(key).value {
            Some(Value::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn duration(&self, key: Key) -> Duration {
        match self.setting(key).value {
            Some(Value::Duration(duration)) => duration,
            _ => unreachable!("{key:?} is a duration with a default"),
        }
    }

    pub(crate) fn choice(&self, key: Key) -> &'static str {
        match self.setting(key).value {
            Some(Value::Choice(word)) => word,
            _ => unreachable!("{key:?} is a choice with a default"),
        }
    }

    /// A choice that may be left to the server.
    pub(crate) fn word(&self, key: Key) -> Option<&'static str> {
        match self.setting(key).value {
            Some(Value::Choice(word)) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn addresses(&self, key: Key) -> &[SocketAddr] {
        match &self.setting(key).value {
            Some(Value::Addresses(list)) => list,
            _ => unreachable!("{key:?} is a list of addresses with a default"),
        }
    }

    pub(crate) fn listen(&self) -> &[Listen] {
        match &self.setting(Key::Listen).value {
            Some(Value::Listen(list)) => list,
            _ => unreachable!("listen has a default"),
        }
    }

    pub(crate) fn share(&self, key: Key) -> Share {
        match self.setting(key).value {
            Some(Value::Share(share)) => share,
            _ => unreachable!("{key:?} is a share with a default"),
        }
    }

    pub(crate) fn names(&self, key: Key) -> &[String] {
        match &self.setting(key).value {
            Some(Value::Names(list)) => list,
            _ => unreachable!("{key:?} is a list of names with a default"),
        }
    }

    /// Nobody was named where it is `None`; an empty list is nobody.
    pub(crate) fn peers(&self, key: Key) -> Option<&PeerList> {
        match &self.setting(key).value {
            Some(Value::Peers(list)) => Some(list),
            _ => None,
        }
    }

    pub(crate) fn trusted_fields(&self) -> &[TrustedField] {
        match &self.setting(Key::TrustedFields).value {
            Some(Value::TrustedFields(list)) => list,
            _ => unreachable!("trusted_fields has a default"),
        }
    }

    pub(crate) fn access_place(&self) -> &AccessPlace {
        match &self.setting(Key::AccessLog).value {
            Some(Value::AccessPlace(place)) => place,
            _ => unreachable!("access_log has a default"),
        }
    }

    pub(crate) fn access_fields(&self) -> &[AccessField] {
        match &self.setting(Key::AccessLogFields).value {
            Some(Value::AccessFields(list)) => list,
            _ => unreachable!("access_log_fields has a default"),
        }
    }

    pub(crate) fn codings(&self) -> &[Coding] {
        match &self.setting(Key::Compress).value {
            Some(Value::Codings(list)) => list,
            _ => unreachable!("compress has a default"),
        }
    }

    pub(crate) fn coding_levels(&self) -> CodingLevels {
        match self.setting(Key::CompressLevels).value {
            Some(Value::CodingLevels(levels)) => levels,
            _ => unreachable!("compress_levels has a default"),
        }
    }

    pub(crate) fn media_types(&self, key: Key) -> &[MediaRange] {
        match &self.setting(key).value {
            Some(Value::MediaTypes(list)) => list,
            _ => unreachable!("{key:?} is a list of media types with a default"),
        }
    }

    pub(crate) fn ini(&self) -> &[(String, String)] {
        match &self.setting(Key::Ini).value {
            Some(Value::Ini(list)) => list,
            _ => unreachable!("ini has a default"),
        }
    }
}

/// The strongest channel's value; php.ini settings are merged by their own keys.
fn merge(option: &OptionSpec, entries: &[Entry]) -> Result<Setting, ConfigError> {
    let mut strongest: Option<Setting> = None;
    for entry in entries {
        let value = accept(option, entry)?;
        match &mut strongest {
            None => strongest = Some(Setting::from_entry(option, entry, value)),
            Some(setting) => setting.add_weaker(Some(value)),
        }
    }
    Ok(strongest.unwrap_or_else(|| Setting::default_of(option)))
}

impl Setting {
    fn from_entry(option: &OptionSpec, entry: &Entry, value: Value) -> Self {
        Self {
            value: Some(value),
            source: entry.source.clone(),
            name: entry.name_of(option),
        }
    }

    fn default_of(option: &OptionSpec) -> Self {
        Self {
            value: (option.default)(),
            source: Source::Default,
            name: option.name.to_owned(),
        }
    }

    fn add_weaker(&mut self, weaker: Option<Value>) {
        let (Some(Value::Ini(list)), Some(Value::Ini(weaker))) = (&mut self.value, weaker) else {
            return;
        };
        for (key, value) in weaker {
            if !list.iter().any(|(known, _)| *known == key) {
                list.push((key, value));
            }
        }
    }
}

fn accept(option: &OptionSpec, entry: &Entry) -> Result<Value, ConfigError> {
    let kind = (option.kind)();
    let fault = |fault| table_fault(option, entry, fault);
    match kind {
        Kind::Pools => return pools::accept(&entry.raw).map(Value::Pools).map_err(fault),
        Kind::Limits => {
            return limit_rules::accept(&entry.raw)
                .map(Value::Limits)
                .map_err(fault);
        }
        Kind::Hosts => {
            let hosts = hosts::accept(&entry.raw).map_err(fault)?.into_iter();
            let hosts = hosts.map(|host| host.with_paths(|path| absolute(&entry.folder, path)));
            return Ok(Value::Hosts(hosts.collect()));
        }
        Kind::Redirects => {
            return redirects::accept(&entry.raw)
                .map(Value::Redirects)
                .map_err(fault);
        }
        _ => {}
    }
    match kind.accept(&entry.raw) {
        Some(Value::Path(path)) => Ok(Value::Path(absolute(&entry.folder, path))),
        Some(Value::Paths(list)) => {
            let list = list.into_iter().map(|path| absolute(&entry.folder, path));
            Ok(Value::Paths(list.collect()))
        }
        Some(Value::AccessPlace(place)) => {
            let place = place.located(|path| absolute(&entry.folder, path));
            Ok(Value::AccessPlace(place))
        }
        Some(value) => Ok(value),
        None => Err(ConfigError::Refused {
            name: entry.name_of(option),
            value: entry.raw.written(),
            origin: entry.source.clone(),
            expected: kind.expected(),
        }),
    }
}

/// The fault with the name that the key has where it came from.
fn table_fault(option: &OptionSpec, entry: &Entry, fault: TableFault) -> ConfigError {
    let origin = entry.source.clone();
    let whole = entry.name_of(option);
    match fault {
        TableFault::Shape => ConfigError::Refused {
            name: whole,
            value: entry.raw.written(),
            origin,
            expected: (option.kind)().expected(),
        },
        TableFault::Refused {
            place,
            value,
            expected,
        } => ConfigError::Refused {
            name: entry.name_within(option, &place),
            value,
            origin,
            expected,
        },
        TableFault::UnknownKey {
            place,
            value,
            remedy,
        } => ConfigError::UnknownKey {
            key: entry.name_within(option, &place),
            value,
            origin,
            remedy,
        },
        TableFault::Clash {
            value,
            problem,
            remedy,
        } => ConfigError::Contradiction {
            name: whole,
            value,
            origin,
            problem: problem.into(),
            remedy,
        },
    }
}

/// Without `.` and double slashes; symbolic links stay, since a release path may be one.
fn absolute(folder: &Path, path: PathBuf) -> PathBuf {
    let joined = folder.join(path);
    std::path::absolute(&joined).unwrap_or(joined)
}
