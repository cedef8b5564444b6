//! The gateway's side of an exchange.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use askr_shm::sync::{Ordering, fence};
use askr_shm::{Deadline, Doorbell, Peer, Region};

use crate::control::ProcessEnd;
use crate::desk::Desk;
use crate::error::CreateError;
use crate::hall::Hall;
use crate::ids::{LeaseId, WaiterId, WorkerId};
use crate::layout::{LAYOUT_VERSION, MAGIC, Plan, header};
use crate::lease::Lease;
use crate::limits::ExchangeLimits;
use crate::seat::{Activity, Occupant, Posture};
use crate::subject::Subject;

/// The gateway's handle to an exchange; clones are the same exchange.
///
/// One I/O thread is the normal case, and the only one that may call [`poll`](Self::poll),
/// [`prepare_park`](Self::prepare_park) and [`unpark`](Self::unpark). Everything else may be
/// called from any thread.
#[derive(Clone)]
pub struct GatewayEnd {
    desk: Arc<Desk>,
}

impl GatewayEnd {
    /// Makes a new exchange in shared memory of its own.
    ///
    /// # Errors
    /// If a limit is out of bounds or the system refuses memory or descriptors.
    pub fn create(limits: ExchangeLimits) -> Result<GatewayEnd, CreateError> {
        let doorbell = Doorbell::create().map_err(CreateError::Doorbell)?;
        Self::with_doorbell(limits, doorbell)
    }

