//! What follows from the state and the time.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, ToTemplate};

use super::generation::{First, Parent};
use super::pool::Pool;
use super::post::{Member, Phase};
use super::{Course, Fleet, KILL_GRACE, Order};
use crate::error::RunError;

impl Fleet {
    /// Orders whatever is due.
    pub(super) fn advance(&mut self, now: Instant) {
        match self.course {
            Course::Running => self.keep_running(now),
            Course::Draining => self.enforce_deadlines(now),
            Course::Stopping { deadline } => self.keep_stopping(deadline, now),
            Course::Failing(_) => self.keep_failing(now),
            Course::Resting(_) => {}
            Course::Finished => return,
        }
        self.pools.iter_mut().for_each(Pool::tidy);
        self.finish_when_done();
    }

    fn keep_running(&mut self, now: Instant) {
        self.enforce_deadlines(now);
        self.keep_change(now);
        self.keep_generations(now);
        self.end_outdated_templates(now);
        self.fill(now);
        self.forget_generations();
    }

    /// Kills whoever has not done in time what it had to.
    fn enforce_deadlines(&mut self, now: Instant) {
        self.enforce_template_deadlines(now);
        let timeout = self.plan.boot_timeout;
        let (mut late, mut stuck, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for member in self.pools.iter_mut().flat_map(Pool::members_mut) {
            match member.phase {
                Phase::Booting { deadline } if deadline <= now => {
                    let text = format!("not ready within {timeout:?} (boot_timeout)");
                    member.message.get_or_insert(text);
                    late.push(member.worker);
                }
                Phase::Killed { deadline, .. } if deadline <= now => {
                    stuck.push(member.parent.generation);
                }
                Phase::Lost { until } if until <= now => lost.push(member.worker),
                _ => {}
            }
        }
        for worker in late {
            self.kill(worker, now + KILL_GRACE);
        }
        for generation in stuck {
            let is_up = |each: &super::Generation| each.is_up();
            if self.generation(generation).is_some_and(is_up) {
                self.kill_first(generation, now);
            }
        }
        for worker in lost {
            self.bury(worker, None, now);
        }
    }

    /// Kills a worker, which is to be gone by then.
    pub(super) fn kill(&mut self, worker: WorkerId, deadline: Instant) {
        let Some(member) = self.member_mut(worker) else {
            return;
        };
        if matches!(member.phase, Phase::Killed { .. } | Phase::Lost { .. }) {
            return;
        }
        let was_ready = !member.is_starting();
        member.phase = Phase::Killed {
            was_ready,
            deadline,
        };
        let parent = member.parent;
        let child = Child::Worker(worker);
        self.tell(parent, ToTemplate::Kill { child });
    }

    /// Nobody is replaced any more.
    pub(super) fn drain(&mut self) {
        if self.is_running() {
            self.course = Course::Draining;
            self.end_changes("the server is shutting down");
        }
    }

    /// Everybody leaves; what is left at the deadline is killed.
    pub(super) fn stop(&mut self, deadline: Instant, now: Instant) {
        self.plan.rests = false;
        if matches!(self.course, Course::Failing(_) | Course::Finished) {
            return;
        }
        self.course = Course::Stopping { deadline };
        self.end_changes("the server is shutting down");
        if deadline <= now {
            return;
        }
        self.retire(|_| true);
        let starting = self.members().filter(|member| member.is_booting());
        let starting: Vec<WorkerId> = starting.map(|member| member.worker).collect();
        for worker in starting {
            self.kill(worker, deadline);
        }
    }

    /// Everything is given up.
    pub(super) fn fail(&mut self, error: RunError) {
        self.end_changes(&error.to_string());
        self.course = Course::Failing(error);
    }

    /// Those of `leaves` who take requests are asked to leave.
    pub(super) fn retire(&mut self, leaves: impl Fn(&Member) -> bool) {
        for (index, pool) in self.pools.iter_mut().enumerate() {
            for member in pool.members_mut() {
                if member.is_ready() && leaves(member) {
                    member.phase = Phase::Retiring;
                    self.orders.push(Order::Retire(index, member.worker));
                }
            }
        }
    }

    fn keep_stopping(&mut self, deadline: Instant, now: Instant) {
        self.enforce_first_deadlines(now);
        if deadline <= now {
            return self.kill_all(now);
        }
        let numbers: Vec<u32> = self.generations.iter().map(|each| each.number).collect();
        for number in numbers {
            self.stop_without_members(number, now);
        }
    }

    fn keep_failing(&mut self, now: Instant) {
        self.enforce_first_deadlines(now);
        self.kill_all(now);
    }

    /// Templates that were told to end and do not.
    fn enforce_first_deadlines(&mut self, now: Instant) {
        let is_late = |first: First| match first {
            First::Stopping { deadline } | First::Killed { deadline } => deadline <= now,
            _ => false,
        };
        let late = self.generations.iter().filter(|each| is_late(each.first));
        let late: Vec<(u32, First)> = late.map(|each| (each.number, each.first)).collect();
        for (number, first) in late {
            match first {
                First::Killed { .. } => {
                    self.lose_first(number, "killed, but not gone in time", now);
                }
                _ => self.kill_first(number, now),
            }
        }
    }

    fn finish_when_done(&mut self) {
        if !self.generations.iter().all(|each| each.is_away()) {
            return;
        }
        let result = match std::mem::replace(&mut self.course, Course::Finished) {
            Course::Stopping { .. } => Ok(()),
            Course::Failing(error) if self.plan.rests => {
                self.course = Course::Resting(error.clone());
                return self.order(Order::Rest(error));
            }
            Course::Failing(error) => Err(error),
            other => {
                self.course = other;
                return;
            }
        };
        self.order(Order::Finish(result));
    }

    /// The first template of a worker's generation, which is told when its own is gone.
    pub(super) fn adopt(&mut self, child: Child, pid: u32, generation: u32) {
        self.tell(Parent::first(generation), ToTemplate::Adopt { child, pid });
    }
}
