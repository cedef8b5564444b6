//! Locks between processes, whose holders are killed.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod process;

use std::thread;
use std::time::{Duration, Instant};

use askr_shm::Peer;
use askr_store::{LeaseTerms, Namespace, Sizes, Store, Ttl, Value};
use process::{Board, Me, Other, PATIENCE};

const KEY: &[u8] = b"the lock";
const ENTRY: &str = "this_program_plays_the_holder";

/// Words of the board.
const HOLDER: usize = 0;
const ACQUIRED: usize = 1;
const VIOLATIONS: usize = 2;
const READY: usize = 3;

#[test]
fn this_program_plays_the_holder() {
    let Some(me) = Me::find() else { return };
    match me.role.as_str() {
        "until death" => hold(&me, Ttl::Forever, true),
        "for a time" => hold(&me, Ttl::For(STAY), false),
        "fast" => loop {
            take_and_give_back(&me);
        },
        other => panic!("{other}"),
    }
}

/// How long a lock is taken by who dies with it.
const STAY: Duration = Duration::from_millis(400);

fn hold(me: &Me, ttl: Ttl, until_death: bool) {
    let terms = LeaseTerms {
        ttl,
        until_death,
        wait: Duration::ZERO,
    };
    assert!(me.store.acquire(KEY, b"other", &terms).unwrap());
    me.board.store(READY, 1);
    me.hang();
}

/// One acquisition. The board has the holder's process; whoever finds another one there that
/// lives has found a second holder.
fn take_and_give_back(me: &Me) {
    let own = u64::from(Peer::own_pid());
    let owner = own.to_string();
    let terms = LeaseTerms {
        ttl: Ttl::Forever,
        until_death: true,
        wait: PATIENCE,
    };
    match me.store.acquire(KEY, owner.as_bytes(), &terms) {
        Ok(true) => {}
        refused => panic!("{refused:?}"),
    }
    if let Err(other) = me.board.swap(HOLDER, 0, own) {
        let is_alive = Peer::watch(u32::try_from(other).unwrap()).is_some();
        me.board.add(VIOLATIONS, u64::from(is_alive));
        me.board.store(HOLDER, own);
    }
    me.board.add(ACQUIRED, 1);
    thread::yield_now();
    me.board.add(
        VIOLATIONS,
        u64::from(me.board.swap(HOLDER, own, 0).is_err()),
    );
    assert!(me.store.release(KEY, owner.as_bytes()).unwrap());
}

fn store() -> Store {
    Store::create(&Sizes {
        namespaces: [256 * 1024; 5],
        value_max: 4_096,
    })
    .unwrap()
}

fn held(role: &str) -> (Store, Other, Instant) {
    let (store, board) = (store(), Board::new());
    let before = Instant::now();
    let other = Other::start(ENTRY, role, &store, &board);
    board.until(READY, 1);
    assert!(!store.acquire(KEY, b"mine", &AT_ONCE).unwrap());
    (store, other, before)
}

const AT_ONCE: LeaseTerms = LeaseTerms {
    ttl: Ttl::Forever,
    until_death: false,
    wait: Duration::ZERO,
};

const PATIENTLY: LeaseTerms = LeaseTerms {
    wait: PATIENCE,
    ..AT_ONCE
};

#[test]
fn a_lock_that_is_to_frees_at_its_holders_death() {
    let (store, mut other, _) = held("until death");
    assert_eq!(store.holder(KEY).unwrap().unwrap().owner, b"other");
    // A zombie has died.
    other.kill_unburied();
    assert!(store.acquire(KEY, b"mine", &PATIENTLY).unwrap());
    assert_eq!(store.holder(KEY).unwrap().unwrap().owner, b"mine");
    assert!(!store.release(KEY, b"other").unwrap());
}

#[test]
fn nobody_has_a_lock_whose_holder_has_died() {
    let (store, other, _) = held("until death");
    other.kill();
    assert_eq!(store.holder(KEY), Ok(None));
    assert!(store.acquire(KEY, b"mine", &AT_ONCE).unwrap());
}

#[test]
fn a_dead_holders_lock_frees_at_its_time() {
    let (store, other, before) = held("for a time");
    other.kill();
    assert!(store.acquire(KEY, b"mine", &PATIENTLY).unwrap());
    assert!(before.elapsed() >= STAY);
}

