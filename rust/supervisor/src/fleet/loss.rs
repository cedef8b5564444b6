//! What is lost when a worker or a template ends.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use askr_exchange::control::{Child, ProcessEnd};
use askr_exchange::{Activity, WorkerId};
use tracing::{debug, error, info, warn};

use super::generation::{Booted, BootedPhase, Parent};
use super::pool::Pool;
use super::post::{Member, Phase};
use super::{Fleet, KILL_GRACE, Order};
use crate::error::RunError;

/// How long a child may take to die of its parent's death, of which the kernel tells it at once.
const ORPHAN_GRACE: Duration = Duration::from_millis(100);

/// Failed boots in a row after which a pool without a ready worker is given up: with the back-off
/// they take more than a minute.
const CRASH_LOOP_BOOTS: u32 = 20;

/// How long after the death of a canary there is no other: what it took with it goes to a worker
/// of the fleet meanwhile, instead of dying with the next one, too.
const CANARY_PAUSE: Duration = Duration::from_millis(100);

impl Fleet {
    /// A worker is dead, or was never forked.
    pub(super) fn bury(&mut self, worker: WorkerId, end: Option<ProcessEnd>, now: Instant) {
        self.bury_who_did(worker, end, Activity::default(), now);
    }

    /// A worker is dead that had done this.
    pub(super) fn bury_who_did(
        &mut self,
        worker: WorkerId,
        end: Option<ProcessEnd>,
        activity: Activity,
        now: Instant,
    ) {
        let Some(index) = self.pool_of(worker) else {
            return;
        };
        let is_orderly = self.ends_orderly(index, worker, end);
        let had_request = activity.replies > 0 || activity.busy_since_ms > 0;
        let is_of_old_code = self
            .member(worker)
            .is_some_and(|member| self.is_old(member));
        let is_spent = is_orderly || is_of_old_code || had_request && self.pools[index].is_booted();
        let Some(member) = self.pools[index].remove(worker, is_spent, now) else {
            return;
        };
        self.order(Order::Bury(index, worker, end));
        let how = end.map_or("not forked".to_owned(), |end| end.to_string());
        match is_orderly {
            true if self.pools[index].may_end_anytime() => {
                debug!(seat = worker.seat, pid = member.pid, "worker left");
            }
            true => info!(
                seat = worker.seat,
                pid = member.pid,
                "worker left with its script"
            ),
            false => self.log_end(index, &member, &how),
        }
        let generation = member.parent.generation;
        if !member.is_starting() {
            let has_died = !is_orderly && member.is_ready();
            if has_died && self.trial_is(generation) {
                self.pools[index].canary_not_before = Some(now + CANARY_PAUSE);
            }
            self.note_end(index, &member, (activity, has_died));
        } else if !member.is_orphan {
            let message = member.message.unwrap_or_else(|| format!("it ended: {how}"));
            self.count_failed_boot(index, generation, message, now);
        }
    }

    /// Whether a copy has ended by itself: it had the one request that it was to have, or its
    /// script ended, which is nothing that a copy could start again.
    fn ends_orderly(&self, pool: usize, worker: WorkerId, end: Option<ProcessEnd>) -> bool {
        let is_copy = self.pools[pool].is_booted();
        let member = self.member(worker);
        is_copy && member.is_some_and(|member| member.ends_orderly(end))
    }

    /// A first template is dead, and with it everybody it forked.
    pub(super) fn lose_first(&mut self, number: u32, how: &str, now: Instant) {
        let Some(generation) = self.generation_mut(number) else {
            return;
        };
        let was_expected = generation.is_ending();
        let booted = std::mem::take(&mut generation.booted);
        generation.lose_first(now);
        if was_expected && !(self.is_running() && self.is_wanted(number)) {
            debug!(generation = number, how, "template ended");
        } else {
            error!(generation = number, how, "template ended");
        }
        for Booted { child, seat, .. } in booted {
            let child = Some(child);
            let generation = number;
            self.order(Order::HangUp(Parent { generation, child }));
            self.free_seat(seat);
        }
        let message = format!("the template ended: {how}");
        self.lose_members(number, message, now);
    }

    fn lose_members(&mut self, generation: u32, mut message: String, now: Instant) {
        for index in 0..self.pools.len() {
            for member in self.pools[index].clear(generation) {
                self.order(Order::Bury(index, member.worker, None));
                self.log_end(index, &member, "gone with the template");
                message = member.message.unwrap_or(message);
            }
        }
        if !self.is_wanted(generation) {
            self.lose_kept(generation);
        } else if self.is_running() {
            self.count_lost_template(generation, &message, now);
        }
    }

