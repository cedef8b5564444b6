//! What all processes of a generation have from their first template.

use std::io;
use std::os::fd::OwnedFd;

use askr_exchange::control::{Isolation, TemplateConfig};
use askr_exchange::{OpenError, WorkerEnd, WorkerId};
use askr_php::Stack;

use crate::uploads::Uploads;

/// Inherited by every fork.
pub(crate) struct Household {
    pub(crate) config: TemplateConfig,
    /// Region and doorbell of each pool's exchange.
    exchanges: Vec<(OwnedFd, OwnedFd)>,
    /// Without one PHP finds a folder for itself.
    pub(crate) uploads: Option<Uploads>,
    /// Where each of them keeps its stack of PHP calls.
    pub(crate) stack: Stack,
}

/// A worker cannot sit down.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JoinError {
    /// Main named a pool that it has not handed over.
    #[error("there is no pool number {0}")]
    Pool(u16),
    /// The descriptors of the exchange cannot be copied.
    #[error("no descriptor is left for the exchange")]
    Descriptors(#[source] io::Error),
    /// The exchange does not let it in.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Household {
    pub(crate) fn new(
        config: TemplateConfig,
        exchanges: Vec<(OwnedFd, OwnedFd)>,
        uploads: Option<Uploads>,
        stack: Stack,
    ) -> Self {
        Self {
            config,
            exchanges,
            uploads,
            stack,
        }
    }

    /// How the workers of a pool run PHP.
    pub(crate) fn isolation(&self, pool: u16) -> Option<Isolation> {
        self.config.pools.get(usize::from(pool)).copied()
    }

    /// Sits down on a worker's seat.
    pub(crate) fn join(&self, pool: u16, worker: WorkerId) -> Result<WorkerEnd, JoinError> {
        let exchange = self.exchanges.get(usize::from(pool));
        let (region, doorbell) = exchange.ok_or(JoinError::Pool(pool))?;
        let copy = |fd: &OwnedFd| fd.try_clone().map_err(JoinError::Descriptors);
        Ok(WorkerEnd::open(copy(region)?, copy(doorbell)?, worker)?)
    }
}
