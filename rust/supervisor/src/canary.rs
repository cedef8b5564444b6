//! Whether a new generation may take over, judged by what its first worker did.
//!
//! The canary is compared with the fleet over the same window, so that a database that is down for
//! everybody does not stop a deploy, which may be the remedy. Both sides' counts are their own
//! words; a canary that lies in its own favour only gets its code deployed.
#![forbid(unsafe_code)]

mod evidence;
mod tally;
mod trial;

use std::time::Duration;

pub(crate) use evidence::{Evidence, Reason};
pub(crate) use tally::Tally;
pub(crate) use trial::{Side, Trial};

/// How much worse a canary may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// How long it is watched, from when it is ready.
    pub window: Duration,
    /// By how much its share of failed replies may exceed the fleet's, 0 to 1.
    pub failures: f64,
    /// How many times the fleet's mean time its own may be.
    pub latency: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            failures: 0.05,
            latency: 3.0,
        }
    }
}

/// What is known about a canary.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Not enough yet.
    Wait,
    /// It may take over.
    Healthy(Evidence),
    /// It may not.
    Unhealthy(Evidence),
    /// Nobody asked it for anything that tells: somebody has to.
    Probe,
}

/// Judges a canary that has been ready for `elapsed`.
///
/// Before the window is over only evidence counts that traffic could hardly overturn.
pub(crate) fn judge(
    thresholds: &Thresholds,
    elapsed: Duration,
    canary: &Tally,
    fleet: &Tally,
) -> Verdict {
    let case = Case {
        thresholds,
        canary,
        fleet,
    };
    let is_over = elapsed >= thresholds.window;
    let reason = match is_over {
        false => case.early_fault(),
        true => case.early_fault().or_else(|| case.late_fault()),
    };
    let evidence = |reason| Evidence {
        reason,
        elapsed,
        canary: *canary,
        fleet: *fleet,
    };
    match reason {
        Some(reason) => Verdict::Unhealthy(evidence(reason)),
        None if !is_over || case.is_undecided(elapsed) => Verdict::Wait,
        None if canary.successes() == 0 => Verdict::Probe,
        None => Verdict::Healthy(evidence(Reason::AsTheFleet)),
    }
}

/// What became of a request that was sent to the canary because nobody else sent one: the status
/// of its reply, or why there was none.
pub(crate) fn judge_probe(evidence: Evidence, answer: Result<u16, String>) -> Verdict {
    match answer {
        Ok(status @ 100..=499) => Verdict::Healthy(Evidence {
            reason: Reason::Probed { status },
            ..evidence
        }),
        Ok(status) => Verdict::Unhealthy(Evidence {
            reason: Reason::Probed { status },
            ..evidence
        }),
        Err(message) => Verdict::Unhealthy(Evidence {
            reason: Reason::ProbeFailed { message },
            ..evidence
        }),
    }
}

/// What is compared with what.
struct Case<'a> {
    thresholds: &'a Thresholds,
    canary: &'a Tally,
    fleet: &'a Tally,
}

