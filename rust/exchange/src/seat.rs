//! A worker's place: who sits there, whether it sleeps, whether it is asked to leave.

use askr_shm::futex::{self, Woken};
use askr_shm::sync::{AtomicU32, AtomicU64, Ordering, fence};
use askr_shm::{Deadline, Offset};

use crate::hall::Hall;
use crate::layout::SeatPlan;

/// Handle to a seat of a hall.
#[derive(Clone, Copy)]
pub(crate) struct Seat<'h> {
    hall: &'h Hall,
    index: u16,
    plan: SeatPlan,
}

impl<'h> Seat<'h> {
    pub(crate) fn new(hall: &'h Hall, index: u16) -> Self {
        Seat {
            hall,
            index,
            plan: hall.plan().seat(index),
        }
    }

    /// Who sits here and what it does, if anybody does.
    pub(crate) fn occupant(self) -> Option<Occupant> {
        let word = self.hall.region().word64(self.plan.occupant);
        Occupant::decode(word.load(Ordering::Acquire))
    }

    /// A new worker takes the seat.
    ///
    /// # Errors
    /// The incarnation that sits here already.
    pub(crate) fn sit_down(self, incarnation: u32) -> Result<(), u32> {
        let occupant = Occupant {
            posture: Posture::Booting,
            incarnation,
        };
        let word = self.hall.region().word64(self.plan.occupant);
        word.compare_exchange(0, occupant.encode(), Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
            .map_err(|seen| Occupant::decode(seen).map_or(0, |seated| seated.incarnation))
    }

    /// The worker says what it does.
    pub(crate) fn show(self, occupant: Occupant) {
        let word = self.hall.region().word64(self.plan.occupant);
        word.store(occupant.encode(), Ordering::Release);
    }

    /// The gateway empties the seat of a dead worker, unless a successor sits there already.
    pub(crate) fn vacate(self, incarnation: u32) {
        if self
            .occupant()
            .is_none_or(|seated| seated.incarnation == incarnation)
        {
            self.hall
                .region()
                .word64(self.plan.occupant)
                .store(0, Ordering::Release);
            self.hall.sleepers().clear(self.index);
            self.sleeping().store(0, Ordering::Relaxed);
            self.wipe_activity();
        }
    }

    /// The gateway asks this incarnation to leave.
    pub(crate) fn retire(self, incarnation: u32) {
        self.ask(self.plan.retire, incarnation);
    }

    pub(crate) fn is_retired(self, incarnation: u32) -> bool {
        self.is_asked(self.plan.retire, incarnation)
    }

    /// The gateway asks this incarnation to become a template.
    pub(crate) fn promote(self, incarnation: u32) {
        self.ask(self.plan.promote, incarnation);
    }

    pub(crate) fn is_promoted(self, incarnation: u32) -> bool {
        self.is_asked(self.plan.promote, incarnation)
    }

    fn ask(self, at: Offset<u32>, incarnation: u32) {
        let word = self.hall.region().word32(at);
        word.store(incarnation, Ordering::Release);
        fence(Ordering::SeqCst);
        self.call();
    }

    fn is_asked(self, at: Offset<u32>, incarnation: u32) -> bool {
        self.hall.region().word32(at).load(Ordering::Acquire) == incarnation
    }

    /// Whether this incarnation takes no further request.
    pub(crate) fn is_leaving(self, incarnation: u32) -> bool {
        self.is_retired(incarnation) || self.is_promoted(incarnation)
    }

    /// The worker has taken a request, or has none any more (0).
    pub(crate) fn set_busy_since(self, now_ms: u64) {
        self.word64(self.plan.deadline_ms)
            .store(0, Ordering::Relaxed);
        self.word64(self.plan.waited_ms).store(0, Ordering::Relaxed);
        self.word64(self.plan.busy_since_ms)
            .store(now_ms, Ordering::Release);
    }

    /// PHP wants the request to be over at another time than its pool has it.
    pub(crate) fn set_deadline(self, at_ms: u64) {
        self.word64(self.plan.deadline_ms)
            .store(at_ms, Ordering::Relaxed);
    }

    /// The request has waited for its client that long.
    pub(crate) fn set_waited(self, waited_ms: u64) {
        self.word64(self.plan.waited_ms)
            .store(waited_ms, Ordering::Relaxed);
    }

    /// The worker counts a reply that it has ended. It is the only writer.
    pub(crate) fn count_reply(self, is_failure: bool, took_us: u64) {
        let SeatPlan {
            replies,
            failures,
            busy_us,
            ..
        } = self.plan;
        let counts = [
            (replies, 1),
            (failures, u64::from(is_failure)),
            (busy_us, took_us),
        ];
        for (at, more) in counts {
            let word = self.word64(at);
            let sum = word.load(Ordering::Relaxed).wrapping_add(more);
            word.store(sum, Ordering::Relaxed);
        }
    }

    /// What its worker has done and does, in its own words.
    pub(crate) fn activity(self) -> Activity {
        let read = |at| self.word64(at).load(Ordering::Relaxed);
        Activity {
            busy_since_ms: self.word64(self.plan.busy_since_ms).load(Ordering::Acquire),
            deadline_ms: read(self.plan.deadline_ms),
            replies: read(self.plan.replies),
            failures: read(self.plan.failures),
            busy_us: read(self.plan.busy_us),
            waited_ms: read(self.plan.waited_ms),
        }
    }

    /// The gateway says that the time of the request taken at `busy_since_ms` is over.
    pub(crate) fn expire(self, busy_since_ms: u64) {
        self.word64(self.plan.expired)
            .store(busy_since_ms, Ordering::Release);
    }

    /// Whether the time of the request that the worker runs is over.
    pub(crate) fn is_expired(self) -> bool {
        let busy_since_ms = self.word64(self.plan.busy_since_ms).load(Ordering::Relaxed);
        busy_since_ms != 0
            && self.word64(self.plan.expired).load(Ordering::Acquire) == busy_since_ms
    }

    fn wipe_activity(self) {
        let SeatPlan {
            busy_since_ms,
            deadline_ms,
            replies,
            failures,
            busy_us,
            waited_ms,
            expired,
            ..
        } = self.plan;
        for at in [
            busy_since_ms,
            deadline_ms,
            replies,
            failures,
            busy_us,
            waited_ms,
            expired,
        ] {
            self.word64(at).store(0, Ordering::Relaxed);
        }
    }

    /// The worker says that it is about to sleep. It must look for work once more before
    /// [`Seat::sleep`], and call [`Seat::get_up`] in any case.
    pub(crate) fn lie_down(self) {
        self.sleeping().store(1, Ordering::Relaxed);
        self.hall.sleepers().set(self.index);
        // Pairs with the fence in `Hall::wake_one`.
        fence(Ordering::SeqCst);
    }

    /// The worker sleeps until somebody calls it or the deadline comes.
    pub(crate) fn sleep(self, deadline: Deadline) -> Woken {
        futex::wait(self.hall.region(), self.plan.sleeping, 1, deadline)
    }

    /// The worker is up again. Returns whether somebody called it: that caller counts on it to
    /// look for work.
    pub(crate) fn get_up(self) -> bool {
        self.hall.sleepers().clear(self.index);
        self.sleeping().swap(0, Ordering::AcqRel) == 0
    }

    /// Whether the worker sleeps or is about to, and nobody has called it.
    pub(crate) fn is_asleep(self) -> bool {
        self.sleeping().load(Ordering::Relaxed) == 1
    }

    /// Wakes the worker if it sleeps. Returns whether it did.
    pub(crate) fn call(self) -> bool {
        let word = self.sleeping();
        let asleep = word.load(Ordering::Relaxed) == 1
            && word
                .compare_exchange(1, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        if asleep {
            futex::wake(self.hall.region(), self.plan.sleeping);
        }
        asleep
    }

    /// Wakes the worker even if somebody has claimed to do so, who may have died on the way.
    pub(crate) fn shake(self) {
        if !self.call() {
            futex::wake(self.hall.region(), self.plan.sleeping);
        }
    }

    fn word64(self, at: Offset<u64>) -> &'h AtomicU64 {
        self.hall.region().word64(at)
    }

    fn sleeping(self) -> &'h AtomicU32 {
        let at: Offset<u32> = self.plan.sleeping;
        self.hall.region().word32(at)
    }
}