    /// Makes a further exchange whose workers ring the same doorbell, so that one thread can park
    /// for both.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_beside(&self, limits: ExchangeLimits) -> Result<GatewayEnd, CreateError> {
        let doorbell = self.hall().doorbell().try_clone();
        Self::with_doorbell(limits, doorbell.map_err(CreateError::Doorbell)?)
    }

    fn with_doorbell(
        limits: ExchangeLimits,
        doorbell: Doorbell,
    ) -> Result<GatewayEnd, CreateError> {
        if let Some((name, value)) = limits.fault() {
            return Err(CreateError::Limits { name, value });
        }
        let plan = Plan::new(limits);
        let bytes = plan.bytes();
        let region = Region::create("askr-exchange", bytes)
            .map_err(|source| CreateError::Region { bytes, source })?;
        write_identity(&region, limits);
        Ok(GatewayEnd {
            desk: Arc::new(Desk::new(Hall::new(region, plan, doorbell))),
        })
    }

    /// What a worker needs for [`WorkerEnd::open`](crate::WorkerEnd::open): the region and the
    /// doorbell, in that order. Both are closed on exec unless they are passed on.
    #[cfg(not(loom))]
    #[must_use]
    pub fn fds(&self) -> (std::os::fd::BorrowedFd<'_>, std::os::fd::BorrowedFd<'_>) {
        use std::os::fd::AsFd;

        (self.hall().region().fd(), self.hall().doorbell().as_fd())
    }

    /// A slot for one request, strictly first come first served.
    ///
    /// While pending, `waiter` holds the place in the queue. Whoever stops polling before a
    /// lease came must hand it to [`GatewayEnd::forget_waiter`].
    pub fn poll_lease(&self, cx: &mut Context<'_>, waiter: &mut Option<WaiterId>) -> Poll<Lease> {
        match self.desk.poll_slot(cx, waiter) {
            Some((slot_index, state)) => {
                Poll::Ready(Lease::new(Arc::clone(&self.desk), slot_index, state))
            }
            None => Poll::Pending,
        }
    }

    /// Gives up a place in the queue.
    pub fn forget_waiter(&self, waiter: WaiterId) {
        self.desk.forget(waiter);
    }

    /// A slot for one request, strictly first come first served.
    ///
    /// # Cancel safety
    /// Dropping the future gives up the place in the queue and costs nobody else theirs.
    pub fn lease(&self) -> LeaseFuture {
        LeaseFuture {
            end: self.clone(),
            waiter: None,
        }
    }

    /// Requests that wait for a slot.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.desk.waiting()
    }

    /// Looks for news from workers and wakes the tasks concerned. Returns whether there was any.
    /// Wakes workers for what was submitted with [`Lease::submit_soon`].
    ///
    /// To be called before the I/O thread parks and when the doorbell rings. No system call
    /// unless a worker sleeps that has to wake.
    pub fn poll(&self) -> bool {
        self.desk.settle_calls();
        let news = self.hall().attention().drain();
        news.iter()
            .for_each(|slot_index| self.desk.attend(slot_index));
        !news.is_empty()
    }

    /// Announces that the I/O thread is about to park, then polls once more.
    ///
    /// Returns true if it may park: workers ring the doorbell from now on. Returns false if
    /// tasks were woken; then nothing was announced and [`unpark`](Self::unpark) is not needed.
    #[must_use]
    pub fn prepare_park(&self) -> bool {
        self.hall().asleep().store(1, Ordering::Relaxed);
        // Pairs with the fence in `Hall::announce`.
        fence(Ordering::SeqCst);
        let news = self.poll();
        if news {
            self.unpark();
        }
        !news
    }

    /// The I/O thread is awake again: workers need not ring.
    pub fn unpark(&self) {
        self.hall().asleep().store(0, Ordering::Relaxed);
    }

    /// Parks the calling thread, which must be the I/O thread, until there is news or `patience`
    /// is over; polls, and returns whether there was any. For those who have no event loop.
    ///
    /// # Panics
    /// If the process has no descriptor left to listen with when it first waits.
    pub fn block(&self, patience: Duration) -> bool {
        let deadline = Deadline::after(patience);
        loop {
            if !self.prepare_park() {
                return true;
            }
            let rung = self.hall().doorbell().wait(deadline);
            self.unpark();
            // It may have been rung for news that was seen before: then there is none now.
            let rung = rung.expect("there is a descriptor left to listen with");
            let news = self.poll();
            if news || !rung {
                return news;
            }
        }
    }

    /// Asks a worker to leave at its next request boundary, and wakes it if it sleeps.
    pub fn retire(&self, worker: WorkerId) {
        if let Some(seat) = self.hall().seat(worker.seat) {
            seat.retire(worker.incarnation);
            self.desk.release_favours(worker);
        }
    }

    /// Asks a worker to become a template at its next request boundary, and wakes it if it sleeps.
    pub fn promote(&self, worker: WorkerId) {
        if let Some(seat) = self.hall().seat(worker.seat) {
            seat.promote(worker.incarnation);
            self.desk.release_favours(worker);
        }
    }

    /// What a worker says that it has done and does; `None` if it does not sit there.
    #[must_use]
    pub fn activity(&self, worker: WorkerId) -> Option<Activity> {
        let seat = self.hall().seat(worker.seat)?;
        let activity = seat.activity();
        let occupant = seat.occupant()?;
        (occupant.incarnation == worker.incarnation).then_some(activity)
    }

    /// The lease whose request a worker has, from when it took it to the end of its reply.
    #[must_use]
    pub fn lease_of(&self, worker: WorkerId) -> Option<LeaseId> {
        self.desk.lease_of(worker)
    }

    /// What the request is about that a worker has, or else the one that it had last.
    #[must_use]
    pub fn subject_of(&self, worker: WorkerId) -> Option<Subject> {
        self.desk.subject_of(worker)
    }

    /// How many leases were given back whose request was with the worker on this seat, or with its
    /// predecessors there.
    #[must_use]
    pub fn served_by(&self, seat_index: u16) -> u64 {
        self.desk.served_by(seat_index)
    }

    /// Tells a worker that the time of the request is over that it took at `busy_since_ms`. It
    /// learns of it when it looks: somebody has to interrupt it.
    pub fn expire(&self, worker: WorkerId, busy_since_ms: u64) {
        if let Some(seat) = self.hall().seat(worker.seat) {
            seat.expire(busy_since_ms);
        }
    }

    /// The worker will be killed because its request has had its time: whoever waits for the
    /// reply is told so at once, and no other worker gets the request. Returns how many there are.
    pub fn condemn(&self, worker: WorkerId) -> usize {
        self.desk.condemn(worker)
    }

    /// Every fourth request that finds this worker asleep and no other request waiting is kept for
    /// it, while it sits there; `None` ends that. While there is little to do, those that have
    /// done something lately would else do it all. A request that it does not come to take, because
    /// it leaves or dies, is anybody's.
    pub fn favour(&self, worker: Option<WorkerId>) {
        self.desk.favour(worker);
    }

    /// Requests that no worker has yet: those in the queue, and those that wait for a slot.
    #[must_use]
    pub fn unserved(&self) -> usize {
        let ready = self.hall().ready().snapshot().iter();
        let is_ready = |index: &u16| self.hall().slot(*index).is_ready();
        ready.filter(is_ready).count() + self.waiting()
    }

    /// What a worker does, as far as is known here.
    #[must_use]
    pub fn seat(&self, worker: WorkerId) -> SeatState {
        let Some(seat) = self.hall().seat(worker.seat) else {
            return SeatState::Vacant;
        };
        match seat.occupant() {
            Some(Occupant { incarnation, .. }) if incarnation != worker.incarnation => {
                SeatState::Vacant
            }
            None => SeatState::Vacant,
            Some(_) if seat.is_leaving(worker.incarnation) => SeatState::Retiring,
            Some(occupant) => SeatState::of(occupant.posture),
        }
    }

    /// The worker's process is certainly dead: its running requests are lost, its seat is
    /// vacant, and if requests wait, the other sleepers are woken in case it was to take one.
    /// Returns how many requests were lost.
    pub fn bury(&self, worker: WorkerId) -> usize {
        self.bury_ended(worker, None)
    }

    /// As [`bury`](Self::bury), and whoever waits for one of its requests is told how it ended.
    pub fn bury_ended(&self, worker: WorkerId, end: Option<ProcessEnd>) -> usize {
        let lost = self.desk.bury(worker, end);
        if !self.hall().ready().snapshot().is_empty() {
            self.hall().wake_all();
        }
        lost
    }

    /// Ends running requests whose worker sits nowhere: it was made up by one that wrote nonsense,
    /// and nobody will ever bury it. To be called every now and then. Returns how many were lost.
    pub fn sweep(&self) -> usize {
        self.desk.sweep()
    }

    /// Workers that wait for a request.
    #[must_use]
    pub fn idle_workers(&self) -> usize {
        self.count_seats(|state| state == SeatState::Idle)
    }

    /// Workers that take requests: the idle and the busy ones.
    #[must_use]
    pub fn ready_workers(&self) -> usize {
        self.count_seats(|state| matches!(state, SeatState::Idle | SeatState::Busy))
    }

    pub(crate) fn hall(&self) -> &Hall {
        self.desk.hall()
    }

    fn count_seats(&self, counts: impl Fn(SeatState) -> bool) -> usize {
        let states = self.hall().seats().filter_map(|seat| {
            let occupant = seat.occupant()?;
            let stays = !seat.is_leaving(occupant.incarnation);
            stays.then(|| SeatState::of(occupant.posture))
        });
        states.filter(|&state| counts(state)).count()
    }
}

