//! Taking a lock that somebody may have, without holding up other clients.

use std::sync::Arc;
use std::time::Duration;

use askr_store::{LeaseTerms, StoreError, Ttl};
use bytes::Bytes;
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::failure::Failure;
use crate::house::House;
use crate::limits::LOCK_WAIT_STEP;

/// A lock that a client wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LockOrder {
    pub(crate) key: Bytes,
    pub(crate) owner: Bytes,
    pub(crate) ttl: Ttl,
    pub(crate) wait: Duration,
}

impl LockOrder {
    /// Takes the lock; false when somebody else has it at the end of the wait. A client that is
    /// gone by then does not keep it.
    ///
    /// # Cancel safety
    /// The lock may be taken all the same; it frees by its time.
    pub(crate) async fn take(
        &self,
        house: &Arc<House>,
        client: &UnixStream,
    ) -> Result<bool, Failure> {
        if self.try_for(house, Duration::ZERO)? {
            return Ok(true);
        }
        if self.wait.is_zero() {
            return Ok(false);
        }
        let deadline = Instant::now() + self.wait;
        let place = Arc::clone(&house.lock_waits).acquire_owned();
        let Ok(Ok(_place)) = timeout_at(deadline, place).await else {
            return Ok(false);
        };
        while !is_gone(client).await {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.step(house, left.min(LOCK_WAIT_STEP)).await? {
                return self.keep(house, client).await;
            }
            if left <= LOCK_WAIT_STEP {
                break;
            }
        }
        Ok(false)
    }

    async fn step(&self, house: &Arc<House>, wait: Duration) -> Result<bool, Failure> {
        let (order, house) = (self.clone(), Arc::clone(house));
        let step = spawn_blocking(move || order.try_for(&house, wait));
        let result = step.await.map_err(|_| Failure::Ending)?;
        Ok(result?)
    }

    fn try_for(&self, house: &House, wait: Duration) -> Result<bool, StoreError> {
        let terms = LeaseTerms {
            ttl: self.ttl,
            until_death: false,
            wait,
        };
        house.store.acquire(&self.key, &self.owner, &terms)
    }

    async fn keep(&self, house: &House, client: &UnixStream) -> Result<bool, Failure> {
        if is_gone(client).await {
            house.store.release(&self.key, &self.owner)?;
            return Ok(false);
        }
        Ok(true)
    }
}

/// Whether nothing more can come from a client.
async fn is_gone(client: &UnixStream) -> bool {
    tokio::select! {
        biased;
        ready = client.ready(Interest::READABLE) => {
            ready.is_ok_and(|ready| ready.is_read_closed())
        }
        () = std::future::ready(()) => false,
    }
}
