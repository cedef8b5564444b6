//! Who is forked, and when.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::control::ToTemplate;
use tracing::warn;

use super::generation::{Generation, Parent};
use super::post::{Member, Post};
use super::seats::spread;
use super::{Fleet, Order};

/// Where a new worker goes.
#[derive(Clone, Copy, Debug)]
struct Place {
    pool: usize,
    /// `None` is beside the posts: it is a canary.
    post: Option<usize>,
    parent: Parent,
}

impl Fleet {
    /// Orders workers for posts that lack them.
    pub(super) fn fill(&mut self, now: Instant) {
        for pool in 0..self.pools.len() {
            let canary_not_before = self.pools[pool].canary_not_before;
            if let Some(parent) = self.lacks_canary(pool)
                && canary_not_before.is_none_or(|time| time <= now)
            {
                let post = None;
                self.fork(Place { pool, post, parent }, now);
            }
            for (post, parent) in self.lacking(pool) {
                let not_before = self.pools[pool].posts[post].not_before();
                if not_before.is_none_or(|time| time <= now) {
                    let post = Some(post);
                    self.fork(Place { pool, post, parent }, now);
                }
            }
        }
    }

    /// When a back-off that keeps a post empty is over.
    pub(super) fn fork_due(&self) -> Option<Instant> {
        let pools = 0..self.pools.len();
        let canaries = pools.clone().filter_map(|pool| {
            let is_lacking = self.lacks_canary(pool).is_some();
            self.pools[pool].canary_not_before.filter(|_| is_lacking)
        });
        let lacking = pools.flat_map(|pool| {
            let posts = self.lacking(pool).into_iter();
            posts.filter_map(move |(post, _)| self.pools[pool].posts[post].not_before())
        });
        lacking.chain(canaries).min()
    }

    /// The posts of a pool that lack somebody, and who would fork them.
    ///
    /// Until a worker of the generation was ready for the first time only one is tried.
    fn lacking(&self, pool: usize) -> Vec<(usize, Parent)> {
        let Some(parent) = self.parent(self.current, pool) else {
            return Vec::new();
        };
        let is_first_known = self.generation(self.current).is_some_and(|it| it.was_ready);
        let is_outdated = |member: &Member| self.is_outdated(member);
        let mut lacking = self.pools[pool].lacking(is_outdated);
        if !is_first_known {
            let is_trying = self.members_of(self.current).any(Member::is_starting);
            lacking.retain(|post| pool == 0 && *post == 0 && !is_trying);
        }
        lacking.into_iter().map(|post| (post, parent)).collect()
    }

    /// Whether somebody is to be replaced.
    fn is_outdated(&self, member: &Member) -> bool {
        member.wants_recycle
            || member.parent.generation != self.current
            || self.has_newer_template(member)
    }

    /// Who would fork the canary that a pool lacks.
    fn lacks_canary(&self, pool: usize) -> Option<Parent> {
        let trial = self.trial.as_ref()?;
        let is_its = |member: &Member| member.parent.generation == trial.generation;
        let was_ready = self.generation(trial.generation)?.was_ready;
        let is_turn = pool == 0 || was_ready;
        if !is_turn || self.pools[pool].members().any(is_its) {
            return None;
        }
        self.parent(trial.generation, pool)
    }

    /// Who forks the next worker of that generation for a pool, if anybody can.
    fn parent(&self, generation: u32, pool: usize) -> Option<Parent> {
        let is_booted = self.pools[pool].is_booted();
        let generation: Option<&Generation> = self.generation(generation);
        generation
            .filter(|_| self.is_running())
            .and_then(|generation| generation.parent(is_booted))
    }

    fn fork(&mut self, place: Place, now: Instant) {
        let deadline = now + self.plan.boot_timeout;
        let pool = &mut self.pools[place.pool];
        let Some(worker) = pool.seats.take(&mut self.counts.incarnations) else {
            warn!(pool = pool.config.name, "no free seat for a worker");
            if let Some(post) = place.post {
                pool.posts[post].postpone(now);
            }
            return;
        };
        let member = Member::new(worker, place.parent, now, deadline);
        match place.post {
            Some(post) => pool.posts[post].add(member),
            None => {
                let mut post = Post::default();
                post.add(member);
                pool.beside.push(post);
            }
        }
        let order = ToTemplate::Fork {
            worker,
            pool: u16::try_from(place.pool).expect("pools are few"),
            max_requests: spread(pool.config.max_requests, worker.incarnation),
        };
        self.order(Order::Tell(place.parent, order));
    }
}
