//! The queue of requests that wait for a worker, oldest ticket first.
//!
//! A slot in the queue has its bit set in `ready`. Publishing stores ticket, state and bit in
//! that order, so a bit that is seen is never ahead of its slot. Taking is the compare and
//! exchange on the slot's state; the bit is cleared after it. A bit that outlives its request
//! (its taker died between the two) is skipped by everybody and cleared when the worker is
//! buried; a set bit is never more than a hint.

use askr_shm::sync::Ordering;

use crate::hall::Hall;
use crate::ids::WorkerId;
use crate::slot::{SlotState, Stage};

/// Puts a slot in the queue. Somebody must see to it that a worker is called.
pub(crate) fn publish(hall: &Hall, slot_index: u16, from: SlotState, ticket: u64) {
    hall.ticket(slot_index).store(ticket, Ordering::Relaxed);
    if hall
        .slot(slot_index)
        .advance(from, from.to(Stage::Ready))
        .is_ok()
    {
        hall.ready().set(slot_index);
    }
}

/// Gives `worker` the oldest request, if there is one.
pub(crate) fn claim(hall: &Hall, worker: WorkerId) -> Option<(u16, SlotState)> {
    let mut candidates = hall.ready().snapshot();
    loop {
        let ticket_of = |index: &u16| hall.ticket(*index).load(Ordering::Relaxed);
        let slot_index = candidates.iter().min_by_key(ticket_of)?;
        if let Some(running) = claim_slot(hall, slot_index, worker) {
            hall.ready().clear(slot_index);
            return Some((slot_index, running));
        }
        candidates.remove(slot_index);
    }
}

/// Takes a slot out of the queue again. Fails if a worker was faster.
pub(crate) fn withdraw(hall: &Hall, slot_index: u16, ready: SlotState) -> bool {
    let won = hall
        .slot(slot_index)
        .advance(ready, ready.to(Stage::Free))
        .is_ok();
    if won {
        hall.ready().clear(slot_index);
    }
    won
}

fn claim_slot(hall: &Hall, slot_index: u16, worker: WorkerId) -> Option<SlotState> {
    let slot = hall.slot(slot_index);
    let seen = slot
        .state()
        .ok()
        .filter(|seen| seen.stage == Stage::Ready && slot.is_open_to(worker))?;
    let running = SlotState {
        stage: Stage::Running,
        worker,
        ..seen
    };
    slot.advance(seen, running).is_ok().then_some(running)
}