    /// A template that had booted the application, or was to, is dead; its children die with it,
    /// and become those of the first.
    pub(super) fn lose_booted(&mut self, lost: Parent, how: &str, now: Instant) {
        let Some(child) = lost.child else { return };
        let generation = self.generation_mut(lost.generation);
        let removed = generation.and_then(|it| it.remove_booted(child, now));
        let Some(booted) = removed else { return };
        self.order(Order::HangUp(lost));
        self.free_seat(booted.seat);
        self.orphan(lost, now);
        let (number, pid) = (lost.generation, booted.pid);
        let said = booted.message.as_deref();
        let is_asked_for = matches!(booted.phase, BootedPhase::Ending { .. }) && said.is_none();
        if is_asked_for || !self.is_running() {
            return info!(generation = number, pid, end = how, "{child} left");
        }
        error!(generation = number, pid, end = how, said, "{child} ended");
        if booted.seat.is_some() {
            self.note_failed_promotion(now);
        } else {
            let message = booted.message.unwrap_or_else(|| format!("it ended: {how}"));
            self.count_lost_template(number, &message, now);
        }
    }

    /// Whoever was a child of the template that is gone is one of the first's now.
    fn orphan(&mut self, lost: Parent, now: Instant) {
        let heir = Parent::first(lost.generation);
        let mut adopted = Vec::new();
        for member in self.pools.iter_mut().flat_map(Pool::members_mut) {
            if member.parent != lost {
                continue;
            }
            member.parent = heir;
            member.is_orphan = true;
            let child = Child::Worker(member.worker);
            adopted.extend(member.pid.map(|pid| (child, pid)));
            let deadline = now + KILL_GRACE;
            member.phase = match (member.pid, member.phase) {
                (None, _) => Phase::Lost {
                    until: now + ORPHAN_GRACE,
                },
                (Some(_), Phase::Retiring) => Phase::Retiring,
                (Some(_), _) => Phase::Killed {
                    was_ready: !member.is_starting(),
                    deadline,
                },
            };
        }
        let generation = self.generation_mut(lost.generation);
        for booted in generation.into_iter().flat_map(|it| &mut it.booted) {
            if booted.parent == lost {
                booted.parent = heir;
                adopted.extend(booted.pid.map(|pid| (booted.child, pid)));
            }
        }
        for (child, pid) in adopted {
            self.adopt(child, pid, lost.generation);
        }
    }

    /// A template is gone before anybody could be forked from it, or with everybody.
    fn count_lost_template(&mut self, generation: u32, message: &str, now: Instant) {
        for index in 0..self.pools.len() {
            let is_for_all = !self.was_ready || self.trial_is(generation);
            if is_for_all || !self.pools[index].has_ready() {
                self.count_failed_boot(index, generation, message.to_owned(), now);
            }
            if is_for_all {
                return;
            }
        }
    }

    fn count_failed_boot(&mut self, index: usize, generation: u32, message: String, now: Instant) {
        if !self.is_running() {
            return;
        }
        if self.trial_is(generation) {
            return self.abort_trial(&message, now);
        }
        if !self.was_ready {
            self.failed_boots += 1;
            let attempts = self.failed_boots;
            if attempts >= self.plan.boot_attempts_max {
                self.fail(RunError::BootFailed { attempts, message });
            }
            return;
        }
        if generation != self.current {
            return;
        }
        self.note_boot_failure(index);
        let pool = &mut self.pools[index];
        pool.failed_boots += 1;
        let attempts = pool.failed_boots;
        if attempts >= self.plan.boot_attempts_max && self.undo_roll(&message) {
            return;
        }
        let pool = &self.pools[index];
        if attempts >= CRASH_LOOP_BOOTS && !pool.has_ready() {
            let pool = pool.config.name.clone();
            self.fail(RunError::CrashLoop {
                pool,
                attempts,
                message,
            });
        }
    }

    /// The facts of a worker's end, without a guess at the cause.
    fn log_end(&self, pool: usize, member: &Member, how: &str) {
        let WorkerId { seat, incarnation } = member.worker;
        let (pid, said) = (member.pid, member.message.as_deref());
        let generation = member.parent.generation;
        let pool = &*self.pools[pool].config.name;
        let is_asked_for = member.phase == Phase::Retiring || !self.is_running();
        if is_asked_for {
            info!(pool, seat, incarnation, pid, end = how, "worker left");
        } else if !member.is_starting() {
            warn!(
                pool,
                seat,
                incarnation,
                generation,
                pid,
                end = how,
                said,
                "worker exited"
            );
        } else if self.was_ready {
            error!(
                pool,
                seat,
                incarnation,
                generation,
                pid,
                end = how,
                said,
                "worker did not boot"
            );
        } else {
            // What it said is in PHP's own log line, and in the last words if this goes on.
            let attempt = self.failed_boots + 1;
            warn!(attempt, pid, end = how, "worker did not boot");
        }
    }
}
