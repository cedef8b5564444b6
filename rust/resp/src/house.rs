//! What all clients share: the store, and the room that they have together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use askr_store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::config::ServerConfig;
use crate::failure::Failure;
use crate::limits::{CHUNK_BYTES, LOCK_WAITS_MAX, SHARED_BYTES_MAX, SHARED_WAIT_MAX};

/// What all clients share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) store: Arc<Store>,
    pub(crate) config: ServerConfig,
    pub(crate) since: Instant,
    /// Clients that are served.
    pub(crate) clients: AtomicUsize,
    /// Commands that were answered.
    pub(crate) commands: AtomicU64,
    /// Clients that may wait for a lock.
    pub(crate) lock_waits: Arc<Semaphore>,
    /// Bytes for large commands and replies.
    bytes: Arc<Semaphore>,
}

/// Room that a client has.
#[derive(Debug, Default)]
pub(crate) struct Room {
    permit: Option<OwnedSemaphorePermit>,
}

impl House {
    pub(crate) fn new(store: Arc<Store>, config: ServerConfig) -> Self {
        Self {
            store,
            config,
            since: Instant::now(),
            clients: AtomicUsize::new(0),
            commands: AtomicU64::new(0),
            lock_waits: Arc::new(Semaphore::new(LOCK_WAITS_MAX)),
            bytes: Arc::new(Semaphore::new(SHARED_BYTES_MAX)),
        }
    }

    /// Waits until a client may have so many bytes; a few it always may.
    ///
    /// # Errors
    /// When the others do not make room in time.
    ///
    /// # Cancel safety
    /// Safe: the room stays as it was.
    pub(crate) async fn make_room(&self, room: &mut Room, bytes: usize) -> Result<(), Failure> {
        let held = room
            .permit
            .as_ref()
            .map_or(0, |permit| permit.num_permits());
        let wanted = bytes.min(SHARED_BYTES_MAX).saturating_sub(held);
        if bytes <= CHUNK_BYTES || wanted == 0 {
            return Ok(());
        }
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.bytes).acquire_many_owned(wanted);
        let Ok(Ok(more)) = timeout(SHARED_WAIT_MAX, more).await else {
            return Err(Failure::TooMuch);
        };
        match &mut room.permit {
            Some(permit) => permit.merge(more),
            None => room.permit = Some(more),
        }
        Ok(())
    }

    /// How many clients are served.
    pub(crate) fn client_count(&self) -> usize {
        self.clients.load(Ordering::Relaxed)
    }
}
