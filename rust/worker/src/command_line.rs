//! `askr php`: PHP on the command line, as the `cli` SAPI behaves.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use askr_php::{Action, CommandLine, EngineConfig, Runtime};
use lexopt::{Arg, Parser, ValueExt};

use crate::idle::Idle;

/// What PHP's own command line sets whatever a php.ini says.
const FIXED_INI: [(&str, &str); 6] = [
    ("html_errors", "0"),
    ("register_argc_argv", "1"),
    ("implicit_flush", "1"),
    ("output_buffering", "0"),
    ("max_execution_time", "0"),
    ("max_input_time", "-1"),
];

/// The name of a script that has no file, in `$argv[0]`.
const NO_FILE: &str = "Standard input code";

const USAGE: &str = "Usage: php [options] [-f] <file> [--] [args...]
       php [options] -r <code> [--] [args...]
       php [options] [--] [args...]        runs the script on standard input

  -c <path>      Read the php.ini in this file or folder
  -n             Read no php.ini
  -d key[=value] Define an ini setting
  -f <file>      Run this file
  -r <code>      Run this code, without script tags
  -l             Check the syntax of the file only
  -i             Show PHP's information
  -m             List the modules
  -v             Show the version
  --ini          Show which configuration files are read
  -h             Show this text
";

const SHOW_INI: &str = r#"
echo 'Configuration File (php.ini) Path: ', get_cfg_var('cfg_file_path') ?: PHP_CONFIG_FILE_PATH, "\n";
echo 'Loaded Configuration File:         ', php_ini_loaded_file() ?: '(none)', "\n";
echo 'Scan for additional .ini files in: ', PHP_CONFIG_FILE_SCAN_DIR ?: '(none)', "\n";
echo 'Additional .ini files parsed:      ', php_ini_scanned_files() ?: '(none)', "\n";
"#;

/// Runs PHP with `args`, the words after `php`; returns the script's exit status.
pub fn php_cli(args: Vec<OsString>) -> ExitCode {
    let invocation = match Invocation::parse(args) {
        Ok(invocation) => invocation,
        Err(error) => return complain(&format!("{error}\n{USAGE}")),
    };
    match invocation.what {
        What::Usage => {
            print(USAGE);
            ExitCode::SUCCESS
        }
        What::Job(ref job) => run(&invocation.engine, job),
    }
}

fn run(config: &EngineConfig, job: &CommandLine) -> ExitCode {
    if let (Action::File | Action::Lint, Some(subject)) = (job.action, &job.subject) {
        let path = Path::new(OsStr::from_bytes(subject.as_bytes()));
        if std::fs::File::open(path).is_err() || path.is_dir() {
            return complain(&format!("Could not open input file: {}\n", path.display()));
        }
    }
    let mut runtime = match Runtime::start(config, Box::new(Idle)) {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("{error}\n")),
    };
    if let Some(path) =
        php_link().and_then(|path| CString::new(path.into_os_string().into_vec()).ok())
    {
        runtime.name_binary(&path);
    }
    let status = runtime.run_command_line(job);
    // PHP's statuses are 0 to 255; the system keeps the low eight bits, as it does for PHP.
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(u8::MAX))
}

#[expect(
    clippy::print_stderr,
    reason = "the command line's own messages go where PHP's go"
)]
fn complain(text: &str) -> ExitCode {
    eprint!("{text}");
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "what the user asked to see")]
fn print(text: &str) {
    print!("{text}");
}

struct Invocation {
    engine: EngineConfig,
    what: What,
}

enum What {
    Job(CommandLine),
    Usage,
}

impl Invocation {
    fn parse(args: Vec<OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = Parser::from_args(args);
        let mut options = Options::default();
        while options.takes_next(&mut parser)? {}
        let rest = parser.raw_args()?.collect::<Vec<_>>();
        options.finish(rest)
    }
}

#[derive(Default)]
struct Options {
    action: Option<Action>,
    subject: Option<OsString>,
    reads_stdin: bool,
    ini: Vec<(String, String)>,
    ini_path: Option<String>,
    ini_ignored: bool,
    usage: bool,
}

