//! SIGKILL after each instruction of a writer, and at random moments.
//!
//! A writer is led through an operation instruction by instruction (`ptrace`), and each state of
//! the shared memory on the way is kept. After its death each of them must be a store in which
//! the operation has happened or has not, nothing else is lost, and everything works at once.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod process;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use askr_shm::Region;
use askr_store::{LeaseTerms, Namespace, Number, OwnedValue, Sizes, Store, Ttl, Value};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, gettid};
use process::{Board, Me, Other, PATIENCE};

const SPACE: Namespace = Namespace::Sessions;
const KEY: &[u8] = b"the key";
const NEIGHBOURS: usize = 8;

/// The test program as the writer: it stops before and after its operation.
#[test]
fn this_program_plays_the_writer() {
    let Some(me) = Me::find() else { return };
    let operation = OPERATIONS.iter().find(|(name, ..)| *name == me.role);
    let (_, _, run) = operation.unwrap();
    // What a process finds out once, about itself for one, is not part of the operation.
    me.store
        .set(SPACE, b"warm", integer(1), Ttl::Forever)
        .unwrap();
    me.store
        .set(Namespace::Cache, b"warm", integer(1), Ttl::Forever)
        .unwrap();
    ptrace::traceme().unwrap();
    me.board
        .store(TID, u64::try_from(gettid().as_raw()).unwrap());
    raise(Signal::SIGSTOP).unwrap();
    run(&me.store);
    raise(Signal::SIGSTOP).unwrap();
}

type Prepare = fn(&Store);

/// Name, what is there before, and what the writer does.
const OPERATIONS: &[(&str, Prepare, Prepare)] = &[
    ("set of a new entry", nothing, |store| {
        store
            .set(SPACE, KEY, Value::Bytes(b"new"), Ttl::Forever)
            .unwrap();
    }),
    ("set in place", with_old, |store| {
        store
            .set(SPACE, KEY, Value::Bytes(b"new"), Ttl::Forever)
            .unwrap();
    }),
    ("set of something longer", with_old, |store| {
        store
            .set(SPACE, KEY, Value::Bytes(&[b'n'; 700]), Ttl::Forever)
            .unwrap();
    }),
    ("set that moves others", with_full_ring, |store| {
        store
            .set(SPACE, KEY, Value::Bytes(&[b'n'; 700]), Ttl::Forever)
            .unwrap();
    }),
    ("set that evicts", with_full_cache, |store| {
        store
            .set(
                Namespace::Cache,
                KEY,
                Value::Bytes(&[b'n'; 700]),
                Ttl::Forever,
            )
            .unwrap();
    }),
    ("delete", with_old, |store| {
        assert!(store.delete(SPACE, KEY).unwrap());
    }),
    ("increment", with_number, |store| {
        store
            .increment(SPACE, KEY, Number::Integer(1), Ttl::Forever)
            .unwrap();
    }),
    ("touch", with_old, |store| {
        assert!(
            store
                .touch(SPACE, KEY, Ttl::For(Duration::from_secs(9_000)))
                .unwrap()
        );
    }),
    ("flush", with_old, |store| {
        store.flush(SPACE).unwrap();
    }),
    ("set with tags", nothing, |store| {
        let tags: [&[u8]; 2] = [b"one", b"two"];
        store
            .set_tagged(KEY, Value::Bytes(b"new"), Ttl::Forever, &tags)
            .unwrap();
    }),
    ("forgetting a tag", with_tagged, |store| {
        store.forget_tag(b"one").unwrap();
    }),
    ("acquire", nothing, |store| {
        assert!(store.acquire(KEY, b"writer", &UNTIL_DEATH).unwrap());
    }),
];

const UNTIL_DEATH: LeaseTerms = LeaseTerms {
    ttl: Ttl::Forever,
    until_death: true,
    wait: Duration::ZERO,
};

fn nothing(_: &Store) {}

