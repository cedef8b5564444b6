//! SIGKILL of either side, in each state a slot can be in.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::cast_possible_truncation, reason = "patterns and small counts")]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod pair;
mod process;

use std::os::fd::AsRawFd;
use std::thread;

use askr_exchange::control::ProcessEnd;
use askr_exchange::{
    GatewayEnd, JobError, Lease, ReplyError, ReplyEvent, SeatState, Taken, WorkerEnd, WorkerId,
};
use pair::*;
use process::{Doomed, Me, join_exchange_of};

/// The test program as the peer: each role stops where it is to be killed.
#[test]
fn this_program_plays_the_peer_that_is_killed() {
    let Some(me) = Me::find() else { return };
    match me.role.as_str() {
        "gateway with an idle worker" => be_gateway(&me, None),
        "gateway in the middle of a body" => be_gateway(&me, Some(4)),
        "gateway with a full reply ring" => be_gateway(&me, Some(0)),
        role => be_worker(&me, role),
    }
}

fn be_worker(me: &Me, role: &str) {
    let mut worker = me.join();
    if role == "booting" {
        me.reached(1);
        me.hang();
    }
    if role == "echo" {
        while let Taken::Request(job) = worker.take(PATIENCE) {
            echo(job);
        }
        return;
    }
    if role == "promoted" {
        assert!(matches!(worker.take(PATIENCE), Taken::Promote));
        me.reached(1);
        me.hang();
    }
    let mut job = take(&mut worker);
    me.reached(1);
    if role == "just taken" {
        me.hang();
    }
    job.head_bytes().unwrap();
    if role == "reading the body" {
        read_all(&mut job);
    }
    job.write_head(&reply_head(200)).unwrap();
    job.flush();
    if role == "blocked on a full ring" {
        job.write_body(&pattern(100_000)).unwrap();
    }
    me.reached(2);
    if role == "after the head" {
        me.hang();
    }
    job.write_body(b"whole").unwrap();
    job.end();
    me.reached(3);
    me.hang();
}

fn be_gateway(me: &Me, body_bytes_unsent: Option<u64>) {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    me.leave_note(gateway.fds().0.as_raw_fd().try_into().unwrap());
    let mut lease = lease(&gateway);
    if let Some(bytes) = body_bytes_unsent {
        send_some(&mut lease, &request_head("/", bytes)).unwrap();
        lease.submit();
    }
    me.reached(1);
    me.hang();
}

fn doomed_worker(gateway: &GatewayEnd, role: &str) -> Doomed {
    doomed_worker_as(gateway, role, worker_id(0))
}

fn doomed_worker_as(gateway: &GatewayEnd, role: &str, worker: WorkerId) -> Doomed {
    Doomed::start(ENTRY, role, Some((gateway, worker)))
}

fn doomed_gateway(role: &str) -> (Doomed, WorkerEnd) {
    let doomed = Doomed::start(ENTRY, role, None);
    doomed.await_step(1);
    let worker = join_exchange_of(doomed.pid(), doomed.note());
    (doomed, worker)
}

/// Kills and buries the worker of seat 0 and checks that its one request is lost, that a new
/// worker on the same seat serves that request again, and one more.
fn lose_and_recover(gateway: &GatewayEnd, doomed: Doomed, mut lease: Lease) {
    doomed.kill();
    assert_eq!(
        gateway.bury_ended(worker_id(0), Some(ProcessEnd::Signal(9))),
        1
    );
    assert_eq!(gateway.seat(worker_id(0)), SeatState::Vacant);
    let mut out = Vec::new();
    let error = loop {
        match next_event(gateway, &mut lease, &mut out) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(
        error,
        ReplyError::WorkerLost {
            worker: worker_id(0),
            end: Some(ProcessEnd::Signal(9)),
        }
    );
    assert!(lease.resubmit());
    serve_again(gateway, lease);
}

fn serve_again(gateway: &GatewayEnd, mut lease: Lease) {
    send_all(gateway, &mut lease, &request_head("/again", 0));
    lease.submit();
    let mut more = submit(gateway, "/more", b"x");
    let mut worker = join(
        gateway,
        WorkerId {
            seat: 0,
            incarnation: 99,
        },
    );
    let mut job = take(&mut worker);
    assert_eq!(target(&mut job), "/again");
    job.write_head(&reply_head(200)).unwrap();
    job.end();
    echo(take(&mut worker));
    assert_eq!(reply(gateway, &mut lease), Ok((200, Vec::new())));
    assert_eq!(reply(gateway, &mut more), Ok((200, b"x".to_vec())));
}

#[test]
fn a_worker_killed_while_it_boots_costs_nothing() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "booting");
    doomed.await_step(1);
    assert_eq!(gateway.seat(worker_id(0)), SeatState::Booting);
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 0);
    serve_again(&gateway, lease(&gateway));
}

