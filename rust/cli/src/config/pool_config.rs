//! The pools in force: the one of all other paths, and those with paths of their own.

use std::time::Duration;

use askr_exchange::control::Isolation;
use askr_supervisor::Deadlines;

use super::kind::Value;
use super::options::Key;
use super::pools::{DEFAULT_POOL, PoolOptions};
use super::settings::Settings;

/// The workers of one pool, and what holds for their requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolConfig {
    pub(crate) name: String,
    /// What the paths of its requests begin with; none is everything.
    pub(crate) paths: Vec<String>,
    pub(crate) workers_least: u16,
    pub(crate) workers_most: u16,
    pub(crate) isolation: Isolation,
    pub(crate) max_requests: u64,
    pub(crate) deadlines: Deadlines,
    pub(crate) queue_limit: usize,
    pub(crate) queue_timeout: Duration,
}

/// The pool of all other paths first, then the others as they were given.
pub(crate) fn pools(settings: &Settings) -> Vec<PoolConfig> {
    let own = settings.pools().iter().map(Some);
    let all = std::iter::once(None).chain(own);
    all.map(|pool| PoolConfig::new(settings, pool)).collect()
}

impl PoolConfig {
    fn new(settings: &Settings, pool: Option<&PoolOptions>) -> Self {
        let own = Own { settings, pool };
        let (workers_least, workers_most) = own.workers();
        Self {
            name: pool.map_or(DEFAULT_POOL, |pool| &pool.name).to_owned(),
            paths: pool.map(|pool| pool.paths.clone()).unwrap_or_default(),
            workers_least,
            workers_most,
            isolation: own.isolation(),
            max_requests: own.count(Key::MaxRequests),
            deadlines: Deadlines {
                slow_request: own.duration(Key::SlowRequest),
                request_timeout: own.duration(Key::RequestTimeout),
                grace: settings.duration(Key::RequestTimeoutGrace),
            },
            queue_limit: usize::try_from(own.count(Key::QueueLimit)).unwrap_or(usize::MAX),
            queue_timeout: own.duration(Key::QueueTimeout),
        }
    }
}

/// What a pool has for itself, and what all have.
struct Own<'a> {
    settings: &'a Settings,
    pool: Option<&'a PoolOptions>,
}

impl Own<'_> {
    fn value(&self, key: Key) -> Option<&Value> {
        self.pool.and_then(|pool| pool.values.get(&key))
    }

    fn workers(&self) -> (u16, u16) {
        match self.value(Key::Workers) {
            Some(Value::Workers(range)) => range.here(),
            _ => self.settings.workers().here(),
        }
    }

    fn count(&self, key: Key) -> u64 {
        match self.value(key) {
            Some(Value::Count(number)) => *number,
            _ => self.settings.count(key),
        }
    }

    fn duration(&self, key: Key) -> Duration {
        match self.value(key) {
            Some(Value::Duration(duration)) => *duration,
            _ => self.settings.duration(key),
        }
    }

    fn isolation(&self) -> Isolation {
        let word = match self.value(Key::Isolation) {
            Some(Value::Choice(word)) => Some(*word),
            _ => self.settings.word(Key::Isolation),
        };
        let has_script = self.settings.path(Key::WorkerScript).is_some();
        match word.unwrap_or(if has_script { WORKER } else { REQUEST }) {
            WORKER => Isolation::Worker {
                cow: self.settings.switch(Key::Cow),
            },
            REQUEST => Isolation::Request,
            _ => Isolation::Fork,
        }
    }
}

const WORKER: &str = "worker";
const REQUEST: &str = "request";
