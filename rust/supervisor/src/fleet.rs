//! Every decision about templates and workers; no process, socket or clock.
//!
//! Events go in with the time at which they happened, orders come out.
//!
//! ```text
//! template   Away ──start──► Starting ──EngineReady──► Up ──killed or ended──► Away (back-off)
//! worker     Booting ──Ready──► Ready ──successor ready, or stop──► Retiring ──► gone
//!            Booting ──deadline──► Killed ──► gone;  Ready ──crash──► gone (post vacant)
//! ```
//! Until a worker has been ready for the first time only one boots: it warms the opcode cache for
//! the others, and an application that cannot boot is reported once for each attempt.
#![forbid(unsafe_code)]

mod course;
mod hearing;
mod loss;
mod post;
mod seats;

use std::time::{Duration, Instant};

use askr_exchange::control::{ProcessEnd, ToMain, ToTemplate};
use askr_exchange::{GatewayEnd, WorkerId};
use tracing::info;

use crate::backoff::Backoff;
use crate::config::SupervisorConfig;
use crate::error::RunError;
use crate::status::WorkerStatus;
use crate::throttle::Throttle;
use post::{Member, Post};
use seats::Seats;
pub(crate) use seats::spread;

/// What happened.
#[derive(Debug)]
pub(crate) enum Event {
    /// The template process runs.
    TemplateStarted { pid: u32 },
    /// The template, and with it every worker, is certainly dead or was never started.
    TemplateGone { how: String },
    /// Something arrived on the control socket from the process `sender`.
    Packet {
        message: ToMain,
        sender: Option<u32>,
    },
    /// The time of [`Fleet::due`] has come.
    Due,
    /// Every worker is to be replaced by one that boots now.
    Reload,
    /// Requests are being finished.
    Drain,
    /// Requests are finished; everybody leaves.
    Stop { deadline: Instant },
    /// Everything ends at once.
    Kill,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    StartTemplate,
    /// Tell the new template what to boot.
    Boot,
    /// Kill the template and everything it forked.
    KillTemplate,
    Tell(ToTemplate),
    /// Ask the worker to leave at its next request boundary.
    Retire(WorkerId),
    /// The worker is dead: free what it holds in the exchange.
    Bury(WorkerId, Option<ProcessEnd>),
    /// A worker takes requests for the first time.
    Serve,
    /// No worker is left that was there when a reload was asked for.
    Reloaded,
    /// Nothing is left.
    Finish(Result<(), RunError>),
}

/// How long a process that was killed may take to be gone.
const KILL_GRACE: Duration = Duration::from_secs(5);

/// The template and its workers.
#[derive(Debug)]
pub(crate) struct Fleet {
    plan: Plan,
    course: Course,
    template: Template,
    template_backoff: Backoff,
    posts: Vec<Post>,
    seats: Seats,
    failed_boots: u32,
    was_ready: bool,
    /// A reload is under way: workers up to this incarnation are replaced.
    reloads_until: Option<u32>,
    /// Messages that made no sense.
    nonsense: Throttle,
    orders: Vec<Order>,
}

/// The part of the configuration that decisions depend on.
#[derive(Clone, Debug)]
struct Plan {
    max_requests: u64,
    boot_attempts_max: u32,
    boot_timeout: Duration,
    /// How many posts may hand over at once.
    handovers_max: usize,
}

/// Where all this is going.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Course {
    Running,
    Draining,
    Stopping { deadline: Instant },
    Failing(RunError),
    Finished,
}

/// How far the template has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Template {
    /// None runs; one may be started at this time.
    Away { not_before: Instant },
    /// The engine starts, until the deadline. The process may not be known yet.
    Starting { pid: Option<u32>, deadline: Instant },
    /// It forks on command.
    Up { pid: u32 },
    /// It was told to stop.
    Stopping,
    /// It was killed and must be gone by the deadline.
    Killed { deadline: Instant },
}

