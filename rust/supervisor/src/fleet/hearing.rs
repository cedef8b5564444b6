//! What the template and the workers say. None of it is believed without a look at the sender.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, ProcessEnd, ToMain};
use tracing::{debug, error, info, warn};

use super::post::{Member, Phase};
use super::{Course, Fleet, KILL_GRACE, Order, Template};
use crate::error::RunError;

/// Most of a message that makes no sense is not worth logging.
const LOGGED_BYTES_MAX: usize = 200;

impl Fleet {
    /// Acts on a message, or logs that it makes no sense.
    pub(super) fn hear(&mut self, message: ToMain, sender: Option<u32>, now: Instant) {
        if matches!(self.template, Template::Killed { .. } | Template::Stopping) {
            debug!(?message, "last words of a template");
            return;
        }
        let text = format!("{message:?}");
        let is_heard = self.may_say(&message, sender) && self.act(message, now);
        if !is_heard && let Some(count) = self.nonsense.next() {
            let text = &text[..text.floor_char_boundary(LOGGED_BYTES_MAX)];
            warn!(text, sender, count, "control message ignored");
        }
    }

    /// Returns whether the message fits what is known.
    fn act(&mut self, message: ToMain, now: Instant) -> bool {
        match message {
            ToMain::EngineReady { php_version } => self.engine_ready(&php_version),
            ToMain::EngineFailed { message } => self.engine_failed(message),
            ToMain::Forked {
                child: Child::Worker(worker),
                pid,
            } => self.forked(worker, pid),
            ToMain::ForkFailed {
                child: Child::Worker(worker),
                message,
            } => self.fork_failed(worker, message, now),
            ToMain::Exited {
                child: Child::Worker(worker),
                pid,
                end,
            } => self.exited(worker, pid, end, now),
            ToMain::Ready { worker } => self.ready(worker, now),
            ToMain::BootFailed {
                child: Child::Worker(worker),
                message,
            } => self.boot_failed(worker, message, now),
            ToMain::WantsRecycle { worker } => self.wants_recycle(worker),
            _ => false,
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
            | ToMain::BootFailed {
                child: Child::Worker(worker),
                ..
            }
            | ToMain::WantsRecycle { worker } => is_template || self.may_be(*worker, sender),
            _ => is_template,
        }
    }

    /// Whether `sender` is that worker as far as is known; the fork may not be reported yet.
    fn may_be(&self, worker: WorkerId, sender: Option<u32>) -> bool {
        let member = self.members().find(|member| member.worker == worker);
        member.is_some_and(|member| member.pid.is_none() || member.pid == sender)
    }

    fn engine_ready(&mut self, php_version: &str) -> bool {
        let Template::Starting { pid: Some(pid), .. } = self.template else {
            return false;
        };
        info!(pid, php_version, "template ready");
        self.template = Template::Up { pid };
        true
    }

    fn engine_failed(&mut self, message: String) -> bool {
        error!(message, "engine does not start");
        if !self.was_ready && self.is_running() {
            self.course = Course::Failing(RunError::EngineFailed { message });
        }
        true
    }

    fn forked(&mut self, worker: WorkerId, pid: u32) -> bool {
        let Some(member) = self
            .member_mut(worker)
            .filter(|member| member.pid.is_none())
        else {
            return false;
        };
        member.pid = Some(pid);
        debug!(seat = worker.seat, pid, "worker forked");
        true
    }

    fn fork_failed(&mut self, worker: WorkerId, message: String, now: Instant) -> bool {
        let Some(member) = self
            .member_mut(worker)
            .filter(|member| member.pid.is_none())
        else {
            return false;
        };
        member.message = Some(message);
        self.bury(worker, None, now);
        true
    }

    fn ready(&mut self, worker: WorkerId, now: Instant) -> bool {
        let is_booting = |member: &Member| member.worker == worker && member.is_booting();
        let mut posts = self.posts.iter_mut();
        let Some(post) = posts.find(|post| post.members().iter().any(is_booting)) else {
            return false;
        };
        let replaced = post.make_ready(worker, now);
        let WorkerId { seat, incarnation } = worker;
        info!(seat, incarnation, "worker ready");
        self.orders.extend(replaced.into_iter().map(Order::Retire));
        if matches!(self.course, Course::Stopping { .. }) {
            self.retire_ready();
        }
        if !std::mem::replace(&mut self.was_ready, true) {
            self.order(Order::Serve);
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

    fn exited(&mut self, worker: WorkerId, pid: u32, end: ProcessEnd, now: Instant) -> bool {
        let Some(member) = self.member_mut(worker) else {
            return false;
        };
        member.pid = Some(pid);
        self.bury(worker, Some(end), now);
        true
    }
}
