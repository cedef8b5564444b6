//! A peer that writes nonsense into the shared memory gets a named error, never a panic, and
//! takes nothing with it but its own request.
//!
//! The places are those of `docs/protocol/exchange.md`: this test also holds the layout to it.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod pair;

use std::os::fd::{AsFd, OwnedFd};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake};

use askr_exchange::{
    Activity, GatewayEnd, JobError, Lease, OpenError, ReplyError, SendError, Taken, WorkerEnd,
    WorkerId,
};
use askr_shm::sync::Ordering;
use askr_shm::{Doorbell, Offset, Region};
use pair::*;
use proptest::prelude::*;

const MAGIC: usize = 0;
const VERSION: usize = 8;
const GATEWAY_PID: usize = 12;
const SLOT_COUNT: usize = 16;
const SEAT_COUNT: usize = 20;
const REQUEST_BYTES: usize = 24;
const REPLY_BYTES: usize = 28;
const READY: usize = 128;
const ATTENTION: usize = 192;
const SLEEPERS: usize = 256;
const TICKETS: usize = 320;

/// The only slot of an exchange with one slot.
const SLOT: usize = TICKETS + 64;
const STATE: usize = SLOT;
const RESERVED: usize = SLOT + 12;
const REQUEST_TAIL: usize = SLOT + 64;
const REPLY_HEAD: usize = SLOT + 72;
const REQUEST_HEAD: usize = SLOT + 128;
const REPLY_TAIL: usize = SLOT + 136;
const SEATS: usize = SLOT + 192;
const SEAT_BYTES: usize = 128;
const RINGS: usize = 4096;

/// An exchange with one slot, a worker on seat 0, and a third hand in its memory.
struct Scene {
    gateway: GatewayEnd,
    worker: WorkerEnd,
    memory: Region,
}

impl Scene {
    fn new() -> Scene {
        let gateway = GatewayEnd::create(limits(1, 256)).unwrap();
        let worker = worker(&gateway, 0);
        let memory = Region::open(fds(&gateway).0, 4096).unwrap();
        Scene {
            gateway,
            worker,
            memory,
        }
    }

    fn word(&self, at: usize) -> u64 {
        self.memory.word64(Offset::new(at)).load(Ordering::Acquire)
    }

    fn write(&self, at: usize, value: u64) {
        self.memory
            .word64(Offset::new(at))
            .store(value, Ordering::Release);
    }

    /// The exchange still does its work.
    fn serves(&mut self) {
        let mut lease = submit(&self.gateway, "/", b"after");
        echo(take(&mut self.worker));
        assert_eq!(
            reply(&self.gateway, &mut lease),
            Ok((200, b"after".to_vec()))
        );
    }
}

