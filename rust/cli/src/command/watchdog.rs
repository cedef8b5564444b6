//! Tells the service manager that requests are answered, and only then.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use askr_exchange::GatewayEnd;
use askr_gateway::{Probe, probe};
use askr_supervisor::{Remote, Status};
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::service_manager;

/// Watches the replies of all workers.
pub(super) struct Watchdog {
    remote: Remote,
    /// Where to ask when nobody else does.
    exchange: GatewayEnd,
    health_path: String,
    /// What each worker had replied the last time, by its incarnation.
    replies: BTreeMap<u32, u64>,
}

impl Watchdog {
    pub(super) fn new(remote: Remote, exchange: GatewayEnd, health_path: &str) -> Self {
        Self {
            remote,
            exchange,
            health_path: health_path.to_owned(),
            replies: BTreeMap::new(),
        }
    }

    /// Says so in time as long as clients get replies, or at least we do; for ever.
    pub(super) async fn watch(mut self) {
        let Some(limit) = service_manager::watchdog() else {
            return pending().await;
        };
        let mut due = Instant::now();
        loop {
            due += limit / 2;
            sleep_until(due).await;
            let Some(status) = self.remote.status().await else {
                return pending().await;
            };
            if self.has_replied(&status) || self.is_answered(limit / 4).await {
                service_manager::alive();
            }
        }
    }

    /// Whether any worker has ended a reply since the last time.
    fn has_replied(&mut self, status: &Status) -> bool {
        let workers = status.pools.iter().flat_map(|pool| &pool.workers);
        let now: BTreeMap<u32, u64> = workers
            .map(|worker| (worker.incarnation, worker.replies))
            .collect();
        let before = std::mem::replace(&mut self.replies, now);
        let known = |incarnation| before.get(incarnation).copied().unwrap_or(0);
        self.replies
            .iter()
            .any(|(incarnation, replies)| *replies > known(incarnation))
    }

    /// Whether a worker answers a request of ours.
    async fn is_answered(&mut self, patience: Duration) -> bool {
        let question = Probe {
            target: self.health_path.clone(),
            worker: None,
            patience,
        };
        match probe(&self.exchange, &question).await {
            Ok(_) => true,
            Err(error) => {
                warn!(%error, "no worker answers; the service manager's watchdog is not told");
                false
            }
        }
    }
}
