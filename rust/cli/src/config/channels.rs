//! What each channel says about each option, before anything is believed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::error::ConfigError;
use super::files;
use super::kind::Kind;
use super::nearest::nearest;
use super::options::{self, Key, OptionSpec};
use super::raw::Raw;
use super::registry::OPTIONS;
use super::source::Source;
use super::tables::Place;

/// The environment variable that carries the values of `config/askr.php` as JSON.
pub(crate) const LARAVEL_VARIABLE: &str = "ASKR_LARAVEL_CONFIG";
/// The environment variable that names the configuration file.
pub(crate) const FILE_VARIABLE: &str = "ASKR_CONFIG";
/// Variables with the prefix that are no options: they belong to the build, the package or tests.
const OTHER_VARIABLES: [&str; 7] = [
    FILE_VARIABLE,
    LARAVEL_VARIABLE,
    "ASKR_BINARY",
    "ASKR_CACHE_DIR",
    "ASKR_HOST",
    "ASKR_PHP_CONFIG",
    "ASKR_PORT",
];

/// Everything outside the process that configuration depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inputs {
    /// Flags by option name; more than one word when repeated.
    pub(crate) flags: BTreeMap<String, Vec<String>>,
    /// `--config`.
    pub(crate) file_flag: Option<PathBuf>,
    /// The whole environment.
    pub(crate) variables: BTreeMap<String, String>,
    /// Relative paths in flags and the environment start here.
    pub(crate) current_dir: PathBuf,
}

/// One channel's value for one option.
pub(crate) struct Entry {
    pub(crate) raw: Raw,
    pub(crate) source: Source,
    /// Where a relative path in it starts.
    pub(crate) folder: PathBuf,
}

/// What all channels say, strongest first.
pub(crate) struct Channels {
    entries: BTreeMap<Key, Vec<Entry>>,
}

impl Inputs {
    /// An environment variable; an empty one counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The configuration file somebody named, and how.
    pub(crate) fn named_file(&self) -> Option<(&Path, &'static str)> {
        let by_flag = self.file_flag.as_deref().map(|path| (path, "--config"));
        by_flag.or_else(|| Some((Path::new(self.variable(FILE_VARIABLE)?), FILE_VARIABLE)))
    }

    /// Refuses a variable that is nearly one of ours: a slip that would silently do nothing.
    ///
    /// Others with the prefix pass, since container platforms invent such names.
    fn check_variables(&self) -> Result<(), ConfigError> {
        let known: Vec<String> = OPTIONS.iter().map(OptionSpec::variable).collect();
        for (name, value) in &self.variables {
            let is_ours = known.contains(name) || OTHER_VARIABLES.contains(&name.as_str());
            let Some(rest) = name.strip_prefix("ASKR_").filter(|_| !is_ours) else {
                continue;
            };
            if let Some(meant) = nearest(rest, OPTIONS.iter().map(|option| option.name)) {
                let nearest = format!("ASKR_{}", meant.to_ascii_uppercase());
                let value = format!("{value:?}");
                return Err(ConfigError::UnknownVariable {
                    name: name.clone(),
                    value,
                    nearest,
                });
            }
        }
        Ok(())
    }
}

impl Channels {
    /// Reads every channel.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, or a key or variable that no option has.
    pub(crate) fn read(inputs: &Inputs) -> Result<Self, ConfigError> {
        inputs.check_variables()?;
        let mut channels = Self {
            entries: BTreeMap::new(),
        };
        channels.add_flags(inputs);
        channels.add_variables(inputs);
        let laravel = files::laravel(inputs)?;
        let app_base = channels.app_base(&laravel, &inputs.current_dir);
        if let Some(file) = files::toml_file(inputs, app_base.as_deref())? {
            let folder = file.path.parent().unwrap_or(&inputs.current_dir).to_owned();
            let source = Source::File(file.path);
            channels.add_keys(file.keys, &source, Raw::Typed, &folder)?;
        }
        channels.add_keys(laravel, &Source::Laravel, Raw::Loose, &inputs.current_dir)?;
        Ok(channels)
    }

    /// What the channels say about one option, strongest first.
    pub(crate) fn entries(&self, key: Key) -> &[Entry] {
        self.entries.get(&key).map_or(&[], Vec::as_slice)
    }

    fn add_flags(&mut self, inputs: &Inputs) {
        for option in OPTIONS {
            if let Some(words) = inputs.flags.get(option.name) {
                self.add(
                    option,
                    Raw::Words(words.clone()),
                    Source::Flag,
                    &inputs.current_dir,
                );
            }
        }
    }

    fn add_variables(&mut self, inputs: &Inputs) {
        for option in OPTIONS {
            let Some(text) = inputs.variable(&option.variable()) else {
                continue;
            };
            let is_split = option.has_tables() || matches!((option.kind)(), Kind::Ini);
            let words = match is_split {
                true => text.split(';').map(str::to_owned).collect(),
                false => vec![text.to_owned()],
            };
            self.add(
                option,
                Raw::Words(words),
                Source::Environment,
                &inputs.current_dir,
            );
        }
    }

    fn add_keys(
        &mut self,
        keys: Map<String, Json>,
        source: &Source,
        wrap: fn(Json) -> Raw,
        folder: &Path,
    ) -> Result<(), ConfigError> {
        for (name, value) in keys {
            let Some(option) = options::named(&name) else {
                return Err(unknown_key(name, &value, source));
            };
            if !value.is_null() {
                self.add(option, wrap(value), source.clone(), folder);
            }
        }
        Ok(())
    }

    fn add(&mut self, option: &OptionSpec, raw: Raw, source: Source, folder: &Path) {
        let entry = Entry {
            raw,
            source,
            folder: folder.to_owned(),
        };
        self.entries.entry(option.key).or_default().push(entry);
    }

    /// The application's folder as far as it is known before `askr.toml` is found.
    fn app_base(&self, laravel: &Map<String, Json>, current_dir: &Path) -> Option<PathBuf> {
        let spoken = self
            .entries(Key::AppBase)
            .first()
            .map(|entry| entry.raw.clone());
        let raw = spoken.or_else(|| laravel.get("app_base").cloned().map(Raw::Loose))?;
        raw.text().map(|text| current_dir.join(text))
    }
}

impl Entry {
    /// What the option is called in the channel this came from.
    pub(crate) fn name_of(&self, option: &OptionSpec) -> String {
        match self.source {
            Source::Flag => format!("--{}", option.flag()),
            Source::Environment => option.variable(),
            Source::File(_) | Source::Laravel | Source::Default => option.name.to_owned(),
        }
    }

    /// What a key of a table is called in the channel this came from.
    pub(crate) fn name_within(&self, option: &OptionSpec, place: &Place) -> String {
        let words = [
            Some(self.name_of(option)),
            Some(place.table.clone()),
            place.key.clone(),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        words.join(self.source.joint())
    }
}

fn unknown_key(key: String, value: &Json, source: &Source) -> ConfigError {
    let remedy = match nearest(&key, OPTIONS.iter().map(|option| option.name)) {
        Some(name) => format!("did you mean {name}?"),
        None => "remove it, or see `askr config` for every key".to_owned(),
    };
    ConfigError::UnknownKey {
        key,
        value: value.to_string(),
        origin: source.clone(),
        remedy,
    }
}
