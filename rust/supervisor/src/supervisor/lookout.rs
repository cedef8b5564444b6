//! Looks at all workers several times a second, and does what follows from it.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use askr_exchange::WorkerId;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Supervisor;
use super::scales::Scales;
use crate::clock::now_ms;
use crate::config::SupervisorConfig;
use crate::fleet::{Demand, Event, Member};
use crate::overdue::{Overdue, Report, What};
use crate::watchdog::{Alarm, Sight, Step, Watchdog};

/// What is remembered from look to look.
#[derive(Debug)]
pub(super) struct Lookout {
    looks: Option<Interval>,
    /// One for each pool.
    watchdogs: Vec<Watchdog>,
    overdue: Overdue,
    pub(super) scales: Scales,
}

impl Lookout {
    pub(super) fn new(config: &SupervisorConfig) -> Self {
        let pools = config.pools.iter();
        let watchdogs = pools.map(|pool| Watchdog::new(pool.deadlines));
        Self {
            looks: None,
            watchdogs: watchdogs.collect(),
            overdue: Overdue::default(),
            scales: Scales::new(config.endurance),
        }
    }

    /// When it is time for a look.
    ///
    /// # Cancel safety
    /// Safe: a look that is due stays due.
    pub(super) async fn look_due(&mut self) {
        let looks = self.looks.get_or_insert_with(|| {
            let mut looks = interval(LOOK);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        });
        looks.tick().await;
    }
}

impl Supervisor {
    pub(super) fn look(&mut self) {
        let now_ms = now_ms();
        for pool in 0..self.pools.len() {
            let sights = self.sights(pool);
            for alarm in self.lookout.watchdogs[pool].look(&sights, now_ms) {
                self.raise(pool, alarm, now_ms);
            }
        }
        while let Some(report) = self.lookout.overdue.late(now_ms) {
            report.log(Err("nobody has answered"));
        }
        self.show(now_ms);
        self.look_for_wear(now_ms);
    }

    /// What PHP was doing, or why nobody can tell.
    pub(super) fn note_trace(&mut self, worker: WorkerId, frames: Result<Vec<String>, String>) {
        if let Some(report) = self.lookout.overdue.traced(worker) {
            report.log(frames.as_deref().map_err(|reason| &**reason));
        }
    }

    fn sights(&self, pool: usize) -> Vec<Sight> {
        let exchange = &self.exchanges[pool];
        let members = self.fleet.members_in(pool).map(|(member, _)| member);
        let sights = members.filter(|member| takes_requests(member));
        let sights = sights.filter_map(|member| {
            Some(Sight {
                worker: member.worker,
                lease: exchange.lease_of(member.worker),
                served: exchange.served_by(member.worker.seat),
                activity: exchange.activity(member.worker)?,
            })
        });
        sights.collect()
    }

    fn raise(&mut self, pool: usize, alarm: Alarm, now_ms: u64) {
        let exchange = &self.exchanges[pool];
        let worker = alarm.worker;
        let report = |what| Report {
            what,
            pool: Arc::from(&*self.pools[pool].name),
            worker,
            elapsed: alarm.elapsed,
            subject: exchange.subject_of(worker),
        };
        match alarm.step {
            Step::Trace => {
                self.lookout.overdue.wait(report(What::Slow), now_ms);
                self.demand(worker, Demand::Trace);
            }
            Step::Expire {
                busy_since_ms,
                is_news,
            } => {
                if is_news {
                    report(What::Expired).log(Ok(&[]));
                }
                exchange.expire(worker, busy_since_ms);
                self.demand(worker, Demand::Interrupt);
            }
            Step::Retire => self.demand(worker, Demand::Retire),
            Step::Kill => {
                self.lookout.overdue.wait(report(What::Killed), now_ms);
                exchange.condemn(worker);
                self.demand(worker, Demand::Trace);
                self.demand(worker, Demand::Kill);
            }
        }
    }

    pub(super) fn demand(&mut self, worker: WorkerId, demand: Demand) {
        self.happen(Event::Worker { worker, demand });
    }
}

/// Whether it may have one, also while it leaves.
fn takes_requests(member: &Member) -> bool {
    member.is_ready() || member.is_leaving()
}

/// How often.
const LOOK: Duration = Duration::from_millis(100);
