//! One request's place, and the only code that changes whose it is.
//!
//! ```text
//!            lease            submit           take            end
//!   Free ───────────▶ Writing ───────▶ Ready ───────▶ Running ───────▶ Replied
//!    ▲                 │  ▲              │              │  │              │
//!    │      drop       │  │  resubmit    │    abort     │  │ bury         │
//!    ├─────────────────┘  └────── Lost ◀─┼──────────────┼──┘              │
//!    │                              │    │              ▼                 │
//!    ├──────────────────────────────┘    │           Aborted              │
//!    ├───────────────────────────────────┘ cancel       │                 │
//!    └──────────────────────────────────────────────────┴─────────────────┘
//! ```
//!
//! The gateway owns a slot in every stage but `Running`, where the worker named in the word does.
//! `Ready` is up for grabs: the workers and a cancelling gateway race for it with one compare and
//! exchange, which at the same time records the new owner, so that a worker that dies right
//! after it won can be buried. A request that is kept for a worker goes from `Ready` to `Lost`
//! when that one is buried. `turn` changes with each lease, so that a word seen in an earlier
//! request is never mistaken for the present one.

use askr_shm::futex::{self, Woken};
use askr_shm::sync::{AtomicU32, AtomicU64, Ordering, fence};
use askr_shm::{Deadline, Offset};

use crate::hall::Hall;
use crate::ids::WorkerId;
use crate::layout::{RingPlan, SlotPlan};
use crate::ring::Ring;

/// Handle to a slot of a hall.
#[derive(Clone, Copy)]
pub(crate) struct Slot<'h> {
    hall: &'h Hall,
    index: u16,
    plan: SlotPlan,
}

impl<'h> Slot<'h> {
    pub(crate) fn new(hall: &'h Hall, index: u16) -> Self {
        Slot {
            hall,
            index,
            plan: hall.plan().slot(index),
        }
    }

    pub(crate) fn index(self) -> u16 {
        self.index
    }

    /// The state now; the raw word if it makes no sense.
    pub(crate) fn state(self) -> Result<SlotState, u64> {
        let word = self.word().load(Ordering::Acquire);
        SlotState::decode(word).ok_or(word)
    }

    /// Whether it waits for a worker.
    pub(crate) fn is_ready(self) -> bool {
        self.state().is_ok_and(|seen| seen.stage == Stage::Ready)
    }

    /// Moves the slot along one edge of the diagram, unless somebody else was faster.
    pub(crate) fn advance(self, from: SlotState, to: SlotState) -> Result<(), LostRace> {
        debug_assert!(from.stage.may_become(to.stage), "{from:?} → {to:?}");
        self.word()
            .compare_exchange(
                from.encode(),
                to.encode(),
                Ordering::AcqRel,
                Ordering::Acquire,
            )
            .map(drop)
            .map_err(|_| LostRace)
    }

    /// Sets the state whatever it was. Only for the gateway, on a slot that it owns or whose
    /// word a worker has made senseless.
    pub(crate) fn seize(self, to: SlotState) {
        self.word().store(to.encode(), Ordering::Release);
    }

    /// Clears all that a former request left. Only for the gateway, in [`Stage::Writing`].
    pub(crate) fn reset(self) {
        for at in [self.plan.request, self.plan.reply] {
            self.word64(at.head).store(0, Ordering::Relaxed);
            self.word64(at.tail).store(0, Ordering::Relaxed);
        }
        let SlotPlan {
            cancelled,
            send_waits,
            parked,
            reserved,
            taken_us,
            ended_us,
            generation,
            ..
        } = self.plan;
        for at in [taken_us, ended_us] {
            self.word64(at).store(0, Ordering::Relaxed);
        }
        for at in [cancelled, send_waits, parked, reserved, generation] {
            self.word32(at).store(0, Ordering::Relaxed);
        }
    }

