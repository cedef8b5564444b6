//! The gateway's private books: which slots are free, who waits, whom to wake.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Waker};

use askr_shm::sync::fence;

use crate::control::ProcessEnd;
use crate::hall::Hall;
use crate::ids::{LeaseId, WaiterId, WorkerId};
use crate::limits::{CALLS_OWED_MAX, FAVOURED_CALLS};
use crate::slot::{NOBODY, Slot, SlotState, Stage};
use crate::subject::Subject;
use crate::waiters::Waiters;

/// What [`GatewayEnd`](crate::GatewayEnd)s and leases of one exchange share.
///
/// No lock is held while a task is woken, and none while another is taken, but a book's while a
/// seat's.
pub(crate) struct Desk {
    hall: Hall,
    waiters: Mutex<Waiters>,
    books: Vec<Mutex<Book>>,
    next_ticket: AtomicU64,
    /// Requests in the queue for which no worker was called yet.
    calls_owed: AtomicUsize,
    favoured: Mutex<Favour>,
    next_lease: AtomicU64,
    /// By seat.
    served: Vec<Mutex<Served>>,
}

/// What the workers on a seat have done, as far as leases tell that were given back.
#[derive(Debug, Default)]
struct Served {
    leases: u64,
    /// The newest of them, whose it was, and what it was about.
    last: Option<(LeaseId, WorkerId)>,
    subject: Subject,
}

/// For whom a request is kept every now and then.
#[derive(Debug, Default)]
struct Favour {
    worker: Option<WorkerId>,
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
    /// A new one also when the request is sent again.
    lease: LeaseId,
    /// What the request is about.
    subject: Subject,
    /// How the worker ended that the request was lost to last.
    end: Option<ProcessEnd>,
    /// The request has had its time.
    condemned: bool,
    /// Who may take the request, if not anybody.
    reserved: Option<Reserved>,
}

/// For whom a request is kept.
#[derive(Clone, Copy, Debug)]
struct Reserved {
    worker: WorkerId,
    /// Nobody else is to have it, ever.
    is_strict: bool,
}

