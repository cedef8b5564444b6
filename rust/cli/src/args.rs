//! The command line, derived from the option registry.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command as Clap};

use crate::command::{Addressee, ReloadWords};
use crate::config::{Inputs, LogConfig, OPTIONS, OptionSpec};
use crate::doctor::REPORT_COMMAND;
use crate::user::Ids;

/// The hidden command that makes a process the template of a server.
pub(crate) const TEMPLATE_COMMAND: &str = "template";

/// The option of which commands for a server take a name alone.
const HOSTS: &str = "hosts";

/// What was asked for.
#[derive(Debug)]
pub(crate) enum Args {
    /// `askr serve`.
    Serve(Inputs),
    /// `askr config`.
    Config { inputs: Inputs, markdown: bool },
    /// `askr doctor`.
    Doctor(Inputs),
    /// `askr reload`.
    Reload {
        inputs: Inputs,
        to: Addressee,
        words: ReloadWords,
    },
    /// `askr rollback`.
    Rollback { inputs: Inputs, to: Addressee },
    /// `askr status`.
    Status {
        inputs: Inputs,
        to: Addressee,
        json: bool,
    },
    /// `askr trust`.
    Trust { inputs: Inputs, remove: bool },
    /// `askr php …`, or the binary called `php`.
    Php(Vec<OsString>),
    /// `askr artisan …`.
    Artisan { inputs: Inputs, rest: Vec<OsString> },
    /// `askr template LEVEL FORMAT [IDS]`: started by `askr serve` with its file descriptors.
    Template { log: LogConfig, ids: Option<Ids> },
    /// `askr engine-report`: started by `askr doctor`.
    EngineReport,
    /// Text to print: help or version.
    Print(String),
}

/// A command line that cannot be understood; the text is the whole complaint.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

impl Args {
    /// Reads the process's arguments and environment.
    ///
    /// # Errors
    /// An unknown command or flag, a flag without its value, or text that is not UTF-8.
    pub(crate) fn parse() -> Result<Self, UsageError> {
        let current_dir = env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let surroundings = Inputs {
            variables,
            current_dir,
            ..Inputs::default()
        };
        Self::from(env::args_os().collect(), surroundings)
    }

    /// Understands `argv`; `surroundings` has everything but the flags.
    pub(crate) fn from(argv: Vec<OsString>, surroundings: Inputs) -> Result<Self, UsageError> {
        let called = argv.first().map(Path::new).and_then(Path::file_name);
        if called == Some(OsStr::new("php")) {
            return Ok(Self::Php(argv.into_iter().skip(1).collect()));
        }
        match argv.get(1).and_then(|word| word.to_str()) {
            Some("php") => Ok(Self::Php(argv.into_iter().skip(2).collect())),
            Some("artisan") => {
                let rest = argv.into_iter().skip(2).collect();
                Ok(Self::Artisan {
                    inputs: surroundings,
                    rest,
                })
            }
            Some(TEMPLATE_COMMAND) => template(&argv),
            Some(REPORT_COMMAND) => Ok(Self::EngineReport),
            _ => parse_own(argv, surroundings),
        }
    }
}

/// The whole command, for parsing and for help.
pub(crate) fn command() -> Clap {
    let passed_on = |name, about| {
        Clap::new(name)
            .about(about)
            .arg(rest())
            .disable_help_flag(true)
    };
    Clap::new("askr")
        .about("Serves PHP applications from one binary")
        .version(version())
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(with_options(
            Clap::new("serve").about("Serve an application"),
        ))
        .subcommand(
            with_options(Clap::new("config").about("Print every option's value and its source"))
                .arg(switch("markdown", "Print the reference page instead")),
        )
        .subcommand(with_options(
            Clap::new("doctor").about("Check the engine, the application and this machine"),
        ))
        .subcommand(
            for_a_server(
                Clap::new("reload").about("Replace the workers by ones that run the code of now"),
            )
            .arg(path_flag())
            .arg(switch(
                "no-canary",
                "Replace all at once, without trying one first",
            )),
        )
        .subcommand(for_a_server(
            Clap::new("rollback").about("Return to the generation before the last reload"),
        ))
        .subcommand(
            for_a_server(Clap::new("status").about("Say what a running server runs"))
                .arg(switch("json", "Print it as JSON")),
        )
        .subcommand(
            Clap::new("trust")
                .about("Have this machine trust the authority of tls_self_signed")
                .arg(switch("remove", "Have it trusted no more")),
        )
        .subcommand(passed_on("php", "Run PHP on the command line"))
        .subcommand(passed_on("artisan", "Run the application's artisan"))
}

fn version() -> String {
    format!(
        "{} (PHP {})",
        env!("CARGO_PKG_VERSION"),
        askr_worker::php_version()
    )
}

/// With the options that a running server is found by; a `--host` with nothing but a name says
/// which of its applications is meant.
fn for_a_server(command: Clap) -> Clap {
    with_options(command).mut_arg(HOSTS, |host| {
        host.value_name("NAME").help(
            "The application that is meant, by its name in `hosts` [default: that of all others]",
        )
    })
}

fn with_options(command: Clap) -> Clap {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Configuration file [default: ./askr.toml or APP_BASE/askr.toml, if there]");
    OPTIONS.iter().fold(command.arg(file), |command, option| {
        command.arg(flag(option))
    })
}

