//! What systemd is told, and the sockets it hands over.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

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
#[error("a socket that the service manager hands over (LISTEN_FDS) is not for listening on TCP")]
pub(crate) struct HandoverError(#[from] io::Error);

/// The listening sockets that were handed over; none without socket activation.
pub(super) fn listeners() -> Result<Vec<TcpListener>, HandoverError> {
    let mut handed = ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..handed.len() {
        listeners.extend(handed.take_tcp_listener(index)?);
    }
    Ok(listeners)
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
