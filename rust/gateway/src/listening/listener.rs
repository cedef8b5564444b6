//! Accepts connections. No error of an accept ends the server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;

use crate::client::Addresses;
use crate::connection::{self, Arrival};
use crate::limits::{ACCEPT_PAUSE_MAX, ACCEPT_PAUSE_MIN};
use crate::listening::socket::{Duty, Listening, ListeningSocket, SocketFile};
use crate::service::Site;
use crate::shutdown::Shutdown;

/// A socket that listens, in the runtime.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    duty: Duty,
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    pub(crate) fn new(listening: Listening) -> io::Result<Listener> {
        Ok(Listener {
            socket: match listening.socket {
                ListeningSocket::Tcp(socket) => Socket::Tcp(TcpListener::from_std(socket)?),
                ListeningSocket::Unix(socket) => Socket::Unix(UnixListener::from_std(socket)?),
            },
            duty: listening.duty,
            _file: listening.file,
        })
    }

    /// # Cancel safety
    /// No accepted connection is lost.
    async fn accept(&self) -> io::Result<Arrival> {
        let (stream, addresses) = match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, remote) = socket.accept().await?;
                let addresses = Addresses::new(remote, stream.local_addr()?);
                (stream.into(), addresses)
            }
            Socket::Unix(socket) => {
                let (stream, _) = socket.accept().await?;
                (stream.into(), Addresses::unix())
            }
        };
        Ok(Arrival {
            stream,
            addresses,
            duty: self.duty,
            is_encrypted: false,
        })
    }
}

/// Accepts on `listener` and owns its connections, until a drain is over or out of time.
pub(crate) async fn serve(listener: Listener, site: Arc<Site>, mut shutdown: Shutdown) {
    let mut connections = JoinSet::new();
    let mut pause = Pause::default();
    // Accepted, and without a place so far.
    let mut waiting = None;
    loop {
        tokio::select! {
            biased;
            _ = shutdown.draining() => break,
            Some(_) = connections.join_next() => {}
            arrival = accept(&listener, &mut pause), if waiting.is_none() => {
                waiting = Some(arrival);
            }
            place = site.places.take(), if waiting.is_some() => {
                let Some(arrival) = waiting.take() else {
                    continue;
                };
                let shutdown = shutdown.of(place.presence().clone());
                let serving = connection::serve(arrival, place, site.clone(), shutdown);
                connections.spawn(serving);
            }
        }
    }
    // Clients that come now are refused by the kernel instead of waiting for nobody.
    drop(listener);
    drain(connections, shutdown).await;
}

async fn drain(mut connections: JoinSet<()>, mut shutdown: Shutdown) {
    let ended = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = ended => return,
        () = shutdown.expired() => {}
    }
    tracing::warn!(
        connections = connections.len(),
        "drain deadline passed, closing connections"
    );
    connections.shutdown().await;
}

/// Waits for a client. Errors are waited out.
///
/// # Cancel safety
/// No accepted connection is lost.
async fn accept(listener: &Listener, pause: &mut Pause) -> Arrival {
    loop {
        match listener.accept().await {
            Ok(arrival) => {
                pause.reset();
                return arrival;
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                let pause = pause.lengthen();
                tracing::error!(
                    cause = name(&error),
                    %error,
                    pause_ms = pause.as_millis(),
                    "connections cannot be accepted"
                );
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The connection was gone before it was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NotConnected
    )
}

/// What an operator can act on.
fn name(error: &io::Error) -> &'static str {
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => "EMFILE: this process has too many open files (ulimit -n)",
        Some(Errno::NFILE) => "ENFILE: the machine has too many open files (fs.file-max)",
        Some(Errno::NOBUFS) => "ENOBUFS: the machine is out of socket memory",
        Some(Errno::NOMEM) => "ENOMEM: the machine is out of memory",
        _ => "unexpected error",
    }
}

/// How long to wait after the next error.
#[derive(Debug)]
struct Pause(Duration);

impl Default for Pause {
    fn default() -> Pause {
        Pause(ACCEPT_PAUSE_MIN)
    }
}

impl Pause {
    fn reset(&mut self) {
        *self = Pause::default();
    }

    /// Returns the pause to make now; the next one is twice as long.
    fn lengthen(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(ACCEPT_PAUSE_MAX);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound_and_start_over() {
        let mut pause = Pause::default();
        let made: Vec<u128> = (0..9).map(|_| pause.lengthen().as_millis()).collect();
        assert_eq!(made, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        pause.reset();
        assert_eq!(pause.lengthen().as_millis(), 10);
    }

    #[test]
    fn running_out_of_descriptors_is_named() {
        let error = io::Error::from(Errno::MFILE);
        assert!(name(&error).starts_with("EMFILE"));
        assert!(!is_the_clients(&error));
        assert!(is_the_clients(&io::Error::from(Errno::CONNABORTED)));
    }
}
