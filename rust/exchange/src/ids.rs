//! Names of the parties: a worker and a waiter for a slot.

use serde::{Deserialize, Serialize};

/// One worker process: the seat it occupies and which process in a row it is there.
///
/// The incarnation is unique per exchange and never 0, so a message or a memory word that a
/// dead worker left behind is never taken for its successor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WorkerId {
    /// Index of the seat, below [`ExchangeLimits::seat_count`](crate::ExchangeLimits).
    pub seat: u16,
    /// Counts the workers of an exchange; never 0, never used twice.
    pub incarnation: u32,
}

impl std::fmt::Display for WorkerId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}#{}", self.seat, self.incarnation)
    }
}

/// A place in the queue of requests that wait for a slot.
///
/// Ordered by arrival. Made by [`GatewayEnd::poll_lease`](crate::GatewayEnd::poll_lease).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiterId(pub(crate) u64);

/// One lease of an exchange: a request on its way to one worker, as the gateway knows it. No
/// worker can make it look like another one. Ordered by when a slot was had for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId(pub u64);
