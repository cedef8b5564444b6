//! What is wanted of single workers by those who watch them.
#![forbid(unsafe_code)]

use std::time::Instant;

use askr_exchange::WorkerId;
use askr_exchange::control::ToTemplate;

use super::{Fleet, KILL_GRACE};

/// What is wanted of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Its template is to say what PHP code it runs.
    Trace,
    /// It is to look whether its request has had its time.
    Interrupt,
    /// It is to take no other request; somebody else takes its place at once.
    Retire,
    /// It is to die, because its request has had its time.
    Kill,
    /// It is worn out: somebody takes its place as soon as it is its turn.
    Recycle,
}

impl Fleet {
    /// A worker that is gone has nothing to do any more.
    pub(super) fn demand(&mut self, worker: WorkerId, demand: Demand, now: Instant) {
        let Some(member) = self.member_mut(worker) else {
            return;
        };
        let parent = member.parent;
        match demand {
            Demand::Trace => self.tell(parent, ToTemplate::Trace { worker }),
            Demand::Interrupt => self.tell(parent, ToTemplate::Interrupt { worker }),
            Demand::Retire => self.retire(|member| member.worker == worker),
            Demand::Kill => {
                member.message = Some("its request had had its time".to_owned());
                self.kill(worker, now + KILL_GRACE);
            }
            Demand::Recycle => member.wants_recycle = true,
        }
    }
}