#[test]
fn a_worker_killed_in_its_sleep_costs_nothing() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    until("idling", || gateway.seat(worker_id(0)) == SeatState::Idle);
    doomed.await_sleep();
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 0);
    serve_again(&gateway, lease(&gateway));
}

#[test]
fn a_request_given_to_a_dead_sleeper_goes_to_another_once_it_is_buried() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    until("idling", || gateway.seat(worker_id(0)) == SeatState::Idle);
    doomed.await_sleep();
    let mut other = worker(&gateway, 1);
    let other = thread::spawn(move || echo(take(&mut other)));
    until("idling of both", || gateway.idle_workers() == 2);
    doomed.kill();
    // The wake-up goes to the lowest seat, which nobody sleeps on any more.
    let mut lease = submit(&gateway, "/", b"");
    assert_eq!(gateway.bury(worker_id(0)), 0);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    other.join().unwrap();
}

#[test]
fn a_worker_killed_when_it_has_just_taken_loses_that_request() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    let lease = submit(&gateway, "/", b"");
    doomed.await_step(1);
    lose_and_recover(&gateway, doomed, lease);
}

#[test]
fn a_worker_killed_while_it_waits_for_the_body_loses_that_request() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "reading the body");
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/", 1_000));
    lease.submit();
    send_all(&gateway, &mut lease, &pattern(100));
    doomed.await_step(1);
    doomed.await_sleep();
    lose_and_recover(&gateway, doomed, lease);
}

#[test]
fn a_worker_killed_while_the_reply_ring_is_full_loses_that_request() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "blocked on a full ring");
    let lease = submit(&gateway, "/", b"");
    doomed.await_step(1);
    doomed.await_sleep();
    assert_eq!(lease.reply_buffered(), 256);
    lose_and_recover(&gateway, doomed, lease);
}

#[test]
fn a_worker_killed_after_the_head_loses_that_request() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "after the head");
    let mut lease = submit(&gateway, "/", b"");
    let mut out = Vec::new();
    assert_eq!(
        next_event(&gateway, &mut lease, &mut out),
        Ok(ReplyEvent::Head)
    );
    doomed.await_step(2);
    lose_and_recover(&gateway, doomed, lease);
}

#[test]
fn a_worker_killed_after_the_end_has_replied() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "after the end");
    let mut lease = submit(&gateway, "/", b"");
    doomed.await_step(3);
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 0);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, b"whole".to_vec())));
    drop(lease);
    serve_again(&gateway, self::lease(&gateway));
}

#[test]
fn a_condemned_worker_costs_its_request_and_nothing_else() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    let mut lease = submit(&gateway, "/", b"");
    doomed.await_step(1);
    assert_eq!(gateway.condemn(worker_id(0)), 1);
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Condemned));
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 1);
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Condemned));
    drop(lease);
    serve_again(&gateway, self::lease(&gateway));
}

#[test]
fn a_condemned_request_whose_client_left_frees_its_slot_at_the_burial() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    let lease = submit(&gateway, "/", b"");
    doomed.await_step(1);
    drop(lease);
    assert_eq!(gateway.condemn(worker_id(0)), 1);
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 1);
    let mut waiter = None;
    assert!(gateway.poll_lease(&mut context(), &mut waiter).is_ready());
}

#[test]
fn a_promoted_worker_that_is_killed_costs_nothing() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "promoted");
    gateway.promote(worker_id(0));
    doomed.await_step(1);
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 0);
    serve_again(&gateway, lease(&gateway));
}

#[test]
fn a_worker_killed_before_it_takes_what_is_kept_for_it_gives_it_back() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    until("idling", || gateway.seat(worker_id(0)) == SeatState::Idle);
    doomed.stop();
    let mut lease = lease(&gateway);
    send_all(&gateway, &mut lease, &request_head("/", 0));
    lease.submit_to(worker_id(0));
    lose_and_recover(&gateway, doomed, lease);
}