    /// The worker says when it took the request, and what code it runs.
    pub(crate) fn set_taken(self, at_us: u64, generation: u32) {
        self.word32(self.plan.generation)
            .store(generation, Ordering::Relaxed);
        self.word64(self.plan.taken_us)
            .store(at_us, Ordering::Relaxed);
    }

    /// The worker says when it ended the reply.
    pub(crate) fn set_ended(self, at_us: u64) {
        self.word64(self.plan.ended_us)
            .store(at_us, Ordering::Relaxed);
    }

    /// What the worker has said of its request so far.
    pub(crate) fn service(self, worker: WorkerId) -> Service {
        let read = |at| self.word64(at).load(Ordering::Relaxed);
        Service {
            worker,
            generation: self.word32(self.plan.generation).load(Ordering::Relaxed),
            taken_us: read(self.plan.taken_us),
            ended_us: read(self.plan.ended_us),
        }
    }

    pub(crate) fn request_ring(self) -> Ring<'h> {
        self.ring(self.plan.request)
    }

    pub(crate) fn reply_ring(self) -> Ring<'h> {
        self.ring(self.plan.reply)
    }

    /// Only this incarnation may take the request; 0 is anybody. Only for the gateway.
    pub(crate) fn reserve(self, incarnation: u32) {
        self.word32(self.plan.reserved)
            .store(incarnation, Ordering::Relaxed);
    }

    /// Whether the worker may take the request.
    pub(crate) fn is_open_to(self, worker: WorkerId) -> bool {
        let reserved = self.word32(self.plan.reserved).load(Ordering::Relaxed);
        reserved == 0 || reserved == worker.incarnation
    }

    /// Tells the worker that nobody waits for its reply any more.
    pub(crate) fn cancel(self) {
        self.word32(self.plan.cancelled).store(1, Ordering::Release);
        self.unpark();
    }

    pub(crate) fn is_cancelled(self) -> bool {
        self.word32(self.plan.cancelled).load(Ordering::Acquire) != 0
    }

    /// The gateway says that it waits for room in the request ring. It must look again after.
    pub(crate) fn await_room(self) {
        self.word32(self.plan.send_waits)
            .store(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// The worker has made room. Returns whether the gateway waits for it, and answers that
    /// only once.
    pub(crate) fn room_is_awaited(self) -> bool {
        fence(Ordering::SeqCst);
        let word = self.word32(self.plan.send_waits);
        word.load(Ordering::Relaxed) != 0 && word.swap(0, Ordering::AcqRel) != 0
    }

    /// The worker says that it is about to sleep. It must look again before [`Slot::sleep`].
    pub(crate) fn park(self) {
        self.word32(self.plan.parked).store(1, Ordering::Relaxed);
        // Pairs with the fence in `unpark`.
        fence(Ordering::SeqCst);
    }

    /// The worker sleeps until it is unparked or the deadline comes.
    pub(crate) fn sleep(self, deadline: Deadline) -> Woken {
        futex::wait(self.hall.region(), self.plan.parked, 1, deadline)
    }

    /// The worker is up again.
    pub(crate) fn rise(self) {
        self.word32(self.plan.parked).store(0, Ordering::Relaxed);
    }

    /// The gateway has changed something that a parked worker may wait for. A system call only
    /// if there is one.
    pub(crate) fn unpark(self) {
        fence(Ordering::SeqCst);
        let word = self.word32(self.plan.parked);
        if word.load(Ordering::Relaxed) != 0 && word.swap(0, Ordering::AcqRel) != 0 {
            futex::wake(self.hall.region(), self.plan.parked);
        }
    }

    fn ring(self, plan: RingPlan) -> Ring<'h> {
        Ring::new(self.hall.region(), plan)
    }

    fn word(self) -> &'h AtomicU64 {
        self.word64(self.plan.state)
    }

    fn word64(self, at: Offset<u64>) -> &'h AtomicU64 {
        self.hall.region().word64(at)
    }

    fn word32(self, at: Offset<u32>) -> &'h AtomicU32 {
        self.hall.region().word32(at)
    }
}

