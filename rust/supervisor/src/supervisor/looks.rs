//! What the fleet is shown of what the workers say that they do, and canaries that are asked.
#![forbid(unsafe_code)]

use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};

use askr_exchange::{Activity, SeatState, WorkerId};

use super::Supervisor;
use crate::clock::now_ms;
use crate::config::Answer;
use crate::fleet::{Event, Look, Looks, PoolLook};

/// A canary that was asked, and its answer to come.
pub(super) struct Asked {
    pool: usize,
    worker: WorkerId,
    answer: Answer,
}

/// Canaries that were asked.
#[derive(Default)]
pub(super) struct Probes(Vec<Asked>);

impl Supervisor {
    /// Lets the fleet know what all workers say at this moment.
    pub(super) fn show(&mut self, now_ms: u64) {
        let pools = 0..self.pools.len();
        let looks = Looks {
            now_ms,
            pools: pools.map(|index| self.look_at(index)).collect(),
        };
        self.happen(Event::Looked(looks));
    }

    fn look_at(&self, index: usize) -> PoolLook {
        let exchange = &self.exchanges[index];
        let members = self.fleet.members_in(index);
        let workers = members.filter(|(member, _)| !member.is_starting());
        let looks = workers.map(|(member, _)| Look {
            worker: member.worker,
            activity: self.activity(index, member.worker),
            is_idle: exchange.seat(member.worker) == SeatState::Idle,
        });
        PoolLook {
            workers: looks.collect(),
            waiting: exchange.unserved(),
        }
    }

    pub(super) fn activity(&self, pool: usize, worker: WorkerId) -> Activity {
        self.exchanges[pool].activity(worker).unwrap_or_default()
    }

    /// Makes up a request for a worker; without a way to do so it counts as answered.
    pub(super) fn probe(&mut self, pool: usize, worker: WorkerId) {
        let exchange = self.exchanges[pool].clone();
        let answer = match &self.prober {
            Some(prober) => prober.ask(exchange, worker),
            None => Box::pin(async { Ok(PASSED) }),
        };
        self.probes.0.push(Asked {
            pool,
            worker,
            answer,
        });
    }
}

/// The status of a request that nobody made.
const PASSED: u16 = 200;

impl Probes {
    /// The next answer; for ever silent when nobody was asked.
    ///
    /// # Cancel safety
    /// Safe: who has not answered yet stays asked.
    pub(super) async fn answered(&mut self) -> Event {
        if self.0.is_empty() {
            return pending().await;
        }
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        for at in 0..self.0.len() {
            if let Poll::Ready(answer) = Pin::new(&mut self.0[at].answer).poll(context) {
                let Asked { pool, worker, .. } = self.0.swap_remove(at);
                return Poll::Ready(Event::Probed {
                    asked: (pool, worker),
                    answer,
                    now_ms: now_ms(),
                });
            }
        }
        Poll::Pending
    }
}

impl std::fmt::Debug for Probes {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} probes", self.0.len())
    }
}
