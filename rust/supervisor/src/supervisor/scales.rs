//! Weighs workers, away from the thread that serves, and has the worn ones replaced.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tracing::info;

use super::Supervisor;
use crate::fleet::Demand;
use crate::private_memory::private_bytes;
use crate::wear::{Candidate, Endurance, Reason, Wear};

/// What workers weigh, as far as is known.
#[derive(Debug)]
pub(super) struct Scales {
    wear: Wear,
    /// Those who are on the scales: the task answers within moments, or never.
    weighing: Option<oneshot::Receiver<Vec<Weight>>>,
    due_ms: u64,
}

/// A worker, and its private memory.
type Weight = (Candidate, Option<u64>);

impl Scales {
    pub(super) fn new(endurance: Endurance) -> Self {
        Self {
            wear: Wear::new(endurance),
            weighing: None,
            due_ms: 0,
        }
    }

    /// Memory that a worker shared with nobody when it was weighed last.
    pub(super) fn private_bytes(&self, worker: WorkerId) -> Option<u64> {
        self.wear.private_bytes(worker)
    }

    /// Puts some of the workers on the scales, if it is time.
    fn begin(&mut self, candidates: &[Candidate]) {
        let next = self.wear.next(candidates);
        if next.is_empty() {
            return;
        }
        let (answer, weighing) = oneshot::channel();
        self.weighing = Some(weighing);
        spawn_blocking(move || {
            let weigh = |one: Candidate| (one, private_bytes(one.pid));
            // Nobody asks any more when the server ends.
            let _ = answer.send(next.into_iter().map(weigh).collect());
        });
    }

    /// Those who are too heavy, of those who were weighed since the last time.
    fn take(&mut self) -> Vec<(WorkerId, Reason)> {
        let Some(weighing) = &mut self.weighing else {
            return Vec::new();
        };
        let weights = match weighing.try_recv() {
            Err(oneshot::error::TryRecvError::Empty) => return Vec::new(),
            weights => weights.unwrap_or_default(),
        };
        self.weighing = None;
        let weigh = |(one, bytes): Weight| Some((one.worker, self.wear.weigh(&one, bytes)?));
        weights.into_iter().filter_map(weigh).collect()
    }
}

impl Supervisor {
    pub(super) fn look_for_wear(&mut self, now_ms: u64) {
        let heavy = self.lookout.scales.take();
        for (worker, reason) in heavy {
            self.recycle(worker, reason);
        }
        let candidates = self.candidates(Instant::now());
        let scales = &self.lookout.scales;
        let is_due = now_ms >= scales.due_ms || scales.wear.has_news(&candidates);
        if scales.weighing.is_some() || !is_due {
            return;
        }
        self.lookout.scales.due_ms = now_ms + EVERY_MS;
        self.lookout.scales.begin(&candidates);
        for one in candidates {
            if let Some(reason) = self.lookout.scales.wear.age(one.worker, one.age) {
                self.recycle(one.worker, reason);
            }
        }
    }

    /// Workers that stay, and that nobody has marked yet.
    fn candidates(&self, now: Instant) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (index, pool) in self.pools.iter().enumerate() {
            if pool.takes_one() {
                continue;
            }
            let members = self.fleet.members_in(index).map(|(member, _)| member);
            let staying = members.filter(|member| member.is_ready() && !member.wants_recycle);
            candidates.extend(staying.filter_map(|member| {
                Some(Candidate {
                    worker: member.worker,
                    pid: member.pid?,
                    age: now.saturating_duration_since(member.ordered),
                    replies: self.exchanges[index].activity(member.worker)?.replies,
                })
            }));
        }
        candidates
    }

    fn recycle(&mut self, worker: WorkerId, reason: Reason) {
        info!(%worker, %reason, "worker is worn out");
        self.demand(worker, Demand::Recycle);
    }
}

/// How often some workers are weighed, and all looked at for their age.
const EVERY_MS: u64 = 1000;
