//! The only place that turns errors into exit codes and the last words on standard error.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use askr_exchange::CreateError;
use askr_gateway::{BindError, ServeError};
use askr_supervisor::{RunError, SocketError, StartError, TemplateFdsError};

use crate::args::UsageError;
use crate::command::{ArtisanError, ConsoleError, HandoverError, TrustError};
use crate::config::ConfigError;
use crate::logging::{self, LogError};
use crate::user::BecomeError;

/// `askr doctor` found something that will not work.
const FINDINGS: u8 = 1;
/// A change of a running server was given up; what ran before runs on.
const ABORTED: u8 = 1;
/// The command line cannot be understood (`EX_USAGE`).
const USAGE: u8 = 64;
/// Something the server needs is taken or refused (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;
/// The server or the application failed (`EX_SOFTWARE`).
const INTERNAL: u8 = 70;
/// A file, a variable or a path it names is wrong (`EX_CONFIG`).
const CONFIGURATION: u8 = 78;

/// Everything that can end a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Artisan(#[from] ArtisanError),
    #[error(transparent)]
    Trust(#[from] TrustError),
    #[error(transparent)]
    Console(#[from] ConsoleError),
    #[error("this command is for askr serve to start")]
    Template(#[from] TemplateFdsError),
    #[error(transparent)]
    Become(#[from] BecomeError),
    #[error("log file {}", path.display())]
    LogFile { path: PathBuf, source: io::Error },
    #[error("access log {place}")]
    AccessLog { place: String, source: io::Error },
    #[error(transparent)]
    Handover(#[from] HandoverError),
    #[error("cannot listen")]
    Bind(#[from] BindError),
    #[error("no commands can be taken")]
    ControlSocket(#[from] SocketError),
    #[error("the store cannot be reached from outside")]
    StoreSocket(#[source] SocketError),
    #[error("no exchange between gateway and workers")]
    Exchange(#[from] CreateError),
    #[error("no shared store")]
    Store(#[from] askr_store::CreateError),
    #[error("the runtime does not start")]
    Runtime(#[source] io::Error),
    #[error("the template does not start")]
    Start(#[from] StartError),
    #[error("the gateway does not start")]
    Serve(#[from] ServeError),
    #[error("the server gives up")]
    Run(#[from] RunError),
}

/// Says what went wrong and returns the exit code of its kind.
pub(crate) fn report(failure: &Failure) -> ExitCode {
    say(failure);
    ExitCode::from(code(failure))
}

/// The exit code of a doctor that is not content; every finding is printed already.
pub(crate) fn doctor_failed() -> ExitCode {
    ExitCode::from(FINDINGS)
}

/// The exit code of a server that was not allowed to finish, as a shell would see it.
pub(crate) fn by_signal(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}

fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) | Failure::Template(_) => USAGE,
        Failure::Console(ConsoleError::Unnamed { .. }) => USAGE,
        Failure::Config(error) if error.is_usage() => USAGE,
        Failure::Config(_) | Failure::Artisan(_) | Failure::Trust(_) => CONFIGURATION,
        Failure::Console(ConsoleError::NoServer { .. } | ConsoleError::Forbidden) => UNAVAILABLE,
        Failure::Console(ConsoleError::Aborted(_) | ConsoleError::Cut(_)) => ABORTED,
        Failure::Bind(
            BindError::NoAddress
            | BindError::NoCertificate { .. }
            | BindError::Root { .. }
            | BindError::Tls(_),
        ) => CONFIGURATION,
        Failure::Bind(BindError::Address { .. } | BindError::Listener(_))
        | Failure::Handover(_)
        | Failure::Exchange(_)
        | Failure::Store(_) => UNAVAILABLE,
        Failure::ControlSocket(_)
        | Failure::StoreSocket(_)
        | Failure::LogFile { .. }
        | Failure::AccessLog { .. } => CONFIGURATION,
        Failure::Log(_)
        | Failure::Become(_)
        | Failure::Runtime(_)
        | Failure::Start(_)
        | Failure::Serve(_)
        | Failure::Run(_) => INTERNAL,
    }
}

/// The error, what caused it, and what to do about it where it does not say so itself.
fn say(failure: &Failure) {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    match remedy(failure) {
        Some(remedy) => logging::say(&format!("askr: {text}; {remedy}")),
        None => logging::say(&format!("askr: {text}")),
    }
}

fn remedy(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Bind(BindError::Address { .. }) => {
            Some("stop what uses it, or give another address with --listen")
        }
        Failure::Bind(BindError::NoAddress) => Some("give one with --listen"),
        Failure::Bind(BindError::NoCertificate { .. }) => Some(
            "give one with --tls-cert and --tls-key, or --tls-self-signed, or listen on http://",
        ),
        Failure::Handover(_) | Failure::Bind(BindError::Listener(_)) => {
            Some("see ListenStream in the socket unit")
        }
        Failure::Bind(BindError::Root { .. }) => Some("give the folder of index.php with --root"),
        Failure::Bind(BindError::Tls(_)) => {
            Some("see --tls-cert, --tls-key and --tls-self-signed, or start without them")
        }
        Failure::Run(RunError::BootFailed { .. } | RunError::CrashLoop { .. }) => {
            Some("correct the application and start again")
        }
        Failure::Run(RunError::EngineFailed { .. }) => Some("see `askr doctor` and --ini"),
        Failure::ControlSocket(_) => Some("give another path with --control-socket"),
        Failure::StoreSocket(_) => Some("give another path with --store-socket"),
        Failure::AccessLog { .. } => Some("give another place with --access-log"),
        Failure::LogFile { .. } => Some("give a file that can be written with --log-file"),
        Failure::Exchange(_) => Some("free memory or file descriptors, or use fewer --workers"),
        Failure::Store(_) => Some("free memory or file descriptors, or lower --store-size"),
        Failure::Console(ConsoleError::NoServer { .. }) => Some(
            "start it with askr serve, or run this as the user and with the configuration it has",
        ),
        Failure::Console(ConsoleError::Forbidden) => Some("run this as that user"),
        Failure::Start(_) | Failure::Runtime(_) | Failure::Serve(_) => {
            Some("see the limits on processes and files in `askr doctor`")
        }
        Failure::Usage(_)
        | Failure::Config(_)
        | Failure::Artisan(_)
        | Failure::Trust(_)
        | Failure::Template(_)
        | Failure::Console(
            ConsoleError::Aborted(_) | ConsoleError::Cut(_) | ConsoleError::Unnamed { .. },
        )
        | Failure::Become(_)
        | Failure::Log(_) => None,
    }
}
