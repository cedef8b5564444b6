//! The gateway's private books: which slots are free, who waits, whom to wake.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Waker};

use crate::control::ProcessEnd;
use crate::hall::Hall;
use crate::ids::{WaiterId, WorkerId};
use crate::limits::{CALLS_OWED_MAX, FAVOURED_CALLS};
use crate::slot::{NOBODY, Slot, SlotState, Stage};
use crate::waiters::Waiters;

/// What [`GatewayEnd`](crate::GatewayEnd)s and leases of one exchange share.
///
/// No lock is held while a task is woken, and none while another is taken.
pub(crate) struct Desk {
    hall: Hall,
    waiters: Mutex<Waiters>,
    books: Vec<Mutex<Book>>,
    next_ticket: AtomicU64,
    /// Requests in the queue for which no worker was called yet.
    calls_owed: AtomicUsize,
    favoured: Mutex<Favour>,
}

/// Who is called first every now and then.
#[derive(Debug, Default)]
struct Favour {
    seat: Option<u16>,
    calls: u32,
}

/// What the gateway knows about one slot. Workers cannot change it.
#[derive(Debug, Default)]
struct Book {
    /// The task that waits for news of this slot.
    waker: Option<Waker>,
    /// The lease is gone but a worker still runs the request.
    orphan: bool,
    /// Counts the leases of the slot.
    turn: u8,
    /// How the worker ended that the request was lost to last.
    end: Option<ProcessEnd>,
    /// The request has had its time.
    condemned: bool,
}

impl Desk {
    pub(crate) fn new(hall: Hall) -> Desk {
        let slot_count = hall.plan().limits().slot_count;
        Desk {
            hall,
            waiters: Mutex::new(Waiters::new(slot_count)),
            books: (0..slot_count).map(|_| Mutex::default()).collect(),
            next_ticket: AtomicU64::new(1),
            calls_owed: AtomicUsize::new(0),
            favoured: Mutex::default(),
        }
    }

    pub(crate) fn hall(&self) -> &Hall {
        &self.hall
    }

    pub(crate) fn next_ticket(&self) -> u64 {
        self.next_ticket.fetch_add(1, Ordering::Relaxed)
    }

    /// A request was put in the queue whose worker can be called a little later.
    pub(crate) fn owe_call(&self) {
        if self.calls_owed.fetch_add(1, Ordering::Relaxed) + 1 >= CALLS_OWED_MAX {
            self.settle_calls();
        }
    }

    /// Calls as many workers as there are requests for which none was called, as far as any
    /// sleep.
    pub(crate) fn settle_calls(&self) {
        if self.calls_owed.load(Ordering::Relaxed) == 0 {
            return;
        }
        for _ in 0..self.calls_owed.swap(0, Ordering::Relaxed) {
            if !self.call_worker() {
                return;
            }
        }
    }

    /// Wakes one worker for a request, if one sleeps.
    pub(crate) fn call_worker(&self) -> bool {
        let favoured = self.favoured.lock().expect(NO_PANIC).next();
        favoured.is_some_and(|seat| self.hall.wake(seat)) || self.hall.wake_one()
    }

    pub(crate) fn favour(&self, worker: Option<WorkerId>) {
        self.favoured.lock().expect(NO_PANIC).seat = worker.map(|worker| worker.seat);
    }

    /// A slot in [`Stage::Writing`], or a place in the queue.
    pub(crate) fn poll_slot(
        &self,
        cx: &Context<'_>,
        waiter: &mut Option<WaiterId>,
    ) -> Option<(u16, SlotState)> {
        let slot_index = self.waiters().poll(cx, waiter)?;
        let slot = self.hall.slot(slot_index);
        Some((slot_index, self.rewrite(slot, Stage::Free)))
    }

    /// Puts a slot of which only the gateway has a claim into [`Stage::Writing`], empty, on a
    /// new turn.
    pub(crate) fn rewrite(&self, slot: Slot<'_>, from: Stage) -> SlotState {
        let turn = {
            let mut book = self.book(slot.index());
            book.turn = book.turn.wrapping_add(1);
            book.condemned = false;
            book.turn
        };
        let writing = SlotState::of_gateway(Stage::Writing, turn);
        let moved = match slot.state() {
            Ok(seen) if seen.stage == from => slot.advance(seen, writing).is_ok(),
            Ok(_) | Err(_) => false,
        };
        if !moved {
            slot.seize(writing);
        }
        slot.reset();
        writing
    }

    pub(crate) fn forget(&self, waiter: WaiterId) {
        let next = self.waiters().forget(waiter);
        next.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiters().len()
    }

    /// Frees a slot that no worker has any more and lets the next request in.
    pub(crate) fn release(&self, slot: Slot<'_>) {
        let (turn, waker) = {
            let mut book = self.book(slot.index());
            (book.turn, book.waker.take())
        };
        // Not under the lock: a waker may be the last thing that keeps a task.
        drop(waker);
        let moved = match slot.state() {
            Ok(seen) if seen.stage == Stage::Free => true,
            Ok(seen) if seen.stage.may_become(Stage::Free) => slot
                .advance(seen, SlotState::of_gateway(Stage::Free, turn))
                .is_ok(),
            Ok(_) | Err(_) => false,
        };
        if !moved {
            slot.seize(SlotState::of_gateway(Stage::Free, turn));
        }
        let next = self.waiters().release(slot.index());
        next.into_iter().for_each(Waker::wake);
    }