#[test]
fn the_slot_of_a_cancelled_request_is_freed_when_its_worker_is_buried() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let doomed = doomed_worker(&gateway, "just taken");
    let lease = submit(&gateway, "/", b"");
    doomed.await_step(1);
    drop(lease);
    let mut waiter = None;
    assert!(gateway.poll_lease(&mut context(), &mut waiter).is_pending());
    doomed.kill();
    assert_eq!(gateway.bury(worker_id(0)), 1);
    assert!(gateway.poll_lease(&mut context(), &mut waiter).is_ready());
}

/// Wherever the signal happens to hit: each kill costs one request at most, no other is lost,
/// mixed up or left lying.
#[test]
fn a_worker_killed_at_any_moment_costs_one_request_at_most() {
    let gateway = GatewayEnd::create(limits(4, 256)).unwrap();
    let mut number = 0_u32;
    for round in 0..30_u32 {
        let name = WorkerId {
            seat: 0,
            incarnation: 2 * round + 1,
        };
        let doomed = doomed_worker_as(&gateway, "echo", name);
        let mut leases: Vec<_> = (0..4)
            .map(|_| submit_numbered(&gateway, &mut number))
            .collect();
        for _ in 0..round * 7 {
            let (body, mut lease) = leases.remove(0);
            assert_eq!(reply(&gateway, &mut lease), Ok((200, body)));
            drop(lease);
            leases.push(submit_numbered(&gateway, &mut number));
        }
        doomed.kill();
        assert!(gateway.bury(name) <= 1);
        serve_rest(
            &gateway,
            leases,
            WorkerId {
                seat: 0,
                incarnation: 2 * round + 2,
            },
        );
    }
}

fn submit_numbered(gateway: &GatewayEnd, number: &mut u32) -> (Vec<u8>, Lease) {
    *number += 1;
    let body = pattern(*number as usize % 150);
    let lease = submit(gateway, "/", &body);
    (body, lease)
}

/// A healthy worker on the dead one's seat serves all that is left, the lost one again.
fn serve_rest(gateway: &GatewayEnd, leases: Vec<(Vec<u8>, Lease)>, name: WorkerId) {
    let mut worker = join(gateway, name);
    let healthy = thread::spawn(move || {
        while let Taken::Request(job) = worker.take(PATIENCE) {
            echo(job);
        }
    });
    for (body, mut lease) in leases {
        let mut answer = reply(gateway, &mut lease);
        if matches!(answer, Err(ReplyError::WorkerLost { .. })) {
            assert!(lease.resubmit());
            let request = [request_head("/", body.len() as u64), body.clone()].concat();
            send_all(gateway, &mut lease, &request);
            lease.submit();
            answer = reply(gateway, &mut lease);
        }
        assert_eq!(answer, Ok((200, body)));
    }
    gateway.retire(name);
    healthy.join().unwrap();
    gateway.bury(name);
}

#[test]
fn an_idle_worker_notices_that_the_gateway_was_killed() {
    let (doomed, mut worker) = doomed_gateway("gateway with an idle worker");
    let waiting = thread::spawn(move || matches!(worker.take(PATIENCE), Taken::Retire));
    doomed.kill();
    assert!(waiting.join().unwrap());
}

#[test]
fn a_worker_that_waits_for_the_body_notices_that_the_gateway_was_killed() {
    let (doomed, mut worker) = doomed_gateway("gateway in the middle of a body");
    let mut job = take(&mut worker);
    job.head_bytes().unwrap();
    let waiting = thread::spawn(move || job.read_body(&mut [0; 8]));
    doomed.kill();
    assert_eq!(waiting.join().unwrap(), Err(JobError::GatewayGone));
}

#[test]
fn a_worker_that_waits_for_room_notices_that_the_gateway_was_killed() {
    let (doomed, mut worker) = doomed_gateway("gateway with a full reply ring");
    let mut job = take(&mut worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    let waiting = thread::spawn(move || job.write_body(&pattern(1_000)));
    doomed.kill();
    assert_eq!(waiting.join().unwrap(), Err(JobError::GatewayGone));
}

const ENTRY: &str = "this_program_plays_the_peer_that_is_killed";
