//! `askr serve`: composes exchange, gateway and supervisor, and ends them in order.

use std::future::pending;
use std::mem;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::slice;
use std::time::{Duration, Instant};

use askr_exchange::GatewayEnd;
use askr_gateway::{Gateway, ServeError};
use askr_supervisor::{
    Progress, Readiness, ReloadOrder, Remote, Supervisor, hide_inherited_descriptors,
};
use tokio::sync::mpsc;
use tracing::{error, info};

use super::parts;
use super::signals::{PATIENT, RELOAD, Signals};
use crate::config::{Inputs, LogConfig, ServeConfig, Settings};
use crate::exit::{self, Failure};
use crate::{logging, open_files};

/// Workers that are asked to leave get at least this long, also when requests took all the time.
const LEAVE_GRACE: Duration = Duration::from_secs(1);

/// Serves until SIGTERM, SIGINT or SIGQUIT; nothing is left running in any case.
pub(crate) fn serve(inputs: &Inputs) -> Result<ExitCode, Failure> {
    hide_inherited_descriptors();
    let settings = Settings::resolve(inputs)?;
    let config = ServeConfig::new(&settings)?;
    let log = LogConfig::new(&settings);
    logging::init(log)?;
    if config.paranoid.is_on() {
        let share = config.paranoid.share;
        info!(%share, "paranoid: a worker that watches says so when it has set its baseline");
    }
    open_files::raise_limit();
    let gateway = Gateway::bind(parts::gateway(&config))?;
    let exchange = GatewayEnd::create(parts::exchange(&config))?;
    let runtime = askr_gateway::runtime(slice::from_ref(&exchange)).map_err(Failure::Runtime)?;
    runtime.block_on(async {
        let signals = Signals::listen().map_err(Failure::Runtime)?;
        let supervisor = Supervisor::start(parts::supervisor(&config, log), exchange.clone())?;
        let course = Course::new(
            config.shutdown_timeout,
            signals,
            supervisor.readiness(),
            supervisor.remote(),
            log,
        );
        course.run(gateway, exchange, supervisor).await
    })
}

/// Steers gateway and supervisor from the start to the end.
struct Course {
    shutdown_timeout: Duration,
    signals: Signals,
    readiness: Readiness,
    remote: Remote,
    /// What becomes of the reload that a signal asked for.
    reload: Option<mpsc::Receiver<Progress>>,
    log: LogConfig,
    drain: Drain,
    /// SIGTERM or SIGINT has come.
    was_asked: bool,
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
    /// SIGTERM, SIGINT, SIGQUIT or SIGHUP.
    Signal(i32),
    /// The reload goes on; nothing follows its end.
    Reload(Option<Progress>),
}

impl Course {
    fn new(
        shutdown_timeout: Duration,
        signals: Signals,
        readiness: Readiness,
        remote: Remote,
        log: LogConfig,
    ) -> Self {
        Self {
            shutdown_timeout,
            signals,
            readiness,
            remote,
            reload: None,
            log,
            drain: Drain::NotYet,
            was_asked: false,
        }
    }

    async fn run(
        mut self,
        gateway: Gateway,
        exchange: GatewayEnd,
        supervisor: Supervisor,
    ) -> Result<ExitCode, Failure> {
        let addresses = gateway.addresses();
        let (clients, gateway_shutdown) = askr_gateway::Shutdown::new();
        let (fleet, fleet_shutdown) = askr_supervisor::Shutdown::new();
        let mut serving = pin!(gateway.serve(vec![exchange], gateway_shutdown));
        let mut running = pin!(supervisor.run(fleet_shutdown));
        let (mut is_serving, mut is_announced) = (true, false);
        let mut outcome = Ok(ExitCode::SUCCESS);
        loop {
            let news = tokio::select! {
                biased;
                ended = &mut running => News::Ended(ended),
                signal = self.signals.next() => News::Signal(signal),
                progress = next_of(&mut self.reload) => News::Reload(progress),
                drained = &mut serving, if is_serving => News::Drained(drained),
                true = self.readiness.ready(), if !is_announced => News::Ready,
            };
            match news {
                News::Ended(result) => return result.map_err(Failure::from).and(outcome),
                News::Ready => {
                    is_announced = true;
                    self.announce(&addresses);
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
                News::Signal(RELOAD) => {
                    self.reload = Some(self.remote.reload(ReloadOrder::new()));
                }
                News::Reload(Some(progress)) => log_progress(&progress),
                News::Reload(None) => self.reload = None,
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

    fn announce(&self, addresses: &[SocketAddr]) {
        for address in addresses {
            logging::announce(self.log, &format!("askr: serving http://{address}"));
        }
    }

    /// Whether somebody asks for the end a second time; SIGQUIT does not count.
    fn is_impatient(&mut self, signal: i32) -> bool {
        signal != PATIENT && mem::replace(&mut self.was_asked, true)
    }

    fn begin_drain(&mut self, signal: i32) -> Instant {
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

/// The next of what becomes of a reload; for ever silent without one.
async fn next_of(reload: &mut Option<mpsc::Receiver<Progress>>) -> Option<Progress> {
    match reload {
        Some(reload) => reload.recv().await,
        None => pending().await,
    }
}

fn log_progress(progress: &Progress) {
    match progress {
        Progress::Note(text) => info!(text, "reload"),
        Progress::Done(text) => info!(text, "reload done"),
        Progress::Failed(text) => error!(text, "reload failed"),
    }
}