/// What a worker says that it has done and does. Times are those of the clock that the worker was
/// given; nothing of it is to be trusted further than the worker is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// When it took the request that it runs, in ms; 0 while it runs none. What it does after the
    /// reply belongs to the request.
    pub busy_since_ms: u64,
    /// Before when PHP wants that request not to be over, in ms; 0 is as its pool has it.
    pub deadline_ms: u64,
    /// Replies that it has ended.
    pub replies: u64,
    /// Those of them with a status of 500 or more, or cut.
    pub failures: u64,
    /// From taking a request to the end of its reply, all of them together, in µs; without waits
    /// for clients.
    pub busy_us: u64,
    /// How long the request that runs has waited for its client to take what was written, in ms.
    /// While it waits, more than any wait may take is added.
    pub waited_ms: u64,
}

/// Who sits on a seat. One word: bits 0–7 posture, 32–63 incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occupant {
    pub(crate) posture: Posture,
    pub(crate) incarnation: u32,
}

impl Occupant {
    fn encode(self) -> u64 {
        u64::from(self.posture as u8) | u64::from(self.incarnation) << 32
    }

    fn decode(word: u64) -> Option<Occupant> {
        let [posture, _, _, _, a, b, c, d] = word.to_le_bytes();
        let incarnation = u32::from_le_bytes([a, b, c, d]);
        Some(Occupant {
            posture: Posture::decode(posture)?,
            incarnation,
        })
    }
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Posture {
    /// It has not asked for a request yet.
    Booting = 1,
    /// It waits for a request.
    Idle = 2,
    /// It has a request.
    Busy = 3,
}

impl Posture {
    fn decode(byte: u8) -> Option<Posture> {
        match byte {
            1 => Some(Posture::Booting),
            2 => Some(Posture::Idle),
            3 => Some(Posture::Busy),
            _ => None,
        }
    }
}
