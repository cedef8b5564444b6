//! Every decision about templates and workers; no process, socket or clock.
//!
//! Events go in with the time at which they happened, orders come out.
//!
//! ```text
//! first template   Away ──start──► Starting ──EngineReady──► Up ──killed or ended──► Away (back-off)
//! booted template  Booting ──TemplateReady──► Up ──stop, kill or death──► gone
//! worker           Booting ──Ready──► Ready ──successor ready, or stop──► Retiring ──► gone
//!                  Booting ──deadline──► Killed ──► gone;  Ready ──crash──► gone (post vacant)
//! generation       on trial ──healthy──► current ──reload──► kept for a rollback ──► ended
//! fleet            Running ──nothing boots──► Failing ──all gone──► Resting ──reload──► Running
//! ```
//! Until a worker of a generation has been ready for the first time only one boots: it warms the
//! opcode cache for the others, and an application that cannot boot is reported once for each
//! attempt.
#![forbid(unsafe_code)]

mod change;
mod course;
mod demand;
mod filling;
mod generation;
mod hearing;
mod look;
mod loss;
mod pool;
mod post;
mod probation;
mod refork;
mod seats;
mod templates;

use std::time::{Duration, Instant};

use askr_exchange::control::{ProcessEnd, TemplateId, ToMain, ToTemplate};
use askr_exchange::{Activity, WorkerId};

use crate::canary::Thresholds;
use crate::config::SupervisorConfig;
use crate::error::RunError;
use crate::remote::Progress;
use crate::throttle::Throttle;
use change::{Kept, Roll, Trial};
use generation::Generation;
use pool::Pool;
use refork::Refork;
use seats::Incarnations;

pub(crate) use demand::Demand;
pub(crate) use generation::Parent;
pub(crate) use look::{Look, Looks, PoolLook};
pub(crate) use post::{Member, Phase};
pub(crate) use seats::spread;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// The process of a generation's first template runs.
    TemplateStarted { generation: u32, pid: u32 },
    /// A first template, and with it everybody it forked, is certainly dead or was never started.
    TemplateGone { generation: u32, how: String },
    /// Something arrived on one of a generation's sockets.
    Packet(Packet),
    /// The time of [`Fleet::due`] has come.
    Due,
    /// The generation that was numbered for this is to take over.
    Reload(Reload),
    /// The generation before is to take over again.
    Rollback { change: u32 },
    /// Somebody who watches the workers wants something of one.
    Worker { worker: WorkerId, demand: Demand },
    /// Somebody has looked at what all workers do.
    Looked(Looks),
    /// A request that was made up for a worker of a pool was answered.
    Probed {
        asked: (usize, WorkerId),
        answer: Result<u16, String>,
        now_ms: u64,
    },
    /// Requests are being finished.
    Drain,
    /// Requests are finished; everybody leaves.
    Stop { deadline: Instant },
    /// Everything ends at once.
    Kill,
}

/// A message, and what the kernel says about it.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) generation: u32,
    pub(crate) message: ToMain,
    /// The process that sent it.
    pub(crate) sender: Option<u32>,
    /// A socket came with it.
    pub(crate) has_socket: bool,
    /// What the worker had done whose end it reports.
    pub(crate) activity: Activity,
}

