//! What a gateway sees of its workers, and what it does about them: deadlines, favours, requests
//! for one worker, several exchanges behind one doorbell.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod pair;

use std::task::Poll;
use std::thread;

use askr_exchange::control::ProcessEnd;
use askr_exchange::{
    Activity, GatewayEnd, Lease, ReplyError, ReplyEvent, SeatState, Subject, Taken, WorkerId,
};
use askr_shm::sync::Ordering;
use askr_shm::{Deadline, Doorbell, Offset, Region};
use pair::*;

fn gateway() -> GatewayEnd {
    GatewayEnd::create(limits(4, 1024)).unwrap()
}

fn lost(worker: WorkerId) -> Result<(u16, Vec<u8>), ReplyError> {
    let end = Some(ProcessEnd::Signal(9));
    Err(ReplyError::WorkerLost { worker, end })
}

#[test]
fn a_workers_seat_tells_what_it_does_and_what_it_has_done() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let id = worker_id(0);
    assert_eq!(gateway.activity(id), Some(Activity::default()));
    let _lease = submit(&gateway, "/", b"");
    let job = take(&mut worker);
    worker.begin(7_000);
    worker.set_deadline(9_000);
    worker.set_waited(400);
    let busy = Activity {
        busy_since_ms: 7_000,
        deadline_ms: 9_000,
        waited_ms: 400,
        ..Activity::default()
    };
    assert_eq!(gateway.activity(id), Some(busy));
    echo(job);
    worker.count_reply(true, 250);
    worker.finish();
    let done = Activity {
        replies: 1,
        failures: 1,
        busy_us: 250,
        ..Activity::default()
    };
    assert_eq!(gateway.activity(id), Some(done));
}

#[test]
fn a_successor_begins_with_a_clean_seat() {
    let gateway = gateway();
    let worker = worker(&gateway, 0);
    worker.begin(5);
    worker.set_deadline(6);
    worker.count_reply(true, 7);
    gateway.expire(worker_id(0), 5);
    gateway.bury(worker_id(0));
    assert_eq!(gateway.activity(worker_id(0)), None);
    let successor = WorkerId {
        seat: 0,
        incarnation: 9,
    };
    let worker = join(&gateway, successor);
    assert_eq!(gateway.activity(successor), Some(Activity::default()));
    worker.begin(5);
    assert!(!worker.is_expired());
}

#[test]
fn an_expiry_holds_for_the_one_request_it_was_meant_for() {
    let gateway = gateway();
    let worker = worker(&gateway, 0);
    gateway.expire(worker_id(0), 0);
    assert!(!worker.is_expired(), "it has none");
    worker.begin(100);
    assert!(!worker.is_expired());
    gateway.expire(worker_id(0), 99);
    assert!(!worker.is_expired(), "that was the one before");
    gateway.expire(worker_id(0), 100);
    assert!(worker.is_expired());
    worker.finish();
    assert!(!worker.is_expired());
    worker.begin(101);
    assert!(!worker.is_expired());
}

#[test]
fn a_lease_names_its_request_for_as_long_as_its_worker_has_it() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let id = worker_id(0);
    let mut lease = lease(&gateway);
    lease.describe("0123", "GET", "/slow");
    send_all(&gateway, &mut lease, &request_head("/slow?x", 0));
    lease.submit();
    assert_eq!((gateway.lease_of(id), gateway.subject_of(id)), (None, None));
    let job = take(&mut worker);
    let first = gateway.lease_of(id).unwrap();
    let subject = Subject {
        id: "0123".to_owned(),
        method: "GET".to_owned(),
        path: "/slow".to_owned(),
    };
    assert_eq!(gateway.subject_of(id), Some(subject.clone()));
    echo(job);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    drop(lease);
    assert_eq!(gateway.lease_of(id), None);
    assert_eq!(gateway.served_by(0), 1);
    assert_eq!(
        gateway.subject_of(id),
        Some(subject),
        "what it does after the reply belongs to the request"
    );

    let next = submit(&gateway, "/", b"");
    let _job = take(&mut worker);
    assert!(gateway.lease_of(id).unwrap() > first);
    assert_eq!(gateway.subject_of(id), Some(Subject::default()));
    drop(next);
    assert!(gateway.lease_of(id).is_some(), "its client has left");
}

