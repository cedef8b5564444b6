//! What templates and workers say. None of it is believed without a look at the sender.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::control::{Child, ProcessEnd, ToMain, ToTemplate};
use askr_exchange::{Activity, WorkerId};
use tracing::{debug, error, info, warn};

use super::generation::{BootedPhase, First, Generation, Parent};
use super::pool::Pool;
use super::post::Phase;
use super::{Course, Fleet, KILL_GRACE, Member, Order, Packet};
use crate::error::RunError;

/// Most of a message that makes no sense is not worth logging.
const LOGGED_BYTES_MAX: usize = 200;

/// A child that was reaped.
#[derive(Debug)]
struct Ended {
    child: Child,
    pid: u32,
    end: ProcessEnd,
    /// What it had done.
    activity: Activity,
}

impl Fleet {
    /// Acts on a message, or logs that it makes no sense.
    pub(super) fn hear(&mut self, packet: Packet, now: Instant) {
        let generation = self.generation(packet.generation);
        if generation.is_none_or(Generation::is_ending) {
            debug!(message = ?packet.message, "last words of a template");
            return;
        }
        let (sender, message) = (packet.sender, packet.message.clone());
        let is_heard = self.may_say(&packet) && self.act(packet, now);
        if !is_heard && let Some(count) = self.nonsense.next() {
            let text = format!("{message:?}");
            let text = &text[..text.floor_char_boundary(LOGGED_BYTES_MAX)];
            warn!(text, sender, count, "control message ignored");
        }
    }

    /// Returns whether the message fits what is known.
    fn act(&mut self, packet: Packet, now: Instant) -> bool {
        let number = packet.generation;
        match packet.message {
            ToMain::EngineReady { php_version } => self.engine_ready(number, &php_version, now),
            ToMain::EngineFailed { message } => self.engine_failed(number, message, now),
            ToMain::TemplateReady { child } => {
                packet.has_socket && self.template_ready(number, child, packet.sender, now)
            }
            ToMain::Forked { child, pid } => match child {
                Child::Worker(worker) => self.forked(worker, pid),
                Child::Template(_) => self.template_forked(number, child, pid, now),
            },
            ToMain::ForkFailed { child, message } => match child {
                Child::Worker(worker) => self.fork_failed(worker, message, now),
                Child::Template(_) => self.template_not_forked(number, child, message, now),
            },
            ToMain::Exited { child, pid, end } => {
                let end = Ended {
                    child,
                    pid,
                    end,
                    activity: packet.activity,
                };
                self.exited(number, &end, now)
            }
            ToMain::Ready { worker } => self.ready(worker, now),
            ToMain::BootFailed { child, message } => match child {
                Child::Worker(worker) if self.member(worker).is_some() => {
                    self.boot_failed(worker, message, now)
                }
                _ => self.template_not_booted(number, child, message, now),
            },
            ToMain::WantsRecycle { worker } => self.wants_recycle(worker),
            ToMain::NotRewound {
                worker,
                reason,
                is_lasting,
            } => self.not_rewound(worker, reason, is_lasting),
            ToMain::Traced { worker, frames } => self.traced(worker, Ok(frames)),
            ToMain::TraceFailed { worker, message } => self.traced(worker, Err(message)),
        }
    }

    /// The first template may say everything of its generation, another what concerns its own
    /// children, everybody what concerns himself.
    fn may_say(&self, packet: &Packet) -> bool {
        let Some(generation) = self.generation(packet.generation) else {
            return false;
        };
        let Some(sender) = packet.sender else {
            return false;
        };
        let is_first = generation.first_pid() == Some(sender);
        match &packet.message {
            ToMain::EngineReady { .. } | ToMain::EngineFailed { .. } => is_first,
            ToMain::Forked { child, .. }
            | ToMain::ForkFailed { child, .. }
            | ToMain::Exited { child, .. } => {
                self.is_related(packet, *child) && (is_first || self.is_parent(sender, *child))
            }
            ToMain::TemplateReady { child } => {
                self.is_related(packet, *child) && self.may_be(sender, *child)
            }
            ToMain::BootFailed { child, .. } => {
                self.is_related(packet, *child)
                    && (self.may_be(sender, *child) || is_first || self.is_parent(sender, *child))
            }
            ToMain::Ready { worker }
            | ToMain::WantsRecycle { worker }
            | ToMain::NotRewound { worker, .. }
            | ToMain::Traced { worker, .. }
            | ToMain::TraceFailed { worker, .. } => {
                let child = Child::Worker(*worker);
                self.is_related(packet, child)
                    && (self.may_be(sender, child) || is_first || self.is_parent(sender, child))
            }
        }
    }

