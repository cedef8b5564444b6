//! How many workers an elastic pool should have.
//!
//! Too few are noticed within a fraction of a second, too many over half a minute; and whoever
//! took one away too early waits longer before the next.
#![forbid(unsafe_code)]

/// Decides about the number of workers of one pool, look by look.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    min: usize,
    max: usize,
    /// Looks in a row that found requests waiting and nobody idle.
    short_looks: u32,
    /// Since when somebody has been idle at every look.
    spare_since_ms: Option<u64>,
    removed_at_ms: Option<u64>,
    /// How long somebody must have been idle.
    calm_ms: u64,
}

/// What a look finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Workers of the pool: those that take requests, and those on their way.
    pub(crate) workers: usize,
    /// Those of them that are on their way.
    pub(crate) coming: usize,
    /// Those of them that wait for a request.
    pub(crate) idle: usize,
    /// Requests that wait for a worker.
    pub(crate) waiting: usize,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Stay,
    /// That many workers more.
    Add(usize),
    /// That many less.
    Remove(usize),
}

impl Scale {
    /// A pool of `min` to `max` workers.
    pub(crate) fn new(min: usize, max: usize) -> Self {
        Self {
            min,
            max: max.max(min),
            short_looks: 0,
            spare_since_ms: None,
            removed_at_ms: None,
            calm_ms: CALM_MS,
        }
    }

    /// Decides after a look at `now_ms`; the looks come in even steps.
    pub(crate) fn decide(&mut self, demand: Demand, now_ms: u64) -> Step {
        if demand.workers < self.min {
            return Step::Add(self.min - demand.workers);
        }
        if demand.workers > self.max {
            return Step::Remove(demand.workers - self.max);
        }
        let is_short = demand.waiting > demand.coming && demand.idle == 0;
        self.short_looks = match is_short {
            true => self.short_looks.saturating_add(1),
            false => 0,
        };
        let is_spare = demand.idle > 0 && demand.waiting == 0;
        let since_ms = self.spare_since_ms.filter(|_| is_spare).unwrap_or(now_ms);
        self.spare_since_ms = is_spare.then_some(since_ms);
        if self.short_looks >= SHORT_LOOKS {
            return self.add(demand, now_ms);
        }
        let is_calm = is_spare && now_ms.saturating_sub(since_ms) >= self.calm_ms;
        if is_calm && demand.coming == 0 && demand.workers > self.min {
            return self.remove(now_ms);
        }
        Step::Stay
    }

    /// As many as there are requests, but at most as many as there are workers.
    fn add(&mut self, demand: Demand, now_ms: u64) -> Step {
        let wanted = (demand.waiting - demand.coming).min(demand.workers.max(1));
        let count = wanted.min(self.max - demand.workers);
        if count == 0 {
            return Step::Stay;
        }
        self.short_looks = 0;
        let regrets = |at_ms| now_ms.saturating_sub(at_ms) < REGRET_MS;
        self.calm_ms = match self.removed_at_ms.take() {
            Some(at_ms) if regrets(at_ms) => (self.calm_ms * 2).min(CALM_MS_MAX),
            Some(_) => CALM_MS,
            None => self.calm_ms,
        };
        Step::Add(count)
    }

    fn remove(&mut self, now_ms: u64) -> Step {
        self.spare_since_ms = None;
        self.removed_at_ms = Some(now_ms);
        Step::Remove(1)
    }
}

/// Looks in a row that must find a shortage.
const SHORT_LOOKS: u32 = 3;
/// How long somebody must have been idle at every look before one leaves.
const CALM_MS: u64 = 30_000;
/// The longest that becomes.
const CALM_MS_MAX: u64 = 480_000;
/// A worker that is missed within this time left too early.
const REGRET_MS: u64 = 120_000;

#[cfg(test)]
mod tests;
