//! What was counted of some workers.
#![forbid(unsafe_code)]

use std::time::Duration;

use super::as_float;

/// What a canary, or the fleet beside it, did in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Replies that ended.
    pub(crate) replies: u64,
    /// Those of them with a status of 500 or more, or cut.
    pub(crate) failures: u64,
    /// Replies whose time counts: not the first of a fresh worker, nor its worst moment.
    pub(crate) timed: u64,
    /// The time of those together, in µs.
    pub(crate) timed_us: u64,
    /// Workers that ended without being asked to.
    pub(crate) deaths: u32,
    /// Workers that did not boot.
    pub(crate) boot_failures: u32,
    /// How long the one has been busy that is longest with one request.
    pub(crate) busy_for: Duration,
    /// How many workers there are.
    pub(crate) workers: u32,
}

impl Tally {
    /// Replies that did not fail.
    pub(crate) fn successes(&self) -> u64 {
        self.replies.saturating_sub(self.failures)
    }

    /// The share of replies that failed; with few it is taken for lower than it looks.
    pub(super) fn failure_share(&self) -> f64 {
        as_float(self.failures) / as_float(self.replies.max(REPLIES_MIN))
    }

    /// The mean time of a reply in µs, if there were enough.
    pub(crate) fn mean_us(&self) -> Option<f64> {
        let has_enough = self.timed >= REPLIES_MIN;
        has_enough.then(|| as_float(self.timed_us) / as_float(self.timed))
    }
}

/// Replies from which on a mean or a share says something.
const REPLIES_MIN: u64 = 20;
