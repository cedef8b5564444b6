//! A worker's side of an exchange.

use std::sync::Arc;
use std::time::Duration;

use askr_shm::futex::Woken;
use askr_shm::{Deadline, Peer};

use crate::hall::Hall;
use crate::ids::WorkerId;
use crate::job::Job;
use crate::limits::LIVENESS_SLICE;
use crate::ready;
use crate::seat::{Occupant, Posture, Seat};
use crate::spin::Spin;

/// One worker's handle to an exchange. Blocking; one per worker process.
#[derive(Debug)]
pub struct WorkerEnd {
    post: Arc<Post>,
    /// What this worker last showed on its seat.
    posture: Posture,
    spin: Spin,
}

/// What [`WorkerEnd::take`] came back with.
#[derive(Debug)]
pub enum Taken {
    /// A request to run.
    Request(Job),
    /// The gateway asked this worker to leave, or the gateway is gone: end the process.
    Retire,
    /// The gateway asked this worker to become a template: it takes no request any more.
    Promote,
    /// Nothing came within the patience.
    Nothing,
}

impl WorkerEnd {
    pub(crate) fn new(hall: Hall, gateway: Peer, worker: WorkerId) -> WorkerEnd {
        let post = Arc::new(Post {
            hall,
            gateway,
            worker,
        });
        WorkerEnd {
            post,
            posture: Posture::Booting,
            spin: Spin::default(),
        }
    }

    /// Waits for the oldest request, at most for `patience`.
    ///
    /// The first call marks the worker as ready. If a request waits already there is no system
    /// call. Otherwise it looks again for a moment, if that has paid lately, and then sleeps.
    pub fn take(&mut self, patience: Duration) -> Taken {
        let taken = self.post.try_take().unwrap_or_else(|| self.wait(patience));
        match &taken {
            Taken::Request(_) => self.show(Posture::Busy),
            Taken::Retire | Taken::Promote => self.post.pass_on(),
            Taken::Nothing => {}
        }
        taken
    }

    /// Says since when the worker has had the request that it has just taken, by the caller's clock.
    pub fn begin(&self, now_ms: u64) {
        self.post.seat().set_busy_since(now_ms);
    }

    /// Counts a reply that has ended.
    pub fn count_reply(&self, is_failure: bool, took_us: u64) {
        self.post.seat().count_reply(is_failure, took_us);
    }

    /// Whether this worker has never asked for a request, by the word on its seat.
    #[must_use]
    pub fn is_new(&self) -> bool {
        let posture = self.post.seat().occupant().map(|it| it.posture);
        posture.is_none_or(|posture| posture == Posture::Booting)
    }

    /// How many replies this worker has ended: a word on its seat, which outlasts what it keeps in
    /// its own memory.
    #[must_use]
    pub fn replies(&self) -> u64 {
        self.post.seat().activity().replies
    }

    /// Says that the request is over, with all that its script did after the reply.
    pub fn finish(&self) {
        self.post.seat().set_busy_since(0);
    }

    /// Says when the request that runs is to be over, by the clock of [`begin`](Self::begin).
    pub fn set_deadline(&self, at_ms: u64) {
        self.post.seat().set_deadline(at_ms);
    }

    /// Says for how long the request that runs has waited for its client: that is not its time.
    pub fn set_waited(&self, waited_ms: u64) {
        self.post.seat().set_waited(waited_ms);
    }

    /// Whether the gateway has said that the time of the request that runs is over.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.post.seat().is_expired()
    }

    /// Whether a request waits that this worker could take.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        !self.post.hall.ready().snapshot().is_empty()
    }

    /// Who this worker is.
    #[must_use]
    pub fn worker(&self) -> WorkerId {
        self.post.worker
    }

    fn wait(&mut self, patience: Duration) -> Taken {
        self.show(Posture::Idle);
        let WorkerEnd { post, spin, .. } = self;
        let found = spin.look(|| post.try_take());
        found.unwrap_or_else(|| post.sleep(Deadline::after(patience)))
    }

    fn show(&mut self, posture: Posture) {
        if self.posture != posture {
            self.posture = posture;
            self.post.seat().show(Occupant {
                posture,
                incarnation: self.worker().incarnation,
            });
        }
    }
}

/// What a worker and its jobs share.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) hall: Hall,
    pub(crate) gateway: Peer,
    pub(crate) worker: WorkerId,
}

impl Post {
    fn try_take(self: &Arc<Self>) -> Option<Taken> {
        if self.seat().is_retired(self.worker.incarnation) {
            return Some(Taken::Retire);
        }
        if self.seat().is_promoted(self.worker.incarnation) {
            return Some(Taken::Promote);
        }
        let (slot_index, running) = ready::claim(&self.hall, self.worker)?;
        Some(Taken::Request(Job::new(
            Arc::clone(self),
            slot_index,
            running,
        )))
    }

    fn sleep(self: &Arc<Self>, deadline: Deadline) -> Taken {
        loop {
            let slice = deadline.min(Deadline::after(LIVENESS_SLICE));
            if let Some(taken) = self.nap(slice) {
                return taken;
            }
            if !self.gateway.is_alive() {
                return Taken::Retire;
            }
            if deadline.is_over() {
                return Taken::Nothing;
            }
        }
    }

    /// Sleeps until there is something to take or the slice of time is over.
    fn nap(self: &Arc<Self>, slice: Deadline) -> Option<Taken> {
        let seat = self.seat();
        loop {
            seat.lie_down();
            if let Some(taken) = self.try_take() {
                if seat.get_up() {
                    // Somebody made another request ready meanwhile and counts on this worker.
                    self.pass_on();
                }
                return Some(taken);
            }
            let woken = seat.sleep(slice);
            let called = seat.get_up();
            if let Some(taken) = self.try_take() {
                return Some(taken);
            }
            if woken == Woken::TimedOut && !called {
                return None;
            }
        }
    }

    /// This worker will not take what waits now: another one has to.
    fn pass_on(&self) {
        if !self.hall.ready().snapshot().is_empty() {
            self.hall.wake_one();
        }
    }

    fn seat(&self) -> Seat<'_> {
        self.hall
            .seat(self.worker.seat)
            .expect("the worker sat down there")
    }
}