fn flag(option: &OptionSpec) -> Arg {
    let action = if option.is_list() {
        ArgAction::Append
    } else {
        ArgAction::Set
    };
    let flag = Arg::new(option.name)
        .long(option.flag())
        .value_name(option.placeholder)
        .allow_negative_numbers(true)
        .action(action)
        .help(format!(
            "{} [default: {}]",
            option.doc,
            option.default_shown()
        ));
    match option.bare_value() {
        Some(value) => flag.num_args(0..=1).default_missing_value(value),
        None => flag,
    }
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

fn path_flag() -> Arg {
    Arg::new("path")
        .long("path")
        .value_name("DIR")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Folder of another release with the same layout [default: the configured one, resolved anew]")
}

fn rest() -> Arg {
    Arg::new("arguments")
        .num_args(0..)
        .allow_hyphen_values(true)
        .trailing_var_arg(true)
}

fn template(argv: &[OsString]) -> Result<Args, UsageError> {
    let word = |index: usize| argv.get(index).and_then(|word| word.to_str());
    let log = word(2)
        .zip(word(3))
        .and_then(|(level, format)| LogConfig::from_words(level, format));
    let ids = argv
        .get(4)
        .map(|_| word(4).and_then(|text| text.parse().ok()));
    match (log, ids) {
        (Some(log), None) => Ok(Args::Template { log, ids: None }),
        (Some(log), Some(Some(ids))) => Ok(Args::Template {
            log,
            ids: Some(ids),
        }),
        _ => Err(UsageError("template is started by askr serve".to_owned())),
    }
}

fn parse_own(argv: Vec<OsString>, surroundings: Inputs) -> Result<Args, UsageError> {
    let matches = match command().try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(error) => return answer(&error),
    };
    let (name, matches) = matches.subcommand().expect("clap requires a subcommand");
    if name == "trust" {
        return Ok(Args::Trust {
            inputs: surroundings,
            remove: matches.get_flag("remove"),
        });
    }
    let mut inputs = Inputs {
        flags: flags(matches),
        file_flag: file_flag(matches),
        ..surroundings
    };
    Ok(match name {
        "serve" => Args::Serve(inputs),
        "config" => Args::Config {
            inputs,
            markdown: matches.get_flag("markdown"),
        },
        "doctor" => Args::Doctor(inputs),
        "reload" => Args::Reload {
            to: addressee(&mut inputs),
            inputs,
            words: ReloadWords {
                path: matches.get_one::<PathBuf>("path").cloned(),
                no_canary: matches.get_flag("no-canary"),
            },
        },
        "rollback" => Args::Rollback {
            to: addressee(&mut inputs),
            inputs,
        },
        "status" => Args::Status {
            to: addressee(&mut inputs),
            inputs,
            json: matches.get_flag("json"),
        },
        _ => unreachable!("{name} was handled before clap saw it"),
    })
}

fn flags(matches: &ArgMatches) -> BTreeMap<String, Vec<String>> {
    let words = |option: &OptionSpec| {
        let values = matches.get_many::<String>(option.name)?;
        Some((option.name.to_owned(), values.cloned().collect()))
    };
    OPTIONS.iter().filter_map(words).collect()
}

/// Takes the names of applications that are meant out of the hosts that were given; the last one
/// counts.
fn addressee(inputs: &mut Inputs) -> Addressee {
    let Some(words) = inputs.flags.remove(HOSTS) else {
        return Addressee::default();
    };
    let (hosts, mut names): (Vec<String>, Vec<String>) =
        words.into_iter().partition(|word| word.contains('='));
    if !hosts.is_empty() {
        inputs.flags.insert(HOSTS.to_owned(), hosts);
    }
    Addressee { host: names.pop() }
}

fn file_flag(matches: &ArgMatches) -> Option<PathBuf> {
    matches.get_one::<PathBuf>("config").cloned()
}

/// Help and version are answers; the rest becomes one line.
fn answer(error: &clap::Error) -> Result<Args, UsageError> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Args::Print(error.to_string())),
        _ => Err(UsageError(one_line(error))),
    }
}

fn one_line(error: &clap::Error) -> String {
    let context = |kind| error.get(kind).map(context_text);
    let wrong =
        context(ContextKind::InvalidArg).or_else(|| context(ContextKind::InvalidSubcommand));
    let wrong = wrong.unwrap_or_default();
    let meant = context(ContextKind::SuggestedArg)
        .or_else(|| context(ContextKind::SuggestedSubcommand))
        .map_or_else(
            || "`askr --help` and `askr serve --help` list what there is".to_owned(),
            |meant| format!("did you mean {meant}?"),
        );
    match error.kind() {
        ErrorKind::UnknownArgument => format!("unknown flag or argument {wrong}; {meant}"),
        ErrorKind::InvalidSubcommand => format!("unknown command {wrong}; {meant}"),
        ErrorKind::MissingSubcommand => format!("no command given; {meant}"),
        ErrorKind::ArgumentConflict => format!("{wrong} is given more than once; give it once"),
        ErrorKind::InvalidValue => format!("{wrong} has no value; give one after it"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8; write it in UTF-8".to_owned(),
        _ => first_line(&error.to_string()),
    }
}

fn context_text(value: &ContextValue) -> String {
    match value {
        ContextValue::Strings(list) => list.join(" or "),
        other => other.to_string(),
    }
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

#[cfg(test)]
mod tests;
