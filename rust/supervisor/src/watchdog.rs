//! Holds the requests of one pool to their time.
//!
//! Somebody looks at all workers several times a second and brings what he sees here; no timer is
//! set for any request. What a worker says of itself is its own word: since when a request runs is
//! believed only as far as the looks before allow, and which request it is, the gateway's leases
//! tell. So a worker neither hides behind new requests that nobody sent, nor is it blamed for what
//! another wrote on its seat.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::time::Duration;

use askr_exchange::{Activity, LeaseId, WorkerId};

/// How long the requests of a pool may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// After this long the log says what PHP is doing; zero is never.
    pub slow_request: Duration,
    /// After this long PHP is told that the time is over; zero is never. PHP may give a request
    /// more time while it runs.
    pub request_timeout: Duration,
    /// After this long more the worker is killed.
    pub grace: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            slow_request: Duration::from_secs(10),
            request_timeout: Duration::from_secs(300),
            grace: Duration::from_secs(5),
        }
    }
}

/// What a look at a worker finds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) worker: WorkerId,
    /// In its own words.
    pub(crate) activity: Activity,
    /// The lease whose request it has.
    pub(crate) lease: Option<LeaseId>,
    /// How many leases were given back whose request was with somebody on its seat.
    pub(crate) served: u64,
}

/// Something is to be done about a worker's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alarm {
    pub(crate) worker: WorkerId,
    /// How long the request has been running.
    pub(crate) elapsed: Duration,
    pub(crate) step: Step,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Say what it does.
    Trace,
    /// Tell PHP that the time is over: the request that was taken then has expired, and the worker
    /// is to be interrupted. It is told again if nothing comes of it: a signal that comes just
    /// before a system call does not end it.
    Expire {
        /// The worker's own word, by which it knows the request.
        busy_since_ms: u64,
        /// For the first time.
        is_news: bool,
    },
    /// Let it take no other request, so that none dies with it.
    Retire,
    /// Its request gets no answer any more; say what it does, then kill it.
    Kill,
}

/// Watches the workers of one pool.
#[derive(Debug)]
pub(crate) struct Watchdog {
    deadlines: Deadlines,
    watched: HashMap<WorkerId, Watched>,
}

/// What is known about a worker.
#[derive(Clone, Copy, Debug)]
struct Watched {
    seen_ms: u64,
    case: Option<Case>,
}

/// A request that runs.
#[derive(Clone, Copy, Debug)]
struct Case {
    since_ms: u64,
    lease: Option<LeaseId>,
    /// Since when the worker says that it runs.
    claimed_ms: u64,
    served: u64,
    /// Looks in a row at which it may already have been another one.
    unclear_looks: u32,
    is_slow: bool,
    stage: Stage,
}

/// How far its end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has time left.
    Running,
    /// PHP was told, and will be again.
    Expired {
        at_ms: u64,
        told: u32,
        is_retired: bool,
    },
    /// Its worker was killed.
    Over,
}

impl Watchdog {
    pub(crate) fn new(deadlines: Deadlines) -> Self {
        Self {
            deadlines,
            watched: HashMap::new(),
        }
    }

    /// Looks at all workers of the pool at `now_ms`, by the clock that they use.
    pub(crate) fn look(&mut self, sights: &[Sight], now_ms: u64) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        let before = std::mem::take(&mut self.watched);
        for sight in sights {
            let last = before.get(&sight.worker);
            let mut case = Case::of(last, sight, now_ms);
            if let Some(case) = &mut case {
                let steps = case.advance(&self.deadlines, &sight.activity, now_ms);
                let elapsed = Duration::from_millis(now_ms.saturating_sub(case.since_ms));
                let worker = sight.worker;
                alarms.extend(steps.into_iter().map(|step| Alarm {
                    worker,
                    elapsed,
                    step,
                }));
            }
            let seen_ms = now_ms;
            self.watched.insert(sight.worker, Watched { seen_ms, case });
        }
        alarms
    }
}

impl Case {
    /// The request that a worker runs, if it runs one.
    fn of(last: Option<&Watched>, sight: &Sight, now_ms: u64) -> Option<Self> {
        let claimed_ms = sight.activity.busy_since_ms;
        if sight.lease.is_none() && claimed_ms == 0 {
            return None;
        }
        let known = last.and_then(|watched| watched.case);
        if let Some(case) = known.and_then(|case| case.continued(sight)) {
            return Some(case);
        }
        // It was not there at the last look.
        let earliest_ms = last.map_or(now_ms, |watched| watched.seen_ms);
        let is_possible = (earliest_ms..=now_ms).contains(&claimed_ms);
        Some(Self {
            since_ms: if is_possible { claimed_ms } else { now_ms },
            lease: sight.lease,
            claimed_ms,
            served: sight.served,
            unclear_looks: 0,
            is_slow: false,
            stage: Stage::Running,
        })
    }

