//! Refork: a worker that has served for long becomes the template of the others, so that they
//! start with what it has learned.
//!
//! Its successor is ready before it is promoted. Workers then change over to forks of it post by
//! post, and the template before ends when it has no children left. If the new one dies before, the
//! one before is still there.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, Isolation, ToTemplate};
use tracing::{debug, info};

use super::generation::{Booted, BootedPhase, Generation, Parent};
use super::look::Looks;
use super::pool::Pool;
use super::post::Member;
use super::{Fleet, KILL_GRACE, Order};

/// How long a worker that is promoted may take: it may have got one more request.
const PROMOTION_PATIENCE: Duration = Duration::from_secs(300);
/// How long nobody is promoted after it has failed.
const REST: Duration = Duration::from_secs(60);

/// Who is to become a template.
#[derive(Debug, Default)]
pub(super) struct Refork {
    chosen: Option<WorkerId>,
    not_before: Option<Instant>,
}

impl Fleet {
    /// Chooses the warmest worker that has served enough, while nothing else is under way.
    pub(super) fn look_for_template(&mut self, looks: &Looks, now: Instant) {
        let after = self.plan.refork_after;
        let is_rested = self.refork.not_before.is_none_or(|time| time <= now);
        if after == 0 || !is_rested || !self.is_settled() {
            return;
        }
        let all = looks.pools.iter().zip(&self.pools);
        let warm = all.filter(|(_, pool)| pool.config.isolation == Isolation::Worker { cow: true });
        let idle = warm.flat_map(|(look, _)| look.workers.iter().filter(|look| look.is_idle));
        let served = idle.filter(|look| look.activity.replies >= after);
        let known = served.filter(|look| self.may_be_promoted(look.worker));
        let Some(warmest) = known.max_by_key(|look| look.activity.replies) else {
            return;
        };
        let (worker, replies) = (warmest.worker, warmest.activity.replies);
        info!(%worker, replies, "worker becomes the template of the others");
        self.refork.chosen = Some(worker);
        if let Some(member) = self.member_mut(worker) {
            member.wants_recycle = true;
        }
    }

    /// A worker's successor is ready: it leaves, or is promoted if it was chosen for that.
    pub(super) fn release(&mut self, pool: usize, worker: WorkerId, now: Instant) {
        if self.refork.chosen != Some(worker) {
            return self.order(Order::Retire(pool, worker));
        }
        self.refork.chosen = None;
        let Some(member) = self.pools[pool].promote(worker) else {
            return;
        };
        let number = member.parent.generation;
        let booted = Booted {
            child: Child::Worker(worker),
            parent: member.parent,
            pid: member.pid,
            phase: BootedPhase::Booting {
                deadline: now + PROMOTION_PATIENCE,
            },
            message: None,
            seat: Some((pool, worker)),
        };
        if let Some(generation) = self.generation_mut(number) {
            generation.booted.push(booted);
        }
        self.order(Order::Promote(pool, worker));
    }

    /// It is a template now, or gone: its seat is free.
    pub(super) fn free_seat(&mut self, seat: Option<(usize, WorkerId)>) {
        if let Some((pool, worker)) = seat {
            self.pools[pool].seats.give_back(worker);
            self.order(Order::Bury(pool, worker, None));
        }
    }

    /// It has not become a template.
    pub(super) fn note_failed_promotion(&mut self, now: Instant) {
        self.refork.not_before = Some(now + REST);
    }

    /// Ends templates whose workers have all changed over.
    pub(super) fn end_outdated_templates(&mut self, now: Instant) {
        let Some(heir) = self.heir() else { return };
        let outdated = self.outdated_templates(heir);
        let is_forking = self.members().any(|it| it.parent == heir && it.is_ready());
        for (parent, child) in outdated.into_iter().filter(|_| is_forking) {
            let name = Parent {
                generation: heir.generation,
                child: Some(child),
            };
            if self.has_children(name, heir) {
                continue;
            }
            debug!(
                generation = heir.generation,
                "{child} is not needed any more"
            );
            self.tell(name, ToTemplate::Stop);
            let booted = self.generation_mut(parent.generation);
            if let Some(booted) = booted.and_then(|it| it.booted_mut(child)) {
                let deadline = now + KILL_GRACE;
                booted.phase = BootedPhase::Ending { deadline };
            }
        }
    }

    /// Whether a worker is to change over to a newer template of its generation.
    pub(super) fn has_newer_template(&self, member: &Member) -> bool {
        let is_booted = member.parent.child.is_some();
        is_booted && self.heir().is_some_and(|heir| heir != member.parent)
    }

    /// The template that workers of the current generation are forked from.
    fn heir(&self) -> Option<Parent> {
        self.generation(self.current)?.parent(true)
    }

    fn outdated_templates(&self, heir: Parent) -> Vec<(Parent, Child)> {
        let booted = self.generation(heir.generation).map(|it| &it.booted);
        let booted = booted.into_iter().flatten().filter(|it| it.is_up());
        let others = booted.filter(|it| Some(it.child) != heir.child);
        others.map(|it| (it.parent, it.child)).collect()
    }

    /// Whether somebody is forked from it, or it from somebody, but for its heir.
    fn has_children(&self, template: Parent, heir: Parent) -> bool {
        let is_its =
            |booted: &Booted| booted.parent == template && Some(booted.child) != heir.child;
        let generation: Option<&Generation> = self.generation(template.generation);
        let templates = generation.is_some_and(|it| it.booted.iter().any(is_its));
        templates || self.members().any(|member| member.parent == template)
    }

    /// Whether no change of any kind is under way.
    fn is_settled(&self) -> bool {
        let generation = self.generation(self.current);
        let has_one = generation.is_some_and(|it| matches!(&it.booted[..], [one] if one.is_up()));
        let is_quiet = |pool: &Pool| {
            pool.may_end_anytime() || pool.posts.iter().all(|post| post.members().len() == 1)
        };
        let is_chosen_there = self
            .refork
            .chosen
            .is_some_and(|it| self.member(it).is_some());
        has_one
            && !is_chosen_there
            && self.trial.is_none()
            && self.roll.is_none()
            && self.pools.iter().all(is_quiet)
    }

    fn may_be_promoted(&self, worker: WorkerId) -> bool {
        let member = self.member(worker);
        member.is_some_and(|it| it.is_ready() && Some(it.parent) == self.heir())
    }
}