    /// Whether it is of the generation on whose socket it is spoken of.
    fn is_related(&self, packet: &Packet, child: Child) -> bool {
        let parent = self.parent_of(child);
        parent.is_some_and(|parent| parent.generation == packet.generation)
    }

    /// Who forks, or has forked, that worker or template.
    fn parent_of(&self, child: Child) -> Option<Parent> {
        let mut generations = self.generations.iter();
        if let Some(booted) = generations.find_map(|generation| generation.booted(child)) {
            return Some(booted.parent);
        }
        match child {
            Child::Worker(worker) => Some(self.member(worker)?.parent),
            Child::Template(_) => None,
        }
    }

    fn is_parent(&self, sender: u32, child: Child) -> bool {
        let parent = self.parent_of(child);
        let pid = parent.and_then(|parent| self.generation(parent.generation)?.pid_of(parent));
        pid == Some(sender)
    }

    /// Whether `sender` is that one as far as is known; the fork may not be reported yet.
    fn may_be(&self, sender: u32, child: Child) -> bool {
        let mut generations = self.generations.iter();
        let booted = generations.find_map(|generation| generation.booted(child));
        let pid = match (booted, child) {
            (Some(booted), _) => booted.pid,
            (None, Child::Worker(worker)) => {
                let Some(member) = self.member(worker) else {
                    return false;
                };
                member.pid
            }
            (None, Child::Template(_)) => return false,
        };
        pid.is_none_or(|pid| pid == sender)
    }

    fn engine_ready(&mut self, number: u32, php_version: &str, now: Instant) -> bool {
        let Some(generation) = self.generation_mut(number) else {
            return false;
        };
        let First::Starting { pid: Some(pid), .. } = generation.first else {
            return false;
        };
        info!(generation = number, pid, php_version, "template ready");
        generation.first = First::Up { pid, since: now };
        true
    }

    fn engine_failed(&mut self, generation: u32, message: String, now: Instant) -> bool {
        error!(generation, message, "engine does not start");
        if self.trial_is(generation) {
            self.abort_trial(&message, now);
        } else if !self.was_ready && self.is_running() {
            self.fail(RunError::EngineFailed { message });
        }
        true
    }

    fn forked(&mut self, worker: WorkerId, pid: u32) -> bool {
        let member = self.member_mut(worker);
        let Some(member) = member.filter(|member| member.pid.is_none()) else {
            return false;
        };
        member.pid = Some(pid);
        debug!(seat = worker.seat, pid, "worker forked");
        true
    }

    fn fork_failed(&mut self, worker: WorkerId, message: String, now: Instant) -> bool {
        let member = self.member_mut(worker);
        let Some(member) = member.filter(|member| member.pid.is_none()) else {
            return false;
        };
        member.message = Some(message);
        self.bury(worker, None, now);
        true
    }

    fn ready(&mut self, worker: WorkerId, now: Instant) -> bool {
        let Some(index) = self.pool_of(worker) else {
            return false;
        };
        let is_booting = |member: &Member| member.is_booting();
        let Some(generation) = self.member(worker).filter(|it| is_booting(it)) else {
            return false;
        };
        let generation = generation.parent.generation;
        let pool = &mut self.pools[index];
        pool.failed_boots = 0;
        let may_end_anytime = pool.may_end_anytime();
        let post = pool.post_of(worker);
        let replaced = post.map_or(Vec::new(), |post| post.make_ready(worker, now));
        let name = &*pool.config.name;
        let WorkerId { seat, incarnation } = worker;
        match may_end_anytime {
            true => debug!(pool = name, seat, incarnation, generation, "worker ready"),
            false => info!(pool = name, seat, incarnation, generation, "worker ready"),
        }
        for before in replaced {
            self.release(index, before, now);
        }
        self.favour_canary(index, worker, generation);
        if matches!(self.course, Course::Stopping { .. }) {
            self.retire(|_| true);
        }
        if let Some(generation) = self.generation_mut(generation) {
            generation.was_ready = true;
        }
        self.was_ready = true;
        let is_staffed = |pool: &Pool| pool.members().any(Member::is_ready);
        if self.pools.iter().all(is_staffed) {
            self.end_revival();
            if !std::mem::replace(&mut self.serves, true) {
                self.order(Order::Serve);
            }
        }
        true
    }

    /// The worker ends by itself now; it is killed if it does not.
    fn boot_failed(&mut self, worker: WorkerId, message: String, now: Instant) -> bool {
        let Some(member) = self.member_mut(worker) else {
            return false;
        };
        let Phase::Booting { deadline } = member.phase else {
            return false;
        };
        member.message = Some(message);
        member.phase = Phase::Booting {
            deadline: deadline.min(now + KILL_GRACE),
        };
        true
    }