#[test]
fn a_request_that_is_sent_again_is_another_lease_on_the_same_subject() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let mut lease = lease(&gateway);
    lease.describe("1", "GET", "/");
    send_all(&gateway, &mut lease, &request_head("/", 0));
    lease.submit();
    std::mem::forget(take(&mut worker));
    let first = gateway.lease_of(worker_id(0)).unwrap();
    gateway.bury(worker_id(0));
    assert!(lease.resubmit());
    send_all(&gateway, &mut lease, &request_head("/", 0));
    lease.submit();
    let mut other = self::worker(&gateway, 1);
    let _job = take(&mut other);
    assert!(gateway.lease_of(worker_id(1)).unwrap() > first);
    assert_eq!(gateway.subject_of(worker_id(1)).unwrap().id, "1");
}

#[test]
fn a_condemned_request_is_over_for_its_client_at_once_and_goes_to_nobody_else() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    std::mem::forget(take(&mut worker));
    assert_eq!(gateway.condemn(worker_id(1)), 0);
    assert_eq!(gateway.condemn(worker_id(0)), 1);
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Condemned));
    assert!(!lease.resubmit(), "its worker is not buried yet");
    gateway.bury(worker_id(0));
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Condemned));
    drop(lease);
    let mut lease = submit(&gateway, "/", b"next");
    echo(take(&mut self::worker(&gateway, 0)));
    let next = reply(&gateway, &mut lease);
    assert_eq!(next, Ok((200, b"next".to_vec())), "the slot is as new");
}

#[test]
fn a_reply_that_ends_before_the_axe_falls_is_given_out_whole() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"whole");
    let job = take(&mut worker);
    gateway.condemn(worker_id(0));
    echo(job);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, b"whole".to_vec())));
}

#[test]
fn a_condemned_reply_that_has_begun_is_cut() {
    let gateway = gateway();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    job.flush();
    let head = next_event(&gateway, &mut lease, &mut Vec::new());
    assert_eq!(head, Ok(ReplyEvent::Head));
    gateway.condemn(worker_id(0));
    let cut = next_event(&gateway, &mut lease, &mut Vec::new());
    assert_eq!(cut, Err(ReplyError::Condemned));
}

#[test]
fn a_request_for_one_worker_is_left_by_all_others() {
    let gateway = gateway();
    let (mut first, mut second) = (worker(&gateway, 0), worker(&gateway, 1));
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/up", 0));
    lease.submit_to(worker_id(1));
    let mut open = submit(&gateway, "/open", b"");
    let mut job = take(&mut first);
    assert_eq!(target(&mut job), "/open");
    assert!(matches!(first.take(AT_ONCE), Taken::Nothing));
    assert_eq!(gateway.unserved(), 1);
    echo(take(&mut second));
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    job.write_head(&reply_head(204)).unwrap();
    job.end();
    assert_eq!(reply(&gateway, &mut open), Ok((204, Vec::new())));
}

#[test]
fn a_request_for_a_worker_that_sleeps_wakes_that_one() {
    let gateway = gateway();
    let mut other = worker(&gateway, 0);
    let mut wanted = worker(&gateway, 1);
    let other = thread::spawn(move || matches!(other.take(PATIENCE), Taken::Retire));
    let wanted = thread::spawn(move || echo(take(&mut wanted)));
    until("sleep", || gateway.idle_workers() == 2);
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/up", 2));
    send_all(&gateway, &mut lease, b"up");
    lease.submit_to(worker_id(1));
    assert_eq!(reply(&gateway, &mut lease), Ok((200, b"up".to_vec())));
    wanted.join().unwrap();
    gateway.retire(worker_id(0));
    assert!(other.join().unwrap());
}

