//! Two ends under the model checker: every interleaving, up to a number of preemptions.
//!
//! A wait in the model has no deadline, so a lost wake-up is a deadlock, which loom reports; and
//! it reports bytes of a ring that one side reads while the other may write them.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release -p askr-exchange --test loom`; each test
//! knows how many preemptions it can afford, `LOOM_MAX_PREEMPTIONS` overrides that. With 2 for
//! all of them the slowest takes minutes.
#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::mem;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use askr_exchange::{
    ExchangeLimits, GatewayEnd, Job, JobError, Lease, ReplyError, ReplyEvent, Taken, WorkerEnd,
    WorkerId,
};
use loom::thread::{self, JoinHandle};

const PATIENCE: Duration = Duration::from_secs(1);

fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(preemptions));
    builder.max_branches = 20_000;
    builder.check(test);
}

fn gateway(slot_count: u16, request_bytes: u32, reply_bytes: u32) -> GatewayEnd {
    let limits = ExchangeLimits {
        slot_count,
        seat_count: 2,
        request_bytes,
        reply_bytes,
    };
    GatewayEnd::create(limits).unwrap()
}

fn id(seat: u16) -> WorkerId {
    WorkerId {
        seat,
        incarnation: u32::from(seat) + 1,
    }
}

fn worker(gateway: &GatewayEnd, seat: u16) -> WorkerEnd {
    WorkerEnd::join(gateway, id(seat)).unwrap()
}

fn spawn<T: 'static>(
    gateway: &GatewayEnd,
    seat: u16,
    run: impl FnOnce(&mut WorkerEnd) -> T + 'static,
) -> JoinHandle<T> {
    let mut worker = worker(gateway, seat);
    thread::spawn(move || run(&mut worker))
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn wait<T>(gateway: &GatewayEnd, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll(&mut context()) {
            return value;
        }
        gateway.block(PATIENCE);
    }
}

fn lease(gateway: &GatewayEnd) -> Lease {
    let mut waiter = None;
    wait(gateway, |cx| gateway.poll_lease(cx, &mut waiter))
}

/// The smallest request head: only its preamble.
fn head(body_bytes: u64) -> Vec<u8> {
    [12_u32.to_le_bytes().as_slice(), &body_bytes.to_le_bytes()].concat()
}

fn send(gateway: &GatewayEnd, lease: &mut Lease, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let sent = wait(gateway, |cx| lease.poll_send(cx, bytes)).unwrap();
        bytes = &bytes[sent..];
    }
}

fn submit(gateway: &GatewayEnd) -> Lease {
    let mut lease = lease(gateway);
    send(gateway, &mut lease, &head(0));
    lease.submit();
    lease
}

/// The body of the reply.
fn reply(gateway: &GatewayEnd, lease: &mut Lease) -> Result<Vec<u8>, ReplyError> {
    let (mut head, mut body) = (Vec::new(), Vec::new());
    assert_eq!(
        wait(gateway, |cx| lease.poll_reply(cx, &mut head, 8))?,
        ReplyEvent::Head
    );
    while wait(gateway, |cx| lease.poll_reply(cx, &mut body, 8))? == ReplyEvent::Body {}
    Ok(body)
}

fn take(worker: &mut WorkerEnd) -> Job {
    match worker.take(PATIENCE) {
        Taken::Request(job) => job,
        other => panic!("took {other:?}"),
    }
}

/// The smallest reply head: one byte that is not decoded.
const REPLY_HEAD: [u8; 5] = [5, 0, 0, 0, 0];