impl Fleet {
    /// A fleet without a template; the first [`Event::Due`] orders one.
    pub(crate) fn new(config: &SupervisorConfig, now: Instant) -> Self {
        let workers = usize::from(config.workers);
        Self {
            plan: Plan {
                max_requests: config.max_requests,
                boot_attempts_max: config.boot_attempts_max,
                boot_timeout: config.boot_timeout,
                handovers_max: (workers / 4).max(1),
            },
            course: Course::Running,
            template: Template::Away { not_before: now },
            template_backoff: Backoff::default(),
            posts: (0..workers).map(|_| Post::default()).collect(),
            seats: Seats::new(config.seat_count),
            failed_boots: 0,
            was_ready: false,
            reloads_until: None,
            nonsense: Throttle::default(),
            orders: Vec::new(),
        }
    }

    /// Takes note of an event and decides what follows from it and from the time.
    pub(crate) fn handle(&mut self, event: Event, now: Instant) -> Vec<Order> {
        match event {
            Event::TemplateStarted { pid } => self.note_template(pid),
            Event::TemplateGone { how } => self.lose_template(&how, now),
            Event::Packet { message, sender } => self.hear(message, sender, now),
            Event::Due => {}
            Event::Reload => self.reload(),
            Event::Drain => self.drain(),
            Event::Stop { deadline } => self.stop(deadline, now),
            Event::Kill => self.stop(now, now),
        }
        self.advance(now);
        std::mem::take(&mut self.orders)
    }

    /// When [`Event::Due`] is to be reported, if nothing else happens before.
    pub(crate) fn due(&self) -> Option<Instant> {
        let template = match self.template {
            Template::Away { not_before } => self.is_running().then_some(not_before),
            Template::Starting { deadline, .. } | Template::Killed { deadline } => Some(deadline),
            Template::Up { .. } | Template::Stopping => None,
        };
        [template, self.course_due(), self.fork_due()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When patience with workers, or with all of them, ends.
    fn course_due(&self) -> Option<Instant> {
        let is_template_alive = !matches!(
            self.template,
            Template::Away { .. } | Template::Killed { .. }
        );
        match self.course {
            Course::Running | Course::Draining if is_template_alive => {
                self.members().filter_map(Member::deadline).min()
            }
            Course::Stopping { deadline } if is_template_alive => Some(deadline),
            _ => None,
        }
    }

    /// When a back-off that keeps a post empty is over.
    fn fork_due(&self) -> Option<Instant> {
        let waiting = (0..self.posts.len()).filter(|index| self.needs_fork(*index));
        waiting
            .filter_map(|index| self.posts[index].not_before())
            .min()
    }

    /// Also whoever boots just now gets a successor: it may have read what is no longer true.
    fn reload(&mut self) {
        info!("every worker is replaced");
        for member in self.posts.iter_mut().flat_map(Post::members_mut) {
            member.wants_recycle = true;
        }
        self.reloads_until = Some(self.seats.last_incarnation());
    }

    /// What is known here and in the exchange about each worker.
    pub(crate) fn status(&self, exchange: &GatewayEnd, now: Instant) -> Vec<WorkerStatus> {
        let members = self.members();
        members.map(|member| member.status(exchange, now)).collect()
    }

    fn note_template(&mut self, started: u32) {
        if let Template::Starting { pid, .. } = &mut self.template {
            *pid = Some(started);
            self.order(Order::Boot);
        }
    }

    /// The template's process, while there is one that was not told to end.
    fn template_pid(&self) -> Option<u32> {
        match self.template {
            Template::Up { pid } => Some(pid),
            Template::Starting { pid, .. } => pid,
            Template::Away { .. } | Template::Stopping | Template::Killed { .. } => None,
        }
    }

    fn is_running(&self) -> bool {
        self.course == Course::Running
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.posts.iter().flat_map(Post::members)
    }

    fn member_mut(&mut self, worker: WorkerId) -> Option<&mut Member> {
        let mut members = self.posts.iter_mut().flat_map(Post::members_mut);
        members.find(|member| member.worker == worker)
    }

    fn order(&mut self, order: Order) {
        self.orders.push(order);
    }

    fn tell(&mut self, message: ToTemplate) {
        self.order(Order::Tell(message));
    }
}

#[cfg(test)]
mod tests;
