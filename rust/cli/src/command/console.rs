//! `askr reload`, `askr rollback`, `askr status`: commands for the server of this application.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;

use askr_supervisor::{
    Answer, Command, Progress, Question, ReloadOrder, Status, check_private_folder,
};

use super::print;
use crate::config::{ConfigError, ControlSocket, Inputs, Key, Settings};
use crate::exit::Failure;

mod page;

/// Which application a command is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addressee {
    /// `--host`.
    pub(crate) host: Option<String>,
}

/// What `askr reload` was told beside the options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReloadWords {
    /// `--path`.
    pub(crate) path: Option<PathBuf>,
    /// `--no-canary`.
    pub(crate) no_canary: bool,
}

/// Nothing came of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    /// Nobody listens at any of the places.
    #[error("no server of this application answers at {place}")]
    NoServer { place: String },
    /// The socket is there and not for us.
    #[error("the server of this application is another user's")]
    Forbidden,
    /// There are several applications and none is that of all other hosts.
    #[error("which application is meant? name one of {names} with --host")]
    Unnamed { names: String },
    /// The change was given up.
    #[error("{0}")]
    Aborted(String),
    /// The connection broke, or what came was no answer.
    #[error("the server ended before it was done")]
    Cut(#[source] io::Error),
}

impl Addressee {
    /// Refuses to guess which of several applications is to be changed.
    fn checked(self, inputs: &Inputs) -> Result<Self, Failure> {
        let settings = Settings::resolve(inputs)?;
        let hosts = settings.hosts();
        if self.host.is_some() || hosts.len() < 2 || settings.has_own_application() {
            return Ok(self);
        }
        let names: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
        let names = names.join(", ");
        Err(ConsoleError::Unnamed { names }.into())
    }
}

/// Brings up a new generation and returns when no worker runs other code any more.
pub(crate) fn reload(
    inputs: &Inputs,
    to: Addressee,
    words: ReloadWords,
) -> Result<ExitCode, Failure> {
    let connection = connect(inputs, to.checked(inputs)?)?;
    let order = ReloadOrder {
        path: words.path.map(|path| release(inputs, path)).transpose()?,
        canary: !words.no_canary,
    };
    connection.follow(Command::Reload(order))
}

/// Returns to the generation before.
pub(crate) fn rollback(inputs: &Inputs, to: Addressee) -> Result<ExitCode, Failure> {
    let to = to.checked(inputs)?;
    connect(inputs, to)?.follow(Command::Rollback)
}

/// Says what runs.
pub(crate) fn status(inputs: &Inputs, to: Addressee, json: bool) -> Result<ExitCode, Failure> {
    let status = connect(inputs, to)?.status()?;
    if json {
        let text = serde_json::to_string_pretty(&status).expect("a status is plain data");
        return print(&format!("{text}\n"));
    }
    print(&page::text(&status))
}

/// A symbolic link in it is resolved by the server, once for each generation.
fn release(inputs: &Inputs, path: PathBuf) -> Result<PathBuf, ConfigError> {
    let absolute = inputs.current_dir.join(&path);
    if absolute.is_dir() {
        return Ok(std::path::absolute(&absolute).unwrap_or(absolute));
    }
    Err(ConfigError::NoRelease { path })
}

/// A server that listens.
struct Connection {
    stream: BufReader<UnixStream>,
    host: Option<String>,
}

/// The first place at which somebody listens.
fn connect(inputs: &Inputs, to: Addressee) -> Result<Connection, Failure> {
    let settings = Settings::resolve(inputs)?;
    let socket = socket(&settings, inputs, &to)?;
    for path in socket.places() {
        let is_private = || {
            path.parent()
                .is_some_and(|at| check_private_folder(at).is_ok())
        };
        if matches!(socket, ControlSocket::Private(_)) && !is_private() {
            continue;
        }
        match UnixStream::connect(path) {
            Ok(stream) => {
                return Ok(Connection {
                    stream: BufReader::new(stream),
                    host: to.host,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(ConsoleError::Forbidden.into());
            }
            Err(_) => {}
        }
    }
    let place = socket.places().first();
    let place = place.map_or_else(String::new, |path| path.display().to_string());
    Err(ConsoleError::NoServer { place }.into())
}

/// The socket of the server's own application, on which all can be reached; of one of hosts alone,
/// that of the one which is meant.
fn socket(
    settings: &Settings,
    inputs: &Inputs,
    to: &Addressee,
) -> Result<ControlSocket, ConfigError> {
    let is_given = settings.path(Key::ControlSocket).is_some();
    if settings.has_own_application() || is_given {
        return ControlSocket::new(settings, inputs);
    }
    let applications = settings.applications();
    let is_meant = |name: &str| to.host.as_ref().is_none_or(|host| host == name);
    let mut meant = applications.iter().filter(|one| is_meant(one.name));
    let meant = meant.next().unwrap_or(&applications[0]);
    ControlSocket::new(&meant.settings, inputs)
}

impl Connection {
    /// Prints what becomes of a change as it comes.
    fn follow(mut self, command: Command) -> Result<ExitCode, Failure> {
        self.ask(command)?;
        loop {
            match self.answer()? {
                Answer::Progress(Progress::Note(text)) => show(&text),
                Answer::Progress(Progress::Done(text)) => {
                    show(&text);
                    return Ok(ExitCode::SUCCESS);
                }
                Answer::Progress(Progress::Failed(text)) => {
                    return Err(ConsoleError::Aborted(text).into());
                }
                Answer::Status(_) => return Err(cut(io::ErrorKind::InvalidData.into())),
            }
        }
    }

    fn status(mut self) -> Result<Status, Failure> {
        self.ask(Command::Status)?;
        match self.answer()? {
            Answer::Status(status) => Ok(*status),
            Answer::Progress(Progress::Failed(text)) => Err(ConsoleError::Aborted(text).into()),
            Answer::Progress(_) => Err(cut(io::ErrorKind::InvalidData.into())),
        }
    }

    fn ask(&mut self, command: Command) -> Result<(), Failure> {
        let host = self.host.take();
        let question = Question { host, command };
        let mut line = serde_json::to_vec(&question).expect("a command is plain data");
        line.push(b'\n');
        match self.stream.get_mut().write_all(&line) {
            // Who is refused is not listened to: the answer says why.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(cut(error)),
            _ => Ok(()),
        }
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(cut)?;
        if line.is_empty() {
            return Err(cut(io::ErrorKind::UnexpectedEof.into()));
        }
        serde_json::from_str(&line).map_err(|error| cut(error.into()))
    }
}

fn cut(error: io::Error) -> Failure {
    ConsoleError::Cut(error).into()
}

/// A line of progress, for a reader that may have left.
fn show(text: &str) {
    let _ = io::stdout()
        .lock()
        .write_all(format!("{text}\n").as_bytes());
}