impl Options {
    /// Takes in one more word; false when the rest belongs to the script.
    fn takes_next(&mut self, parser: &mut Parser) -> Result<bool, lexopt::Error> {
        let Some(argument) = parser.next()? else {
            return Ok(false);
        };
        match argument {
            Arg::Short('v') | Arg::Long("version") => self.action = Some(Action::Version),
            Arg::Short('m') | Arg::Long("modules") => self.action = Some(Action::Modules),
            Arg::Short('i') | Arg::Long("info") => self.action = Some(Action::Info),
            Arg::Short('l') | Arg::Long("syntax-check") => self.action = Some(Action::Lint),
            Arg::Short('h' | '?') | Arg::Long("help" | "usage") => self.usage = true,
            Arg::Short('n') | Arg::Long("no-php-ini") => self.ini_ignored = true,
            Arg::Short('c') | Arg::Long("php-ini") => {
                self.ini_path = Some(parser.value()?.string()?);
            }
            Arg::Short('d') | Arg::Long("define") => {
                let setting = parser.value()?.string()?;
                let (name, value) = setting.split_once('=').unwrap_or((&setting, "1"));
                self.ini.push((name.to_owned(), value.to_owned()));
            }
            // Accepted and without effect in PHP's own command line, too.
            Arg::Short('q' | 'C') => {}
            Arg::Short('f') | Arg::Long("file") => self.subject = Some(parser.value()?),
            Arg::Short('r') | Arg::Long("run") => {
                self.action = Some(Action::Code);
                self.subject = Some(parser.value()?);
            }
            Arg::Long("ini") => {
                self.action = Some(Action::Code);
                self.subject = Some(SHOW_INI.into());
            }
            Arg::Value(word) if word == "-" => self.reads_stdin = true,
            Arg::Value(word) => self.subject = Some(word),
            other => return Err(other.unexpected()),
        }
        let asks_only = matches!(
            self.action,
            Some(Action::Info | Action::Modules | Action::Version)
        );
        Ok(self.subject.is_none() && !self.reads_stdin && !asks_only)
    }

    fn finish(self, rest: Vec<OsString>) -> Result<Invocation, lexopt::Error> {
        let mut rest = rest.into_iter().peekable();
        rest.next_if(|word| word == "--");
        let action = self.action.unwrap_or(match self.subject {
            Some(_) => Action::File,
            None => Action::Stdin,
        });
        if action == Action::Lint && self.subject.is_none() {
            return Err("-l needs a file".into());
        }
        let name = match action {
            Action::File | Action::Lint => self.subject.clone().unwrap_or_default(),
            _ => NO_FILE.into(),
        };
        let argv = std::iter::once(name)
            .chain(rest)
            .map(c_string)
            .collect::<Result<_, _>>()?;
        let job = CommandLine {
            action,
            subject: self.subject.map(c_string).transpose()?,
            argv,
        };
        let what = if self.usage {
            What::Usage
        } else {
            What::Job(job)
        };
        let fixed = FIXED_INI.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let engine = EngineConfig {
            ini_defaults: vec![("display_errors".to_owned(), "1".to_owned())],
            ini_overrides: fixed.into_iter().chain(self.ini).collect(),
            ini_path: self.ini_path,
            ini_ignored: self.ini_ignored,
            executable: std::env::args().next(),
            command_line: true,
        };
        Ok(Invocation { engine, what })
    }
}

fn c_string(word: OsString) -> Result<CString, lexopt::Error> {
    CString::new(word.into_vec()).map_err(|_| "an argument contains a NUL byte".into())
}

/// A path that is named `php` and leads to this binary, so that tools which start `PHP_BINARY`
/// get PHP: the one this process was started by, one beside the binary, or else one that is kept
/// in the user's cache folder.
fn php_link() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?.canonicalize().ok()?;
    let leads_here = |link: &PathBuf| {
        link.file_name() == Some(OsStr::new("php"))
            && link.canonicalize().is_ok_and(|target| target == binary)
    };
    let called = std::env::args_os()
        .next()
        .and_then(|name| std::path::absolute(name).ok());
    let beside = binary.with_file_name("php");
    if let Some(link) = called.into_iter().chain([beside]).find(leads_here) {
        return Some(link);
    }
    let kept = cache_dir()?.join("askr/bin/php");
    if !leads_here(&kept) {
        make_link(&binary, &kept).ok()?;
    }
    Some(kept)
}

fn cache_dir() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    named.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))
}

fn make_link(binary: &Path, link: &Path) -> std::io::Result<()> {
    let folder = link.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let fresh = folder.join(format!("php.{}", std::process::id()));
    std::os::unix::fs::symlink(binary, &fresh)?;
    std::fs::rename(&fresh, link)
}

#[cfg(test)]
mod tests;
