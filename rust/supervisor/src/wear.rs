//! Which workers are worn out: too old, or holding too much memory.
//!
//! Only says so; the fleet sees to it that the successor is ready first, and that never more than
//! a share of a pool changes hands at once.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use askr_exchange::WorkerId;

use crate::fleet::spread;

/// When a worker is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endurance {
    /// Above so many bytes that it shares with nobody; 0 is never.
    pub max_memory: u64,
    /// At this age, or up to a quarter earlier so that not all go at once; zero is never.
    pub max_age: Duration,
}

/// A worker that takes requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) worker: WorkerId,
    pub(crate) pid: u32,
    /// Since it was forked.
    pub(crate) age: Duration,
    /// Replies that it says that it has ended.
    pub(crate) replies: u64,
}

/// Why a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Memory { bytes: u64, limit: u64 },
    Age { age: Duration },
}

/// Keeps the weights of all workers.
#[derive(Debug)]
pub(crate) struct Wear {
    endurance: Endurance,
    weighed: HashMap<WorkerId, Weighed>,
}

/// A worker that was on the scales.
#[derive(Clone, Copy, Debug, Default)]
struct Weighed {
    /// Counts the times at which somebody was weighed.
    turn: u64,
    replies: u64,
    bytes: Option<u64>,
    /// It was too heavy when it was weighed for the first time.
    was_born_heavy: bool,
    is_worn: bool,
}

impl Wear {
    pub(crate) fn new(endurance: Endurance) -> Self {
        Self {
            endurance,
            weighed: HashMap::new(),
        }
    }

    /// Forgets who is gone and says who is to be weighed next: those who have waited longest and
    /// done something since, a part of them at a time.
    pub(crate) fn next(&mut self, candidates: &[Candidate]) -> Vec<Candidate> {
        let is_there = |worker: &WorkerId| candidates.iter().any(|one| one.worker == *worker);
        self.weighed.retain(|worker, _| is_there(worker));
        let last = |one: &Candidate| self.weighed.get(&one.worker).copied();
        let has_changed = |one: &&Candidate| {
            last(one)
                .is_none_or(|weighed| weighed.bytes.is_none() || weighed.replies != one.replies)
        };
        let mut changed: Vec<_> = candidates.iter().filter(has_changed).copied().collect();
        changed.sort_by_key(|one| last(one).map_or(0, |weighed| weighed.turn));
        changed.truncate(candidates.len().div_ceil(WEIGHED_PART));
        changed
    }

    /// Whether somebody has never been weighed: what it holds before it has done much is what the
    /// application needs.
    pub(crate) fn has_news(&self, candidates: &[Candidate]) -> bool {
        let is_known = |one: &Candidate| self.weighed.contains_key(&one.worker);
        !candidates.iter().all(is_known)
    }

    /// What the scales said; `None` when the system does not tell. The reason, once, when that is
    /// too much.
    pub(crate) fn weigh(&mut self, candidate: &Candidate, bytes: Option<u64>) -> Option<Reason> {
        let turn = 1 + self.weighed.values().map(|one| one.turn).max().unwrap_or(0);
        let limit = self.endurance.max_memory;
        let is_heavy = limit > 0 && bytes.is_some_and(|bytes| bytes > limit);
        let first = Weighed {
            was_born_heavy: is_heavy,
            ..Weighed::default()
        };
        let weighed = self.weighed.entry(candidate.worker).or_insert(first);
        weighed.turn = turn;
        weighed.replies = candidate.replies;
        weighed.bytes = bytes.or(weighed.bytes);
        let is_spared = weighed.was_born_heavy && candidate.age < HEAVY_AGE_MIN;
        if !is_heavy || is_spared || std::mem::replace(&mut weighed.is_worn, true) {
            return None;
        }
        let bytes = bytes?;
        Some(Reason::Memory { bytes, limit })
    }

    /// The reason, as long as the worker is there, when it is too old.
    pub(crate) fn age(&self, worker: WorkerId, age: Duration) -> Option<Reason> {
        let most_ms = u64::try_from(self.endurance.max_age.as_millis()).unwrap_or(u64::MAX);
        let own = Duration::from_millis(spread(most_ms, worker.incarnation));
        (most_ms > 0 && age >= own).then_some(Reason::Age { age })
    }

    /// The last weight of a worker.
    pub(crate) fn private_bytes(&self, worker: WorkerId) -> Option<u64> {
        self.weighed.get(&worker)?.bytes
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { bytes, limit } => {
                let [bytes, limit] = [bytes, limit].map(|bytes| bytes / (1 << 20));
                write!(
                    out,
                    "{bytes} MiB of private memory, above {limit} (max_memory)"
                )
            }
            Self::Age { age } => write!(out, "{} s old (max_age)", age.as_secs()),
        }
    }
}

