//! How a canary does, from when it is ready until it is judged.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::{Activity, WorkerId};

use super::look::Looks;
use super::post::Member;
use super::{Fleet, Order};
use crate::canary::{self, Reason, Side, Thresholds, Verdict};

/// How far the canary of one pool has come.
#[derive(Debug, Default)]
pub(super) struct Probation {
    /// Since it is ready.
    trial: Option<canary::Trial>,
    /// A request was made up for it.
    is_probed: bool,
    pub(super) is_passed: bool,
}

impl Fleet {
    /// Compares what canaries do with what the others do.
    pub(super) fn look_at_canaries(&mut self, looks: &Looks, now: Instant) {
        for index in 0..self.pools.len() {
            let Some(canary) = self.canary_of(index) else {
                continue;
            };
            let sides = self.sides(index, looks);
            let thresholds = self.plan.thresholds;
            let Some(probation) = self.probation(index) else {
                return;
            };
            let verdict = probation.look(sides, thresholds, looks.now_ms);
            self.hear_verdict(index, canary, verdict, now);
        }
    }

    /// What became of a request that was made up for a canary.
    pub(super) fn hear_probe(
        &mut self,
        (pool, canary): (usize, WorkerId),
        answer: Result<u16, String>,
        now_ms: u64,
        now: Instant,
    ) {
        let Some(probation) = self.probation(pool) else {
            return;
        };
        let is_asked = probation.is_probed && !probation.is_passed;
        let trial = probation.trial.as_ref().filter(|_| is_asked);
        if let Some(verdict) = trial.map(|trial| trial.probed(answer, now_ms)) {
            self.hear_verdict(pool, canary, verdict, now);
        }
    }

    /// A worker that is gone did this, and ended badly if it `has_died`.
    pub(super) fn note_end(&mut self, pool: usize, member: &Member, end: (Activity, bool)) {
        let (activity, has_died) = end;
        let Some(side) = self.side(member) else {
            return;
        };
        let Some(trial) = self.probation(pool).and_then(|it| it.trial.as_mut()) else {
            return;
        };
        trial.note_end(side, member.worker, activity);
        if has_died {
            trial.note_death(side);
        }
    }

    /// A worker did not boot; one on trial that does not ends the trial anyway.
    pub(super) fn note_boot_failure(&mut self, pool: usize) {
        if let Some(trial) = self.probation(pool).and_then(|it| it.trial.as_mut()) {
            trial.note_boot_failure(Side::Fleet);
        }
    }

    /// Whether the canaries of all pools have passed.
    pub(super) fn have_passed(&self) -> bool {
        let trial = self.trial.as_ref();
        trial.is_some_and(|trial| trial.probations.iter().all(|it| it.is_passed))
    }

    fn hear_verdict(&mut self, pool: usize, canary: WorkerId, verdict: Verdict, now: Instant) {
        match verdict {
            Verdict::Wait => {}
            Verdict::Healthy(evidence) => {
                if let Some(probation) = self.probation(pool) {
                    probation.is_passed = true;
                }
                self.note_evidence(pool, &evidence.to_string());
            }
            Verdict::Unhealthy(evidence) => {
                if evidence.reason == Reason::Stuck {
                    self.kill(canary, now + super::KILL_GRACE);
                }
                self.abort_trial(&evidence.to_string(), now);
            }
            Verdict::Probe => self.probe(pool, canary),
        }
    }

    fn probe(&mut self, pool: usize, canary: WorkerId) {
        if let Some(probation) = self.probation(pool)
            && !std::mem::replace(&mut probation.is_probed, true)
        {
            self.order(Order::Probe(pool, canary));
        }
    }

    fn probation(&mut self, pool: usize) -> Option<&mut Probation> {
        self.trial.as_mut()?.probations.get_mut(pool)
    }

    /// The worker on trial that takes requests of a pool.
    fn canary_of(&self, pool: usize) -> Option<WorkerId> {
        let trial = self.trial.as_ref()?;
        if trial.probations.get(pool)?.is_passed {
            return None;
        }
        let mut members = self.pools[pool].members();
        let is_it =
            |member: &&Member| member.parent.generation == trial.generation && member.is_ready();
        Some(members.find(is_it)?.worker)
    }

    fn sides(&self, pool: usize, looks: &Looks) -> Vec<(Side, WorkerId, Activity)> {
        let looks = looks.pools[pool].workers.iter();
        let sides = looks.filter_map(|look| {
            let side = self.side(self.member(look.worker)?)?;
            Some((side, look.worker, look.activity))
        });
        sides.collect()
    }

    fn side(&self, member: &Member) -> Option<Side> {
        match member.parent.generation {
            generation if self.trial_is(generation) => Some(Side::Canary),
            generation if generation == self.current => Some(Side::Fleet),
            _ => None,
        }
    }
}

impl Probation {
    fn look(
        &mut self,
        sides: Vec<(Side, WorkerId, Activity)>,
        thresholds: Thresholds,
        now_ms: u64,
    ) -> Verdict {
        let begin = || canary::Trial::new(thresholds, now_ms);
        let trial = self.trial.get_or_insert_with(begin);
        trial.look(sides, now_ms);
        trial.verdict(now_ms)
    }
}
