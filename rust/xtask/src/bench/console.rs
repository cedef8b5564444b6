//! Commands to a running server: `askr reload` and the like.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::processes::Running;
use super::server::Bench;
use crate::files::{self, FileError};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(90);

const PAUSE: Duration = Duration::from_millis(2);

/// Why a command came to no end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    #[error(transparent)]
    File(#[from] FileError),
    /// It could not be started.
    #[error("could not start askr {command}: {source}")]
    Start {
        command: String,
        #[source]
        source: std::io::Error,
    },
    /// It goes on and on.
    #[error("`askr {command}` did not end in time; what it said:\n{said}")]
    Endless { command: String, said: String },
}

/// Where a server takes commands.
#[derive(Debug)]
pub(crate) struct Console {
    binary: PathBuf,
    socket: PathBuf,
    output: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) is_success: bool,
    pub(crate) said: String,
    pub(crate) took: Duration,
}

impl Console {
    /// One for a server that is started with [`Console::option`].
    pub(crate) fn new(bench: &Bench<'_>, name: &str) -> Console {
        Console {
            binary: bench.binary.clone(),
            socket: bench.folder.join(format!("{name}.sock")),
            output: bench.folder.join(format!("{name}-command.log")),
        }
    }

    /// Tells a server, or a command, which socket it is.
    pub(crate) fn option(&self) -> String {
        format!("--control-socket={}", self.socket.display())
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ended, ConsoleError> {
        let file = files::named("create", &self.output, File::create(&self.output))?;
        let twin = files::named("create", &self.output, file.try_clone())?;
        let command = arguments.join(" ");
        let started = Instant::now();
        let child = Command::new(&self.binary)
            .args(arguments)
            .arg(self.option())
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .spawn();
        let mut child = child.map_err(|source| ConsoleError::Start {
            command: command.clone(),
            source,
        })?;
        let status = loop {
            if let Ok(Some(status)) = child.try_wait() {
                break status;
            }
            if started.elapsed() > PATIENCE {
                drop(Running::new(child));
                let said = said(&self.output);
                return Err(ConsoleError::Endless { command, said });
            }
            thread::sleep(PAUSE);
        };
        Ok(Ended {
            is_success: status.success(),
            took: started.elapsed(),
            said: said(&self.output),
        })
    }
}

fn said(output: &Path) -> String {
    std::fs::read_to_string(output).unwrap_or_default()
}
