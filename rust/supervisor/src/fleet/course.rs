//! What follows from the state and the time.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, ToTemplate};
use tracing::warn;

use super::post::{Member, Phase, Post};
use super::seats::spread;
use super::{Course, Fleet, KILL_GRACE, Order, Template};

impl Fleet {
    /// Orders whatever is due.
    pub(super) fn advance(&mut self, now: Instant) {
        match self.course {
            Course::Running => self.keep_running(now),
            Course::Draining => self.enforce_deadlines(now),
            Course::Stopping { deadline } => self.keep_stopping(deadline, now),
            Course::Failing(_) => self.keep_failing(now),
            Course::Finished => return,
        }
        self.end_reload();
        self.finish_when_done();
    }

    fn end_reload(&mut self) {
        let is_old = |until: u32| move |member: &Member| member.worker.incarnation <= until;
        if let Some(until) = self.reloads_until
            && !self.members().any(is_old(until))
        {
            self.reloads_until = None;
            self.order(Order::Reloaded);
        }
    }

    fn keep_running(&mut self, now: Instant) {
        if let Template::Away { not_before } = self.template
            && not_before <= now
        {
            let deadline = now + self.plan.boot_timeout;
            self.template = Template::Starting {
                pid: None,
                deadline,
            };
            self.order(Order::StartTemplate);
        }
        self.enforce_deadlines(now);
        for index in 0..self.posts.len() {
            let is_due = self.posts[index]
                .not_before()
                .is_none_or(|time| time <= now);
            if is_due && self.needs_fork(index) {
                self.fork(index, now);
            }
        }
    }

    /// Whether the post lacks a worker that may be forked as soon as its back-off allows.
    ///
    /// Until a worker was ready for the first time only the first post is filled.
    pub(super) fn needs_fork(&self, index: usize) -> bool {
        let may_fork = self.is_running() && matches!(self.template, Template::Up { .. });
        if !may_fork || (index > 0 && !self.was_ready) {
            return false;
        }
        let post = &self.posts[index];
        if post.is_vacant() {
            return true;
        }
        let handovers = self
            .posts
            .iter()
            .filter(|post| post.is_handing_over())
            .count();
        post.wants_successor() && handovers < self.plan.handovers_max
    }

    fn fork(&mut self, index: usize, now: Instant) {
        let Some(worker) = self.seats.take() else {
            warn!("no free seat for a worker");
            self.posts[index].postpone(now);
            return;
        };
        self.posts[index].add(worker, now, now + self.plan.boot_timeout);
        let max_requests = spread(self.plan.max_requests, worker.incarnation);
        self.tell(ToTemplate::Fork {
            worker,
            pool: 0,
            max_requests,
        });
    }

    /// Kills whoever has not done in time what it had to.
    fn enforce_deadlines(&mut self, now: Instant) {
        let timeout = self.plan.boot_timeout;
        let mut killed = Vec::new();
        let mut is_stuck = false;
        for member in self.posts.iter_mut().flat_map(Post::members_mut) {
            match member.phase {
                Phase::Booting { deadline } if deadline <= now => {
                    member.phase = Phase::Killed {
                        deadline: now + KILL_GRACE,
                    };
                    member.message.get_or_insert_with(|| {
                        format!("not ready within {timeout:?} (boot_timeout)")
                    });
                    killed.push(member.worker);
                }
                Phase::Killed { deadline } => is_stuck |= deadline <= now,
                _ => {}
            }
        }
        for worker in killed {
            self.tell(ToTemplate::Kill {
                child: Child::Worker(worker),
            });
        }
        match self.template {
            Template::Starting { deadline, .. } if deadline <= now => self.end_template(now),
            Template::Up { .. } if is_stuck => self.end_template(now),
            Template::Killed { deadline } if deadline <= now => self.give_up_on_template(now),
            _ => {}
        }
    }

    /// Nobody is replaced any more.
    pub(super) fn drain(&mut self) {
        if self.is_running() {
            self.course = Course::Draining;
        }
    }

    /// Everybody leaves; what is left at the deadline is killed.
    pub(super) fn stop(&mut self, deadline: Instant, now: Instant) {
        if matches!(self.course, Course::Failing(_) | Course::Finished) {
            return;
        }
        self.course = Course::Stopping { deadline };
        if deadline <= now {
            return;
        }
        self.retire_ready();
        let starting = self.members().filter(|member| member.is_booting());
        let starting: Vec<WorkerId> = starting.map(|member| member.worker).collect();
        for worker in starting {
            if let Some(member) = self.member_mut(worker) {
                member.phase = Phase::Killed { deadline };
            }
            self.tell(ToTemplate::Kill {
                child: Child::Worker(worker),
            });
        }
    }

    /// Everybody who takes requests leaves.
    pub(super) fn retire_ready(&mut self) {
        for member in self.posts.iter_mut().flat_map(Post::members_mut) {
            if member.is_ready() {
                member.phase = Phase::Retiring;
                self.orders.push(Order::Retire(member.worker));
            }
        }
    }

    fn keep_stopping(&mut self, deadline: Instant, now: Instant) {
        match self.template {
            Template::Killed { deadline } if deadline <= now => self.give_up_on_template(now),
            _ if deadline <= now => self.end_template(now),
            Template::Starting { .. } | Template::Up { .. } if self.members().next().is_none() => {
                self.template = Template::Stopping;
                self.tell(ToTemplate::Stop);
            }
            _ => {}
        }
    }

    fn keep_failing(&mut self, now: Instant) {
        match self.template {
            Template::Killed { deadline } if deadline <= now => self.give_up_on_template(now),
            _ => self.end_template(now),
        }
    }

    /// Kills the template, and with it everybody it forked.
    fn end_template(&mut self, now: Instant) {
        match self.template {
            Template::Starting { .. } | Template::Up { .. } | Template::Stopping => {
                self.template = Template::Killed {
                    deadline: now + KILL_GRACE,
                };
                self.order(Order::KillTemplate);
            }
            Template::Away { .. } | Template::Killed { .. } => {}
        }
    }

    /// It was killed and is still there: it hangs in the kernel, and waiting longer helps nobody.
    fn give_up_on_template(&mut self, now: Instant) {
        self.lose_template("killed, but not gone in time", now);
    }

    fn finish_when_done(&mut self) {
        if !matches!(self.template, Template::Away { .. }) {
            return;
        }
        let result = match std::mem::replace(&mut self.course, Course::Finished) {
            Course::Stopping { .. } => Ok(()),
            Course::Failing(error) => Err(error),
            other => {
                self.course = other;
                return;
            }
        };
        self.order(Order::Finish(result));
    }
}
