//! Requests and replies between two ends, as their users see them.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::cast_possible_truncation, reason = "patterns and small counts")]

mod pair;

use std::task::Poll;
use std::thread;

use askr_exchange::{
    CreateError, ExchangeLimits, GatewayEnd, HEAD_BYTES_MAX, JobError, OpenError, ReplyError,
    ReplyEvent, SeatState, SendError, Taken, WorkerEnd, WorkerId,
};
use pair::*;

#[test]
fn a_request_comes_back_as_its_reply() {
    let gateway = GatewayEnd::create(ExchangeLimits::default()).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/a?b=1", b"body");

    let mut job = take(&mut worker);
    assert_eq!(target(&mut job), "/a?b=1");
    assert_eq!(read_all(&mut job), b"body");
    job.write_head(&reply_head(201)).unwrap();
    job.write_body(b"answer").unwrap();
    job.end();

    assert!(lease.reply_is_complete());
    assert_eq!(lease.reply_buffered(), reply_head(201).len() + 6);
    assert_eq!(reply(&gateway, &mut lease), Ok((201, b"answer".to_vec())));
}

#[test]
fn a_lease_tells_who_has_its_request_and_since_when() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    let lease = submit(&gateway, "/", b"");
    assert_eq!(lease.service(), None);

    let mut job = take(&mut worker);
    let service = || {
        let service = lease.service().unwrap();
        assert_eq!(service.worker, worker.worker());
        (service.generation, service.taken_us, service.ended_us)
    };
    assert_eq!(service(), (0, 0, 0));
    job.begin(5_000, 3);
    assert_eq!(service(), (3, 5_000, 0));
    target(&mut job);
    job.write_head(&reply_head(200)).unwrap();
    job.close(7_500);
    job.end();
    assert_eq!(service(), (3, 5_000, 7_500));

    drop(lease);
    let next = submit(&gateway, "/", b"");
    let _job = take(&mut worker);
    assert_eq!(next.service().map(|it| it.taken_us), Some(0));
}

#[test]
fn interim_heads_come_one_by_one_before_the_head() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    target(&mut job);
    let mut heads = Vec::new();

    job.write_interim(&reply_head(103)).unwrap();
    job.write_interim(&reply_head(102)).unwrap();
    for status in [103, 102] {
        heads.clear();
        let event = next_event(&gateway, &mut lease, &mut heads);
        assert_eq!(event, Ok(ReplyEvent::Interim));
        assert_eq!(heads, reply_head(status));
    }

    job.write_head(&reply_head(200)).unwrap();
    job.end();
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
}

#[test]
fn a_reply_that_is_cut_after_its_head_brings_what_was_written_before() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    target(&mut job);
    job.write_head(&reply_head(200)).unwrap();
    let event = next_event(&gateway, &mut lease, &mut Vec::new());
    assert_eq!(event, Ok(ReplyEvent::Head));

    job.write_body(b"half").unwrap();
    job.abort();

    let mut body = Vec::new();
    let event = next_event(&gateway, &mut lease, &mut body);
    assert_eq!((event, &*body), (Ok(ReplyEvent::Body), &b"half"[..]));
    for _ in 0..2 {
        let event = next_event(&gateway, &mut lease, &mut body);
        assert_eq!(event, Err(ReplyError::Aborted));
    }
}

#[test]
fn an_interim_head_alone_is_no_reply() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    target(&mut job);

    job.write_interim(&reply_head(103)).unwrap();
    job.end();

    let ended = next_event(&gateway, &mut lease, &mut Vec::new());
    assert_eq!(ended, Err(ReplyError::Aborted));
}

#[test]
fn one_slot_serves_many_requests() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    for round in 0..600_u32 {
        let body = round.to_le_bytes();
        let mut lease = submit(&gateway, "/", &body);
        echo(take(&mut worker));
        assert_eq!(reply(&gateway, &mut lease), Ok((200, body.to_vec())));
    }
}