/// A reload that was asked for.
#[derive(Debug)]
pub(crate) struct Reload {
    /// Names it in [`Order::Report`].
    pub(crate) change: u32,
    /// Whose release is known, from [`Fleet::next_generation`].
    pub(crate) generation: u32,
    /// One worker of each pool is tried first.
    pub(crate) has_canary: bool,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Start the first template of a generation.
    StartTemplate(u32),
    /// Tell the new template what to boot.
    Boot(u32),
    /// Kill the first template and everything it forked.
    KillTemplate(u32),
    /// The generation has ended: its release is not needed any more.
    Forget(u32),
    Tell(Parent, ToTemplate),
    /// The socket that came with the packet is that template's.
    Listen(Parent),
    /// That template is gone.
    HangUp(Parent),
    /// Ask the worker of a pool to leave at its next request boundary.
    Retire(usize, WorkerId),
    /// The worker of a pool is dead: free what it holds in the exchange.
    Bury(usize, WorkerId, Option<ProcessEnd>),
    /// Let a canary of a pool have work, or none in particular.
    Favour(usize, Option<WorkerId>),
    /// What PHP code a worker ran when it was looked at, or why it could not be.
    Traced(WorkerId, Result<Vec<String>, String>),
    /// Ask the worker of a pool to become a template at its next request boundary.
    Promote(usize, WorkerId),
    /// Make up a request for the worker of a pool.
    Probe(usize, WorkerId),
    /// Every pool has a worker for the first time.
    Serve,
    /// The generation that is served from now on, and the one before.
    Current(u32, Option<u32>),
    /// Tell whoever asked for a change.
    Report(u32, Progress),
    /// Nothing is left, until somebody asks for a reload.
    Rest(RunError),
    /// Nothing is left.
    Finish(Result<(), RunError>),
}

/// How long a process that was killed may take to be gone.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// The templates and their workers.
#[derive(Debug)]
pub(crate) struct Fleet {
    plan: Plan,
    course: Course,
    /// By number.
    generations: Vec<Generation>,
    /// The one that new workers belong to.
    current: u32,
    /// The one before.
    kept: Option<Kept>,
    /// A generation that may become the current one.
    trial: Option<Trial>,
    /// Workers of other generations are being replaced.
    roll: Option<Roll>,
    refork: Refork,
    /// Who waits for the end of a rest.
    revival: Option<u32>,
    pools: Vec<Pool>,
    counts: Counts,
    failed_boots: u32,
    was_ready: bool,
    /// Every pool has had a worker.
    serves: bool,
    /// Messages that made no sense.
    nonsense: Throttle,
    orders: Vec<Order>,
}

/// The part of the configuration that decisions depend on.
#[derive(Clone, Debug)]
struct Plan {
    boot_attempts_max: u32,
    boot_timeout: Duration,
    rollback_keep: Duration,
    thresholds: Thresholds,
    /// 0 is never.
    refork_after: u64,
    /// It can be revived.
    rests: bool,
}

/// The last number of each kind that was given.
#[derive(Debug, Default)]
struct Counts {
    generations: u32,
    templates: u32,
    incarnations: Incarnations,
}

/// Where all this is going.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Course {
    Running,
    Draining,
    Stopping { deadline: Instant },
    Failing(RunError),
    Resting(RunError),
    Finished,
}

impl Fleet {
    /// A fleet of one generation without a template; the first [`Event::Due`] orders one.
    pub(crate) fn new(config: &SupervisorConfig, now: Instant) -> Self {
        let counts = Counts {
            generations: 1,
            ..Counts::default()
        };
        Self {
            plan: Plan {
                boot_attempts_max: config.boot_attempts_max,
                boot_timeout: config.boot_timeout,
                rollback_keep: config.rollback_keep,
                thresholds: config.canary,
                refork_after: config.refork_after,
                rests: config.rests,
            },
            course: Course::Running,
            generations: vec![Generation::new(counts.generations, now)],
            current: counts.generations,
            kept: None,
            trial: None,
            roll: None,
            refork: Refork::default(),
            revival: None,
            pools: config.pools.iter().map(Pool::new).collect(),
            counts,
            failed_boots: 0,
            was_ready: false,
            serves: false,
            nonsense: Throttle::default(),
            orders: Vec::new(),
        }
    }

