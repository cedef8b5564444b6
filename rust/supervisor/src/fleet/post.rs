//! One post: the place of one worker in the fleet, and those who hold it.
//!
//! A post is held by one worker at most times; by two while a successor boots or a predecessor
//! finishes its last request. Never by more, so that twice as many seats as posts are enough.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use askr_exchange::WorkerId;
use askr_exchange::control::ProcessEnd;

use super::generation::Parent;
use crate::backoff::Backoff;

/// A worker that lived this long after it was ready did not fail at once: it is replaced without
/// a wait, so that single crashes do not cost capacity.
const STEADY: Duration = Duration::from_millis(250);

/// Most who may hold a post at a time.
const MEMBERS_MAX: usize = 2;

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
    /// Who forks it, kills it and reaps it.
    pub(crate) parent: Parent,
    /// Known once the template has said so.
    pub(crate) pid: Option<u32>,
    pub(crate) phase: Phase,
    /// When it was ordered.
    pub(crate) ordered: Instant,
    /// The last thing it said or that was found out about it.
    pub(crate) message: Option<String>,
    /// It has served enough and would like a successor.
    pub(crate) wants_recycle: bool,
    /// Its template has died, and it with it.
    pub(crate) is_orphan: bool,
}

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Ordered, forked, or booting the application; must be ready by the deadline.
    Booting { deadline: Instant },
    /// It was killed, or dies with its template, and must be gone by the deadline.
    Killed { was_ready: bool, deadline: Instant },
    /// Its template has died before it said whether it had forked it: it counts as gone at that
    /// time, by when it has died of its template's death.
    Lost { until: Instant },
    /// It takes requests.
    Ready { since: Instant },
    /// It leaves at its next request boundary.
    Retiring,
}

impl Post {
    /// Whether somebody must be forked now.
    pub(crate) fn is_vacant(&self) -> bool {
        let is_past = |member: &Member| match member.phase {
            Phase::Retiring => true,
            Phase::Killed { was_ready, .. } => was_ready,
            Phase::Booting { .. } | Phase::Lost { .. } | Phase::Ready { .. } => false,
        };
        self.members.len() < MEMBERS_MAX && self.members.iter().all(is_past)
    }

    /// Whether one holds it alone, takes requests and `is_outdated`.
    pub(crate) fn wants_successor(&self, is_outdated: impl Fn(&Member) -> bool) -> bool {
        matches!(self.members.as_slice(), [only] if only.is_ready() && is_outdated(only))
    }

    /// Whether a successor boots while the predecessor still serves.
    pub(crate) fn is_handing_over(&self) -> bool {
        self.has_ready() && self.members.iter().any(Member::is_starting)
    }

    /// Whether one of its members takes requests.
    pub(crate) fn has_ready(&self) -> bool {
        self.members.iter().any(Member::is_ready)
    }

    /// Whether nobody holds it.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
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
    pub(crate) fn add(&mut self, member: Member) {
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
    pub(crate) fn remove(
        &mut self,
        worker: WorkerId,
        is_spent: bool,
        now: Instant,
    ) -> Option<Member> {
        let is_it = |member: &Member| member.worker == worker;
        let index = self.members.iter().position(is_it)?;
        let member = self.members.remove(index);
        self.not_before = match member.phase {
            Phase::Retiring => self.not_before,
            Phase::Ready { since } if is_spent || now.duration_since(since) >= STEADY => {
                self.backoff.reset();
                None
            }
            Phase::Killed { was_ready, .. } if was_ready => None,
            // Its template's own back-off decides when to go on, or other code does.
            _ if member.is_orphan || is_spent => None,
            _ => Some(self.backoff.after_failure(now)),
        };
        Some(member)
    }

    /// A worker that has a successor is none any more.
    pub(crate) fn take(&mut self, worker: WorkerId) -> Option<Member> {
        let is_it = |member: &Member| member.worker == worker;
        let index = self.members.iter().position(is_it)?;
        Some(self.members.remove(index))
    }

    /// Everybody of a generation is gone with its first template, whose own back-off decides when
    /// to go on.
    pub(crate) fn clear(&mut self, generation: u32) -> Vec<Member> {
        let is_lost = |member: &mut Member| member.parent.generation == generation;
        let lost: Vec<Member> = self.members.extract_if(.., is_lost).collect();
        if !lost.is_empty() {
            self.not_before = None;
        }
        lost
    }
}

impl Member {
    /// One who was just ordered.
    pub(crate) fn new(worker: WorkerId, parent: Parent, now: Instant, deadline: Instant) -> Self {
        Self {
            worker,
            parent,
            pid: None,
            phase: Phase::Booting { deadline },
            ordered: now,
            message: None,
            wants_recycle: false,
            is_orphan: false,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether it has taken requests and is asked to leave.
    pub(crate) fn is_leaving(&self) -> bool {
        self.phase == Phase::Retiring
    }

    /// Whether it may still become ready.
    pub(crate) fn is_booting(&self) -> bool {
        matches!(self.phase, Phase::Booting { .. })
    }

    /// Whether it has never been ready and is not gone.
    pub(crate) fn is_starting(&self) -> bool {
        match self.phase {
            Phase::Booting { .. } | Phase::Lost { .. } => true,
            Phase::Killed { was_ready, .. } => !was_ready,
            Phase::Ready { .. } | Phase::Retiring => false,
        }
    }

    /// Whether that is an end as it should be of a worker that is a copy.
    pub(crate) fn ends_orderly(&self, end: Option<ProcessEnd>) -> bool {
        self.is_ready() && end == Some(ProcessEnd::Code(0))
    }

    /// When something must have happened to it.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Booting { deadline }
            | Phase::Killed { deadline, .. }
            | Phase::Lost { until: deadline } => Some(deadline),
            Phase::Ready { .. } | Phase::Retiring => None,
        }
    }
}