#[test]
fn both_rings_stream_bodies_far_larger_than_they_are() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let peer = thread::spawn(move || echo(take(&mut worker)));
    let body = pattern(50_000);
    let mut bytes = request_head("/upload", body.len() as u64);
    bytes.extend_from_slice(&body);

    let mut lease = lease(&gateway);
    let mut sent = send_some(&mut lease, &bytes).unwrap();
    assert_eq!(sent, 256);
    assert_eq!(send_some(&mut lease, &bytes[sent..]), Ok(0));
    lease.submit();
    let mut received = Vec::new();
    let mut head = Vec::new();
    let mut ended = false;
    while !ended {
        wait(&gateway, |cx| {
            let mut moved = false;
            if sent < bytes.len()
                && let Poll::Ready(count) = lease.poll_send(cx, &bytes[sent..])
            {
                sent += count.unwrap();
                moved = true;
            }
            let out = if head.is_empty() {
                &mut head
            } else {
                &mut received
            };
            if let Poll::Ready(event) = lease.poll_reply(cx, out, 33) {
                ended = event.unwrap() == ReplyEvent::End;
                moved = true;
            }
            if moved {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
    }
    assert_eq!(received, body);
    peer.join().unwrap();
}

#[test]
fn heads_larger_than_a_ring_are_streamed_too() {
    let gateway = GatewayEnd::create(limits(1, 64)).unwrap();
    let mut worker = worker(&gateway, 0);
    let long = format!("/{}", "x".repeat(5000));
    let peer = thread::spawn({
        let long = long.clone();
        move || {
            let mut job = take(&mut worker);
            assert_eq!(target(&mut job), long);
            let mut head = Vec::new();
            let value = vec![b'v'; 3000];
            askr_exchange::ReplyHead {
                status: 200,
                headers: vec![(b"X", &value)],
            }
            .encode(&mut head);
            job.write_head(&head).unwrap();
            job.end();
        }
    });
    let mut lease = lease(&gateway);
    let head = request_head(&long, 0);
    let sent = send_some(&mut lease, &head).unwrap();
    lease.submit();
    send_all(&gateway, &mut lease, &head[sent..]);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
    peer.join().unwrap();
}

#[test]
fn requests_are_taken_in_the_order_they_were_submitted() {
    let gateway = GatewayEnd::create(limits(100, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut leases: Vec<_> = (0..100).map(|_| lease(&gateway)).collect();
    leases.reverse();
    for (index, lease) in leases.iter_mut().enumerate() {
        send_all(&gateway, lease, &request_head(&index.to_string(), 0));
        lease.submit();
    }
    for index in 0..100 {
        assert_eq!(target(&mut take(&mut worker)), index.to_string());
    }
}

#[test]
fn a_request_cancelled_while_it_waits_is_never_executed() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    drop(submit(&gateway, "/cancelled", b""));
    assert!(matches!(worker.take(AT_ONCE), Taken::Nothing));
    let mut kept = submit(&gateway, "/kept", b"");
    echo(take(&mut worker));
    assert_eq!(reply(&gateway, &mut kept), Ok((200, Vec::new())));
}

#[test]
fn a_lease_that_was_never_submitted_gives_its_slot_back() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut unsent = lease(&gateway);
    send_some(&mut unsent, &request_head("/", 0)).unwrap();
    drop(unsent);
    let _again = lease(&gateway);
    assert!(matches!(worker.take(AT_ONCE), Taken::Nothing));
}

#[test]
fn a_worker_is_told_that_its_client_left_and_its_slot_is_freed_at_the_end() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    assert!(!job.cancelled());
    drop(lease);
    assert!(job.cancelled());
    assert_eq!(job.write_body(b"more"), Err(JobError::Cancelled));

    let mut next = None;
    assert!(gateway.poll_lease(&mut context(), &mut next).is_pending());
    job.abort();
    assert!(gateway.poll());
    assert!(gateway.poll_lease(&mut context(), &mut next).is_ready());
}

#[test]
fn writing_for_a_client_that_left_before_the_head_is_refused_each_time() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    drop(lease);
    assert_eq!(job.write_head(&reply_head(200)), Err(JobError::Cancelled));
    assert_eq!(job.write_head(&reply_head(200)), Err(JobError::Cancelled));
    assert_eq!(job.write_body(b"more"), Err(JobError::Cancelled));
}

#[test]
fn a_worker_blocked_on_a_full_ring_is_woken_by_the_cancel() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let peer = thread::spawn(move || {
        let mut job = take(&mut worker);
        job.head_bytes().unwrap();
        job.write_head(&reply_head(200)).unwrap();
        job.write_body(&pattern(10_000))
    });
    let mut head = Vec::new();
    assert_eq!(
        next_event(&gateway, &mut lease, &mut head),
        Ok(ReplyEvent::Head)
    );
    drop(lease);
    assert_eq!(peer.join().unwrap(), Err(JobError::Cancelled));
}

