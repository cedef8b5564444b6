//! Random operations on both ends of an exchange, against a model made of queues.
//!
//! What is compared: who gets a slot and when, which request a worker gets, what becomes of
//! each reply, and that no slot is ever lost or given twice.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod pair;

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::Poll;

use askr_exchange::{
    GatewayEnd, Job, Lease, LeaseFuture, ReplyError, ReplyEvent, SeatState, Taken, WorkerEnd,
    WorkerId,
};
use pair::*;
use proptest::prelude::*;

const SLOTS: u16 = 3;
const WORKERS: usize = 3;

#[derive(Clone, Debug)]
enum Operation {
    /// A new request wants a slot.
    Arrive,
    /// One of the requests that wait for a slot is given up.
    GiveUp(usize),
    /// Every request that waits for a slot tries again, the latest first.
    TryAgain,
    /// One of the requests that have a slot is submitted.
    Submit(usize),
    /// One of the requests that have a slot is submitted for one worker alone.
    SubmitTo(usize, usize),
    /// The request of a worker has had its time.
    Condemn(usize),
    /// One of the requests that have a slot is dropped, whatever its state.
    Drop(usize),
    /// A worker asks for work, if it has none.
    Take(usize),
    /// A worker answers its request, if it has one.
    Answer(usize),
    /// A worker cuts its request, if it has one.
    Abort(usize),
    /// A worker dies and is replaced.
    Kill(usize),
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = || 0..16_usize;
    prop_oneof![
        4 => Just(Operation::Arrive),
        1 => which().prop_map(Operation::GiveUp),
        2 => Just(Operation::TryAgain),
        4 => which().prop_map(Operation::Submit),
        2 => (which(), which()).prop_map(|(which, to)| Operation::SubmitTo(which, to)),
        1 => which().prop_map(Operation::Condemn),
        2 => which().prop_map(Operation::Drop),
        4 => which().prop_map(Operation::Take),
        3 => which().prop_map(Operation::Answer),
        1 => which().prop_map(Operation::Abort),
        1 => which().prop_map(Operation::Kill),
    ]
}

proptest! {
    #[test]
    fn both_ends_agree_with_plain_queues(
        operations in prop::collection::vec(operation(), 1..120),
    ) {
        let mut world = World::new();
        for operation in operations {
            world.apply(&operation);
            world.check();
        }
        world.finish();
    }
}

/// The exchange and the model, side by side. Requests are known by their number.
struct World {
    gateway: GatewayEnd,
    workers: Vec<Worker>,
    incarnations: u32,
    next_request: u32,
    waiting: VecDeque<(u32, Pin<Box<LeaseFuture>>)>,
    leased: BTreeMap<u32, Leased>,
    /// The requests that wait for a worker, by the order in which they were first submitted.
    ready: BTreeMap<u32, Ready>,
    next_ticket: u32,
    /// Slots of requests that were dropped while a worker had them.
    orphans: usize,
}

struct Worker {
    id: WorkerId,
    end: WorkerEnd,
    job: Option<(u32, Job)>,
}

#[derive(Clone, Copy)]
struct Ready {
    number: u32,
    /// Nobody else may take it.
    only: Option<WorkerId>,
}

struct Leased {
    lease: Lease,
    ticket: Option<u32>,
    at: At,
    is_condemned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    Writing,
    Ready,
    Running,
    Over,
}

impl World {
    fn new() -> World {
        let gateway = GatewayEnd::create(limits(SLOTS, 256)).unwrap();
        let mut world = World {
            gateway,
            workers: Vec::new(),
            incarnations: 0,
            next_request: 0,
            waiting: VecDeque::new(),
            leased: BTreeMap::new(),
            ready: BTreeMap::new(),
            next_ticket: 0,
            orphans: 0,
        };
        for seat in 0..WORKERS {
            let worker = world.new_worker(seat);
            world.workers.push(worker);
        }
        world
    }

    fn new_worker(&mut self, seat: usize) -> Worker {
        self.incarnations += 1;
        let seat = seat.try_into().unwrap();
        let id = WorkerId {
            seat,
            incarnation: self.incarnations,
        };
        Worker {
            id,
            end: join(&self.gateway, id),
            job: None,
        }
    }

    fn free(&self) -> usize {
        usize::from(SLOTS) - self.leased.len() - self.orphans
    }

    fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Arrive => self.arrive(),
            Operation::GiveUp(which) => self.give_up(which),
            Operation::TryAgain => self.try_again(),
            Operation::Submit(which) => self.submit(which, None),
            Operation::SubmitTo(which, to) => {
                let only = self.workers[to % WORKERS].id;
                self.submit(which, Some(only));
            }
            Operation::Condemn(which) => self.condemn(which % WORKERS),
            Operation::Drop(which) => self.drop_one(which),
            Operation::Take(which) => self.take(which % WORKERS),
            Operation::Answer(which) => self.answer(which % WORKERS),
            Operation::Abort(which) => self.abort(which % WORKERS),
            Operation::Kill(which) => self.kill(which % WORKERS),
        }
        self.gateway.poll();
    }

    fn check(&self) {
        assert_eq!(self.gateway.waiting(), self.waiting.len());
        let unserved = self.waiting.len() + self.ready.len();
        assert_eq!(self.gateway.unserved(), unserved);
        for worker in &self.workers {
            let busy = self.gateway.seat(worker.id) == SeatState::Busy;
            assert!(busy || worker.job.is_none());
            let has_lease = self.gateway.lease_of(worker.id).is_some();
            assert_eq!(has_lease, worker.job.is_some());
        }
    }

    fn arrive(&mut self) {
        let number = self.next_request;
        self.next_request += 1;
        let mut future = Box::pin(self.gateway.lease());
        let expected = self.waiting.len() < self.free();
        match future.as_mut().poll(&mut context()) {
            Poll::Ready(lease) => {
                assert!(expected, "{number} overtook");
                self.leased.insert(
                    number,
                    Leased {
                        lease,
                        ticket: None,
                        at: At::Writing,
                        is_condemned: false,
                    },
                );
            }
            Poll::Pending => {
                assert!(!expected, "{number} was held up");
                self.waiting.push_back((number, future));
            }
        }
    }

    fn give_up(&mut self, which: usize) {
        if !self.waiting.is_empty() {
            let place = which % self.waiting.len();
            self.waiting.remove(place);
        }
    }

    fn try_again(&mut self) {
        let admitted = self.free();
        let mut still_waiting = VecDeque::new();
        for (place, (number, mut future)) in self.waiting.drain(..).enumerate().rev() {
            match future.as_mut().poll(&mut context()) {
                Poll::Ready(lease) => {
                    assert!(place < admitted, "{number} overtook");
                    self.leased.insert(
                        number,
                        Leased {
                            lease,
                            ticket: None,
                            at: At::Writing,
                            is_condemned: false,
                        },
                    );
                }
                Poll::Pending => {
                    assert!(place >= admitted, "{number} was held up");
                    still_waiting.push_front((number, future));
                }
            }
        }
        self.waiting = still_waiting;
    }

    fn submit(&mut self, which: usize, only: Option<WorkerId>) {
        let writing = self
            .leased
            .iter_mut()
            .filter(|(_, leased)| leased.at == At::Writing);
        let mut writing: Vec<_> = writing.collect();
        if writing.is_empty() {
            return;
        }
        let (number, leased) = writing.swap_remove(which % writing.len());
        let head = request_head(&number.to_string(), 0);
        assert_eq!(send_some(&mut leased.lease, &head), Ok(head.len()));
        match only {
            Some(only) => leased.lease.submit_to(only),
            None => leased.lease.submit(),
        }
        leased.at = At::Ready;
        let ticket = *leased.ticket.get_or_insert_with(|| {
            self.next_ticket += 1;
            self.next_ticket
        });
        let number = *number;
        self.ready.insert(ticket, Ready { number, only });
    }

    fn condemn(&mut self, seat: usize) {
        let worker = &self.workers[seat];
        let count = usize::from(worker.job.is_some());
        assert_eq!(self.gateway.condemn(worker.id), count);
        let number = worker.job.as_ref().map(|(number, _)| *number);
        if let Some(leased) = number.and_then(|number| self.leased.get_mut(&number)) {
            leased.is_condemned = true;
            let end = reply(&self.gateway, &mut leased.lease);
            assert_eq!(end, Err(ReplyError::Condemned));
        }
    }

    fn drop_one(&mut self, which: usize) {
        let numbers: Vec<_> = self.leased.keys().copied().collect();
        if numbers.is_empty() {
            return;
        }
        let leased = self.leased.remove(&numbers[which % numbers.len()]).unwrap();
        match leased.at {
            At::Ready => drop(self.ready.remove(&leased.ticket.unwrap())),
            At::Running => self.orphans += 1,
            At::Writing | At::Over => {}
        }
    }

    fn take(&mut self, seat: usize) {
        let worker = &mut self.workers[seat];
        if worker.job.is_some() {
            return;
        }
        let id = worker.id;
        let is_open = |ready: &Ready| ready.only.is_none_or(|only| only == id);
        let first = self.ready.iter().find(|(_, ready)| is_open(ready));
        let first = first.map(|(ticket, _)| *ticket);
        let expected = first.and_then(|ticket| self.ready.remove(&ticket));
        let expected = expected.map(|ready| ready.number);
        let taken = match worker.end.take(AT_ONCE) {
            Taken::Request(mut job) => {
                let number = target(&mut job).parse().unwrap();
                worker.job = Some((number, job));
                Some(number)
            }
            Taken::Nothing => None,
            Taken::Retire | Taken::Promote => panic!("nobody asked worker {seat} to leave"),
        };
        assert_eq!(taken, expected);
        if let Some(leased) = expected.and_then(|number| self.leased.get_mut(&number)) {
            leased.at = At::Running;
        }
    }

    fn answer(&mut self, seat: usize) {
        let Some((number, mut job)) = self.workers[seat].job.take() else {
            return;
        };
        assert_eq!(job.cancelled(), !self.leased.contains_key(&number));
        if !job.cancelled() {
            job.write_head(&reply_head(200)).unwrap();
            job.write_body(number.to_string().as_bytes()).unwrap();
        }
        job.end();
        self.gateway.poll();
        let expected = Ok((200, number.to_string().into_bytes()));
        match self.leased.get_mut(&number) {
            Some(leased) => {
                assert!(leased.lease.reply_is_complete());
                assert_eq!(reply(&self.gateway, &mut leased.lease), expected);
                leased.at = At::Over;
            }
            None => self.orphans -= 1,
        }
    }

    fn abort(&mut self, seat: usize) {
        let Some((number, job)) = self.workers[seat].job.take() else {
            return;
        };
        job.abort();
        self.gateway.poll();
        match self.leased.get_mut(&number) {
            Some(leased) => {
                let cut = reply(&self.gateway, &mut leased.lease);
                let expected = match leased.is_condemned {
                    true => ReplyError::Condemned,
                    false => ReplyError::Aborted,
                };
                assert_eq!(cut, Err(expected));
                leased.at = At::Over;
            }
            None => self.orphans -= 1,
        }
    }

    fn kill(&mut self, seat: usize) {
        let successor = {
            let id = self.workers[seat].id;
            let held = self.workers[seat].job.take();
            let lost = held.map(|(number, job)| {
                std::mem::forget(job);
                number
            });
            let is_kept = |ready: &Ready| ready.only == Some(id);
            let kept = self.ready.extract_if(.., |_, ready| is_kept(ready));
            let kept: Vec<u32> = kept.map(|(_, ready)| ready.number).collect();
            let count = usize::from(lost.is_some()) + kept.len();
            assert_eq!(self.gateway.bury(id), count);
            let all = lost.into_iter().chain(kept);
            all.for_each(|number| self.lose(number, id));
            self.new_worker(seat)
        };
        self.workers[seat] = successor;
    }

    fn lose(&mut self, number: u32, worker: WorkerId) {
        let Some(leased) = self.leased.get_mut(&number) else {
            self.orphans -= 1;
            return;
        };
        let lost = leased.lease.poll_reply(&mut context(), &mut Vec::new(), 8);
        let expected = match leased.is_condemned {
            true => ReplyError::Condemned,
            false => ReplyError::WorkerLost { worker, end: None },
        };
        assert_eq!(lost, Poll::<Result<ReplyEvent, _>>::Ready(Err(expected)));
        assert_eq!(leased.lease.resubmit(), !leased.is_condemned);
        leased.at = match leased.is_condemned {
            true => At::Over,
            false => At::Writing,
        };
    }

    /// In the end every slot can be had again.
    fn finish(mut self) {
        for seat in 0..WORKERS {
            self.abort(seat);
        }
        self.leased.clear();
        self.waiting.clear();
        let all: Vec<_> = (0..SLOTS).map(|_| lease(&self.gateway)).collect();
        assert_eq!(all.len(), usize::from(SLOTS));
    }
}