fn answer(mut job: Job) {
    job.head_bytes().unwrap();
    match job.write_head(&REPLY_HEAD) {
        Ok(()) | Err(JobError::Cancelled) => job.end(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_request_comes_back_as_its_reply() {
    model(3, || {
        let gateway = gateway(2, 16, 8);
        let peer = spawn(&gateway, 0, |worker| answer(take(worker)));
        let mut lease = submit(&gateway);
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![]));
        peer.join().unwrap();
    });
}

#[test]
fn two_requests_reach_two_workers_that_may_sleep() {
    model(1, || {
        let gateway = gateway(2, 16, 8);
        let peers = [0, 1].map(|seat| spawn(&gateway, seat, |worker| answer(take(worker))));
        let mut leases = [submit(&gateway), submit(&gateway)];
        for lease in &mut leases {
            assert_eq!(reply(&gateway, lease), Ok(vec![]));
        }
        peers.into_iter().for_each(|peer| peer.join().unwrap());
    });
}

/// Only the hand-over, so that more preemptions can be tried: a worker that lies down, takes a
/// request without sleeping and was called for another one meanwhile must pass the call on.
#[test]
fn two_requests_are_taken_by_two_workers_that_may_sleep() {
    model(2, || {
        let gateway = gateway(2, 16, 8);
        let peers = [0, 1].map(|seat| spawn(&gateway, seat, |worker| mem::forget(take(worker))));
        let leases = [submit(&gateway), submit(&gateway)];
        peers.into_iter().for_each(|peer| peer.join().unwrap());
        mem::forget(leases);
    });
}

#[test]
fn one_worker_takes_two_requests_one_after_the_other() {
    model(2, || {
        let gateway = gateway(2, 16, 8);
        let peer = spawn(&gateway, 0, |worker| {
            answer(take(worker));
            answer(take(worker));
        });
        let mut leases = [submit(&gateway), submit(&gateway)];
        for lease in &mut leases {
            assert_eq!(reply(&gateway, lease), Ok(vec![]));
        }
        peer.join().unwrap();
    });
}

#[test]
fn the_only_slot_is_used_again_by_the_next_waiter() {
    model(2, || {
        let gateway = gateway(1, 16, 8);
        let peer = spawn(&gateway, 0, |worker| {
            while let Taken::Request(job) = worker.take(PATIENCE) {
                answer(job);
            }
        });
        drop(submit(&gateway));
        let mut second = submit(&gateway);
        assert_eq!(reply(&gateway, &mut second), Ok(vec![]));
        gateway.retire(id(0));
        peer.join().unwrap();
    });
}

#[test]
fn a_cancel_and_a_take_have_one_winner() {
    model(3, || {
        let gateway = gateway(2, 16, 8);
        let peer = spawn(&gateway, 0, |worker| match worker.take(PATIENCE) {
            Taken::Request(mut job) => {
                job.head_bytes().unwrap();
                let written = job.write_head(&REPLY_HEAD);
                assert!(matches!(written, Ok(()) | Err(JobError::Cancelled)));
            }
            Taken::Retire | Taken::Promote => {}
            Taken::Nothing => unreachable!("the model's patience has no end"),
        });
        drop(submit(&gateway));
        gateway.retire(id(0));
        peer.join().unwrap();
        gateway.poll();
        // Both slots are free again, whoever won.
        let _leases = [lease(&gateway), lease(&gateway)];
    });
}

#[test]
fn a_body_larger_than_its_ring_is_read_in_order() {
    model(2, || {
        let gateway = gateway(1, 4, 8);
        let peer = spawn(&gateway, 0, |worker| {
            let mut job = take(worker);
            job.head_bytes().unwrap();
            let mut body = [0; 2];
            assert_eq!(job.read_body(&mut body[..1]), Ok(1));
            assert_eq!(job.read_body(&mut body[1..]), Ok(1));
            assert_eq!(body, [7, 8]);
            job.write_head(&REPLY_HEAD).unwrap();
            job.end();
        });
        let mut lease = lease(&gateway);
        let request = [head(2), vec![7, 8]].concat();
        send(&gateway, &mut lease, &request[..4]);
        lease.submit();
        send(&gateway, &mut lease, &request[4..]);
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![]));
        peer.join().unwrap();
    });
}

