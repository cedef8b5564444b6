//! What each rule has done so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Limiter;

/// What one rule has done since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitTally {
    /// What the rule is called.
    pub name: String,
    /// Requests that it let through.
    pub passed: u64,
    /// Requests that it refused.
    pub refused: u64,
    /// Requests that it let through because they could not be counted.
    pub uncounted: u64,
}

/// What all rules of a gateway have done, to be asked from elsewhere while it serves.
#[derive(Debug, Clone)]
pub struct LimitCounts(pub(crate) Option<Arc<Limiter>>);

impl LimitCounts {
    /// Each rule, in the order of the configuration.
    #[must_use]
    pub fn now(&self) -> Vec<LimitTally> {
        self.0
            .as_ref()
            .map_or_else(Vec::new, |limiter| limiter.tallies())
    }
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: AtomicU64,
    refused: AtomicU64,
    uncounted: AtomicU64,
}

impl Tally {
    /// One request more: let through, refused, or not counted.
    pub(super) fn count(&self, allowed: Option<bool>) {
        let counter = match allowed {
            Some(true) => &self.passed,
            Some(false) => &self.refused,
            None => &self.uncounted,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self, name: &str) -> LimitTally {
        LimitTally {
            name: name.to_owned(),
            passed: self.passed.load(Relaxed),
            refused: self.refused.load(Relaxed),
            uncounted: self.uncounted.load(Relaxed),
        }
    }
}
