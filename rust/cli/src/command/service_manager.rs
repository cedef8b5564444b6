//! What systemd is told, and the sockets it hands over.

use std::env;
use std::io;
use std::time::Duration;

use askr_gateway::{Handed, ListeningSocket, Scheme};
use listenfd::ListenFd;
use sd_notify::NotifyState;
use tracing::debug;

/// Variables of the service manager, which are none of PHP's business.
pub(super) const VARIABLES: [&str; 6] = [
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
];

/// A socket was handed over on which nobody can be served.
#[derive(Debug, thiserror::Error)]
#[error("a socket that the service manager hands over (LISTEN_FDS) is not one that listens")]
pub(crate) struct HandoverError(#[from] io::Error);

/// The listening sockets that were handed over; none without socket activation. One that is called
/// `http` or `https` (`FileDescriptorName=`) speaks that.
pub(super) fn listeners() -> Result<Vec<Handed>, HandoverError> {
    // Before the variables are taken away.
    let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
    let mut handed = ListenFd::from_env();
    let mut names = names.split(':');
    let mut listeners = Vec::new();
    for index in 0..handed.len() {
        let scheme = match names.next() {
            Some("http") => Some(Scheme::Http),
            Some("https") => Some(Scheme::Https),
            _ => None,
        };
        let socket = listener(&mut handed, index)?;
        listeners.extend(socket.map(|socket| Handed { socket, scheme }));
    }
    Ok(listeners)
}

/// `None` if it was taken already.
fn listener(handed: &mut ListenFd, index: usize) -> io::Result<Option<ListeningSocket>> {
    match handed.take_unix_listener(index) {
        Ok(socket) => Ok(socket.map(ListeningSocket::Unix)),
        Err(_) => {
            let socket = handed.take_tcp_listener(index)?;
            Ok(socket.map(ListeningSocket::Tcp))
        }
    }
}

/// How often it wants to hear that requests are answered; `None` when it does not.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// The server serves, or serves again after a reload.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// A reload has begun.
pub(super) fn reloading() {
    let Ok(now) = NotifyState::monotonic_usec_now() else {
        return;
    };
    tell(&[
        NotifyState::Reloading,
        now,
        NotifyState::Status("reloading"),
    ]);
}

/// The server ends.
pub(super) fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("finishing requests"),
    ]);
}

/// A request went through a worker.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// Without a service manager nobody is told.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "service manager");
    }
}