impl Case<'_> {
    /// What is wrong beyond reasonable doubt, at any time.
    fn early_fault(&self) -> Option<Reason> {
        if self.canary.boot_failures > 0 {
            return Some(Reason::BootFailed);
        }
        if self.dies_more(DEATHS_EARLY) {
            return Some(Reason::Deaths);
        }
        let fails = self.fails_more(FAILURES_EARLY, DOUBT_EARLY);
        fails.then_some(Reason::Failures)
    }

    /// What is wrong as far as a whole window tells.
    fn late_fault(&self) -> Option<Reason> {
        if self.is_stuck() {
            return Some(Reason::Stuck);
        }
        // One death may be anybody's, but the successor has to show that it can do better.
        if self.dies_more(1) && self.canary.successes() < SUCCESSES_AFTER_DEATH {
            return Some(Reason::Deaths);
        }
        if self.fails_more(FAILURES_LATE, DOUBT_LATE) {
            return Some(Reason::Failures);
        }
        self.is_slow().then_some(Reason::Latency)
    }

    /// Whether it has died that often, and more often than one worker of the fleet.
    fn dies_more(&self, deaths_min: u32) -> bool {
        let share = f64::from(self.fleet.deaths) / f64::from(self.fleet.workers.max(1));
        let deaths = f64::from(self.canary.deaths);
        self.canary.deaths >= deaths_min && deaths > share * DEATHS_FACTOR
    }

    /// Whether the share of failed replies is higher than the fleet's by more than is allowed,
    /// not by chance.
    fn fails_more(&self, failures_min: u64, doubt: f64) -> bool {
        let Tally {
            replies, failures, ..
        } = *self.canary;
        if failures < failures_min {
            return false;
        }
        let allowed = self.fleet.failure_share() + self.thresholds.failures;
        lower_bound(failures, replies, doubt) > allowed
    }

    /// Whether it has been busy with one request for a whole window, and nobody else has one of
    /// that kind.
    fn is_stuck(&self) -> bool {
        self.canary.busy_for >= self.thresholds.window && !self.is_as_busy_as_fleet()
    }

    fn is_as_busy_as_fleet(&self) -> bool {
        self.fleet.busy_for * 2 >= self.canary.busy_for
    }

    /// Whether it has one request that may still turn out to be the last it ever took.
    fn is_undecided(&self, elapsed: Duration) -> bool {
        let window = self.thresholds.window;
        let busy_for = self.canary.busy_for;
        let has_no_reply = self.canary.replies == 0 && !busy_for.is_zero();
        let may_be_stuck = busy_for >= window / 2 && !self.is_as_busy_as_fleet();
        elapsed < window * WINDOWS_MAX && (has_no_reply || may_be_stuck)
    }

    fn is_slow(&self) -> bool {
        let (Some(canary), Some(fleet)) = (self.canary.mean_us(), self.fleet.mean_us()) else {
            return false;
        };
        canary - fleet > LATENCY_FLOOR_US && canary > fleet * self.thresholds.latency
    }
}

/// The lowest share that `hits` of `all` may well come from: Wilson's bound, `doubt` standard
/// deviations below what was seen.
fn lower_bound(hits: u64, all: u64, doubt: f64) -> f64 {
    let [hits, all] = [hits, all.max(1)].map(as_float);
    let share = (hits / all).min(1.0);
    let square = doubt * doubt;
    let spread = doubt * (share * (1.0 - share) / all + square / (4.0 * all * all)).sqrt();
    (share + square / (2.0 * all) - spread) / (1.0 + square / all)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of replies are far below 2^52; what is above is nonsense anyway"
)]
fn as_float(count: u64) -> f64 {
    count as f64
}

/// Failed replies that are enough before the window is over.
const FAILURES_EARLY: u64 = 3;
/// Failed replies that are enough after it; one proves nothing.
const FAILURES_LATE: u64 = 2;
/// How sure a judgement must be that is made again and again while the window lasts: in standard
/// deviations. Three failures of three are enough, three of fifteen are not.
const DOUBT_EARLY: f64 = 3.0;
/// How sure the one at its end must be: in nineteen cases of twenty.
const DOUBT_LATE: f64 = 1.64;
/// Deaths that are enough before the window is over.
const DEATHS_EARLY: u32 = 2;
/// How many times as often as a worker of the fleet it may die.
const DEATHS_FACTOR: f64 = 2.0;
/// What a successor has to answer before one death is forgotten.
const SUCCESSES_AFTER_DEATH: u64 = 20;
/// Below this difference of the means nobody is called slow.
const LATENCY_FLOOR_US: f64 = 5000.0;
/// After so many windows a canary that is still busy is judged by its other requests.
const WINDOWS_MAX: u32 = 2;

#[cfg(test)]
mod tests;
