//! The pools that run PHP, each behind an exchange of its own and all behind one doorbell.

use std::sync::Arc;
use std::time::Duration;

use askr_exchange::GatewayEnd;

use crate::config::PoolConfig;
use crate::route::PoolMap;

/// All pools, by the index that the route decision gives.
#[derive(Debug)]
pub(crate) struct Pools {
    pools: Vec<Pool>,
    map: PoolMap,
}

/// One pool, as far as requests are concerned.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) name: Arc<str>,
    pub(crate) exchange: GatewayEnd,
    pub(crate) queue_waiting: usize,
    pub(crate) queue_wait: Duration,
}

impl Pools {
    /// The pools of `configs`, each with its exchange.
    ///
    /// # Panics
    /// If there are not as many of both.
    pub(crate) fn new(configs: &[PoolConfig], exchanges: Vec<GatewayEnd>) -> Pools {
        assert_eq!(configs.len(), exchanges.len(), "each pool has an exchange");
        let pool = |(config, exchange): (&PoolConfig, GatewayEnd)| Pool {
            name: config.name.as_str().into(),
            exchange,
            queue_waiting: config.queue_waiting,
            queue_wait: config.queue_wait,
        };
        Pools {
            pools: configs.iter().zip(exchanges).map(pool).collect(),
            map: PoolMap::new(configs),
        }
    }

    pub(crate) fn map(&self) -> &PoolMap {
        &self.map
    }

    /// The pool that the route decision has chosen.
    pub(crate) fn at(&self, index: usize) -> &Pool {
        &self.pools[index]
    }

    /// Looks for news from the workers of every pool.
    pub(crate) fn poll(&self) {
        for pool in &self.pools {
            pool.exchange.poll();
        }
    }

    /// Ends requests whose worker does not exist.
    pub(crate) fn sweep(&self) {
        for Pool { name, exchange, .. } in &self.pools {
            let lost = exchange.sweep();
            if lost > 0 {
                tracing::warn!(pool = %name, lost, "requests were held by workers that do not exist");
            }
        }
    }

    /// Whether in every pool a worker can take a request.
    pub(crate) fn are_ready(&self) -> bool {
        let mut pools = self.pools.iter();
        pools.all(|pool| pool.exchange.ready_workers() > 0)
    }
}
