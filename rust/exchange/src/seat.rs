//! A worker's place: who sits there, whether it sleeps, whether it is asked to leave.

use askr_shm::futex::{self, Woken};
use askr_shm::sync::{AtomicU32, Ordering, fence};
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
        }
    }

    /// The gateway asks this incarnation to leave.
    pub(crate) fn retire(self, incarnation: u32) {
        self.hall
            .region()
            .word32(self.plan.retire)
            .store(incarnation, Ordering::Release);
        fence(Ordering::SeqCst);
        self.call();
    }

    pub(crate) fn is_retired(self, incarnation: u32) -> bool {
        self.hall
            .region()
            .word32(self.plan.retire)
            .load(Ordering::Acquire)
            == incarnation
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

    fn sleeping(self) -> &'h AtomicU32 {
        let at: Offset<u32> = self.plan.sleeping;
        self.hall.region().word32(at)
    }
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
