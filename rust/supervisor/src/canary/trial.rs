//! A canary's time of probation: looks at the workers become counts, counts a verdict.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::time::Duration;

use askr_exchange::{Activity, WorkerId};

use super::{Evidence, Reason, Tally, Thresholds, Verdict, judge, judge_probe};

/// Watches a canary and the fleet from the moment at which the canary is ready.
#[derive(Debug)]
pub(crate) struct Trial {
    thresholds: Thresholds,
    since_ms: u64,
    canary: Count,
    fleet: Count,
    /// What each worker said at the last look.
    seen: HashMap<WorkerId, Activity>,
}

/// On which side of the comparison a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// New code.
    Canary,
    /// Old code.
    Fleet,
}

/// One side's counts.
#[derive(Debug, Default)]
struct Count {
    tally: Tally,
    /// The look with the most time in it, which does not count: one report is not a trend.
    worst: (u64, u64),
}

impl Trial {
    /// The canary is ready at `now_ms`.
    pub(crate) fn new(thresholds: Thresholds, now_ms: u64) -> Self {
        Self {
            thresholds,
            since_ms: now_ms,
            canary: Count::default(),
            fleet: Count::default(),
            seen: HashMap::new(),
        }
    }

    /// Takes note of what all workers that serve say at this moment; a look at each, often.
    pub(crate) fn look(
        &mut self,
        workers: impl IntoIterator<Item = (Side, WorkerId, Activity)>,
        now_ms: u64,
    ) {
        let elapsed = self.elapsed(now_ms);
        let is_settled = elapsed >= self.thresholds.window / SETTLING_PART;
        for count in [&mut self.canary, &mut self.fleet] {
            count.tally.workers = 0;
            count.tally.busy_for = Duration::ZERO;
        }
        for (side, worker, activity) in workers {
            let last = self.seen.insert(worker, activity);
            let last = match side {
                // All that it ever did, it did with the new code.
                Side::Canary => last.unwrap_or_default(),
                Side::Fleet => last.unwrap_or(activity),
            };
            let count = self.side(side);
            count.note_busy(&activity, now_ms, elapsed);
            count.add(&last, &activity, side == Side::Fleet || is_settled);
        }
    }

    /// What a worker had done when it ended, of which nobody may have seen the last.
    pub(crate) fn note_end(&mut self, side: Side, worker: WorkerId, activity: Activity) {
        let last = self.seen.remove(&worker);
        let last = match side {
            Side::Canary => last.unwrap_or_default(),
            Side::Fleet => last.unwrap_or(activity),
        };
        self.side(side).add(&last, &activity, false);
    }

    /// A worker ended without being asked to.
    pub(crate) fn note_death(&mut self, side: Side) {
        let tally = &mut self.side(side).tally;
        tally.deaths = tally.deaths.saturating_add(1);
    }

    /// A worker did not boot.
    pub(crate) fn note_boot_failure(&mut self, side: Side) {
        let tally = &mut self.side(side).tally;
        tally.boot_failures = tally.boot_failures.saturating_add(1);
    }

    /// What is known by now.
    pub(crate) fn verdict(&self, now_ms: u64) -> Verdict {
        let [canary, fleet] = [&self.canary, &self.fleet].map(Count::tally);
        judge(&self.thresholds, self.elapsed(now_ms), &canary, &fleet)
    }

    /// What a probe adds to it, after [`Verdict::Probe`].
    pub(crate) fn probed(&self, answer: Result<u16, String>, now_ms: u64) -> Verdict {
        let evidence = Evidence {
            reason: Reason::AsTheFleet,
            elapsed: self.elapsed(now_ms),
            canary: self.canary.tally(),
            fleet: self.fleet.tally(),
        };
        judge_probe(evidence, answer)
    }

    fn elapsed(&self, now_ms: u64) -> Duration {
        Duration::from_millis(now_ms.saturating_sub(self.since_ms))
    }

    fn side(&mut self, side: Side) -> &mut Count {
        match side {
            Side::Canary => &mut self.canary,
            Side::Fleet => &mut self.fleet,
        }
    }
}

impl Count {
    fn note_busy(&mut self, activity: &Activity, now_ms: u64, most: Duration) {
        self.tally.workers = self.tally.workers.saturating_add(1);
        let busy_ms = match activity.busy_since_ms {
            0 => 0,
            since_ms => now_ms.saturating_sub(since_ms),
        };
        let busy_for = Duration::from_millis(busy_ms).min(most);
        self.tally.busy_for = self.tally.busy_for.max(busy_for);
    }

    /// Adds what was done between two looks, unless it makes no sense.
    fn add(&mut self, last: &Activity, now: &Activity, is_timed: bool) {
        let more = |last: u64, now: u64| now.checked_sub(last).filter(|more| *more < MORE_MAX);
        let (Some(replies), Some(failures), Some(busy_us)) = (
            more(last.replies, now.replies),
            more(last.failures, now.failures),
            more(last.busy_us, now.busy_us),
        ) else {
            return;
        };
        let is_fresh = last.replies < WARM_UP_REPLIES;
        self.tally.replies += replies;
        self.tally.failures += failures;
        if is_timed && !is_fresh && replies > 0 {
            self.tally.timed += replies;
            self.tally.timed_us += busy_us;
            self.worst = self.worst.max((busy_us, replies));
        }
    }

    /// The counts, without the time of the worst look.
    fn tally(&self) -> Tally {
        let (busy_us, replies) = self.worst;
        // A look may come between the two counts of one reply.
        let failures = self.tally.failures.min(self.tally.replies);
        Tally {
            failures,
            timed: self.tally.timed - replies,
            timed_us: self.tally.timed_us - busy_us,
            ..self.tally
        }
    }
}

/// Replies of a worker whose time does not count: caches are cold.
const WARM_UP_REPLIES: u64 = 10;
/// The time of a canary's replies counts after one part in so many of the window: the opcode cache
/// of its whole generation was empty.
const SETTLING_PART: u32 = 4;
/// More than this between two looks, of replies or of µs, is nonsense.
const MORE_MAX: u64 = 1 << 40;