    /// Takes note of an event and decides what follows from it and from the time.
    pub(crate) fn handle(&mut self, event: Event, now: Instant) -> Vec<Order> {
        match event {
            Event::TemplateStarted { generation, pid } => self.note_template(generation, pid),
            Event::TemplateGone { generation, how } => self.lose_first(generation, &how, now),
            Event::Packet(packet) => self.hear(packet, now),
            Event::Due => {}
            Event::Reload(reload) => self.reload(&reload, now),
            Event::Rollback { change } => self.roll_back(change, now),
            Event::Worker { worker, demand } => self.demand(worker, demand, now),
            Event::Looked(looks) => self.look(&looks, now),
            Event::Probed {
                asked,
                answer,
                now_ms,
            } => self.hear_probe(asked, answer, now_ms, now),
            Event::Drain => self.drain(),
            Event::Stop { deadline } => self.stop(deadline, now),
            Event::Kill => self.stop(now, now),
        }
        self.advance(now);
        std::mem::take(&mut self.orders)
    }

    /// The number of a generation that may be asked for.
    pub(crate) fn next_generation(&mut self) -> u32 {
        self.counts.generations += 1;
        self.counts.generations
    }

    /// The workers of a pool, and which of them are on trial.
    pub(crate) fn members_in(&self, pool: usize) -> impl Iterator<Item = (&Member, bool)> {
        let members = self.pools[pool].members();
        members.map(|member| (member, self.trial_is(member.parent.generation)))
    }

    /// When [`Event::Due`] is to be reported, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        let templates = self.generations.iter();
        let templates = templates.filter_map(|generation| self.generation_due(generation));
        let course = match self.course {
            Course::Stopping { deadline } if self.may_be_killed() => Some(deadline),
            _ => None,
        };
        let rest = [course, self.members_due(), self.fork_due(), self.keep_due()];
        templates.chain(rest.into_iter().flatten()).min()
    }

    /// When patience with a worker ends.
    fn members_due(&self) -> Option<Instant> {
        if !matches!(self.course, Course::Running | Course::Draining) {
            return None;
        }
        let is_heard = |member: &&Member| {
            let generation = self.generation(member.parent.generation);
            generation.is_some_and(|generation| generation.is_up())
        };
        let members = self.members().filter(is_heard);
        members.filter_map(Member::deadline).min()
    }

    fn is_running(&self) -> bool {
        self.course == Course::Running
    }

    fn generation(&self, number: u32) -> Option<&Generation> {
        let mut generations = self.generations.iter();
        generations.find(|generation| generation.number == number)
    }

    fn generation_mut(&mut self, number: u32) -> Option<&mut Generation> {
        let mut generations = self.generations.iter_mut();
        generations.find(|generation| generation.number == number)
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.pools.iter().flat_map(Pool::members)
    }

    fn members_of(&self, generation: u32) -> impl Iterator<Item = &Member> {
        let is_its = move |member: &&Member| member.parent.generation == generation;
        self.members().filter(is_its)
    }

    fn member(&self, worker: WorkerId) -> Option<&Member> {
        self.members().find(|member| member.worker == worker)
    }

    fn member_mut(&mut self, worker: WorkerId) -> Option<&mut Member> {
        let mut members = self.pools.iter_mut().flat_map(Pool::members_mut);
        members.find(|member| member.worker == worker)
    }

    /// The index of a worker's pool.
    pub(crate) fn pool_of(&self, worker: WorkerId) -> Option<usize> {
        let is_its = |pool: &Pool| pool.members().any(|member| member.worker == worker);
        self.pools.iter().position(is_its)
    }

    fn next_template(&mut self) -> TemplateId {
        self.counts.templates += 1;
        TemplateId(self.counts.templates)
    }

    fn order(&mut self, order: Order) {
        self.orders.push(order);
    }

    /// Who is dead or was told to end is told nothing.
    fn tell(&mut self, parent: Parent, message: ToTemplate) {
        let generation = self.generation(parent.generation);
        if generation.is_some_and(|it| it.listens(parent)) {
            self.order(Order::Tell(parent, message));
        }
    }

    fn report(&mut self, change: u32, progress: Progress) {
        self.order(Order::Report(change, progress));
    }
}

#[cfg(test)]
mod tests;
