//! The registry as a table of effective values and as the reference page.

use std::fmt::Write;

use super::application;
use super::hosts;
use super::kind::Value;
use super::limit_rules::RULE_KEYS;
use super::options::{Key, OptionSpec};
use super::pools;
use super::redirects::REDIRECT_KEYS;
use super::registry::OPTIONS;
use super::settings::Settings;
use super::worker_range::WorkerRange;

const PREFACE: &str = "\
# Configuration

This page is generated from the option registry by `askr config --markdown`; do not edit it.

Each option can be given in four ways, strongest first: a flag of `askr serve`, an environment
variable, a key of `askr.toml`, a key of `config/askr.php` (when started by
`php artisan askr:start`). `askr config` prints every effective value and where it came from.

`askr.toml` is the file named by `--config FILE` or `ASKR_CONFIG`, else `askr.toml` in the current
folder, else the one in `app_base`. Relative paths in it start at its own folder; in flags and the
environment they start at the current folder. An empty environment variable counts as not set.

Sizes are bytes or a number with `KB`, `MB`, `GB` (powers of 1024); durations are seconds or a
number with `ms`, `s`, `m`, `h`. An unknown key, a value of the wrong type or one out of range
stops the start, also where a stronger channel overrides it: exit code 64 when a flag is at fault,
78 otherwise.
";

/// `key = value (source)` for every option, in the order of the registry.
pub(crate) fn table(settings: &Settings) -> String {
    let rows: Vec<[String; 3]> = OPTIONS.iter().map(|option| row(option, settings)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (key_width, value_width) = (width(0), width(1));
    let mut text = String::new();
    for [key, value, source] in &rows {
        let _ = writeln!(text, "{key:key_width$}  {value:value_width$}  {source}");
    }
    text
}

/// The reference page, `docs/config.md`.
pub(crate) fn markdown() -> String {
    let mut text = PREFACE.to_owned();
    for option in OPTIONS {
        let _ = write!(text, "\n{}", section(option));
    }
    text
}

fn row(option: &OptionSpec, settings: &Settings) -> [String; 3] {
    let setting = settings.setting(option.key);
    let source = match setting.source.to_string() {
        origin if setting.name == option.name => origin,
        origin => format!("{origin} {}", setting.name),
    };
    [option.name.to_owned(), effective(option, settings), source]
}

/// The value in force, also where it is found out rather than written down.
fn effective(option: &OptionSpec, settings: &Settings) -> String {
    const NONE: &str = "-";
    match (&settings.setting(option.key).value, option.key) {
        (None, Key::Root) => application::root_path(settings)
            .map_or(NONE.to_owned(), |path| path.display().to_string()),
        (Some(Value::Workers(range)), _) if range.is_auto() => here(*range),
        (None, _) => NONE.to_owned(),
        (Some(Value::Ini(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Names(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Paths(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Pools(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Limits(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Hosts(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(Value::Redirects(list)), _) if list.is_empty() => NONE.to_owned(),
        (Some(value), _) => value.to_text(),
    }
}

fn here(range: WorkerRange) -> String {
    let (least, most) = range.here();
    if least == most {
        format!("{least} ({range})")
    } else {
        format!("{least}..{most} ({range})")
    }
}

/// The value after a flag, in brackets where it may be left out.
fn value_shown(option: &OptionSpec) -> String {
    match option.bare_value() {
        Some(_) => format!("[={}]", option.placeholder),
        None => format!(" {}", option.placeholder),
    }
}

/// What the tables of an option have in them.
fn own_keys(option: &OptionSpec) -> String {
    let quoted = |name: &&str| format!("`{name}`");
    let all = |names: Vec<String>| names.join(", ");
    match option.key {
        Key::Pools => {
            let names = pools::own_options().map(|own| quoted(&own.name)).collect();
            let paths = pools::PATHS;
            format!("- keys of each: `{paths}`, and for itself {}\n", all(names))
        }
        Key::Hosts => {
            let names = hosts::own_options().map(|own| quoted(&own.name)).collect();
            let own = hosts::NAMES;
            format!("- keys of each: `{own}`, and for itself {}\n", all(names))
        }
        Key::Limits => {
            let names = RULE_KEYS.iter().map(quoted).collect();
            format!("- keys of each: {}\n", all(names))
        }
        Key::Redirects => {
            let names = REDIRECT_KEYS.iter().map(quoted).collect();
            format!("- keys of each: {}\n", all(names))
        }
        _ => String::new(),
    }
}

fn section(option: &OptionSpec) -> String {
    let OptionSpec { name, doc, .. } = option;
    format!(
        "## {name}\n\n{doc}\n\n\
         - value: {}\n{}\
         - default: {}\n\
         - flag: `--{}{}`\n\
         - environment: `{}`\n\
         - `askr.toml` and `config/askr.php`: `{name}`\n",
        (option.kind)().expected(),
        own_keys(option),
        option.default_shown(),
        option.flag(),
        value_shown(option),
        option.variable(),
    )
}
