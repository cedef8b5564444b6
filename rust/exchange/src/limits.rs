//! Upper bounds of everything that crosses the exchange.

use std::time::Duration;

/// Most bytes of one encoded request or reply head, its length prefix included.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of one packet on the control socket.
pub const CONTROL_BYTES_MAX: usize = 128 * 1024;

/// Most slots of one exchange: the size of the ready and attention bitmaps.
pub const SLOT_COUNT_MAX: u16 = 256;

/// Most seats of one exchange: the size of the sleepers bitmap.
pub const SEAT_COUNT_MAX: u16 = 256;

/// Smallest ring: one cache line. The model checker needs smaller ones to see both edges.
pub const RING_BYTES_MIN: u32 = if cfg!(loom) { 4 } else { 64 };

/// Largest ring; keeps the whole region far below what an offset can express.
pub const RING_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Longest uninterrupted sleep of a worker, after which it looks whether the gateway lives.
pub(crate) const LIVENESS_SLICE: Duration = Duration::from_millis(200);

/// How often a side looks again before it sleeps: some ten microseconds, the time another core
/// needs to wake up and answer.
pub(crate) const SPIN_LOOKS: u32 = if cfg!(loom) { 0 } else { 512 };

/// Most sleeps in a row without looking again before them.
pub(crate) const SPIN_REST_MAX: u32 = 1023;

/// The sizes of one exchange, fixed for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeLimits {
    /// Requests that can be in the exchange at once, 1 to [`SLOT_COUNT_MAX`].
    pub slot_count: u16,
    /// Workers that can be connected at once, 1 to [`SEAT_COUNT_MAX`].
    pub seat_count: u16,
    /// Capacity of a slot's request ring in bytes, a power of two.
    pub request_bytes: u32,
    /// Capacity of a slot's reply ring in bytes, a power of two.
    pub reply_bytes: u32,
}

impl Default for ExchangeLimits {
    fn default() -> Self {
        ExchangeLimits {
            slot_count: 64,
            seat_count: 64,
            request_bytes: 64 * 1024,
            reply_bytes: 256 * 1024,
        }
    }
}

impl ExchangeLimits {
    /// Names the first field that is out of bounds, with its value.
    pub(crate) fn fault(&self) -> Option<(&'static str, u32)> {
        let counts = [
            ("slot_count", self.slot_count, SLOT_COUNT_MAX),
            ("seat_count", self.seat_count, SEAT_COUNT_MAX),
        ];
        let rings = [
            ("request_bytes", self.request_bytes),
            ("reply_bytes", self.reply_bytes),
        ];
        let count = counts
            .into_iter()
            .find(|&(_, count, most)| count == 0 || count > most);
        let ring = rings.into_iter().find(|&(_, bytes)| !is_ring_size(bytes));
        count
            .map(|(name, count, _)| (name, u32::from(count)))
            .or(ring)
    }
}

fn is_ring_size(bytes: u32) -> bool {
    bytes.is_power_of_two() && (RING_BYTES_MIN..=RING_BYTES_MAX).contains(&bytes)
}

/// Most requests that may be in the queue before a sleeping worker is called for the first.
///
/// Each call is a system call, and on a machine without an idle core the worker called takes the
/// caller's place: it then finds one request, sleeps again, and the next costs the same. Called
/// for several at once it does not.
pub(crate) const CALLS_OWED_MAX: usize = 8;

/// One in so many requests is kept for the favoured worker, if it sleeps.
pub(crate) const FAVOURED_CALLS: u32 = if cfg!(loom) { 1 } else { 4 };

/// Most bytes of each part of a [`Subject`](crate::Subject); the rest is cut off.
pub(crate) const SUBJECT_PART_BYTES_MAX: usize = 512;
