//! The signals that end the server, that replace its workers and that open its log anew.

use std::io;

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGQUIT, which ends the server as SIGTERM does, and never in a hurry.
///
/// `php artisan askr:start` passes on what ends it as this one, because the server may have had the
/// signal itself: a service manager signals every process of a unit.
pub(super) const PATIENT: i32 = SignalKind::quit().as_raw_value();

/// SIGHUP, which has every worker replaced.
pub(super) const RELOAD: i32 = SignalKind::hangup().as_raw_value();

/// SIGUSR1, which has the log file opened anew.
pub(super) const REOPEN: i32 = SignalKind::user_defined1().as_raw_value();

/// SIGTERM, SIGINT, SIGQUIT, SIGHUP and SIGUSR1, from now on.
pub(super) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    user_defined: Signal,
    /// Sent for a write past RLIMIT_FSIZE; unheard it would end the server, so that one large
    /// upload could. The write fails then, and that is answered.
    _file_too_large: Signal,
}

impl Signals {
    /// Starts listening.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            user_defined: signal(SignalKind::user_defined1())?,
            _file_too_large: signal(SignalKind::from_raw(Number::XFSZ.as_raw()))?,
        })
    }

    /// The number of the next one.
    ///
    /// # Cancel safety
    /// Safe: a signal that arrives between two calls is reported by the next.
    pub(super) async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate().as_raw_value(),
            _ = self.interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = self.quit.recv() => PATIENT,
            _ = self.hangup.recv() => RELOAD,
            _ = self.user_defined.recv() => REOPEN,
        }
    }
}
