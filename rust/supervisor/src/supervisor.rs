//! The shell around [`Fleet`]: reports events to it and carries out its orders.
#![forbid(unsafe_code)]

mod asks;
mod lookout;
mod looks;
mod orders;
mod scales;

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use askr_exchange::control::{Child, ToMain};
use askr_exchange::{Activity, GatewayEnd};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout_at};
use tracing::warn;

use crate::config::{PoolConfig, Probe, Releases, SupervisorConfig};
use crate::error::{RunError, StartError};
use crate::fleet::{Event, Fleet, Order, Packet};
use crate::processes::{Heard, HeardNews, Processes};
use crate::reaper::Reaper;
use crate::remote::{Ask, Caller, Remote};
use crate::shutdown::{Shutdown, Stage};
use lookout::Lookout;
use looks::Probes;

/// How long the workers of a dead template may take to die of the same signal.
const GROUP_PATIENCE: Duration = Duration::from_secs(5);

/// Keeps templates and their workers running.
#[derive(Debug)]
pub struct Supervisor {
    pools: Vec<PoolConfig>,
    exchanges: Vec<GatewayEnd>,
    releases: Releases,
    fleet: Fleet,
    processes: Processes,
    reaper: Reaper,
    lookout: Lookout,
    /// Not yet reported.
    happenings: VecDeque<Happening>,
    readiness: watch::Sender<Standing>,
    roots: watch::Sender<Vec<PathBuf>>,
    prober: Option<Probe>,
    probes: Probes,
    remote: Remote,
    asked: mpsc::Receiver<Ask>,
    /// Who waits for the end of which change.
    callers: BTreeMap<u32, Caller>,
    changes: u32,
    is_changing: watch::Sender<bool>,
    rests: watch::Sender<bool>,
    current: Current,
}

/// The generation that new workers belong to, as the status has it.
#[derive(Debug)]
struct Current {
    generation: u32,
    since: SystemTime,
}

/// Tells when every pool has its first worker.
#[derive(Clone, Debug)]
pub struct Readiness {
    standing: watch::Receiver<Standing>,
}

/// How far a fleet has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not every pool has had a worker.
    Booting,
    /// Every pool has had one.
    Ready,
    /// Nothing boots any more, and nothing is left of it until a reload.
    GivenUp(RunError),
}

/// An event, and the descriptor that came with it.
#[derive(Debug)]
struct Happening {
    event: Event,
    socket: Option<OwnedFd>,
}

/// What the shell waits for.
enum News {
    Stage(Stage),
    Heard(Heard),
    ChildEnded,
    Asked(Ask),
    Answered(Event),
    Due,
    LookDue,
}

impl Supervisor {
    /// Starts the first generation's template. Must be called on the main thread, inside a tokio
    /// runtime that runs on it: the template dies with the thread that started it. There is one
    /// exchange for each pool.
    ///
    /// # Errors
    /// When the template cannot be started. Nothing is left running then.
    ///
    /// # Panics
    /// If there are not as many exchanges as pools, or none.
    pub fn start(
        mut config: SupervisorConfig,
        exchanges: Vec<GatewayEnd>,
    ) -> Result<Self, StartError> {
        assert_eq!(config.pools.len(), exchanges.len(), "an exchange per pool");
        assert!(!exchanges.is_empty(), "there is a pool");
        let release = config.releases.resolve(None);
        let release = release.map_err(StartError::Release)?;
        let reaper = Reaper::new().map_err(StartError::Signal)?;
        let mut fleet = Fleet::new(&config, Instant::now());
        let orders = fleet.handle(Event::Due, Instant::now());
        let [Order::StartTemplate(generation)] = orders[..] else {
            unreachable!("a new fleet wants a template and nothing else: {orders:?}");
        };
        let roots = vec![release.template.root.clone()];
        let mut processes = Processes::new(config.household.clone());
        processes.add(generation, release);
        let pid = processes.start(generation, &exchanges)?;
        let (remote, asked) = Remote::new();
        let started = Event::TemplateStarted { generation, pid };
        Ok(Self {
            lookout: Lookout::new(&config),
            pools: config.pools,
            exchanges,
            releases: config.releases,
            fleet,
            processes,
            reaper,
            happenings: VecDeque::from([started.into()]),
            readiness: watch::channel(Standing::Booting).0,
            roots: watch::channel(roots).0,
            prober: config.probe,
            probes: Probes::default(),
            remote,
            asked,
            callers: BTreeMap::new(),
            changes: 0,
            is_changing: watch::channel(false).0,
            rests: watch::channel(false).0,
            current: Current::new(generation),
        })
    }

