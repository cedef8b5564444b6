//! What follows from a look at what all workers do, several times a second.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::{Activity, WorkerId};
use tracing::info;

use super::Fleet;
use super::pool::Pool;
use super::post::Post;
use crate::scale::{Demand, Step};

/// What all pools do at a moment.
#[derive(Debug)]
pub(crate) struct Looks {
    /// By the clock of the workers.
    pub(crate) now_ms: u64,
    /// In their order.
    pub(crate) pools: Vec<PoolLook>,
}

/// What a pool does at a moment.
#[derive(Debug, Default)]
pub(crate) struct PoolLook {
    /// Requests that no worker has.
    pub(crate) waiting: usize,
    /// Those who take requests, or have one still.
    pub(crate) workers: Vec<Look>,
}

/// What a worker does at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) worker: WorkerId,
    /// In its own words.
    pub(crate) activity: Activity,
    /// It waits for a request.
    pub(crate) is_idle: bool,
}

impl Fleet {
    /// Draws the conclusions from a look.
    pub(super) fn look(&mut self, looks: &Looks, now: Instant) {
        if !self.is_running() {
            return;
        }
        self.look_at_canaries(looks, now);
        self.look_for_template(looks, now);
        for (index, look) in looks.pools.iter().enumerate() {
            let step = self.pools[index].size(look, looks.now_ms);
            self.resize(index, step, look);
        }
    }

    fn resize(&mut self, index: usize, step: Step, look: &PoolLook) {
        let pool = &mut self.pools[index];
        let before = pool.wanted;
        match step {
            Step::Stay => return,
            Step::Add(count) => pool.wanted += number(count),
            Step::Remove(count) => pool.wanted -= number(count).min(before),
        }
        let posts = pool.add_posts();
        let is_idle = |worker: WorkerId| {
            let mut idle = look.workers.iter().filter(|look| look.is_idle);
            idle.any(|look| look.worker == worker)
        };
        let mut leaving = Vec::new();
        while pool.posts.len() > posts {
            let Some(post) = pool.take_post(is_idle) else {
                break;
            };
            leaving.extend(post.members().iter().map(|member| member.worker));
            pool.beside.push(post);
        }
        let (name, workers) = (&*pool.config.name, pool.wanted);
        info!(
            pool = name,
            workers,
            before,
            waiting = look.waiting,
            "pool resized"
        );
        self.retire(|member| leaving.contains(&member.worker));
    }
}

impl Pool {
    /// How many workers more or less it should have.
    fn size(&mut self, look: &PoolLook, now_ms: u64) -> Step {
        let workers = usize::from(self.wanted);
        let ahead = self.posts.len().saturating_sub(workers);
        let idle = look.workers.iter().filter(|look| look.is_idle).count();
        let coming = self.posts.iter().filter(|post| !post.has_ready()).count();
        let demand = Demand {
            workers,
            coming: coming.saturating_sub(ahead),
            idle: idle.saturating_sub(ahead),
            waiting: look.waiting,
        };
        self.scale.decide(demand, now_ms)
    }

    /// A post that is not needed any more: an empty one, or one whose worker is idle.
    fn take_post(&mut self, is_idle: impl Fn(WorkerId) -> bool) -> Option<Post> {
        let is_free = |post: &Post| match post.members() {
            [] => true,
            [only] => only.is_ready() && is_idle(only.worker),
            _ => false,
        };
        let at = self.posts.iter().rposition(is_free)?;
        Some(self.posts.remove(at))
    }
}

fn number(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
