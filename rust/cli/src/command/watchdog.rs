//! Tells the service manager that requests are answered, and only then.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use askr_exchange::GatewayEnd;
use askr_gateway::{Probe, probe};
use askr_supervisor::Remote;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

use super::service_manager;
use crate::config::ApplicationConfig;

/// Watches the replies of all workers.
pub(super) struct Watchdog {
    subjects: Vec<Subject>,
}

/// One application, and what it has done.
pub(super) struct Subject {
    remote: Remote,
    /// Where to ask when nobody else does.
    exchange: GatewayEnd,
    health_path: String,
    host: String,
    /// What each worker had replied the last time, by its incarnation.
    replies: BTreeMap<u32, u64>,
}

impl Watchdog {
    pub(super) fn new(subjects: Vec<Subject>) -> Self {
        Self { subjects }
    }

    /// Says so in time as long as clients get replies, or at least we do; for ever. One application
    /// that answers is enough: the others are not to be ended for those that do not.
    pub(super) async fn watch(mut self) {
        let Some(limit) = service_manager::watchdog() else {
            return pending().await;
        };
        let patience = limit / 4 / u32::try_from(self.subjects.len()).unwrap_or(u32::MAX);
        let mut due = Instant::now();
        loop {
            due += limit / 2;
            sleep_until(due).await;
            if self.is_alive(patience).await {
                service_manager::alive();
            }
        }
    }

    async fn is_alive(&mut self, patience: Duration) -> bool {
        let mut has_replied = false;
        for subject in &mut self.subjects {
            has_replied |= subject.has_replied().await;
        }
        if has_replied {
            return true;
        }
        for subject in &self.subjects {
            if subject.is_answered(patience).await {
                return true;
            }
        }
        false
    }
}

impl Subject {
    pub(super) fn new(remote: Remote, exchange: GatewayEnd, config: &ApplicationConfig) -> Self {
        Self {
            remote,
            exchange,
            health_path: config.health_path.clone(),
            host: config.own_host(),
            replies: BTreeMap::new(),
        }
    }

    /// Whether any worker has ended a reply since the last time.
    async fn has_replied(&mut self) -> bool {
        let Some(status) = self.remote.status().await else {
            return false;
        };
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
    async fn is_answered(&self, patience: Duration) -> bool {
        let question = Probe {
            target: self.health_path.clone(),
            host: self.host.clone(),
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
