//! What both ends share: the memory, its plan and the doorbell.

use askr_shm::{Doorbell, Region};

use crate::bitmap::Bitmap;
use crate::layout::{Plan, header};
use crate::seat::Seat;
use crate::slot::Slot;
use askr_shm::sync::{AtomicU32, AtomicU64, Ordering, fence};

/// One end's view of the shared memory.
///
/// The plan was computed by this end from limits it checked itself, never from words that the
/// other side could have changed since.
#[derive(Debug)]
pub(crate) struct Hall {
    region: Region,
    plan: Plan,
    doorbell: Doorbell,
}

impl Hall {
    pub(crate) fn new(region: Region, plan: Plan, doorbell: Doorbell) -> Hall {
        debug_assert!(plan.bytes() <= region.bytes());
        Hall {
            region,
            plan,
            doorbell,
        }
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    pub(crate) fn slot(&self, slot_index: u16) -> Slot<'_> {
        Slot::new(self, slot_index)
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot<'_>> {
        (0..self.plan.limits().slot_count).map(|slot_index| self.slot(slot_index))
    }

    /// The seat, if the exchange has so many.
    pub(crate) fn seat(&self, seat_index: u16) -> Option<Seat<'_>> {
        let exists = seat_index < self.plan.limits().seat_count;
        exists.then(|| Seat::new(self, seat_index))
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = Seat<'_>> {
        (0..self.plan.limits().seat_count).map(|seat_index| Seat::new(self, seat_index))
    }

    /// Slots that wait for a worker. A set bit is a hint: the slot's state decides.
    pub(crate) fn ready(&self) -> Bitmap<'_> {
        Bitmap::new(self, header::READY, self.plan.limits().slot_count)
    }

    /// Slots with news for the gateway.
    pub(crate) fn attention(&self) -> Bitmap<'_> {
        Bitmap::new(self, header::ATTENTION, self.plan.limits().slot_count)
    }

    /// Seats whose worker may be asleep. A set bit is a hint: the seat's futex decides.
    pub(crate) fn sleepers(&self) -> Bitmap<'_> {
        Bitmap::new(self, header::SLEEPERS, self.plan.limits().seat_count)
    }

    pub(crate) fn ticket(&self, slot_index: u16) -> &AtomicU64 {
        self.region.word64(self.plan.ticket(slot_index))
    }

    /// 1 while the gateway wants the doorbell to be rung.
    pub(crate) fn asleep(&self) -> &AtomicU32 {
        self.region.word32(header::ASLEEP)
    }

    /// Tells the gateway that the slot has news. A system call only if the gateway sleeps.
    ///
    /// The word is not reset here: if this process died between reset and ring, the gateway
    /// would sleep through everybody else's news.
    pub(crate) fn announce(&self, slot_index: u16) {
        self.attention().set(slot_index);
        // Pairs with the fence in `GatewayEnd::prepare_park`: either it sees the bit, or we see
        // that it sleeps.
        fence(Ordering::SeqCst);
        if self.asleep().load(Ordering::Relaxed) != 0 {
            self.doorbell.ring();
        }
    }

    /// Wakes one sleeping worker, if there is one. A system call only then.
    pub(crate) fn wake_one(&self) -> bool {
        // Pairs with the fence in `Seat::lie_down`: either the worker sees what was made ready
        // before this call, or we see that it sleeps.
        fence(Ordering::SeqCst);
        self.sleepers()
            .iter()
            .filter_map(|index| self.seat(index))
            .any(|seat| seat.call())
    }

    /// Wakes this worker if it sleeps.
    pub(crate) fn wake(&self, seat_index: u16) -> bool {
        fence(Ordering::SeqCst);
        self.seat(seat_index).is_some_and(Seat::call)
    }

    /// Wakes every worker that might be asleep.
    pub(crate) fn wake_all(&self) {
        fence(Ordering::SeqCst);
        for seat in self.sleepers().iter().filter_map(|index| self.seat(index)) {
            seat.shake();
        }
    }
}