fn with_old(store: &Store) {
    store
        .set(SPACE, KEY, Value::Bytes(b"old"), Ttl::Forever)
        .unwrap();
}

fn with_number(store: &Store) {
    store.set(SPACE, KEY, integer(41), Ttl::Forever).unwrap();
}

fn with_tagged(store: &Store) {
    let tags: [&[u8]; 1] = [b"one"];
    store
        .set_tagged(KEY, Value::Bytes(b"old"), Ttl::Forever, &tags)
        .unwrap();
}

/// So many entries written over that the next write goes round the ring, where some still live.
fn with_full_ring(store: &Store) {
    with_old(store);
    for round in 0..SMALL_BYTES / 256 {
        let key = format!("passing {}", round % 3);
        let value = [b'p'; 700];
        store
            .set(
                SPACE,
                key.as_bytes(),
                Value::Bytes(&value[..600 + round % 100]),
                Ttl::Forever,
            )
            .unwrap();
    }
}

fn with_full_cache(store: &Store) {
    for round in 0..SMALL_BYTES / 128 {
        let key = format!("passing {round}");
        store
            .set(
                Namespace::Cache,
                key.as_bytes(),
                Value::Bytes(&[b'p'; 600]),
                Ttl::Forever,
            )
            .unwrap();
        // Some are read, so that they move to the other ring instead of leaving.
        store
            .get(
                Namespace::Cache,
                format!("passing {}", round / 2).as_bytes(),
            )
            .unwrap();
    }
}

fn integer(number: i64) -> Value<'static> {
    Value::Number(Number::Integer(number))
}

fn neighbour(index: usize) -> Vec<u8> {
    format!("neighbour {index}").into_bytes()
}

/// Each test takes every operation whose place it is, so that they run side by side.
fn every_third(first: usize) {
    for (name, prepare, _) in OPERATIONS.iter().skip(first).step_by(3) {
        let store = store();
        for index in 0..NEIGHBOURS {
            let value = vec![b'0' + u8::try_from(index).unwrap(); 20 * index];
            store
                .set(SPACE, &neighbour(index), Value::Bytes(&value), Ttl::Forever)
                .unwrap();
        }
        prepare(&store);
        let before = answers(&store);
        let states = states_of(&store, name);
        assert!(
            states.len() > 2,
            "{name} writes more than {} times",
            states.len()
        );
        let after = answers(&revived(states.last().unwrap()));
        for state in &states {
            check(name, &revived(state), &before, &after);
        }
    }
}

#[test]
fn a_writer_killed_at_any_instruction_leaves_a_store_that_works_1() {
    every_third(0);
}

#[test]
fn a_writer_killed_at_any_instruction_leaves_a_store_that_works_2() {
    every_third(1);
}

#[test]
fn a_writer_killed_at_any_instruction_leaves_a_store_that_works_3() {
    every_third(2);
}

/// What can be asked about the key of the operation.
#[derive(Debug, PartialEq)]
struct Answers {
    found: [Option<OwnedValue>; 3],
    expires: bool,
}

fn answers(store: &Store) -> Answers {
    let spaces = [SPACE, Namespace::Cache, Namespace::Locks];
    let expires = store.remaining(SPACE, KEY).unwrap().flatten().is_some();
    // Who has a lock for as long as a process lives is not told by the value alone.
    let holder = store
        .holder(KEY)
        .unwrap()
        .map(|holder| OwnedValue::Bytes(holder.owner));
    let mut found = spaces.map(|space| store.get(space, KEY).unwrap());
    found[2] = holder;
    Answers { found, expires }
}