impl std::fmt::Debug for GatewayEnd {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("GatewayEnd")
            .field("limits", &self.hall().plan().limits())
            .finish()
    }
}

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// It does not sit there: not yet, or not any more.
    Vacant,
    /// It has not asked for a request yet.
    Booting,
    /// It waits for a request.
    Idle,
    /// It has a request.
    Busy,
    /// It was asked to leave, or to become a template, and has not gone yet.
    Retiring,
}

impl SeatState {
    fn of(posture: Posture) -> SeatState {
        match posture {
            Posture::Booting => SeatState::Booting,
            Posture::Idle => SeatState::Idle,
            Posture::Busy => SeatState::Busy,
        }
    }
}

/// Resolves to a [`Lease`]. Made by [`GatewayEnd::lease`].
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub struct LeaseFuture {
    end: GatewayEnd,
    waiter: Option<WaiterId>,
}

impl Future for LeaseFuture {
    type Output = Lease;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Lease> {
        let LeaseFuture { end, waiter } = &mut *self;
        end.poll_lease(cx, waiter)
    }
}

impl Drop for LeaseFuture {
    fn drop(&mut self) {
        self.waiter
            .into_iter()
            .for_each(|waiter| self.end.forget_waiter(waiter));
    }
}

fn write_identity(region: &Region, limits: ExchangeLimits) {
    let words = [
        (header::VERSION, LAYOUT_VERSION),
        (header::GATEWAY_PID, Peer::own_pid()),
        (header::SLOT_COUNT, u32::from(limits.slot_count)),
        (header::SEAT_COUNT, u32::from(limits.seat_count)),
        (header::REQUEST_BYTES, limits.request_bytes),
        (header::REPLY_BYTES, limits.reply_bytes),
    ];
    for (at, value) in words {
        region.word32(at).store(value, Ordering::Relaxed);
    }
    region.word64(header::MAGIC).store(MAGIC, Ordering::Release);
}