    /// Tells when every pool has its first worker.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        Readiness {
            standing: self.readiness.subscribe(),
        }
    }

    /// Where static files lie: the document root of the current generation, then those of all that
    /// are known beside it, of which pages may be open.
    #[must_use]
    pub fn roots(&self) -> watch::Receiver<Vec<PathBuf>> {
        self.roots.subscribe()
    }

    /// Whether somebody waits for a reload or a rollback.
    #[must_use]
    pub fn is_changing(&self) -> watch::Receiver<bool> {
        self.is_changing.subscribe()
    }

    /// Whether nothing boots any more, and nobody tries, until a reload.
    #[must_use]
    pub fn rests(&self) -> watch::Receiver<bool> {
        self.rests.subscribe()
    }

    /// Steers it while it runs.
    #[must_use]
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Keeps the workers running until shutdown has ended them all.
    ///
    /// # Errors
    /// When no worker becomes ready. Nothing is left running in either case.
    ///
    /// # Cancel safety
    /// Dropping the future kills every process at once.
    pub async fn run(mut self, mut shutdown: Shutdown) -> Result<(), RunError> {
        loop {
            while let Some(Happening { event, mut socket }) = self.happenings.pop_front() {
                for order in self.fleet.handle(event, Instant::now()) {
                    if let Order::Finish(result) = order {
                        return result;
                    }
                    self.carry_out(order, &mut socket).await;
                }
            }
            let news = self.next_news(&mut shutdown).await;
            self.take_note(news).await;
        }
    }

    async fn next_news(&mut self, shutdown: &mut Shutdown) -> News {
        let due = self.fleet.due();
        let Self {
            processes,
            reaper,
            asked,
            lookout,
            probes,
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
            heard = processes.hear() => News::Heard(heard),
            () = reaper.child_ended() => News::ChildEnded,
            Some(ask) = asked.recv() => News::Asked(ask),
            answered = probes.answered() => News::Answered(answered),
            () = due => News::Due,
            () = lookout.look_due() => News::LookDue,
        }
    }

    async fn take_note(&mut self, news: News) {
        match news {
            News::Stage(stage) => self.happen(stage.into()),
            News::Due => self.happen(Event::Due),
            News::LookDue => self.look(),
            News::Asked(ask) => self.answer(ask),
            News::Answered(event) => self.happen(event),
            News::Heard(heard) => self.note(heard),
            News::ChildEnded => self.look_for_ends().await,
        }
    }

    fn note(&mut self, heard: Heard) {
        if heard.tells_of_a_death() {
            for earlier in self.processes.said_before(&heard) {
                self.note_as_it_comes(earlier);
            }
        }
        self.note_as_it_comes(heard);
    }

    fn note_as_it_comes(&mut self, heard: Heard) {
        let generation = heard.generation;
        match heard.news {
            HeardNews::Closed => self.processes.kill(generation),
            HeardNews::Message {
                message,
                sender,
                socket,
                ..
            } => {
                let packet = Packet {
                    generation,
                    activity: self.last_activity(&message),
                    message,
                    sender,
                    has_socket: socket.is_some(),
                };
                let event = Event::Packet(packet);
                self.happenings.push_back(Happening { event, socket });
            }
        }
    }

    /// What a worker had done whose end is reported, as long as its seat still says so.
    fn last_activity(&self, message: &ToMain) -> Activity {
        let ToMain::Exited {
            child: Child::Worker(worker),
            ..
        } = *message
        else {
            return Activity::default();
        };
        let pool = self.fleet.pool_of(worker);
        pool.map_or(Activity::default(), |pool| self.activity(pool, worker))
    }

    /// Reports the ends of first templates once every process that held a socket is dead.
    async fn look_for_ends(&mut self) {
        let ends = self.processes.take_ends();
        self.reaper.reap_orphans(self.processes.household());
        for (generation, how) in ends {
            self.hear_out(generation).await;
            self.processes.end(generation);
            self.happen(Event::TemplateGone { generation, how });
        }
    }

    async fn hear_out(&mut self, generation: u32) {
        let deadline = Instant::now() + GROUP_PATIENCE;
        loop {
            match timeout_at(deadline.into(), self.processes.hear_out(generation)).await {
                Ok(Some(heard)) => self.note_as_it_comes(heard),
                Ok(None) => return,
                Err(_) => {
                    warn!("a process of the ended template keeps its socket open");
                    return;
                }
            }
        }
    }

    fn happen(&mut self, event: Event) {
        self.happenings.push_back(event.into());
    }
}

impl Readiness {
    /// Waits until every pool has a worker that is ready; `false` when that will not be.
    ///
    /// # Cancel safety
    /// Safe: nothing is lost.
    pub async fn ready(&mut self) -> bool {
        let mut standing = self.standing.clone();
        standing.wait_for(|it| *it == Standing::Ready).await.is_ok()
    }

    /// What it is, each time that changes; for ever silent when it will not.
    ///
    /// # Cancel safety
    /// Safe: nothing is lost.
    pub async fn news(&mut self) -> Standing {
        match self.standing.changed().await {
            Ok(()) => self.standing.borrow_and_update().clone(),
            Err(_) => pending().await,
        }
    }

    /// What it is now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }
}

impl Current {
    fn new(generation: u32) -> Self {
        Self {
            generation,
            since: SystemTime::now(),
        }
    }
}

impl Heard {
    fn tells_of_a_death(&self) -> bool {
        let HeardNews::Message { message, .. } = &self.news else {
            return false;
        };
        matches!(message, ToMain::Exited { .. })
    }
}

impl From<Event> for Happening {
    fn from(event: Event) -> Self {
        Self {
            event,
            socket: None,
        }
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
