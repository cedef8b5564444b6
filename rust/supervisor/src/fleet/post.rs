//! One post: the place of one worker in the fleet, and those who hold it.
//!
//! A post is held by one worker at most times; by two while a successor boots or a predecessor
//! finishes its last request. Never by more, so that twice as many seats as posts are enough.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use askr_exchange::{GatewayEnd, SeatState, WorkerId};

use crate::backoff::Backoff;
use crate::status::{WorkerState, WorkerStatus};

/// A worker that lived this long after it was ready did not fail at once: it is replaced without
/// a wait, so that single crashes do not cost capacity.
const STEADY: Duration = Duration::from_millis(250);

/// The place of one worker in the fleet.
#[derive(Debug, Default)]
pub(crate) struct Post {
    members: Vec<Member>,
    backoff: Backoff,
    /// Nobody is forked for this post before then.
    not_before: Option<Instant>,
}

/// One worker process, from the order to fork it until it is gone.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) worker: WorkerId,
    /// Known once the template has said so.
    pub(crate) pid: Option<u32>,
    pub(crate) phase: Phase,
    /// When it was ordered.
    pub(crate) ordered: Instant,
    /// The last thing it said or that was found out about it.
    pub(crate) message: Option<String>,
    /// It has served enough and would like a successor.
    pub(crate) wants_recycle: bool,
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Ordered, forked, or booting the application; must be ready by the deadline.
    Booting { deadline: Instant },
    /// It was ordered killed and must be gone by the deadline.
    Killed { deadline: Instant },
    /// It takes requests.
    Ready { since: Instant },
    /// It leaves at its next request boundary.
    Retiring,
}

impl Post {
    /// Whether somebody must be forked now.
    pub(crate) fn is_vacant(&self) -> bool {
        self.members
            .iter()
            .all(|member| member.phase == Phase::Retiring)
    }

    /// Whether the one who holds it asks for a successor and none is on its way.
    pub(crate) fn wants_successor(&self) -> bool {
        matches!(self.members.as_slice(), [only] if only.wants_recycle && only.is_ready())
    }

    /// Whether a successor boots while the predecessor still serves.
    pub(crate) fn is_handing_over(&self) -> bool {
        self.has_ready() && self.members.iter().any(Member::is_starting)
    }

    /// Whether one of its members takes requests.
    pub(crate) fn has_ready(&self) -> bool {
        self.members.iter().any(Member::is_ready)
    }

    /// When somebody may be forked; `None` is at once.
    pub(crate) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Those who hold it.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Those who hold it.
    pub(crate) fn members_mut(&mut self) -> &mut [Member] {
        &mut self.members
    }

    /// Somebody was ordered for it.
    pub(crate) fn add(&mut self, worker: WorkerId, now: Instant, deadline: Instant) {
        let phase = Phase::Booting { deadline };
        let member = Member {
            worker,
            pid: None,
            phase,
            ordered: now,
            message: None,
            wants_recycle: false,
        };
        self.members.push(member);
    }

    /// Nobody could be forked for it.
    pub(crate) fn postpone(&mut self, now: Instant) {
        self.not_before = Some(self.backoff.after_failure(now));
    }

    /// A worker is ready; returns the predecessors that may leave now.
    pub(crate) fn make_ready(&mut self, worker: WorkerId, now: Instant) -> Vec<WorkerId> {
        let mut leaving = Vec::new();
        for member in &mut self.members {
            if member.worker == worker {
                member.phase = Phase::Ready { since: now };
            } else if member.is_ready() {
                member.phase = Phase::Retiring;
                leaving.push(member.worker);
            }
        }
        leaving
    }

    /// A worker is gone; decides when the post may be filled again.
    pub(crate) fn remove(&mut self, worker: WorkerId, now: Instant) -> Option<Member> {
        let index = self
            .members
            .iter()
            .position(|member| member.worker == worker)?;
        let member = self.members.remove(index);
        self.not_before = match member.phase {
            Phase::Retiring => self.not_before,
            Phase::Ready { since } if now.duration_since(since) >= STEADY => {
                self.backoff.reset();
                None
            }
            Phase::Ready { .. } | Phase::Booting { .. } | Phase::Killed { .. } => {
                Some(self.backoff.after_failure(now))
            }
        };
        Some(member)
    }

    /// Everybody is gone with the template; the template's own back-off decides when to go on.
    pub(crate) fn clear(&mut self) -> Vec<Member> {
        self.not_before = None;
        std::mem::take(&mut self.members)
    }
}

impl Member {
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether it may still become ready.
    pub(crate) fn is_booting(&self) -> bool {
        matches!(self.phase, Phase::Booting { .. })
    }

    /// Whether it has never been ready.
    pub(crate) fn is_starting(&self) -> bool {
        matches!(self.phase, Phase::Booting { .. } | Phase::Killed { .. })
    }

    /// What is known here and in the exchange about it.
    pub(crate) fn status(&self, exchange: &GatewayEnd, now: Instant) -> WorkerStatus {
        let activity = exchange.activity(self.worker).unwrap_or_default();
        WorkerStatus {
            seat: self.worker.seat,
            incarnation: self.worker.incarnation,
            pid: self.pid,
            generation: 1,
            state: self.state(exchange),
            canary: false,
            replies: activity.replies,
            failures: activity.failures,
            age: now.duration_since(self.ordered).as_secs(),
            private_bytes: None,
        }
    }

    fn state(&self, exchange: &GatewayEnd) -> WorkerState {
        match self.phase {
            Phase::Booting { .. } => WorkerState::Booting,
            Phase::Killed { .. } => WorkerState::Killed,
            Phase::Retiring => WorkerState::Leaving,
            Phase::Ready { .. } if exchange.seat(self.worker) == SeatState::Busy => {
                WorkerState::Busy
            }
            Phase::Ready { .. } => WorkerState::Idle,
        }
    }

    /// When something must have happened to it.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Booting { deadline } | Phase::Killed { deadline } => Some(deadline),
            Phase::Ready { .. } | Phase::Retiring => None,
        }
    }
}