impl Desk {
    pub(crate) fn new(hall: Hall) -> Desk {
        let limits = hall.plan().limits();
        let (slot_count, seat_count) = (limits.slot_count, limits.seat_count);
        Desk {
            hall,
            waiters: Mutex::new(Waiters::new(slot_count)),
            books: (0..slot_count).map(|_| Mutex::default()).collect(),
            next_ticket: AtomicU64::new(1),
            calls_owed: AtomicUsize::new(0),
            favoured: Mutex::default(),
            next_lease: AtomicU64::new(1),
            served: (0..seat_count).map(|_| Mutex::default()).collect(),
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
        self.hall.wake_one()
    }

    /// Keeps the request of a slot in [`Stage::Writing`] for one worker.
    pub(crate) fn reserve(&self, slot: Slot<'_>, worker: WorkerId) {
        self.book(slot.index()).reserved = Some(Reserved {
            worker,
            is_strict: true,
        });
        slot.reserve(worker.incarnation);
    }

    /// Keeps the request of a slot in [`Stage::Writing`] for the favoured worker if it is its turn,
    /// it sleeps, and the request is the only one: who does not sleep would take it before.
    pub(crate) fn reserve_for_favoured(&self, slot: Slot<'_>) -> Option<WorkerId> {
        let worker = self.favoured.lock().expect(NO_PANIC).next()?;
        let seat = self.hall.seat(worker.seat)?;
        let sleeps = self.is_seated(worker) && seat.is_asleep();
        let stays = sleeps && !seat.is_leaving(worker.incarnation);
        if !stays || !self.hall.ready().snapshot().is_empty() {
            return None;
        }
        self.book(slot.index()).reserved = Some(Reserved {
            worker,
            is_strict: false,
        });
        slot.reserve(worker.incarnation);
        Some(worker)
    }

    /// Wakes the worker for which a request was kept.
    pub(crate) fn call_reserved(&self, slot: Slot<'_>, worker: WorkerId) {
        if self.hall.wake(worker.seat) {
            return;
        }
        if self.is_seated(worker) {
            // Somebody else may have called it for another request, which it leaves if this one
            // is older.
            self.hall.wake_one();
        } else {
            self.end_reservation(slot, worker, None);
        }
    }

    /// The worker leaves: what was kept for it out of favour is anybody's.
    pub(crate) fn release_favours(&self, worker: WorkerId) {
        for slot in self.hall.slots() {
            let reserved = self.book(slot.index()).reserved;
            if reserved.is_some_and(|kept| kept.worker == worker && !kept.is_strict) {
                self.end_reservation(slot, worker, None);
            }
        }
    }

    pub(crate) fn favour(&self, worker: Option<WorkerId>) {
        self.favoured.lock().expect(NO_PANIC).worker = worker;
    }

    /// A slot in [`Stage::Writing`], or a place in the queue.
    pub(crate) fn poll_slot(
        &self,
        cx: &Context<'_>,
        waiter: &mut Option<WaiterId>,
    ) -> Option<(u16, SlotState)> {
        let slot_index = self.waiters().poll(cx, waiter)?;
        let slot = self.hall.slot(slot_index);
        self.book(slot_index).subject.clear();
        Some((slot_index, self.rewrite(slot, Stage::Free)))
    }

    /// Puts a slot of which only the gateway has a claim into [`Stage::Writing`], empty, on a
    /// new turn.
    pub(crate) fn rewrite(&self, slot: Slot<'_>, from: Stage) -> SlotState {
        let lease = LeaseId(self.next_lease.fetch_add(1, Ordering::Relaxed));
        let turn = {
            let mut book = self.book(slot.index());
            book.turn = book.turn.wrapping_add(1);
            book.lease = lease;
            book.condemned = false;
            book.reserved = None;
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
        self.note_served(slot);
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
        // Pairs with the fence in `Hall::wake`: either a request that is being kept for the worker
        // is seen here, or `call_reserved` sees that it is gone.
        fence(Ordering::SeqCst);
        let lost = |slot: &Slot<'_>| {
            self.bury_slot(*slot, worker, end) || self.end_reservation(*slot, worker, end)
        };
        self.hall.slots().filter(lost).count()
    }

    /// A request that was kept for this worker will not be taken by it: it is lost as if it had
    /// been, or goes to anybody. Returns whether it was lost.
    fn end_reservation(&self, slot: Slot<'_>, worker: WorkerId, end: Option<ProcessEnd>) -> bool {
        let (is_strict, turn) = {
            let mut book = self.book(slot.index());
            let Some(reserved) = book.reserved.filter(|kept| kept.worker == worker) else {
                return false;
            };
            book.reserved = None;
            book.end = end;
            (reserved.is_strict, book.turn)
        };
        if !is_strict {
            slot.reserve(NOBODY.incarnation);
            self.hall.wake_one();
            return false;
        }
        let ready = SlotState::of_gateway(Stage::Ready, turn);
        let lost = SlotState {
            worker,
            ..ready.to(Stage::Lost)
        };
        let is_lost = slot.advance(ready, lost).is_ok();
        if is_lost {
            self.hall.ready().clear(slot.index());
            self.attend(slot.index());
        }
        is_lost
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

    /// What the request of this slot is about, for whoever asks what its worker does.
    pub(crate) fn describe(&self, slot_index: u16, subject: [&str; 3]) {
        self.book(slot_index).subject.set(subject);
    }

    /// The lease whose request the worker runs.
    pub(crate) fn lease_of(&self, worker: WorkerId) -> Option<LeaseId> {
        self.book_of(worker).map(|book| book.lease)
    }

    /// What the request is about that the worker runs, or else the one it had last.
    pub(crate) fn subject_of(&self, worker: WorkerId) -> Option<Subject> {
        if let Some(book) = self.book_of(worker) {
            return Some(book.subject.clone());
        }
        let served = self.served(worker.seat)?;
        let is_his = served.last.is_some_and(|(_, whose)| whose == worker);
        is_his.then(|| served.subject.clone())
    }

    /// How many leases were given back whose request the worker on this seat had.
    pub(crate) fn served_by(&self, seat_index: u16) -> u64 {
        self.served(seat_index).map_or(0, |served| served.leases)
    }

    /// The book of the slot whose request the worker runs.
    fn book_of(&self, worker: WorkerId) -> Option<MutexGuard<'_, Book>> {
        self.hall.slots().find_map(|slot| {
            let state = slot.state().ok();
            let state = state.filter(|at| at.stage == Stage::Running && at.worker == worker)?;
            let book = self.book(slot.index());
            (state.turn == book.turn).then_some(book)
        })
    }

    /// The lease of this slot ends: remembers it for the worker that had its request.
    fn note_served(&self, slot: Slot<'_>) {
        let Some(worker) = slot.state().ok().map(|state| state.worker) else {
            return;
        };
        let Some(mut served) = self.served(worker.seat).filter(|_| worker.incarnation != 0) else {
            return;
        };
        served.leases += 1;
        let mut book = self.book(slot.index());
        if served.last.is_none_or(|(lease, _)| lease < book.lease) {
            served.last = Some((book.lease, worker));
            std::mem::swap(&mut served.subject, &mut book.subject);
        }
    }

    fn served(&self, seat_index: u16) -> Option<MutexGuard<'_, Served>> {
        let served = self.served.get(usize::from(seat_index))?;
        Some(served.lock().expect(NO_PANIC))
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
    /// Whose turn it is, if anybody's.
    fn next(&mut self) -> Option<WorkerId> {
        let worker = self.worker?;
        self.calls = self.calls.wrapping_add(1);
        self.calls.is_multiple_of(FAVOURED_CALLS).then_some(worker)
    }
}

const NO_PANIC: &str = "nothing panics while it holds the books";