fn corrupt_reply(lease: &mut Lease) -> (&'static str, u64) {
    match lease.poll_reply(&mut context(), &mut Vec::new(), 64) {
        Poll::Ready(Err(ReplyError::Corrupt {
            slot_index: 0,
            what,
            value,
        })) => (what, value),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_longer_than_its_ring_is_refused() {
    let mut scene = Scene::new();
    let mut lease = submit(&scene.gateway, "/", b"");
    let job = take(&mut scene.worker);
    scene.write(REPLY_TAIL, 257);
    assert_eq!(corrupt_reply(&mut lease), ("ring tail", 257));
    drop(lease);
    drop(job);
    scene.gateway.poll();
    scene.serves();
}

#[test]
fn a_reply_that_shrinks_is_refused() {
    let mut scene = Scene::new();
    let mut lease = submit(&scene.gateway, "/", b"");
    let mut job = take(&mut scene.worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    job.flush();
    next_event(&scene.gateway, &mut lease, &mut Vec::new()).unwrap();
    scene.write(REPLY_TAIL, 3);
    assert_eq!(corrupt_reply(&mut lease), ("ring tail", 3));
}

#[test]
fn a_reply_head_of_a_senseless_length_is_refused() {
    for length in [0_u32, 4, 64 * 1024 + 1, u32::MAX] {
        let mut scene = Scene::new();
        let mut lease = submit(&scene.gateway, "/", b"");
        let mut job = take(&mut scene.worker);
        job.head_bytes().unwrap();
        job.write_head(&reply_head(200)).unwrap();
        scene.memory.copy_in(RINGS + 256, &length.to_le_bytes());
        job.flush();
        let seen = corrupt_reply(&mut lease);
        assert_eq!(seen, ("length of a reply head", u64::from(length)));
    }
}

#[test]
fn a_reply_that_ends_within_its_head_is_refused() {
    let mut scene = Scene::new();
    let mut lease = submit(&scene.gateway, "/", b"");
    let mut job = take(&mut scene.worker);
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)[..9]).unwrap();
    job.end();
    assert_eq!(corrupt_reply(&mut lease), ("length of a cut reply head", 9));
    drop(lease);
    scene.serves();
}

#[test]
fn a_slot_state_that_makes_no_sense_is_refused_and_the_slot_used_again() {
    let stages = [0xff, 0x07, 0, 1, 0x0203];
    for word in stages {
        let mut scene = Scene::new();
        let mut lease = submit(&scene.gateway, "/", b"");
        let job = take(&mut scene.worker);
        scene.write(STATE, word);
        assert_eq!(corrupt_reply(&mut lease), ("slot state", word));
        assert!(!lease.reply_is_complete());
        assert!(!lease.resubmit());
        let sent = lease.poll_send(&mut context(), b"more");
        assert!(matches!(sent, Poll::Ready(Err(SendError::Corrupt { .. }))));
        drop(lease);
        drop(job);
        scene.gateway.poll();
        scene.serves();
    }
}

#[test]
fn a_slot_run_by_nobody_is_freed_with_the_next_burial() {
    let mut scene = Scene::new();
    let lease = submit(&scene.gateway, "/", b"");
    let job = take(&mut scene.worker);
    let running = scene.word(STATE);
    scene.write(STATE, running | 0xffff << 16);
    drop(lease);
    drop(job);
    let mut waiter = None;
    let pending = scene.gateway.poll_lease(&mut context(), &mut waiter);
    assert!(pending.is_pending());
    scene.gateway.bury(worker_id(3));
    let leased = scene.gateway.poll_lease(&mut context(), &mut waiter);
    assert!(leased.is_ready());
    drop(leased);
    scene.serves();
}

#[test]
fn a_slot_run_by_nobody_is_ended_by_a_sweep_and_others_are_left_alone() {
    let mut scene = Scene::new();
    let mut lease = submit(&scene.gateway, "/", b"");
    let job = take(&mut scene.worker);
    assert_eq!(scene.gateway.sweep(), 0);
    // Another seat, another incarnation: nobody sits there.
    scene.write(STATE, scene.word(STATE) & 0xffff | 7 << 16 | 77 << 32);
    assert_eq!(scene.gateway.sweep(), 1);
    let told = lease.poll_reply(&mut context(), &mut Vec::new(), 64);
    assert!(matches!(
        told,
        Poll::Ready(Err(ReplyError::WorkerLost { .. }))
    ));
    drop((job, lease));
    scene.serves();
}

#[test]
fn room_that_cannot_be_is_refused() {
    let mut scene = Scene::new();
    let mut lease = lease(&scene.gateway);
    send_some(&mut lease, &request_head("/", 9_000)).unwrap();
    lease.submit();
    let _job = take(&mut scene.worker);
    scene.write(REQUEST_HEAD, 10_000);
    let what = "ring head";
    let error = SendError::Corrupt {
        slot_index: 0,
        what,
        value: 10_000,
    };
    assert_eq!(send_some(&mut lease, b"body"), Err(error));
}

#[test]
fn bits_of_slots_and_seats_that_are_not_there_are_ignored() {
    let mut scene = Scene::new();
    for at in [READY, ATTENTION, SLEEPERS] {
        (0..4).for_each(|word| scene.write(at + word * 8, u64::MAX));
    }
    scene.gateway.poll();
    scene.gateway.bury(worker_id(2));
    assert!(matches!(scene.worker.take(AT_ONCE), Taken::Nothing));
    scene.serves();
}

#[test]
fn a_seat_with_a_senseless_occupant_counts_as_vacant() {
    let scene = Scene::new();
    scene.write(SEATS + SEAT_BYTES, 0xff);
    assert_eq!(scene.gateway.ready_workers(), 0);
    let (region, doorbell) = fds(&scene.gateway);
    let refused = WorkerEnd::open(region, doorbell, worker_id(1));
    assert!(matches!(
        refused,
        Err(OpenError::SeatTaken { incarnation: 0, .. })
    ));
    scene.gateway.bury(worker_id(1));
    worker(&scene.gateway, 1);
}

#[test]
fn a_worker_refuses_a_request_longer_than_its_ring() {
    let mut scene = Scene::new();
    let _lease = submit(&scene.gateway, "/", b"");
    let mut job = take(&mut scene.worker);
    scene.write(REQUEST_TAIL, u64::MAX);
    let error = JobError::Corrupt {
        slot_index: 0,
        what: "ring tail",
        value: u64::MAX,
    };
    assert_eq!(job.head_bytes(), Err(error));
}

#[test]
fn a_worker_refuses_a_head_of_a_senseless_length() {
    let mut scene = Scene::new();
    let _lease = submit(&scene.gateway, "/", b"");
    let mut job = take(&mut scene.worker);
    scene.memory.copy_in(RINGS, &11_u32.to_le_bytes());
    let what = "length of a request head";
    assert_eq!(
        job.head_bytes(),
        Err(JobError::Corrupt {
            slot_index: 0,
            what,
            value: 11
        })
    );
}

#[test]
fn a_worker_refuses_room_that_cannot_be() {
    let mut scene = Scene::new();
    let _lease = submit(&scene.gateway, "/", b"");
    let mut job = take(&mut scene.worker);
    job.head_bytes().unwrap();
    scene.write(REPLY_HEAD, 1);
    let error = JobError::Corrupt {
        slot_index: 0,
        what: "ring head",
        value: 1,
    };
    assert_eq!(job.write_head(&reply_head(200)), Err(error));
}

#[test]
fn a_region_with_another_identity_is_refused_by_name() {
    let open = |at: usize, value: u32| {
        let scene = Scene::new();
        scene
            .memory
            .word32(Offset::new(at))
            .store(value, Ordering::Release);
        let (region, doorbell) = fds(&scene.gateway);
        WorkerEnd::open(region, doorbell, worker_id(1)).unwrap_err()
    };
    assert!(matches!(open(MAGIC, 1), OpenError::Magic { found } if found & 0xffff_ffff == 1));
    assert!(matches!(
        open(VERSION, 99),
        OpenError::Version {
            found: 99,
            expected: 4
        }
    ));
    let limits = [
        (SLOT_COUNT, "slot_count", 257),
        (SEAT_COUNT, "seat_count", 0),
        (REQUEST_BYTES, "request_bytes", 255),
        (REPLY_BYTES, "reply_bytes", u32::MAX),
    ];
    for (at, field, bad) in limits {
        let error = open(at, bad);
        assert!(
            matches!(error, OpenError::Limits { name, .. } if name == field),
            "{error:?}"
        );
    }
    let error = open(REPLY_BYTES, 1 << 24);
    assert!(matches!(error, OpenError::Truncated { .. }), "{error:?}");
    let error = open(GATEWAY_PID, 0x7fff_ffff);
    assert!(
        matches!(error, OpenError::GatewayGone { pid: 0x7fff_ffff }),
        "{error:?}"
    );
}

#[test]
fn a_descriptor_that_is_no_exchange_is_refused() {
    let doorbell = || {
        Doorbell::create()
            .unwrap()
            .as_fd()
            .try_clone_to_owned()
            .unwrap()
    };
    let open = |region: OwnedFd| WorkerEnd::open(region, doorbell(), worker_id(0)).unwrap_err();
    let small = Region::create("small", 64).unwrap();
    let small = small.fd().try_clone_to_owned().unwrap();
    assert!(matches!(
        open(small),
        OpenError::Region(askr_shm::OpenError::TooSmall { .. })
    ));
    let empty = Region::create("empty", 4096).unwrap();
    let empty = empty.fd().try_clone_to_owned().unwrap();
    assert!(matches!(open(empty), OpenError::Magic { found: 0 }));
    let socket = doorbell();
    assert!(matches!(open(socket), OpenError::Region(_)));
}

/// What a worker leaves that dies between taking a slot and clearing its bit.
#[test]
fn a_stale_ready_bit_is_skipped_and_goes_with_the_burial() {
    let mut scene = Scene::new();
    let mut other = worker(&scene.gateway, 1);
    let mut lease = submit(&scene.gateway, "/", b"");
    std::mem::forget(take(&mut scene.worker));
    scene.write(READY, 1);
    assert!(matches!(other.take(AT_ONCE), Taken::Nothing));
    assert_eq!(scene.gateway.bury(worker_id(0)), 1);
    assert_eq!(scene.word(READY), 0);
    assert!(lease.resubmit());
    send_all(&scene.gateway, &mut lease, &request_head("/", 0));
    lease.submit();
    echo(take(&mut other));
    assert_eq!(reply(&scene.gateway, &mut lease), Ok((200, Vec::new())));
}

/// What a worker leaves that dies between ending a reply and telling the gateway.
#[test]
fn a_reply_whose_news_was_never_told_is_found_by_the_burial() {
    let mut scene = Scene::new();
    let mut lease = submit(&scene.gateway, "/", b"");
    let job = take(&mut scene.worker);
    let woken = Arc::new(Woken::default());
    let waker = Arc::clone(&woken).into();
    let mut cx = Context::from_waker(&waker);
    assert!(lease.poll_reply(&mut cx, &mut Vec::new(), 64).is_pending());
    echo(job);
    scene.write(ATTENTION, 0);
    assert!(!scene.gateway.poll());
    assert_eq!(scene.gateway.bury(worker_id(0)), 0);
    assert!(woken.0.load(Ordering::Acquire));
    assert_eq!(reply(&scene.gateway, &mut lease), Ok((200, Vec::new())));
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_seat_is_read_where_the_protocol_has_it() {
    let scene = Scene::new();
    (1..=6).for_each(|word| scene.write(SEATS + word * 8, 100 + word as u64));
    let said = Activity {
        busy_since_ms: 101,
        deadline_ms: 102,
        replies: 103,
        failures: 104,
        busy_us: 105,
        waited_ms: 106,
    };
    assert_eq!(scene.gateway.activity(worker_id(0)), Some(said));
    scene.gateway.promote(worker_id(0));
    assert_eq!(scene.word(SEATS + 72) & 0xffff_ffff, 1);
    scene.gateway.expire(worker_id(0), 101);
    assert_eq!(scene.word(SEATS + 80), 101);
    assert!(scene.worker.is_expired());
}

#[test]
fn counts_at_their_end_begin_anew() {
    let scene = Scene::new();
    (3..=5).for_each(|word| scene.write(SEATS + word * 8, u64::MAX));
    scene.worker.count_reply(true, 3);
    let activity = scene.gateway.activity(worker_id(0)).unwrap();
    let counts = (activity.replies, activity.failures, activity.busy_us);
    assert_eq!(counts, (0, 0, 2));
}

#[test]
fn a_reservation_that_nobody_made_costs_that_request_only() {
    let mut scene = Scene::new();
    let lease = submit(&scene.gateway, "/", b"");
    let ready = scene.word(STATE);
    let reserved = scene.memory.word32(Offset::new(RESERVED));
    reserved.store(0x7777, Ordering::Release);
    assert!(matches!(scene.worker.take(AT_ONCE), Taken::Nothing));
    assert_eq!(scene.gateway.bury(worker_id(1)), 0);
    assert_eq!(
        scene.word(STATE),
        ready,
        "it waits until its sender gives up"
    );
    drop(lease);
    scene.serves();
}

#[test]
fn a_reservation_that_is_wiped_away_still_ends_with_its_worker() {
    let mut scene = Scene::new();
    let mut lease = lease(&scene.gateway);
    send_some(&mut lease, &request_head("/", 0)).unwrap();
    lease.submit_to(worker_id(0));
    let reserved = scene.memory.word32(Offset::new(RESERVED));
    reserved.store(0, Ordering::Release);
    std::mem::forget(take(&mut scene.worker));
    assert_eq!(scene.gateway.bury(worker_id(0)), 1, "taken, and lost once");
    let lost = lease.poll_reply(&mut context(), &mut Vec::new(), 8);
    assert!(matches!(
        lost,
        Poll::Ready(Err(ReplyError::WorkerLost { .. }))
    ));
}

#[test]
fn a_worker_has_no_lease_of_a_turn_that_is_over() {
    let mut scene = Scene::new();
    let lease = submit(&scene.gateway, "/", b"");
    let job = take(&mut scene.worker);
    let running = scene.word(STATE);
    assert!(scene.gateway.lease_of(worker_id(0)).is_some());
    scene.write(STATE, running ^ 1 << 8);
    assert_eq!(scene.gateway.lease_of(worker_id(0)), None);
    assert_eq!(scene.gateway.subject_of(worker_id(0)), None);
    scene.write(STATE, running);
    drop((lease, job));
    scene.gateway.poll();
    scene.serves();
}

proptest! {
    /// Whatever is written wherever, nothing panics, and a burial brings the exchange back.
    #[test]
    fn no_word_of_the_region_can_make_the_gateway_panic(
        scribbles in prop::collection::vec(scribble(), 1..40),
    ) {
        let mut scene = Scene::new();
        let mut lease = None;
        let mut out = Vec::new();
        for (at, value) in scribbles {
            scene.write(at, value);
            scene.gateway.poll();
            let _ = scene.gateway.ready_workers();
            watch(&scene.gateway, value);
            if lease.is_none()
                && let Poll::Ready(mut new) = pin!(scene.gateway.lease()).poll(&mut context())
            {
                let _ = new.poll_send(&mut context(), &request_head("/", 0));
                match value % 3 {
                    0 => new.submit_to(worker_id(0)),
                    1 => new.submit_soon(),
                    _ => new.submit(),
                }
                lease = Some(new);
            }
            if let Taken::Request(job) = scene.worker.take(AT_ONCE) {
                drop(job);
            }
            let over = lease.as_mut().is_some_and(|lease| {
                let _ = lease.resubmit();
                lease.poll_reply(&mut context(), &mut out, 64).is_ready()
            });
            if over {
                lease = None;
            }
        }
        drop(lease);
        heal(scene);
    }
}

/// All that a supervisor does.
fn watch(gateway: &GatewayEnd, value: u64) {
    let favoured = value.is_multiple_of(2).then(|| worker_id(0));
    gateway.favour(favoured);
    for seat in [0, 3, 999] {
        let worker = WorkerId {
            seat,
            incarnation: 1,
        };
        let _ = gateway.activity(worker);
        let _ = gateway.lease_of(worker);
        let _ = gateway.subject_of(worker);
        let _ = gateway.served_by(seat);
        gateway.expire(worker, value);
        if value.is_multiple_of(7) {
            gateway.condemn(worker);
        }
    }
    let _ = gateway.unserved();
}

/// Buries everybody who might be there; then a new worker serves a new request.
fn heal(mut scene: Scene) {
    for seat in 0..4 {
        for incarnation in 0..8 {
            scene.gateway.bury(WorkerId { seat, incarnation });
        }
    }
    scene.gateway.poll();
    for at in [
        SEATS,
        SEATS + SEAT_BYTES,
        SEATS + 2 * SEAT_BYTES,
        SEATS + 3 * SEAT_BYTES,
    ] {
        scene.write(at, 0);
    }
    let incarnation = 1_000_000;
    scene.worker = join(
        &scene.gateway,
        WorkerId {
            seat: 0,
            incarnation,
        },
    );
    scene.serves();
}

/// A word of the control part but for the identity, and a value that is near something real.
fn scribble() -> impl Strategy<Value = (usize, u64)> {
    let at = (64..SEATS + 4 * SEAT_BYTES).prop_map(|at| at & !7);
    let value = prop_oneof![
        any::<u64>(),
        0..300_u64,
        (0..9_u64, 0..4_u64, 0..5_u64, 0..4_u64)
            .prop_map(|(stage, turn, seat, who)| stage | turn << 8 | seat << 16 | who << 32),
    ];
    (at, value)
}
