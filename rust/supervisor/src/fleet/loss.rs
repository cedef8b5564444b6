//! What is lost when a worker or the template ends.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::ProcessEnd;
use tracing::{debug, error, info, warn};

use super::post::{Member, Phase, Post};
use super::{Course, Fleet, Order, Template};
use crate::error::RunError;

impl Fleet {
    /// A worker is dead, or was never forked.
    pub(super) fn bury(&mut self, worker: WorkerId, end: Option<ProcessEnd>, now: Instant) {
        let buried = self
            .posts
            .iter_mut()
            .find_map(|post| post.remove(worker, now));
        let Some(member) = buried else { return };
        self.seats.give_back(worker);
        self.order(Order::Bury(worker, end));
        let how = end.map_or("not forked".to_owned(), |end| end.to_string());
        self.log_end(&member, &how);
        if member.is_starting() {
            self.count_failed_boot(member.message.unwrap_or_else(|| format!("it ended: {how}")));
        }
    }

    /// The template is dead, and with it everybody it forked.
    pub(super) fn lose_template(&mut self, how: &str, now: Instant) {
        let was_expected = matches!(self.template, Template::Stopping | Template::Killed { .. });
        let lost: Vec<Member> = self.posts.iter_mut().flat_map(Post::clear).collect();
        let mut message = format!("the template ended: {how}");
        for member in lost {
            self.seats.give_back(member.worker);
            self.order(Order::Bury(member.worker, None));
            self.log_end(&member, "gone with the template");
            message = member.message.unwrap_or(message);
        }
        self.template = Template::Away {
            not_before: self.template_backoff.after_failure(now),
        };
        if was_expected && !self.is_running() {
            debug!(how, "template ended");
        } else {
            error!(how, "template ended");
        }
        if self.is_running() {
            self.count_failed_boot(message);
        }
    }

    fn count_failed_boot(&mut self, message: String) {
        if self.was_ready || !self.is_running() {
            return;
        }
        self.failed_boots += 1;
        let attempts = self.failed_boots;
        if attempts >= self.plan.boot_attempts_max {
            self.course = Course::Failing(RunError::BootFailed { attempts, message });
        }
    }

    /// The facts of a worker's end, without a guess at the cause.
    fn log_end(&self, member: &Member, how: &str) {
        let WorkerId { seat, incarnation } = member.worker;
        let (pid, said) = (member.pid, member.message.as_deref());
        let is_asked_for = member.phase == Phase::Retiring || !self.is_running();
        if is_asked_for {
            info!(seat, incarnation, pid, end = how, "worker left");
        } else if !member.is_starting() {
            warn!(seat, incarnation, pid, end = how, said, "worker exited");
        } else if self.was_ready {
            error!(
                seat,
                incarnation,
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
