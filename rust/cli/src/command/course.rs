//! The course of a server, from its start to its end.

use std::future::pending;
use std::mem;
use std::pin::pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use askr_exchange::GatewayEnd;
use askr_gateway::{Gateway, ServeError};
use askr_supervisor::{Console, Progress, Readiness, ReloadOrder, Remote, Supervisor};
use tokio::sync::{mpsc, watch};
use tracing::{error, info};

use super::logs::Logs;
use super::service_manager;
use super::signals::{PATIENT, RELOAD, REOPEN, Signals};
use super::watchdog::Watchdog;
use crate::config::LogConfig;
use crate::exit::{self, Failure};
use crate::logging;

/// Workers that are asked to leave get at least this long, also when requests took all the time.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

/// Steers gateway and supervisor from the start to the end.
pub(super) struct Course {
    shutdown_timeout: Duration,
    signals: Signals,
    readiness: Readiness,
    remote: Remote,
    /// What becomes of the reload that a signal asked for.
    reload: Option<mpsc::Receiver<Progress>>,
    is_changing: watch::Receiver<bool>,
    log: LogConfig,
    drain: Drain,
    /// SIGTERM or SIGINT has come.
    was_asked: bool,
}

/// What goes on beside requests and workers.
pub(super) struct Sides {
    pub(super) console: Option<Console>,
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
    /// The fleet has ended.
    Ended(Result<(), askr_supervisor::RunError>),
    /// The gateway has drained, or could not begin.
    Drained(Result<(), ServeError>),
    /// The first worker takes requests.
    Ready,
    /// SIGTERM, SIGINT, SIGQUIT, SIGHUP or SIGUSR1.
    Signal(i32),
    /// The reload goes on; nothing follows its end.
    Reload(Option<Progress>),
    /// A reload or rollback has begun, whoever asked for it, or the last has ended.
    Changing(bool),
}

impl Course {
    pub(super) fn new(
        shutdown_timeout: Duration,
        signals: Signals,
        supervisor: &Supervisor,
        log: LogConfig,
    ) -> Self {
        Self {
            shutdown_timeout,
            signals,
            readiness: supervisor.readiness(),
            remote: supervisor.remote(),
            reload: None,
            is_changing: supervisor.is_changing(),
            log,
            drain: Drain::NotYet,
            was_asked: false,
        }
    }

    pub(super) async fn run(
        mut self,
        gateway: Gateway,
        exchanges: Vec<GatewayEnd>,
        supervisor: Supervisor,
        sides: Sides,
    ) -> Result<ExitCode, Failure> {
        let urls = gateway.urls();
        let (clients, gateway_shutdown) = askr_gateway::Shutdown::new();
        let (fleet, fleet_shutdown) = askr_supervisor::Shutdown::new();
        let mut serving = pin!(gateway.serve(exchanges, gateway_shutdown));
        let mut running = pin!(supervisor.run(fleet_shutdown));
        let Sides {
            console,
            watchdog,
            logs,
        } = sides;
        let mut commanded = pin!(take_commands(console, self.remote.clone()));
        let mut watched = pin!(watchdog.watch());
        let (mut is_serving, mut is_announced) = (true, false);
        let mut outcome = Ok(ExitCode::SUCCESS);
        loop {
            let news = tokio::select! {
                biased;
                ended = &mut running => News::Ended(ended),
                signal = self.signals.next() => News::Signal(signal),
                progress = next_of(&mut self.reload) => News::Reload(progress),
                is_changing = next_change(&mut self.is_changing), if is_announced => {
                    News::Changing(is_changing)
                }
                drained = &mut serving, if is_serving => News::Drained(drained),
                () = &mut commanded => unreachable!("commands are taken for ever"),
                () = &mut watched => unreachable!("the watchdog is told for ever"),
                true = self.readiness.ready(), if !is_announced => News::Ready,
            };
            match news {
                News::Ended(result) => return result.map_err(Failure::from).and(outcome),
                News::Ready => {
                    is_announced = true;
                    self.announce(&urls);
                }
                News::Drained(Ok(())) => {
                    is_serving = false;
                    fleet.stop(self.leave_deadline());
                }
                News::Drained(Err(error)) => {
                    is_serving = false;
                    outcome = Err(error.into());
                    fleet.kill();
                }
                News::Signal(REOPEN) => logs.reopen(),
                News::Signal(RELOAD) => self.begin_reload(),
                News::Reload(progress) => self.note_progress(progress.as_ref()),
                News::Changing(true) => service_manager::reloading(),
                News::Changing(false) => service_manager::ready("serving"),
                News::Signal(signal) if self.is_impatient(signal) => {
                    info!(signal, "second signal, ending at once");
                    outcome = Ok(exit::by_signal(signal));
                    fleet.kill();
                }
                News::Signal(signal) => {
                    if matches!(self.drain, Drain::NotYet) {
                        let deadline = self.begin_drain(signal);
                        clients.drain(deadline.into());
                        fleet.drain();
                    }
                }
            }
        }
    }

    /// The service manager is told also when nothing comes of it.
    fn begin_reload(&mut self) {
        service_manager::reloading();
        self.reload = Some(self.remote.reload(ReloadOrder::new()));
    }

    /// Nothing more comes after `None`.
    fn note_progress(&mut self, progress: Option<&Progress>) {
        match progress {
            Some(Progress::Note(text)) => info!(text, "reload"),
            Some(Progress::Done(text)) => info!(text, "reload done"),
            Some(Progress::Failed(text)) => error!(text, "reload failed"),
            None => {
                self.reload = None;
                service_manager::ready("serving");
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

/// Serves the control socket, where there is one; for ever.
async fn take_commands(console: Option<Console>, remote: Remote) {
    if let Some(console) = console {
        console.serve(remote).await;
    }
    pending().await
}

/// The next of what becomes of a reload; for ever silent without one.
async fn next_of(reload: &mut Option<mpsc::Receiver<Progress>>) -> Option<Progress> {
    match reload {
        Some(reload) => reload.recv().await,
        None => pending().await,
    }
}

async fn next_change(is_changing: &mut watch::Receiver<bool>) -> bool {
    match is_changing.changed().await {
        Ok(()) => *is_changing.borrow_and_update(),
        Err(_) => pending().await,
    }
}
