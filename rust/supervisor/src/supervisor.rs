//! The shell around [`Fleet`]: reports events to it and carries out its orders.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::error::Error;
use std::future::pending;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use askr_exchange::GatewayEnd;
use askr_exchange::control::ToTemplate;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout, timeout_at};
use tracing::{debug, warn};

use crate::config::SupervisorConfig;
use crate::control::Received;
use crate::error::{RunError, StartError};
use crate::fleet::{Event, Fleet, Order};
use crate::reaper::Reaper;
use crate::remote::{Ask, Caller, Progress, Remote};
use crate::shutdown::{Shutdown, Stage};
use crate::status::{PoolStatus, Status};
use crate::template::TemplateProcess;

/// How long the template may take to take a message off the socket.
const SEND_PATIENCE: Duration = Duration::from_secs(5);
/// How long the workers of a dead template may take to die of the same signal.
const GROUP_PATIENCE: Duration = Duration::from_secs(5);

/// Keeps a template and its workers running.
#[derive(Debug)]
pub struct Supervisor {
    config: SupervisorConfig,
    exchange: GatewayEnd,
    fleet: Fleet,
    template: Option<TemplateProcess>,
    reaper: Reaper,
    /// Events that orders led to, not yet reported.
    events: VecDeque<Event>,
    readiness: watch::Sender<bool>,
    remote: Remote,
    asked: mpsc::Receiver<Ask>,
    /// They wait for the end of the reload.
    callers: Vec<Caller>,
    started: SystemTime,
}

/// Tells when the first worker is ready.
#[derive(Clone, Debug)]
pub struct Readiness {
    is_ready: watch::Receiver<bool>,
}

/// What the shell waits for.
enum News {
    Stage(Stage),
    Received(Received),
    ChildEnded,
    Asked(Ask),
    Due,
}

impl Supervisor {
    /// Starts the template. Must be called on the main thread, inside a tokio runtime that runs on
    /// it: the template dies with the thread that started it.
    ///
    /// # Errors
    /// When the template cannot be started. Nothing is left running then.
    pub fn start(config: SupervisorConfig, exchange: GatewayEnd) -> Result<Self, StartError> {
        let reaper = Reaper::new().map_err(StartError::Signal)?;
        let fleet = Fleet::new(&config, Instant::now());
        let (readiness, _) = watch::channel(false);
        let (remote, asked) = Remote::new();
        let mut supervisor = Self {
            config,
            exchange,
            fleet,
            template: None,
            reaper,
            events: VecDeque::new(),
            readiness,
            remote,
            asked,
            callers: Vec::new(),
            started: SystemTime::now(),
        };
        let orders = supervisor.fleet.handle(Event::Due, Instant::now());
        debug_assert_eq!(orders, [Order::StartTemplate]);
        supervisor.start_template()?;
        Ok(supervisor)
    }