/// Who answers a request, and since when, in the worker's own words. Times are those of the clock
/// that it was given; nothing of it is to be trusted further than the worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Who took the request.
    pub worker: WorkerId,
    /// The generation of its code.
    pub generation: u32,
    /// When it took the request, in µs; 0 if it has not said so yet.
    pub taken_us: u64,
    /// When it ended the reply, in µs; 0 if it has not.
    pub ended_us: u64,
}

/// Somebody else changed the slot first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LostRace;

/// Everything about a slot that changes in one step: one word.
///
/// ```text
/// bits  0–7 stage   8–15 turn   16–31 seat   32–63 incarnation
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotState {
    pub(crate) stage: Stage,
    /// Counts the leases of the slot, modulo 256.
    pub(crate) turn: u8,
    /// Who runs or ran the request; seat 0, incarnation 0 if nobody has.
    pub(crate) worker: WorkerId,
}

impl SlotState {
    /// A state without a worker.
    pub(crate) fn of_gateway(stage: Stage, turn: u8) -> SlotState {
        SlotState {
            stage,
            turn,
            worker: NOBODY,
        }
    }

    /// The same request in another stage, with the same worker.
    pub(crate) fn to(self, stage: Stage) -> SlotState {
        SlotState { stage, ..self }
    }

    pub(crate) fn encode(self) -> u64 {
        u64::from(self.stage as u8)
            | u64::from(self.turn) << 8
            | u64::from(self.worker.seat) << 16
            | u64::from(self.worker.incarnation) << 32
    }

    pub(crate) fn decode(word: u64) -> Option<SlotState> {
        let [stage, turn, seat_low, seat_high, a, b, c, d] = word.to_le_bytes();
        let worker = WorkerId {
            seat: u16::from_le_bytes([seat_low, seat_high]),
            incarnation: u32::from_le_bytes([a, b, c, d]),
        };
        Some(SlotState {
            stage: Stage::decode(stage)?,
            turn,
            worker,
        })
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Nobody's.
    Free = 0,
    /// The gateway fills it.
    Writing = 1,
    /// Waits for a worker.
    Ready = 2,
    /// A worker has it.
    Running = 3,
    /// The worker has written the whole reply.
    Replied = 4,
    /// The worker cut the reply.
    Aborted = 5,
    /// The worker died.
    Lost = 6,
}

impl Stage {
    const ALL: [Stage; 7] = [
        Stage::Free,
        Stage::Writing,
        Stage::Ready,
        Stage::Running,
        Stage::Replied,
        Stage::Aborted,
        Stage::Lost,
    ];

    fn decode(byte: u8) -> Option<Stage> {
        Stage::ALL.get(usize::from(byte)).copied()
    }

    /// The edges of the diagram.
    pub(crate) fn may_become(self, next: Stage) -> bool {
        match self {
            Stage::Free => next == Stage::Writing,
            Stage::Writing => matches!(next, Stage::Ready | Stage::Free),
            Stage::Ready => matches!(next, Stage::Running | Stage::Free | Stage::Lost),
            Stage::Running => matches!(next, Stage::Replied | Stage::Aborted | Stage::Lost),
            Stage::Lost => matches!(next, Stage::Writing | Stage::Free),
            Stage::Replied | Stage::Aborted => next == Stage::Free,
        }
    }
}

pub(crate) const NOBODY: WorkerId = WorkerId {
    seat: 0,
    incarnation: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_its_word() {
        for stage in Stage::ALL {
            let worker = WorkerId {
                seat: 0xabcd,
                incarnation: 0x1234_5678,
            };
            let state = SlotState {
                stage,
                turn: 0xef,
                worker,
            };
            assert_eq!(SlotState::decode(state.encode()), Some(state));
        }
    }

    #[test]
    fn an_unknown_stage_is_not_decoded() {
        for byte in 7..=255 {
            assert_eq!(SlotState::decode(byte), None);
        }
    }
}