    /// The same request a look later; `None` when the worker has another one.
    fn continued(self, sight: &Sight) -> Option<Self> {
        let claimed_ms = sight.activity.busy_since_ms;
        let served = sight.served;
        if sight.lease.is_some() {
            let is_same = sight.lease == self.lease;
            return is_same.then_some(Self {
                claimed_ms,
                served,
                unclear_looks: 0,
                ..self
            });
        }
        // The reply has ended; what its script does now belongs to the request.
        if claimed_ms == self.claimed_ms {
            return Some(Self { served, ..self });
        }
        // Another one has run since, or the worker only says so.
        (served == self.served).then_some(Self {
            unclear_looks: self.unclear_looks.saturating_add(1),
            ..self
        })
    }

    /// What is due now.
    fn advance(
        &mut self,
        deadlines: &Deadlines,
        activity: &Activity,
        now_ms: u64,
    ) -> impl IntoIterator<Item = Step> + use<> {
        let mut steps = [None, None, None];
        if (1..UNCLEAR_LOOKS_MAX).contains(&self.unclear_looks) {
            return steps.into_iter().flatten();
        }
        let slow_ms = ms(deadlines.slow_request);
        let own_ms = now_ms
            .saturating_sub(self.since_ms)
            .saturating_sub(activity.waited_ms);
        let is_slow = slow_ms > 0 && own_ms >= slow_ms;
        if is_slow && !self.is_slow {
            self.is_slow = true;
            steps[0] = Some(Step::Trace);
        }
        let is_over = self.due_ms(deadlines, activity) <= now_ms;
        match self.stage {
            Stage::Running if is_over => {
                self.stage = Stage::Expired {
                    at_ms: now_ms,
                    told: 0,
                    is_retired: false,
                };
                steps[1] = self.tell(activity, now_ms);
                steps[2] = self.end(deadlines, now_ms);
            }
            Stage::Expired { .. } if is_over => {
                steps[1] = self.tell(activity, now_ms);
                steps[2] = self.end(deadlines, now_ms);
            }
            // PHP was given more time meanwhile.
            Stage::Expired { .. } => self.stage = Stage::Running,
            Stage::Running | Stage::Over => {}
        }
        steps.into_iter().flatten()
    }

    /// When the time of the request is over. PHP may want it to be later, never sooner, and what
    /// its client takes is not its time.
    fn due_ms(&self, deadlines: &Deadlines, activity: &Activity) -> u64 {
        match ms(deadlines.request_timeout) {
            0 => u64::MAX,
            timeout_ms => activity
                .deadline_ms
                .max(self.since_ms.saturating_add(timeout_ms))
                .saturating_add(activity.waited_ms),
        }
    }

    /// Tells PHP at once and then at distances that double.
    fn tell(&mut self, activity: &Activity, now_ms: u64) -> Option<Step> {
        let Stage::Expired { at_ms, told, .. } = &mut self.stage else {
            return None;
        };
        let is_news = *told == 0;
        let next_ms = REMINDER_MS << told.saturating_sub(1).min(REMINDER_DOUBLINGS_MAX);
        if !is_news && now_ms.saturating_sub(*at_ms) < next_ms {
            return None;
        }
        *told += 1;
        Some(Step::Expire {
            busy_since_ms: activity.busy_since_ms,
            is_news,
        })
    }

    /// Retires the worker a little before the grace is over, then kills it.
    fn end(&mut self, deadlines: &Deadlines, now_ms: u64) -> Option<Step> {
        let Stage::Expired {
            at_ms, is_retired, ..
        } = &mut self.stage
        else {
            return None;
        };
        let end_ms = at_ms.saturating_add(ms(deadlines.grace));
        if !*is_retired {
            *is_retired = now_ms.saturating_add(LAST_CALL_MS) >= end_ms;
            return is_retired.then_some(Step::Retire);
        }
        if now_ms < end_ms {
            return None;
        }
        self.stage = Stage::Over;
        Some(Step::Kill)
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How long before its end a worker is retired: two looks.
const LAST_CALL_MS: u64 = 200;
/// When PHP is told for the second time.
const REMINDER_MS: u64 = 100;
/// The distance doubles so often at most.
const REMINDER_DOUBLINGS_MAX: u32 = 6;
/// For so many looks a worker is believed that it has another request, of which there is no trace.
const UNCLEAR_LOOKS_MAX: u32 = 50;

#[cfg(test)]
mod tests;