    fn wants_recycle(&mut self, worker: WorkerId) -> bool {
        let Some(member) = self.member_mut(worker) else {
            return false;
        };
        member.wants_recycle = true;
        true
    }

    /// Told once: it may be so with each request.
    fn not_rewound(&mut self, worker: WorkerId, reason: String, is_lasting: bool) -> bool {
        let Some(number) = self.member(worker).map(|member| member.parent.generation) else {
            return false;
        };
        let Some(generation) = self.generation_mut(number) else {
            return false;
        };
        let times = generation.count_obstacle(&reason);
        if let (true, Some(index)) = (is_lasting, self.pool_of(worker)) {
            self.pools[index].expect_one_each();
        }
        if times != 1 {
            debug!(%worker, generation = number, reason, times, "process could not be put back");
        } else if is_lasting {
            warn!(
                %worker,
                generation = number,
                reason,
                "workers cannot be put back after a request: each serves one and ends"
            );
        } else {
            info!(
                %worker,
                generation = number,
                reason,
                "a request changed more than memory: its process ended, and a fresh one took its place"
            );
        }
        true
    }

    fn traced(&mut self, worker: WorkerId, frames: Result<Vec<String>, String>) -> bool {
        self.order(Order::Traced(worker, frames));
        true
    }

    fn exited(&mut self, generation: u32, ended: &Ended, now: Instant) -> bool {
        let &Ended {
            child,
            pid,
            end,
            activity,
        } = ended;
        let name = Parent {
            generation,
            child: Some(child),
        };
        let generation = self.generation_mut(generation);
        if let Some(booted) = generation.and_then(|it| it.booted_mut(child)) {
            booted.pid = Some(pid);
            self.lose_booted(name, &end.to_string(), now);
            return true;
        }
        let Child::Worker(worker) = child else {
            return false;
        };
        let Some(member) = self.member_mut(worker) else {
            return false;
        };
        member.pid = Some(pid);
        self.bury_who_did(worker, Some(end), activity, now);
        true
    }

    /// It may have booted already. If somebody else has said so in its name it is of no use.
    fn template_forked(&mut self, number: u32, child: Child, pid: u32, now: Instant) -> bool {
        let generation = self.generation_mut(number);
        let Some(booted) = generation.and_then(|it| it.booted_mut(child)) else {
            return false;
        };
        let known = booted.pid.replace(pid);
        debug!(generation = number, pid, "{child} forked");
        if known.is_none_or(|known| known == pid) {
            return true;
        }
        let deadline = now + KILL_GRACE;
        booted.phase = BootedPhase::Ending { deadline };
        let parent = booted.parent;
        self.tell(parent, ToTemplate::Kill { child });
        false
    }

    fn template_not_forked(
        &mut self,
        generation: u32,
        child: Child,
        message: String,
        now: Instant,
    ) -> bool {
        let it = self.generation_mut(generation);
        let booted = it.and_then(|it| it.booted_mut(child));
        let Some(booted) = booted.filter(|booted| booted.pid.is_none()) else {
            return false;
        };
        booted.message = Some(message);
        let child = Some(child);
        self.lose_booted(Parent { generation, child }, "not forked", now);
        true
    }

    /// It ends by itself now; it is killed if it does not.
    fn template_not_booted(
        &mut self,
        number: u32,
        child: Child,
        message: String,
        now: Instant,
    ) -> bool {
        let generation = self.generation_mut(number);
        let Some(booted) = generation.and_then(|it| it.booted_mut(child)) else {
            return false;
        };
        let BootedPhase::Booting { deadline } = booted.phase else {
            return false;
        };
        booted.message = Some(message);
        booted.phase = BootedPhase::Booting {
            deadline: deadline.min(now + KILL_GRACE),
        };
        true
    }

    fn template_ready(
        &mut self,
        generation: u32,
        child: Child,
        sender: Option<u32>,
        now: Instant,
    ) -> bool {
        let it = self.generation_mut(generation);
        let Some(booted) = it.and_then(|it| it.booted_mut(child)) else {
            return false;
        };
        if !matches!(booted.phase, BootedPhase::Booting { .. }) {
            return false;
        }
        booted.phase = BootedPhase::Up { since: now };
        booted.pid = sender;
        let (pid, seat) = (booted.pid, booted.seat.take());
        info!(generation, pid, "{child} has booted");
        self.free_seat(seat);
        let child = Some(child);
        self.order(Order::Listen(Parent { generation, child }));
        true
    }
}