#[test]
fn who_waits_is_woken_by_a_release_and_not_by_the_end_of_its_patience() {
    let store = store();
    for _ in 0..20 {
        assert!(store.acquire(KEY, b"first", &AT_ONCE).unwrap());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| store.acquire(KEY, b"second", &PATIENTLY));
            assert!(store.release(KEY, b"first").unwrap());
            assert_eq!(waiting.join().unwrap(), Ok(true));
        });
        assert!(store.release(KEY, b"second").unwrap());
    }
}

#[test]
fn a_wait_that_ends_without_the_lock_took_as_long_as_it_was_to() {
    let store = store();
    assert!(store.acquire(KEY, b"first", &AT_ONCE).unwrap());
    let wait = Duration::from_millis(70);
    let before = Instant::now();
    assert!(
        !store
            .acquire(KEY, b"second", &LeaseTerms { wait, ..AT_ONCE })
            .unwrap()
    );
    assert!(before.elapsed() >= wait);
}

#[test]
fn a_lock_is_taken_once_and_by_its_owner_given_back_and_refreshed() {
    let store = store();
    assert!(store.acquire(KEY, b"mine", &AT_ONCE).unwrap());
    assert!(!store.acquire(KEY, b"mine", &AT_ONCE).unwrap());
    assert!(!store.release(KEY, b"yours").unwrap());
    assert!(!store.refresh(KEY, b"yours", Ttl::Forever).unwrap());
    assert!(
        store
            .refresh(KEY, b"mine", Ttl::For(Duration::from_secs(900)))
            .unwrap()
    );
    let remaining = store.holder(KEY).unwrap().unwrap().remaining.unwrap();
    assert!(remaining > Duration::from_secs(890), "{remaining:?}");
    assert!(store.release(KEY, b"mine").unwrap());
    assert!(!store.release(KEY, b"mine").unwrap());
    assert!(!store.refresh(KEY, b"mine", Ttl::Forever).unwrap());
    assert_eq!(store.holder(KEY), Ok(None));
}

/// What another program wrote there, over the socket for one.
#[test]
fn a_lock_whose_value_is_anything_is_held_by_that() {
    let store = store();
    for value in [
        &b""[..],
        b"\0until\0\0",
        b"\0until\0\0\0\0\0\0\0\0\0\0",
        b"12345678901234567",
    ] {
        store
            .set(Namespace::Locks, KEY, Value::Bytes(value), Ttl::Forever)
            .unwrap();
        assert!(!store.acquire(KEY, b"mine", &AT_ONCE).unwrap());
        assert_eq!(store.holder(KEY).unwrap().unwrap().owner, value);
        assert!(store.release(KEY, value).unwrap());
    }
    let number = Value::Number(askr_store::Number::Integer(17));
    store
        .set(Namespace::Locks, KEY, number, Ttl::Forever)
        .unwrap();
    assert_eq!(store.holder(KEY).unwrap().unwrap().owner, b"17");
    assert!(store.release(KEY, b"17").unwrap());
}

#[test]
fn there_are_never_two_holders_whoever_is_killed() {
    let (store, board) = (store(), Board::new());
    let start = || Other::start(ENTRY, "fast", &store, &board);
    let mut others: Vec<Other> = (0..PROCESSES).map(|_| start()).collect();
    let mut kills = 0;
    while board.load(ACQUIRED) < ACQUISITIONS {
        board.until(ACQUIRED, (board.load(ACQUIRED) + 20).min(ACQUISITIONS));
        // Whose turn it is depends on how the processes were scheduled: as good as chance.
        let victim = usize::try_from(board.load(ACQUIRED)).unwrap() % others.len();
        others.push(start());
        others.swap_remove(victim).kill();
        kills += 1;
    }
    drop(others);
    let acquired = board.load(ACQUIRED);
    println!("{acquired} acquisitions, {PROCESSES} processes, {kills} killed");
    assert_eq!(board.load(VIOLATIONS), 0);
    assert!(store.acquire(KEY, b"last", &PATIENTLY).unwrap());
}

const PROCESSES: usize = 8;
const ACQUISITIONS: u64 = 10_000;