#[test]
fn a_dropped_job_aborts_the_reply() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    drop(take(&mut worker));
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Aborted));
    assert_eq!(send_some(&mut lease, b"more"), Err(SendError::Over));
}

#[test]
fn an_end_without_a_head_is_no_reply() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    take(&mut worker).end();
    assert_eq!(reply(&gateway, &mut lease), Err(ReplyError::Aborted));
}

#[test]
fn a_lost_request_is_submitted_again_and_goes_first() {
    let gateway = GatewayEnd::create(limits(3, 256)).unwrap();
    let (mut first, mut second) = (worker(&gateway, 0), worker(&gateway, 1));
    let mut lost = submit(&gateway, "/lost", b"");
    let mut job = take(&mut first);
    let mut other = submit(&gateway, "/other", b"");
    assert!(!other.resubmit());
    job.head_bytes().unwrap();
    std::mem::forget(job);
    std::mem::forget(first);

    assert_eq!(gateway.bury(worker_id(0)), 1);
    assert_eq!(gateway.seat(worker_id(0)), SeatState::Vacant);
    let worker = worker_id(0);
    assert_eq!(
        reply(&gateway, &mut lost),
        Err(ReplyError::WorkerLost { worker, end: None })
    );
    assert!(lost.resubmit());
    send_all(&gateway, &mut lost, &request_head("/lost", 0));
    lost.submit();

    let mut job = take(&mut second);
    assert_eq!(target(&mut job), "/lost");
    job.write_head(&reply_head(200)).unwrap();
    job.end();
    echo(take(&mut second));
    assert_eq!(reply(&gateway, &mut lost), Ok((200, Vec::new())));
    assert_eq!(reply(&gateway, &mut other), Ok((200, Vec::new())));
}

#[test]
fn a_buried_worker_that_still_runs_cannot_touch_the_next_turn() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let (mut first, mut second) = (worker(&gateway, 0), worker(&gateway, 1));
    let mut lease = submit(&gateway, "/", b"");
    let stale = take(&mut first);
    gateway.bury(worker_id(0));
    assert!(lease.resubmit());
    send_all(&gateway, &mut lease, &request_head("/", 0));
    lease.submit();
    let job = take(&mut second);
    drop(stale);
    echo(job);
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
}

#[test]
fn a_seat_shows_what_its_worker_does() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let id = worker_id(2);
    assert_eq!(gateway.seat(id), SeatState::Vacant);
    let mut worker = worker(&gateway, 2);
    assert_eq!(gateway.seat(id), SeatState::Booting);
    assert_eq!((gateway.ready_workers(), gateway.idle_workers()), (0, 0));
    assert!(matches!(worker.take(AT_ONCE), Taken::Nothing));
    assert_eq!(gateway.seat(id), SeatState::Idle);
    assert_eq!((gateway.ready_workers(), gateway.idle_workers()), (1, 1));
    let _lease = submit(&gateway, "/", b"");
    let job = take(&mut worker);
    assert_eq!(gateway.seat(id), SeatState::Busy);
    assert_eq!((gateway.ready_workers(), gateway.idle_workers()), (1, 0));
    gateway.retire(id);
    assert_eq!(gateway.seat(id), SeatState::Retiring);
    assert_eq!((gateway.ready_workers(), gateway.idle_workers()), (0, 0));
    echo(job);
    assert!(matches!(worker.take(PATIENCE), Taken::Retire));
    assert_eq!(
        gateway.seat(WorkerId {
            seat: 2,
            incarnation: 9
        }),
        SeatState::Vacant
    );
    assert_eq!(
        gateway.seat(WorkerId {
            seat: 99,
            incarnation: 3
        }),
        SeatState::Vacant
    );
}

#[test]
fn a_sleeping_worker_is_woken_to_retire() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let peer = thread::spawn(move || matches!(worker.take(PATIENCE), Taken::Retire));
    gateway.retire(worker_id(0));
    assert!(peer.join().unwrap());
}