    /// Tells when the first worker is ready.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        Readiness {
            is_ready: self.readiness.subscribe(),
        }
    }

    /// Steers it while it runs.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Keeps the workers running until shutdown has ended them all.
    ///
    /// # Errors
    /// When no worker ever became ready. Nothing is left running in either case.
    ///
    /// # Cancel safety
    /// Dropping the future kills every process at once.
    pub async fn run(mut self, mut shutdown: Shutdown) -> Result<(), RunError> {
        loop {
            while let Some(event) = self.events.pop_front() {
                for order in self.fleet.handle(event, Instant::now()) {
                    if let Order::Finish(result) = order {
                        return result;
                    }
                    self.carry_out(order).await;
                }
            }
            let news = self.next_news(&mut shutdown).await;
            self.take_note(news).await;
        }
    }

    async fn next_news(&mut self, shutdown: &mut Shutdown) -> News {
        let due = self.fleet.due();
        let Self {
            template,
            reaper,
            asked,
            ..
        } = self;
        let due = async {
            match due {
                Some(due) => sleep_until(due.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            stage = shutdown.advanced() => News::Stage(stage),
            received = receive(template) => News::Received(received),
            () = reaper.child_ended() => News::ChildEnded,
            Some(ask) = asked.recv() => News::Asked(ask),
            () = due => News::Due,
        }
    }

    async fn take_note(&mut self, news: News) {
        match news {
            News::Stage(stage) => self.events.push_back(stage.into()),
            News::Due => self.events.push_back(Event::Due),
            News::Asked(ask) => self.answer(ask),
            News::Received(Received::Message { message, sender }) => {
                self.events.push_back(Event::Packet { message, sender });
            }
            News::Received(Received::Closed) => self.kill_template(),
            News::ChildEnded => self.look_for_end().await,
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::StartTemplate => self.restart_template(),
            Order::KillTemplate => self.kill_template(),
            Order::Boot => {
                self.tell(&ToTemplate::Boot(self.config.template.clone()))
                    .await
            }
            Order::Tell(message) => self.tell(&message).await,
            Order::Retire(worker) => self.exchange.retire(worker),
            Order::Bury(worker, end) => {
                let requests = self.exchange.bury_ended(worker, end);
                debug!(%worker, requests, "worker buried");
            }
            Order::Serve => {
                self.readiness.send_replace(true);
            }
            Order::Reloaded => self.end_reload(&Progress::Done("every worker is replaced".into())),
            Order::Finish(_) => unreachable!("run returns on it"),
        }
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Reload { order, caller } if order.path.is_some() => {
                caller.tell(Progress::Failed("another release cannot be served".into()));
            }
            Ask::Reload { caller, .. } => {
                self.end_reload(&Progress::Failed("a newer reload was asked for".into()));
                self.callers.push(caller);
                self.events.push_back(Event::Reload);
            }
            Ask::Rollback { caller } => {
                caller.tell(Progress::Failed("no earlier generation is kept".into()));
            }
            Ask::Status { answer } => {
                let _ = answer.send(self.status());
            }
        }
    }

    fn end_reload(&mut self, end: &Progress) {
        for caller in self.callers.drain(..) {
            caller.tell(end.clone());
        }
    }

    fn status(&self) -> Status {
        let since = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        Status {
            generation: 1,
            path: self.config.template.root.clone(),
            since: since.as_secs(),
            change: (!self.callers.is_empty()).then(|| "workers are replaced".into()),
            previous: None,
            pools: vec![PoolStatus {
                name: "http".into(),
                waiting: self.exchange.unserved(),
                workers: self.fleet.status(&self.exchange, Instant::now()),
            }],
        }
    }

    fn start_template(&mut self) -> Result<(), StartError> {
        self.template = None;
        let template = TemplateProcess::start(&self.config.program, &self.exchange)?;
        let pid = template.id();
        debug!(pid, "template started");
        self.template = Some(template);
        self.events.push_back(Event::TemplateStarted { pid });
        Ok(())
    }

    fn restart_template(&mut self) {
        if let Err(failure) = self.start_template() {
            let cause = failure
                .source()
                .map(|cause| format!(": {cause}"))
                .unwrap_or_default();
            self.events.push_back(Event::TemplateGone {
                how: format!("{failure}{cause}"),
            });
        }
    }

    fn kill_template(&self) {
        if let Some(template) = &self.template {
            template.kill();
        }
    }

    /// Sends a message; a template that does not take it is of no use and is killed.
    async fn tell(&mut self, message: &ToTemplate) {
        let Some(control) = self.template.as_ref().and_then(TemplateProcess::control) else {
            return;
        };
        let problem = match timeout(SEND_PATIENCE, control.send(message)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not listen".to_owned(),
        };
        warn!(problem, "template cannot be told");
        self.kill_template();
    }

    /// Reports the template's end once every process that held its socket is dead.
    async fn look_for_end(&mut self) {
        let end = self.template.as_mut().and_then(TemplateProcess::take_end);
        self.reaper.reap_orphans();
        let Some(how) = end else { return };
        let deadline = Instant::now() + GROUP_PATIENCE;
        while self
            .template
            .as_ref()
            .and_then(TemplateProcess::control)
            .is_some()
        {
            match timeout_at(deadline.into(), receive(&mut self.template)).await {
                Ok(Received::Message { message, sender }) => {
                    self.events.push_back(Event::Packet { message, sender });
                }
                Ok(Received::Closed) => {}
                Err(_) => {
                    warn!("a process of the ended template keeps its socket open");
                    break;
                }
            }
        }
        self.template = None;
        self.events.push_back(Event::TemplateGone { how });
    }
}

impl Readiness {
    /// Waits until the first worker is ready; `false` when there will not be one.
    ///
    /// # Cancel safety
    /// Safe: nothing is lost.
    pub async fn ready(&mut self) -> bool {
        self.is_ready.wait_for(|is_ready| *is_ready).await.is_ok()
    }
}

impl From<Stage> for Event {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Running => Self::Due,
            Stage::Draining => Self::Drain,
            Stage::Stopping { deadline } => Self::Stop { deadline },
            Stage::Killing => Self::Kill,
        }
    }
}

/// The next message; for ever silent without a template, or once its socket was closed.
async fn receive(template: &mut Option<TemplateProcess>) -> Received {
    match template {
        Some(template) => template.receive().await,
        None => pending().await,
    }
}
