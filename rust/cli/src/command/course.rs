//! The course of a server, from its start to its end.

use std::mem;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use askr_exchange::GatewayEnd;
use askr_gateway::{Gateway, ServeError};
use tracing::info;

use super::fleets::{Fleets, FleetsNews};
use super::logs::Logs;
use super::service_manager;
use super::signals::{PATIENT, RELOAD, REOPEN, Signals};
use super::watchdog::Watchdog;
use crate::config::LogConfig;
use crate::exit::{self, Failure};
use crate::logging;

/// Workers that are asked to leave get at least this long, also when requests took all the time.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

/// Steers gateway and supervisors from the start to the end.
pub(super) struct Course {
    shutdown_timeout: Duration,
    signals: Signals,
    log: LogConfig,
    drain: Drain,
    /// SIGTERM or SIGINT has come.
    was_asked: bool,
}

/// What goes on beside requests and workers.
pub(super) struct Sides {
    pub(super) watchdog: Watchdog,
    pub(super) logs: Logs,
}

/// How far the end has come.
enum Drain {
    NotYet,
    /// Requests are being finished until then.
    Until(Instant),
}

/// What the course waits for.
enum News {
    /// The gateway has drained, or could not begin.
    Drained(Result<(), ServeError>),
    /// SIGTERM, SIGINT, SIGQUIT, SIGHUP or SIGUSR1.
    Signal(i32),
    /// Something has become of the fleets.
    Fleets(FleetsNews),
}

impl Course {
    pub(super) fn new(shutdown_timeout: Duration, signals: Signals, log: LogConfig) -> Self {
        Self {
            shutdown_timeout,
            signals,
            log,
            drain: Drain::NotYet,
            was_asked: false,
        }
    }

    pub(super) async fn run(
        mut self,
        gateway: Gateway,
        exchanges: Vec<Vec<GatewayEnd>>,
        mut fleets: Fleets,
        sides: Sides,
    ) -> Result<ExitCode, Failure> {
        let urls = gateway.urls();
        let (clients, gateway_shutdown) = askr_gateway::Shutdown::new();
        let mut serving = pin!(gateway.serve(exchanges, gateway_shutdown));
        let Sides { watchdog, logs } = sides;
        let mut watched = pin!(watchdog.watch());
        let (mut is_serving, mut is_announced) = (true, false);
        let mut outcome = Ok(ExitCode::SUCCESS);
        loop {
            let news = tokio::select! {
                biased;
                news = fleets.run() => News::Fleets(news),
                signal = self.signals.next() => News::Signal(signal),
                drained = &mut serving, if is_serving => News::Drained(drained),
                () = &mut watched => unreachable!("the watchdog is told for ever"),
            };
            match news {
                News::Fleets(FleetsNews::Ended(result)) => {
                    return result.map_err(Failure::from).and(outcome);
                }
                News::Drained(Ok(())) => {
                    is_serving = false;
                    fleets.stop(self.leave_deadline());
                }
                News::Drained(Err(error)) => {
                    is_serving = false;
                    outcome = Err(error.into());
                    fleets.kill();
                }
                News::Fleets(FleetsNews::GivenUp(error)) => {
                    outcome = outcome.and(Err(error.into()));
                    fleets.kill();
                }
                News::Fleets(FleetsNews::Settled) if !is_announced => {
                    is_announced = true;
                    self.announce(&urls);
                }
                News::Fleets(news) => tell(&news, is_announced),
                News::Signal(REOPEN) => logs.reopen(),
                // The service manager is told also when nothing comes of it.
                News::Signal(RELOAD) => {
                    service_manager::reloading();
                    fleets.reload();
                }
                News::Signal(signal) if self.is_impatient(signal) => {
                    info!(signal, "second signal, ending at once");
                    outcome = Ok(exit::by_signal(signal));
                    fleets.kill();
                }
                News::Signal(signal) => {
                    if matches!(self.drain, Drain::NotYet) {
                        let deadline = self.begin_drain(signal);
                        clients.drain(deadline.into());
                        fleets.drain();
                    }
                }
            }
        }
    }

    fn announce(&self, urls: &[String]) {
        service_manager::ready("serving");
        for url in urls {
            logging::announce(self.log, &format!("askr: serving {url}"));
        }
    }

    /// Whether somebody asks for the end a second time; SIGQUIT does not count.
    fn is_impatient(&mut self, signal: i32) -> bool {
        signal != PATIENT && mem::replace(&mut self.was_asked, true)
    }

    fn begin_drain(&mut self, signal: i32) -> Instant {
        service_manager::stopping();
        info!(signal, timeout = ?self.shutdown_timeout, "shutting down");
        let deadline = Instant::now() + self.shutdown_timeout;
        self.drain = Drain::Until(deadline);
        deadline
    }

    fn leave_deadline(&self) -> Instant {
        let least = Instant::now() + LEAVE_GRACE;
        match self.drain {
            Drain::NotYet => least,
            Drain::Until(deadline) => deadline.max(least),
        }
    }
}

/// Lets the service manager know how far it is.
fn tell(news: &FleetsNews, is_announced: bool) {
    match news {
        FleetsNews::Changing(true) if is_announced => service_manager::reloading(),
        FleetsNews::Changing(false) if is_announced => service_manager::ready("serving"),
        FleetsNews::Reloaded => service_manager::ready("serving"),
        _ => {}
    }
}