/// One in so many is weighed at a time.
const WEIGHED_PART: usize = 4;
/// A worker that was too heavy from the start lives at least this long: a limit below what the
/// application needs is no reason to fork all the time.
const HEAVY_AGE_MIN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 64 << 20;

    fn wear() -> Wear {
        Wear::new(Endurance {
            max_memory: LIMIT,
            max_age: Duration::from_secs(3600),
        })
    }

    fn candidate(seat: u16, replies: u64) -> Candidate {
        Candidate {
            worker: WorkerId {
                seat,
                incarnation: u32::from(seat) + 1,
            },
            pid: 100 + u32::from(seat),
            age: Duration::from_secs(5),
            replies,
        }
    }

    #[test]
    fn a_quarter_is_weighed_at_a_time_until_all_were() {
        let mut wear = wear();
        let mut seen = Vec::new();
        for _ in 0..4 {
            let all: Vec<_> = (0..7).map(|seat| candidate(seat, 1)).collect();
            let next = wear.next(&all);
            assert!(next.len() <= 2);
            assert_eq!(wear.has_news(&all), seen.len() < 7);
            for one in next {
                assert_eq!(wear.weigh(&one, Some(1)), None);
                seen.push(one.worker.seat);
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
        let same: Vec<_> = (0..7).map(|seat| candidate(seat, 1)).collect();
        assert!(wear.next(&same).is_empty(), "nobody has done anything");
        let mut one_more = same.clone();
        one_more[4].replies = 2;
        assert_eq!(wear.next(&one_more)[0].worker.seat, 4);
    }

    #[test]
    fn who_has_grown_above_the_limit_is_worn_once() {
        let mut wear = wear();
        let worker = candidate(0, 1);
        assert_eq!(wear.weigh(&worker, Some(LIMIT)), None);
        let reason = wear.weigh(&worker, Some(LIMIT + 1)).unwrap();
        assert_eq!(
            reason.to_string(),
            "64 MiB of private memory, above 64 (max_memory)"
        );
        assert_eq!(wear.weigh(&worker, Some(LIMIT * 2)), None);
        assert_eq!(wear.private_bytes(worker.worker), Some(LIMIT * 2));
    }

    #[test]
    fn who_was_heavy_from_the_start_lives_for_a_while() {
        let mut wear = wear();
        let young = candidate(0, 1);
        assert_eq!(wear.weigh(&young, Some(LIMIT * 2)), None);
        assert_eq!(wear.weigh(&young, Some(LIMIT * 2)), None);
        let old = Candidate {
            age: HEAVY_AGE_MIN,
            ..young
        };
        assert!(wear.weigh(&old, Some(LIMIT * 2)).is_some());
    }

    #[test]
    fn a_weight_that_the_system_does_not_tell_is_no_weight() {
        let mut wear = wear();
        let worker = candidate(0, 1);
        assert_eq!(wear.weigh(&worker, None), None);
        assert_eq!(wear.private_bytes(worker.worker), None);
        wear.weigh(&worker, Some(9));
        wear.weigh(&worker, None);
        assert_eq!(wear.private_bytes(worker.worker), Some(9));
    }

    #[test]
    fn workers_that_start_together_do_not_grow_too_old_together() {
        let wear = wear();
        let limits: Vec<u64> = (1..=8)
            .map(|incarnation| {
                let worker = WorkerId {
                    seat: 0,
                    incarnation,
                };
                let is_old = |age: &u64| wear.age(worker, Duration::from_secs(*age)).is_some();
                (0..=3600).find(is_old).unwrap()
            })
            .collect();
        let mut sorted = limits.clone();
        sorted.sort_unstable();
        assert!(sorted[0] >= 2700, "{sorted:?}");
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] > 30));
    }

    #[test]
    fn limits_of_zero_are_none() {
        let mut wear = Wear::new(Endurance::default());
        let worker = candidate(0, 1);
        assert_eq!(wear.weigh(&worker, Some(u64::MAX)), None);
        assert_eq!(wear.age(worker.worker, Duration::MAX), None);
    }

    #[test]
    fn who_is_gone_is_forgotten() {
        let mut wear = wear();
        let worker = candidate(0, 1);
        wear.weigh(&worker, Some(1));
        wear.next(&[]);
        assert_eq!(wear.private_bytes(worker.worker), None);
    }
}