fn check(name: &str, store: &Store, before: &Answers, after: &Answers) {
    let started = Instant::now();
    let found = answers(store);
    // A value that is written over in place may be lost with its writer.
    let is_lost = name == "set in place" && found.found == [None, None, None];
    // A flush takes the neighbours, too, at once.
    let is_flushed = name == "flush" && found == *after;
    assert!(
        found == *before || found == *after || is_lost,
        "{name}: {found:?}"
    );
    for index in (0..NEIGHBOURS).filter(|_| !is_flushed) {
        let value = vec![b'0' + u8::try_from(index).unwrap(); 20 * index];
        let found = store.get(SPACE, &neighbour(index)).unwrap();
        assert_eq!(
            found,
            Some(OwnedValue::Bytes(value)),
            "{name}: neighbour {index}"
        );
    }
    for space in [SPACE, Namespace::Cache, Namespace::Locks] {
        // The first write is the one that finds the dead owner.
        store
            .set(space, b"later", integer(1), Ttl::Forever)
            .unwrap();
        let number = store.increment(space, b"later", Number::Integer(1), Ttl::Forever);
        assert_eq!(number, Ok(Number::Integer(2)), "{name}");
        count(name, store, space);
    }
    let took = started.elapsed();
    assert!(took < PATIENCE / 10, "{name}: {took:?}");
    store
        .set(SPACE, KEY, Value::Bytes(b"last"), Ttl::Forever)
        .unwrap();
    let found = store.get(SPACE, KEY).unwrap();
    assert_eq!(found, Some(OwnedValue::Bytes(b"last".to_vec())), "{name}");
}

/// What the statistics say is what is there.
fn count(name: &str, store: &Store, space: Namespace) {
    let (mut place, mut keys) = (0, Vec::new());
    loop {
        let (some, next) = store.keys(space, place, 64).unwrap();
        keys.extend(some);
        place = next;
        if place == 0 {
            break;
        }
    }
    keys.sort();
    keys.dedup();
    // An entry whose tag was forgotten is counted until somebody meets it.
    let forgotten = u64::from(name == "forgetting a tag" && space == Namespace::Cache);
    let counted = store.statistics(space).entries;
    assert!(
        counted.abs_diff(keys.len() as u64) <= forgotten,
        "{name}: {space} {counted}"
    );
}

/// Every state of the memory that there is during the operation.
fn states_of(store: &Store, name: &str) -> Vec<Vec<u8>> {
    // Read as a file: that is one call of the kernel's for all of it.
    let memory = File::from(store.fd().try_clone_to_owned().unwrap());
    let board = Board::new();
    let writer = Other::start("this_program_plays_the_writer", name, store, &board);
    board.until(TID, 1);
    let thread = Pid::from_raw(i32::try_from(board.load(TID)).unwrap());
    let await_stop = || waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
    assert_eq!(await_stop(), WaitStatus::Stopped(thread, Signal::SIGSTOP));
    let mut states: Vec<Vec<u8>> = Vec::new();
    let bytes = memory.metadata().unwrap().len();
    let mut state = vec![0; usize::try_from(bytes).unwrap()];
    loop {
        memory.read_exact_at(&mut state, 0).unwrap();
        if states.last() != Some(&state) {
            states.push(state.clone());
        }
        ptrace::step(thread, None).unwrap();
        match await_stop() {
            WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
            WaitStatus::Stopped(_, Signal::SIGSTOP) => break,
            other => panic!("{name}: {other:?}"),
        }
    }
    ptrace::kill(thread).unwrap();
    await_stop();
    writer.kill();
    states
}

/// A store whose memory is a copy.
fn revived(state: &[u8]) -> Store {
    let region = Region::create("revived", state.len()).unwrap();
    let memory = File::from(region.fd().try_clone_to_owned().unwrap());
    memory.write_all_at(state, 0).unwrap();
    Store::open(region.fd().try_clone_to_owned().unwrap()).unwrap()
}

fn store() -> Store {
    Store::create(&Sizes {
        namespaces: [
            2 * SMALL_BYTES,
            SMALL_BYTES,
            SMALL_BYTES,
            SMALL_BYTES,
            SMALL_BYTES,
        ],
        value_max: 1_024,
    })
    .unwrap()
}

const SMALL_BYTES: usize = 32 * 1024;
/// The word of the board with the writer's thread.
const TID: usize = 0;