#[test]
fn a_reply_larger_than_its_ring_is_read_in_order() {
    model(2, || {
        let gateway = gateway(1, 16, 4);
        let peer = spawn(&gateway, 0, |worker| {
            let mut job = take(worker);
            job.head_bytes().unwrap();
            job.write_head(&REPLY_HEAD).unwrap();
            job.write_body(&[1, 2, 3, 4, 5]).unwrap();
            job.end();
        });
        let mut lease = submit(&gateway);
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![1, 2, 3, 4, 5]));
        peer.join().unwrap();
    });
}

#[test]
fn a_parked_worker_hears_the_cancel() {
    model(2, || {
        let gateway = gateway(1, 16, 8);
        let peer = spawn(&gateway, 0, |worker| {
            let mut job = take(worker);
            job.head_bytes().unwrap();
            job.write_head(&REPLY_HEAD).unwrap();
            assert_eq!(job.write_body(&[0; 9]), Err(JobError::Cancelled));
        });
        let mut leased = submit(&gateway);
        let mut out = Vec::new();
        wait(&gateway, |cx| leased.poll_reply(cx, &mut out, 8)).unwrap();
        drop(leased);
        peer.join().unwrap();
        gateway.poll();
        let _free_again = lease(&gateway);
    });
}

#[test]
fn a_flush_in_the_middle_is_heard() {
    model(2, || {
        let gateway = gateway(1, 16, 64);
        let peer = spawn(&gateway, 0, |worker| {
            let mut job = take(worker);
            job.head_bytes().unwrap();
            job.write_head(&REPLY_HEAD).unwrap();
            job.flush();
            job
        });
        let mut lease = submit(&gateway);
        let mut out = Vec::new();
        let event = wait(&gateway, |cx| lease.poll_reply(cx, &mut out, 8));
        assert_eq!(event, Ok(ReplyEvent::Head));
        peer.join().unwrap().end();
    });
}

/// A worker is killed when its thread ends and neither job nor seat is dropped.
#[test]
fn a_request_of_a_dead_worker_is_taken_by_a_sleeper() {
    model(2, || {
        let gateway = gateway(1, 16, 8);
        let doomed = spawn(&gateway, 0, |worker| match worker.take(PATIENCE) {
            Taken::Request(job) => mem::forget(job),
            other => assert!(matches!(other, Taken::Retire)),
        });
        let heir = spawn(&gateway, 1, |worker| answer(take(worker)));
        let mut lease = submit(&gateway);
        gateway.retire(id(0));
        doomed.join().unwrap();
        gateway.bury(id(0));
        let reply = match reply(&gateway, &mut lease) {
            Err(ReplyError::WorkerLost { .. }) => {
                assert!(lease.resubmit());
                send(&gateway, &mut lease, &head(0));
                lease.submit();
                self::reply(&gateway, &mut lease)
            }
            reply => reply,
        };
        assert_eq!(reply, Ok(vec![]));
        heir.join().unwrap();
    });
}

#[test]
fn a_worker_that_retires_does_not_take_the_wake_up_with_it() {
    model(2, || {
        let gateway = gateway(2, 16, 8);
        let leaving = spawn(&gateway, 0, |worker| match worker.take(PATIENCE) {
            Taken::Request(job) => answer(job),
            other => assert!(matches!(other, Taken::Retire)),
        });
        let staying = spawn(&gateway, 1, |worker| match worker.take(PATIENCE) {
            Taken::Request(job) => answer(job),
            other => assert!(matches!(other, Taken::Retire)),
        });
        let mut lease = submit(&gateway);
        gateway.retire(id(0));
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![]));
        gateway.retire(id(1));
        leaving.join().unwrap();
        staying.join().unwrap();
    });
}

/// Takes requests until it is to leave.
fn serve(worker: &mut WorkerEnd) {
    while let Taken::Request(job) = worker.take(PATIENCE) {
        answer(job);
    }
}