#[test]
fn a_request_kept_for_a_worker_that_dies_is_lost_and_can_go_to_another() {
    let gateway = gateway();
    let _dead = worker(&gateway, 0);
    let mut other = worker(&gateway, 1);
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/up", 0));
    lease.submit_to(worker_id(0));
    let buried = gateway.bury_ended(worker_id(0), Some(ProcessEnd::Signal(9)));
    assert_eq!(buried, 1);
    assert_eq!(gateway.unserved(), 0);
    assert_eq!(reply(&gateway, &mut lease), lost(worker_id(0)));
    assert!(lease.resubmit());
    send_all(&gateway, &mut lease, &request_head("/up", 0));
    lease.submit();
    echo(take(&mut other));
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
}

#[test]
fn a_request_for_a_worker_that_is_gone_already_is_lost_at_once() {
    let gateway = gateway();
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/up", 0));
    lease.submit_to(worker_id(0));
    let end = None;
    let worker = worker_id(0);
    let error = ReplyError::WorkerLost { worker, end };
    assert_eq!(reply(&gateway, &mut lease), Err(error));
    drop(lease);
    let _all: Vec<_> = (0..4).map(|_| self::lease(&gateway)).collect();
}

#[test]
fn sleepers_are_not_kept_awake_by_a_request_for_somebody_else() {
    let gateway = gateway();
    let _wanted = worker(&gateway, 0);
    let mut sleeper = worker(&gateway, 1);
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/up", 0));
    lease.submit_to(worker_id(0));
    let sleeper = thread::spawn(move || {
        let before = processor_time_of_this_thread();
        let taken = take(&mut sleeper);
        echo(taken);
        processor_time_of_this_thread() - before
    });
    until("sleep", || gateway.idle_workers() == 1);
    // Wake-ups that are for nothing, as a worker that leaves passes them on.
    for _ in 0..1000 {
        gateway.bury(worker_id(3));
    }
    let mut open = submit(&gateway, "/", b"open");
    assert_eq!(reply(&gateway, &mut open), Ok((200, b"open".to_vec())));
    let ticks = sleeper.join().unwrap();
    assert!(ticks < 100, "{ticks} ticks of processor time for sleeping");
}

/// In ticks of a hundredth of a second.
fn processor_time_of_this_thread() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let field = |index| fields.split(' ').nth(index).unwrap().parse::<u64>();
    field(11).unwrap() + field(12).unwrap()
}

#[test]
fn one_request_in_four_goes_to_the_favoured_worker_while_it_sleeps() {
    let gateway = gateway();
    let (mut favoured, mut other) = (worker(&gateway, 0), worker(&gateway, 1));
    gateway.favour(Some(worker_id(0)));
    for call in 1..=40 {
        say_that_the_first_sleeps(&gateway);
        let mut lease = submit(&gateway, "/", b"");
        let taker = if call % FAVOURED_CALLS == 0 {
            assert!(matches!(other.take(AT_ONCE), Taken::Nothing), "{call}");
            &mut favoured
        } else {
            &mut other
        };
        echo(take(taker));
        assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    }
}

/// As a worker does that lies down. Nobody wakes up when it is called.
fn say_that_the_first_sleeps(gateway: &GatewayEnd) {
    let memory = Region::open(fds(gateway).0, 4096).unwrap();
    let sleeping = memory.word32(Offset::new(SLEEPING));
    sleeping.store(1, Ordering::Release);
}

/// A worker on seat 0 that says it sleeps, as one does that dies in its sleep, and a request that
/// is kept for it.
fn kept_for_a_sleeper(gateway: &GatewayEnd) -> Lease {
    std::mem::forget(worker(gateway, 0));
    say_that_the_first_sleeps(gateway);
    gateway.favour(Some(worker_id(0)));
    // Each is taken back before anybody wakes up.
    (1..FAVOURED_CALLS).for_each(|_| drop(submit(gateway, "/", b"")));
    say_that_the_first_sleeps(gateway);
    submit(gateway, "/", b"kept")
}

/// `sleeping` of the first seat of an exchange with four slots: header, tickets, slots, a line.
const SLEEPING: usize = 320 + 64 + 4 * 192 + 64;
const FAVOURED_CALLS: u32 = 4;