    /// Leaves a running slot to its worker; it is freed when the worker ends.
    pub(crate) fn abandon(&self, slot: Slot<'_>) {
        // First, while the slot is certainly still this request's.
        slot.cancel();
        self.book(slot.index()).orphan = true;
        self.reap(slot);
    }

    /// Remembers whom to wake about a slot. The caller must look at the slot once more.
    pub(crate) fn watch(&self, slot_index: u16, cx: &Context<'_>) {
        let mut book = self.book(slot_index);
        if !book
            .waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            let former = book.waker.replace(cx.waker().clone());
            drop(book);
            drop(former);
        }
    }

    /// There is news of a slot: wakes its task, or frees it if its lease is gone.
    pub(crate) fn attend(&self, slot_index: u16) {
        let (waker, orphan) = {
            let mut book = self.book(slot_index);
            (book.waker.take(), book.orphan)
        };
        if orphan {
            self.reap(self.hall.slot(slot_index));
        }
        waker.into_iter().for_each(Waker::wake);
    }

    /// The worker is dead: its requests are lost. Returns how many.
    pub(crate) fn bury(&self, worker: WorkerId, end: Option<ProcessEnd>) -> usize {
        if let Some(seat) = self.hall.seat(worker.seat) {
            seat.vacate(worker.incarnation);
        }
        self.hall
            .slots()
            .filter(|&slot| self.bury_slot(slot, worker, end))
            .count()
    }

    /// Ends running requests of workers that sit nowhere. Returns how many.
    pub(crate) fn sweep(&self) -> usize {
        let runs = |slot: &Slot<'_>| slot.state().is_ok_and(|seen| seen.stage == Stage::Running);
        let running = self.hall.slots().filter(runs);
        running
            .filter(|&slot| self.bury_slot(slot, NOBODY, None))
            .count()
    }

    /// Returns whether the slot's request was lost.
    fn bury_slot(&self, slot: Slot<'_>, worker: WorkerId, end: Option<ProcessEnd>) -> bool {
        let Ok(state) = slot.state() else {
            return false;
        };
        let runs_dead = state.stage == Stage::Running && !self.is_seated(state.worker);
        if runs_dead {
            // Its taker may have died before it cleared the bit. Nobody else can make the slot
            // ready before it is lost, so the bit cleared here is not a new one.
            self.hall.ready().clear(slot.index());
            self.book(slot.index()).end = end.filter(|_| state.worker == worker);
        }
        let lost = runs_dead && slot.advance(state, state.to(Stage::Lost)).is_ok();
        if lost || state.worker == worker {
            self.attend(slot.index());
        }
        lost
    }

    /// The worker's requests have had their time: their tasks are told. Returns how many.
    pub(crate) fn condemn(&self, worker: WorkerId) -> usize {
        let runs = |slot: &Slot<'_>| {
            let state = slot.state();
            state.is_ok_and(|state| state.stage == Stage::Running && state.worker == worker)
        };
        let slots = self.hall.slots().filter(runs);
        slots
            .inspect(|slot| {
                self.book(slot.index()).condemned = true;
                self.attend(slot.index());
            })
            .count()
    }

    /// Whether the request of this slot has had its time.
    pub(crate) fn is_condemned(&self, slot_index: u16) -> bool {
        self.book(slot_index).condemned
    }

    /// How the worker ended that lost the request of this slot, as far as is known.
    pub(crate) fn end_of_loser(&self, slot_index: u16) -> Option<ProcessEnd> {
        self.book(slot_index).end
    }

    /// Whether the worker sits where it claims. One that does not is dead, or made up by a
    /// worker that wrote nonsense, and will never end its request.
    fn is_seated(&self, worker: WorkerId) -> bool {
        let occupant = self.hall.seat(worker.seat).and_then(|seat| seat.occupant());
        occupant.is_some_and(|seated| seated.incarnation == worker.incarnation)
    }

    /// Frees an abandoned slot once no worker runs its request, or its state is nonsense.
    fn reap(&self, slot: Slot<'_>) {
        let freed = {
            let mut book = self.book(slot.index());
            let runs = slot
                .state()
                .is_ok_and(|seen| seen.stage == Stage::Running && seen.turn == book.turn);
            let freed = book.orphan && !runs;
            book.orphan &= !freed;
            freed
        };
        if freed {
            self.release(slot);
        }
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        self.waiters.lock().expect(NO_PANIC)
    }

    fn book(&self, slot_index: u16) -> MutexGuard<'_, Book> {
        self.books[usize::from(slot_index)].lock().expect(NO_PANIC)
    }
}

impl Favour {
    /// The seat that is called first this time, if any.
    fn next(&mut self) -> Option<u16> {
        let seat = self.seat?;
        self.calls = self.calls.wrapping_add(1);
        self.calls.is_multiple_of(FAVOURED_CALLS).then_some(seat)
    }
}

const NO_PANIC: &str = "nothing panics while it holds the books";
