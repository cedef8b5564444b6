//! One pool: its posts, its seats, and those who stand beside.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::Isolation;

use super::post::{Member, Post};
use super::seats::Seats;
use crate::config::PoolConfig;
use crate::scale::Scale;

/// Failed boots in a row after which a pool boots one worker at a time.
const TOGETHER_MAX: u32 = 3;

/// The workers that take the requests of some paths.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) config: PoolConfig,
    pub(super) posts: Vec<Post>,
    /// Nobody is forked for these, but for the canary: who holds them is on trial, or leaves.
    pub(super) beside: Vec<Post>,
    /// No canary is forked before then, because one has died.
    pub(super) canary_not_before: Option<Instant>,
    pub(super) seats: Seats,
    /// Boots that failed since a worker was ready.
    pub(super) failed_boots: u32,
    /// How many workers it should have just now.
    pub(super) wanted: u16,
    pub(super) scale: Scale,
    /// Each worker takes one request and ends: it is to, or cannot be put back.
    takes_one: bool,
}

impl Pool {
    pub(super) fn new(config: &PoolConfig) -> Self {
        let workers = *config.workers.start();
        let posts = config.posts(workers, config.takes_one());
        Self {
            config: config.clone(),
            posts: (0..posts).map(|_| Post::default()).collect(),
            beside: Vec::new(),
            canary_not_before: None,
            seats: Seats::new(config.seat_count()),
            failed_boots: 0,
            wanted: workers,
            scale: Scale::new(workers.into(), (*config.workers.end()).into()),
            takes_one: config.takes_one(),
        }
    }

    /// Its workers cannot be put back after a request: from now on some wait ahead.
    pub(super) fn expect_one_each(&mut self) {
        self.takes_one = true;
        self.add_posts();
    }

    /// As many as are wanted now, at least.
    pub(super) fn add_posts(&mut self) -> usize {
        let posts = usize::from(self.config.posts(self.wanted, self.takes_one));
        while self.posts.len() < posts {
            self.posts.push(Post::default());
        }
        posts
    }

    /// Whether its workers come from a template that has booted the application.
    pub(super) fn is_booted(&self) -> bool {
        self.config.isolation.needs_booted_template()
    }

    /// Whether a worker may end after any request.
    pub(super) fn may_end_anytime(&self) -> bool {
        self.config.isolation == Isolation::Fork
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.all_posts().flat_map(Post::members)
    }

    pub(super) fn members_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        let posts = self.posts.iter_mut().chain(&mut self.beside);
        posts.flat_map(Post::members_mut)
    }

    /// The post that somebody holds.
    pub(super) fn post_of(&mut self, worker: WorkerId) -> Option<&mut Post> {
        let mut posts = self.posts.iter_mut().chain(&mut self.beside);
        let is_it = |member: &Member| member.worker == worker;
        posts.find(|post| post.members().iter().any(is_it))
    }

    /// Posts that lack somebody who may be forked as soon as their back-off allows: whoever
    /// `is_outdated` gets a successor, some at a time.
    pub(super) fn lacking(&self, is_outdated: impl Fn(&Member) -> bool) -> Vec<usize> {
        let posts = self.posts.iter();
        let handovers = posts.filter(|post| post.is_handing_over()).count();
        let handovers_max = usize::from(self.wanted / 4).max(1);
        let mut handovers_left = handovers_max.saturating_sub(handovers);
        let mut lacking = Vec::new();
        for (index, post) in self.posts.iter().enumerate() {
            if post.is_vacant() {
                lacking.push(index);
            } else if post.wants_successor(&is_outdated) && handovers_left > 0 {
                handovers_left -= 1;
                lacking.push(index);
            }
        }
        if self.failed_boots >= TOGETHER_MAX {
            let is_trying = self.members().any(Member::is_starting);
            lacking.truncate(usize::from(!is_trying));
        }
        lacking
    }

    /// Whether a worker of it takes requests.
    pub(super) fn has_ready(&self) -> bool {
        self.all_posts().any(Post::has_ready)
    }

    /// A worker that has a successor becomes a template; its seat is not free yet.
    pub(super) fn promote(&mut self, worker: WorkerId) -> Option<Member> {
        self.post_of(worker)?.take(worker)
    }

    /// A worker is gone, and its seat is free. Nobody waits before the next one when it `is_spent`:
    /// it has had the one request that it was to have, or ran code that is replaced anyway.
    pub(super) fn remove(
        &mut self,
        worker: WorkerId,
        is_spent: bool,
        now: Instant,
    ) -> Option<Member> {
        let post = self.post_of(worker)?;
        let member = post.remove(worker, is_spent, now)?;
        self.seats.give_back(worker);
        Some(member)
    }

    /// Everybody of a generation is gone.
    pub(super) fn clear(&mut self, generation: u32) -> Vec<Member> {
        let posts = self.posts.iter_mut().chain(&mut self.beside);
        let lost: Vec<Member> = posts.flat_map(|post| post.clear(generation)).collect();
        for member in &lost {
            self.seats.give_back(member.worker);
        }
        lost
    }

    /// Who left was the last of its post.
    pub(super) fn tidy(&mut self) {
        self.beside.retain(|post| !post.is_empty());
    }

    fn all_posts(&self) -> impl Iterator<Item = &Post> {
        self.posts.iter().chain(&self.beside)
    }
}