#[test]
fn a_request_kept_for_one_worker_and_one_for_anybody_are_both_taken() {
    model(1, || {
        let gateway = gateway(2, 16, 8);
        let peers = [0, 1].map(|seat| spawn(&gateway, seat, serve));
        let mut kept = lease(&gateway);
        send(&gateway, &mut kept, &head(0));
        kept.submit_to(id(1));
        let mut open = submit(&gateway);
        for lease in [&mut kept, &mut open] {
            assert_eq!(reply(&gateway, lease), Ok(vec![]));
        }
        [0, 1].into_iter().for_each(|seat| gateway.retire(id(seat)));
        peers.into_iter().for_each(|peer| peer.join().unwrap());
    });
}

/// In the model every request is kept for the favoured worker if that sleeps.
#[test]
fn a_favoured_worker_that_leaves_leaves_its_request_to_another() {
    model(2, || {
        let gateway = gateway(1, 16, 8);
        gateway.favour(Some(id(0)));
        let favoured = spawn(&gateway, 0, serve);
        let other = spawn(&gateway, 1, serve);
        let mut lease = submit(&gateway);
        gateway.retire(id(0));
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![]));
        gateway.retire(id(1));
        favoured.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn a_worker_that_is_promoted_leaves_its_request_to_another() {
    model(1, || {
        let gateway = gateway(1, 16, 8);
        gateway.favour(Some(id(0)));
        let promoted = spawn(&gateway, 0, serve);
        let other = spawn(&gateway, 1, serve);
        gateway.promote(id(0));
        let mut lease = submit(&gateway);
        assert_eq!(reply(&gateway, &mut lease), Ok(vec![]));
        gateway.retire(id(1));
        promoted.join().unwrap();
        other.join().unwrap();
    });
}

/// A worker is killed when its thread ends and neither job nor seat is dropped.
#[test]
fn a_favoured_worker_that_dies_leaves_its_request_to_another() {
    model(1, || {
        let gateway = gateway(1, 16, 8);
        gateway.favour(Some(id(0)));
        let doomed = spawn(&gateway, 0, |worker| {
            if let Taken::Request(job) = worker.take(PATIENCE) {
                mem::forget(job);
            }
        });
        let heir = spawn(&gateway, 1, serve);
        let mut lease = submit(&gateway);
        gateway.retire(id(0));
        doomed.join().unwrap();
        gateway.bury(id(0));
        let reply = match reply(&gateway, &mut lease) {
            Err(ReplyError::WorkerLost { .. }) => {
                assert!(lease.resubmit());
                send(&gateway, &mut lease, &head(0));
                lease.submit();
                self::reply(&gateway, &mut lease)
            }
            reply => reply,
        };
        assert_eq!(reply, Ok(vec![]));
        gateway.retire(id(1));
        heir.join().unwrap();
    });
}

/// The gateway says that a request's time is over while its worker goes on to the next.
#[test]
fn an_expiry_never_meets_the_next_request() {
    model(3, || {
        let gateway = gateway(1, 16, 8);
        let peer = spawn(&gateway, 0, |worker| {
            worker.begin(7);
            worker.finish();
            worker.begin(8);
            assert!(!worker.is_expired());
        });
        if let Some(activity) = gateway.activity(id(0))
            && activity.busy_since_ms == 7
        {
            assert_eq!(activity.deadline_ms, 0);
            gateway.expire(id(0), activity.busy_since_ms);
        }
        peer.join().unwrap();
    });
}

#[test]
fn a_condemned_request_ends_whatever_its_worker_does_meanwhile() {
    model(3, || {
        let gateway = gateway(1, 16, 8);
        let peer = spawn(&gateway, 0, |worker| answer(take(worker)));
        let mut lease = submit(&gateway);
        gateway.condemn(id(0));
        let end = reply(&gateway, &mut lease);
        assert!(matches!(end, Ok(_) | Err(ReplyError::Condemned)), "{end:?}");
        peer.join().unwrap();
        drop(lease);
        gateway.poll();
        let _free_again = self::lease(&gateway);
    });
}