#[test]
fn a_retired_worker_leaves_the_waiting_request_to_others() {
    let gateway = GatewayEnd::create(limits(2, 256)).unwrap();
    let (mut leaving, mut staying) = (worker(&gateway, 0), worker(&gateway, 1));
    gateway.retire(worker_id(0));
    let mut lease = submit(&gateway, "/", b"");
    assert!(matches!(leaving.take(PATIENCE), Taken::Retire));
    echo(take(&mut staying));
    assert_eq!(reply(&gateway, &mut lease), Ok((200, Vec::new())));
}

#[test]
fn waiters_for_a_slot_are_served_in_order() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let held = lease(&gateway);
    let (mut first, mut second, mut late) = (None, None, None);
    assert!(gateway.poll_lease(&mut context(), &mut first).is_pending());
    assert!(gateway.poll_lease(&mut context(), &mut second).is_pending());
    assert_eq!(gateway.waiting(), 2);
    drop(held);
    assert!(gateway.poll_lease(&mut context(), &mut late).is_pending());
    assert!(gateway.poll_lease(&mut context(), &mut second).is_pending());
    assert!(gateway.poll_lease(&mut context(), &mut first).is_ready());
    assert!(gateway.poll_lease(&mut context(), &mut second).is_ready());
    gateway.forget_waiter(late.unwrap());
    assert_eq!(gateway.waiting(), 0);
}

#[test]
fn a_flush_shows_the_gateway_what_there_is() {
    let gateway = GatewayEnd::create(limits(1, 1024)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    assert!(!gateway.poll());
    job.flush();
    assert!(gateway.poll());
    let mut out = Vec::new();
    assert_eq!(
        next_event(&gateway, &mut lease, &mut out),
        Ok(ReplyEvent::Head)
    );
    job.write_body(&pattern(600)).unwrap();
    assert!(gateway.poll(), "half of the ring is full");
    assert!(!lease.reply_is_complete());
    job.end();
}

#[test]
fn oversize_heads_are_refused_on_both_sides() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let mut worker = worker(&gateway, 0);
    let mut refused = lease(&gateway);
    let head = request_head(&"x".repeat(HEAD_BYTES_MAX), 0);
    let error = SendError::HeadTooLarge {
        bytes: head.len(),
        limit: HEAD_BYTES_MAX,
    };
    assert_eq!(send_some(&mut refused, &head), Err(error));
    drop(refused);
    let _lease = submit(&gateway, "/", b"");
    let mut job = take(&mut worker);
    let bytes = HEAD_BYTES_MAX + 1;
    let error = JobError::HeadTooLarge {
        bytes,
        limit: HEAD_BYTES_MAX,
    };
    assert_eq!(job.write_head(&vec![0; bytes]), Err(error));
}

#[test]
fn a_seat_is_taken_once() {
    let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
    let _sitting = worker(&gateway, 1);
    let open = |worker| {
        let (region, doorbell) = fds(&gateway);
        WorkerEnd::open(region, doorbell, worker).map(drop)
    };
    let late = WorkerId {
        seat: 1,
        incarnation: 77,
    };
    assert!(matches!(
        open(late),
        Err(OpenError::SeatTaken { incarnation: 2, .. })
    ));
    let beyond = WorkerId {
        seat: 4,
        incarnation: 1,
    };
    assert!(matches!(
        open(beyond),
        Err(OpenError::NoSuchSeat { seat_count: 4, .. })
    ));
    let nobody = WorkerId {
        seat: 0,
        incarnation: 0,
    };
    assert!(matches!(open(nobody), Err(OpenError::NoSuchSeat { .. })));
    gateway.bury(worker_id(1));
    open(late).unwrap();
}

#[test]
fn limits_out_of_bounds_are_refused_by_name() {
    let good = limits(1, 256);
    let bad = [
        (
            ExchangeLimits {
                slot_count: 0,
                ..good
            },
            "slot_count",
            0,
        ),
        (
            ExchangeLimits {
                seat_count: 257,
                ..good
            },
            "seat_count",
            257,
        ),
        (
            ExchangeLimits {
                request_bytes: 100,
                ..good
            },
            "request_bytes",
            100,
        ),
        (
            ExchangeLimits {
                reply_bytes: 1 << 30,
                ..good
            },
            "reply_bytes",
            1 << 30,
        ),
    ];
    for (limits, field, number) in bad {
        match GatewayEnd::create(limits) {
            Err(CreateError::Limits { name, value }) => assert_eq!((name, value), (field, number)),
            other => panic!("{other:?}"),
        }
    }
}
