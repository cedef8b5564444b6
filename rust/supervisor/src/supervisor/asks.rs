//! Answers those who steer the fleet from outside.
#![forbid(unsafe_code)]

use std::time::{Instant, UNIX_EPOCH};

use askr_exchange::{GatewayEnd, SeatState};
use tracing::warn;

use super::Supervisor;
use crate::fleet::{Event, Member, Phase, Reload};
use crate::remote::{Ask, Caller, Progress, ReloadOrder};
use crate::status::{PoolStatus, Status, WorkerState, WorkerStatus};

impl Supervisor {
    pub(super) fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Reload { order, caller } => self.begin_reload(&order, caller),
            Ask::Rollback { caller } => {
                let change = self.note_caller(caller);
                self.happen(Event::Rollback { change });
            }
            Ask::Status { answer } => {
                let _ = answer.send(self.status(Instant::now()));
            }
        }
    }

    fn begin_reload(&mut self, order: &ReloadOrder, caller: Caller) {
        let release = match self.releases.resolve(order.path.as_deref()) {
            Ok(release) => release,
            Err(problem) => {
                warn!(problem, "nothing to reload");
                return caller.tell(Progress::Failed(problem));
            }
        };
        let change = self.note_caller(caller);
        let generation = self.fleet.next_generation();
        self.processes.add(generation, release);
        self.happen(Event::Reload(Reload {
            change,
            generation,
            has_canary: order.canary,
        }));
    }

    fn note_caller(&mut self, caller: Caller) -> u32 {
        self.changes += 1;
        self.callers.insert(self.changes, caller);
        self.is_changing.send_replace(true);
        self.changes
    }

    /// Nobody is told anything after the end.
    pub(super) fn report(&mut self, change: u32, progress: Progress) {
        if progress.is_end() {
            if let Some(caller) = self.callers.remove(&change) {
                caller.tell(progress);
            }
            self.is_changing.send_replace(!self.callers.is_empty());
        } else if let Some(caller) = self.callers.get(&change) {
            caller.tell(progress);
        }
    }

    fn status(&self, now: Instant) -> Status {
        let current = &self.current;
        let release = self.processes.release(current.generation);
        let since = current.since.duration_since(UNIX_EPOCH);
        Status {
            generation: current.generation,
            path: release.map_or_else(Default::default, |it| it.template.root.clone()),
            since: since.unwrap_or_default().as_secs(),
            change: self.fleet.change(),
            previous: self.fleet.kept(),
            pools: (0..self.pools.len())
                .map(|index| self.pool_status(index, now))
                .collect(),
            store: None,
            hosts: Vec::new(),
        }
    }

    fn pool_status(&self, index: usize, now: Instant) -> PoolStatus {
        let exchange = &self.exchanges[index];
        let members = self.fleet.members_in(index);
        let workers = members.map(|(member, is_canary)| WorkerStatus {
            canary: is_canary,
            private_bytes: self.lookout.scales.private_bytes(member.worker),
            ..describe(member, exchange, now)
        });
        PoolStatus {
            name: self.pools[index].name.clone(),
            waiting: exchange.unserved(),
            workers: workers.collect(),
        }
    }
}

fn describe(member: &Member, exchange: &GatewayEnd, now: Instant) -> WorkerStatus {
    let activity = exchange.activity(member.worker).unwrap_or_default();
    WorkerStatus {
        seat: member.worker.seat,
        incarnation: member.worker.incarnation,
        pid: member.pid,
        generation: member.parent.generation,
        state: state(member, exchange),
        canary: false,
        replies: activity.replies,
        failures: activity.failures,
        age: now.duration_since(member.ordered).as_secs(),
        private_bytes: None,
    }
}

fn state(member: &Member, exchange: &GatewayEnd) -> WorkerState {
    match member.phase {
        Phase::Booting { .. } => WorkerState::Booting,
        Phase::Killed { .. } | Phase::Lost { .. } => WorkerState::Killed,
        Phase::Retiring => WorkerState::Leaving,
        Phase::Ready { .. } if exchange.seat(member.worker) == SeatState::Busy => WorkerState::Busy,
        Phase::Ready { .. } => WorkerState::Idle,
    }
}
