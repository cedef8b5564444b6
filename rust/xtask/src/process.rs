//! Runs other programs; what they were and how they ended is part of every error.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

/// Lines of a log that an error repeats.
const TAIL_LINES: usize = 25;

/// Why a program did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// It could not be started.
    #[error("could not start `{program}`: {source}")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    /// It ended with another status than 0.
    #[error("`{command}` ended with {status}{tail}")]
    Failed {
        command: String,
        status: ExitStatus,
        tail: String,
    },
    /// Its log could not be written.
    #[error("could not write the log {path}: {source}", path = path.display())]
    Log {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Runs `command` on the caller's terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), CommandError> {
    let status = command.status().map_err(|source| start(command, source))?;
    succeed(command, status, String::new())
}

/// Runs `command` and returns what it wrote to standard output.
pub(crate) fn read(command: &mut Command) -> Result<String, CommandError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| start(command, source))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    succeed(command, output.status, both_ends(&output))?;
    Ok(text)
}

/// Runs `command` with its output going to the end of the file `log`.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<(), CommandError> {
    let file = open_log(log)?;
    let twin = file.try_clone().map_err(|source| CommandError::Log {
        path: log.to_owned(),
        source,
    })?;
    let status = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(twin)
        .status()
        .map_err(|source| start(command, source))?;
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let heading = format!("; end of {}:\n", log.display());
    succeed(command, status, heading + &tail(&text))
}

/// Whether `program` is found on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// The last lines of `text`, indented.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines[from..]
        .iter()
        .map(|line| format!("    {line}\n"))
        .collect()
}

fn open_log(log: &Path) -> Result<File, CommandError> {
    File::options()
        .create(true)
        .append(true)
        .open(log)
        .map_err(|source| CommandError::Log {
            path: log.to_owned(),
            source,
        })
}

fn both_ends(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    format!(":\n{}", tail(&String::from_utf8_lossy(&text)))
}

fn succeed(command: &Command, status: ExitStatus, tail: String) -> Result<(), CommandError> {
    if status.success() {
        return Ok(());
    }
    Err(CommandError::Failed {
        command: shown(command),
        status,
        tail,
    })
}

fn start(command: &Command, source: std::io::Error) -> CommandError {
    CommandError::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

/// The command as a person would type it, shortened.
fn shown(command: &Command) -> String {
    let mut words = vec![OsString::from(command.get_program())];
    words.extend(command.get_args().map(OsString::from));
    let mut text = words.join(" ".as_ref()).to_string_lossy().into_owned();
    if text.len() > 300 {
        let end = (0..=300)
            .rev()
            .find(|&at| text.is_char_boundary(at))
            .unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