#[test]
fn a_request_kept_out_of_favour_is_anybodys_when_its_worker_dies_leaves_or_is_promoted() {
    let ends: [fn(&GatewayEnd); 3] = [
        |gateway| assert_eq!(gateway.bury(worker_id(0)), 0),
        |gateway| gateway.retire(worker_id(0)),
        |gateway| gateway.promote(worker_id(0)),
    ];
    for end in ends {
        let gateway = gateway();
        let mut lease = kept_for_a_sleeper(&gateway);
        let mut other = worker(&gateway, 1);
        assert!(matches!(other.take(AT_ONCE), Taken::Nothing), "it is kept");
        end(&gateway);
        echo(take(&mut other));
        assert_eq!(reply(&gateway, &mut lease), Ok((200, b"kept".to_vec())));
    }
}

#[test]
fn nothing_is_kept_for_a_favoured_worker_while_others_wait_or_it_is_awake() {
    let gateway = gateway();
    gateway.favour(Some(worker_id(0)));
    let (_awake, mut other) = (worker(&gateway, 0), worker(&gateway, 1));
    for _ in 0..20 {
        let mut lease = submit(&gateway, "/", b"");
        echo(take(&mut other));
        assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    }
}

#[test]
fn a_favour_for_a_worker_that_is_gone_costs_nobody_a_request() {
    let gateway = gateway();
    drop(worker(&gateway, 1));
    gateway.favour(Some(worker_id(1)));
    gateway.bury(worker_id(1));
    let mut other = worker(&gateway, 0);
    let other = thread::spawn(move || (0..8).for_each(|_| echo(take(&mut other))));
    for _ in 0..8 {
        let mut lease = submit(&gateway, "/", b"");
        assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    }
    other.join().unwrap();
}

#[test]
fn a_promoted_worker_takes_nothing_more_and_is_not_counted() {
    let gateway = gateway();
    let mut promoted = worker(&gateway, 0);
    let mut other = worker(&gateway, 1);
    let promoted = thread::spawn(move || matches!(promoted.take(PATIENCE), Taken::Promote));
    until("idling", || gateway.idle_workers() == 1);
    gateway.promote(worker_id(0));
    assert!(promoted.join().unwrap());
    assert_eq!(gateway.ready_workers(), 0);
    assert_eq!(gateway.seat(worker_id(0)), SeatState::Retiring);
    let mut lease = submit(&gateway, "/", b"");
    echo(take(&mut other));
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
}

#[test]
fn two_exchanges_wake_the_one_thread_that_listens_for_both() {
    let first = gateway();
    let second = first.create_beside(limits(2, 256)).unwrap();
    let mut worker = worker(&second, 0);
    let worker = thread::spawn(move || echo(take(&mut worker)));
    let mut lease = submit(&second, "/", b"beside");
    let bell = Doorbell::open(fds(&first).1);
    let deadline = Deadline::after(PATIENCE);
    while !lease.reply_is_complete() {
        let may_park = first.prepare_park() & second.prepare_park();
        if may_park && !lease.reply_is_complete() {
            assert!(bell.wait(deadline).unwrap(), "the bell is rung");
        }
        first.unpark();
        second.unpark();
        second.poll();
    }
    let mut out = Vec::new();
    let head = lease.poll_reply(&mut context(), &mut out, 64);
    assert_eq!(head, Poll::Ready(Ok(ReplyEvent::Head)));
    worker.join().unwrap();
    assert_eq!(first.unserved() + second.unserved(), 0);
}

#[test]
fn a_worker_of_one_exchange_is_unknown_in_the_other() {
    let first = gateway();
    let second = first.create_beside(limits(2, 256)).unwrap();
    let _worker = worker(&first, 0);
    assert!(first.activity(worker_id(0)).is_some());
    assert_eq!(second.activity(worker_id(0)), None);
    assert_eq!(second.condemn(worker_id(0)), 0);
    assert_eq!(second.bury(worker_id(0)), 0);
    assert_eq!(first.seat(worker_id(0)), SeatState::Booting);
}
