//! A Redis that nobody else knows: on a socket in the benchmark's folder, without persistence.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::processes::Running;

const PATIENCE: Duration = Duration::from_secs(10);

/// It runs as long as the value lives.
#[derive(Debug)]
pub(super) struct Redis {
    pub(super) socket: PathBuf,
    _process: Running,
}

impl Redis {
    /// Starts it and waits until it answers.
    pub(super) fn start(folder: &Path) -> io::Result<Redis> {
        let socket = folder.join("redis.sock");
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .args(["--daemonize", "no", "--unixsocketperm", "600"])
            .arg("--unixsocket")
            .arg(&socket)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut process = Running::new(command.spawn()?);
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = ping(&socket) {
            if process.has_ended() || Instant::now() > deadline {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Redis {
            socket,
            _process: process,
        })
    }
}

fn ping(socket: &Path) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    if &answer == b"+PONG\r\n" {
        return Ok(());
    }
    Err(io::Error::other("it answers no PING"))
}
