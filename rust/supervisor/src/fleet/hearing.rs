//! What the template and the workers say. None of it is believed without a look at the sender.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::{ProcessEnd, ToMain};
use tracing::{debug, error, info, warn};

use super::post::{Member, Phase};
use super::{Course, Fleet, KILL_GRACE, Order, Template};
use crate::error::RunError;

impl Fleet {
    /// Acts on a message, or logs why not.
    pub(super) fn hear(&mut self, message: ToMain, sender: Option<u32>, now: Instant) {
        if matches!(self.template, Template::Killed { .. } | Template::Stopping) {
            debug!(?message, "last words of a template");
            return;
        }
        if !self.may_say(&message, sender) {
            warn!(?message, sender, "control message from a stranger ignored");
            return;
        }
        match message {
            ToMain::EngineReady { php_version } => self.engine_ready(&php_version),
            ToMain::EngineFailed { message } => self.engine_failed(message),
            ToMain::Forked { worker, pid } => self.forked(worker, pid),
            ToMain::ForkFailed { worker, message } => self.fork_failed(worker, message, now),
            ToMain::Exited { worker, pid, end } => self.exited(worker, pid, end, now),
            ToMain::Ready { worker } => self.ready(worker, now),
            ToMain::BootFailed { worker, message } => self.boot_failed(worker, message, now),
            ToMain::WantsRecycle { worker } => self.wants_recycle(worker),
        }
    }

    /// The template may say everything, a worker only what concerns itself.
    fn may_say(&self, message: &ToMain, sender: Option<u32>) -> bool {
        let is_template = sender.is_some() && sender == self.template_pid();
        match message {
            ToMain::EngineReady { .. }
            | ToMain::EngineFailed { .. }
            | ToMain::Forked { .. }
            | ToMain::ForkFailed { .. }
            | ToMain::Exited { .. } => is_template,
            ToMain::Ready { worker }
            | ToMain::BootFailed { worker, .. }
            | ToMain::WantsRecycle { worker } => is_template || self.may_be(*worker, sender),
        }
    }

    /// Whether `sender` is that worker as far as is known; the fork may not be reported yet.
    fn may_be(&self, worker: WorkerId, sender: Option<u32>) -> bool {
        let member = self.members().find(|member| member.worker == worker);
        member.is_some_and(|member| member.pid.is_none() || member.pid == sender)
    }

    fn engine_ready(&mut self, php_version: &str) {
        if let Template::Starting { pid: Some(pid), .. } = self.template {
            info!(pid, php_version, "template ready");
            self.template = Template::Up { pid };
        }
    }

    fn engine_failed(&mut self, message: String) {
        error!(message, "engine does not start");
        if !self.was_ready && self.is_running() {
            self.course = Course::Failing(RunError::EngineFailed { message });
        }
    }

    fn forked(&mut self, worker: WorkerId, pid: u32) {
        match self.member_mut(worker) {
            Some(member) if member.pid.is_none() => {
                member.pid = Some(pid);
                debug!(seat = worker.seat, pid, "worker forked");
            }
            _ => warn!(%worker, pid, "report of an unknown fork ignored"),
        }
    }

    fn fork_failed(&mut self, worker: WorkerId, message: String, now: Instant) {
        match self.member_mut(worker) {
            Some(member) if member.pid.is_none() => {
                member.message = Some(message);
                self.bury(worker, "not forked", now);
            }
            _ => warn!(%worker, message, "report of an unknown failed fork ignored"),
        }
    }

    fn ready(&mut self, worker: WorkerId, now: Instant) {
        let is_booting = |member: &Member| {
            member.worker == worker && matches!(member.phase, Phase::Booting { .. })
        };
        let Some(post) = self
            .posts
            .iter_mut()
            .find(|post| post.members().iter().any(is_booting))
        else {
            warn!(%worker, "readiness of a worker that does not boot ignored");
            return;
        };
        let replaced = post.make_ready(worker, now);
        info!(
            seat = worker.seat,
            incarnation = worker.incarnation,
            "worker ready"
        );
        self.orders.extend(replaced.into_iter().map(Order::Retire));
        if matches!(self.course, Course::Stopping { .. }) {
            self.retire_ready();
        }
        if !std::mem::replace(&mut self.was_ready, true) {
            self.order(Order::Serve);
        }
    }

    fn boot_failed(&mut self, worker: WorkerId, message: String, now: Instant) {
        match self.member_mut(worker) {
            Some(member) if matches!(member.phase, Phase::Booting { .. }) => {
                member.message = Some(message);
                // It ends by itself; it is killed if it does not.
                member.phase = Phase::Booting {
                    deadline: now + KILL_GRACE,
                };
            }
            _ => warn!(%worker, message, "boot failure of a worker that does not boot ignored"),
        }
    }

    fn wants_recycle(&mut self, worker: WorkerId) {
        match self.member_mut(worker) {
            Some(member) => member.wants_recycle = true,
            None => warn!(%worker, "wish of an unknown worker ignored"),
        }
    }

    fn exited(&mut self, worker: WorkerId, pid: u32, end: ProcessEnd, now: Instant) {
        if let Some(member) = self.member_mut(worker) {
            member.pid = Some(pid);
            self.bury(worker, &end_text(end), now);
        } else {
            warn!(%worker, pid, "end of an unknown worker ignored");
        }
    }
}

fn end_text(end: ProcessEnd) -> String {
    match end {
        ProcessEnd::Code(code) => format!("exit code {code}"),
        ProcessEnd::Signal(signal) => format!("signal {signal}"),
    }
}
