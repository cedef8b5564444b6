//! Several processes at once on one store, some of which are killed.
//!
//! A debug build: every value that is read is compared with its checksum on top of what the test
//! compares it with.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

mod process;

use std::fs;
use std::time::{Duration, Instant};

use askr_shm::Deadline;
use askr_store::{Namespace, Number, OwnedValue, Sizes, Store, StoreError, Ttl, Value};
use process::{Board, Me, Other};

const ENTRY: &str = "this_program_plays_the_others";
const SPACES: [Namespace; 3] = [Namespace::Cache, Namespace::Counters, Namespace::Sessions];
const INCREMENTS: u64 = 20_000;
const KEYS: u64 = 60;

/// Words of the board.
const STARTED: usize = 0;
const STOP: usize = 1;
const WRONG: usize = 2;
const LONGEST_US: usize = 3;
const OPERATIONS: usize = 4;

#[test]
fn this_program_plays_the_others() {
    let Some(me) = Me::find() else { return };
    me.board.add(STARTED, 1);
    let mut random = Random(u64::from(std::process::id()) << 32 | 1);
    match me.role.as_str() {
        "counts" => count(&me),
        "fills" => {
            for key in 0..KEYS {
                let value = value(key, key);
                let value = Value::Bytes(&value);
                me.store
                    .set(Namespace::Sessions, &name(key), value, Ttl::Forever)
                    .unwrap();
            }
            me.board.store(STOP, 1);
            me.hang();
        }
        "writes" => loop {
            operate(&me, &mut random);
        },
        "watches" => {
            while me.board.load(STOP) == 0 {
                watch(&me, &mut random);
            }
        }
        other => panic!("{other}"),
    }
}

fn count(me: &Me) {
    me.board.until(STARTED, 2);
    for _ in 0..INCREMENTS {
        for space in SPACES {
            until_not_busy(|| {
                me.store
                    .increment(space, b"total", Number::Integer(1), Ttl::Forever)
            });
        }
    }
}

/// Two processors that eight people share: a writer may be put aside with the lock in its hands.
fn until_not_busy<T>(mut attempt: impl FnMut() -> Result<T, StoreError>) -> T {
    let deadline = Deadline::after(process::PATIENCE);
    loop {
        match attempt() {
            Err(StoreError::Busy) if !deadline.is_over() => {}
            done => return done.unwrap(),
        }
    }
}

fn store() -> Store {
    Store::create(&Sizes {
        namespaces: [512 * 1024; 5],
        value_max: 16 * 1024,
    })
    .unwrap()
}

#[test]
fn two_processes_count_exactly() {
    let (store, board) = (store(), Board::new());
    let others = [0, 1].map(|_| Other::start(ENTRY, "counts", &store, &board));
    others.into_iter().for_each(Other::finish);
    let total = i64::try_from(2 * INCREMENTS).unwrap();
    for space in SPACES {
        let found = store.get(space, b"total").unwrap();
        assert_eq!(
            found,
            Some(OwnedValue::Number(Number::Integer(total))),
            "{space}"
        );
    }
}

#[test]
fn what_one_process_wrote_another_reads_after_its_death() {
    let (store, board) = (store(), Board::new());
    let writer = Other::start(ENTRY, "fills", &store, &board);
    board.until(STOP, 1);
    writer.kill();
    for key in 0..KEYS {
        let found = store.get(Namespace::Sessions, &name(key)).unwrap();
        assert_eq!(found, Some(OwnedValue::Bytes(value(key, key))));
    }
}

/// Kills without end of those who write; those who watch are never wrong and never kept.
#[test]
fn a_storm_of_kills_leaves_a_store_that_works_and_keeps_nobody_waiting() {
    let (store, board) = (store(), Board::new());
    let watchers = [0, 1].map(|_| Other::start(ENTRY, "watches", &store, &board));
    let start = || Other::start(ENTRY, "writes", &store, &board);
    let mut writers = vec![start(), start(), start()];
    let end = Instant::now() + Duration::from_secs(2);
    let mut kills = 0;
    while Instant::now() < end {
        let operations = board.load(OPERATIONS);
        board.until(OPERATIONS, operations + 1 + kills % 50);
        writers.push(start());
        writers.remove(0).kill();
        kills += 1;
    }
    drop(writers);
    board.store(STOP, 1);
    watchers.into_iter().for_each(Other::finish);
    let longest = Duration::from_micros(board.load(LONGEST_US));
    println!(
        "{kills} kills, {} operations, longest wait {longest:?}",
        board.load(OPERATIONS)
    );
    assert_eq!(board.load(WRONG), 0);
    assert!(longest < Duration::from_millis(100), "{longest:?}");
    assert!(kills > 5, "{kills}");
    SPACES.into_iter().for_each(|space| check(&store, space));
}

/// All of a namespace can be read, is counted, and can be written over.
fn check(store: &Store, space: Namespace) {
    store
        .set(space, b"last", Value::Bytes(b"written"), Ttl::Forever)
        .unwrap();
    let (mut place, mut keys) = (0, Vec::new());
    loop {
        let (some, next) = store.keys(space, place, 64).unwrap();
        keys.extend(some);
        place = next;
        if place == 0 {
            break;
        }
    }
    let there = keys
        .iter()
        .filter(|key| store.get(space, key).unwrap().is_some())
        .count();
    let counted = store.statistics(space).entries;
    assert!(counted >= there as u64, "{space}: {counted} {there}");
    store.flush(space).unwrap();
    assert_eq!(store.statistics(space).entries, 0);
    assert_eq!(store.statistics(space).bytes, 0);
}

/// One operation of somebody who lives, without the time in which it waited for a processor.
fn watch(me: &Me, random: &mut Random) {
    // In this order: it may be put aside while it asks.
    let put_aside = waited_for_a_processor();
    let before = Instant::now();
    operate(me, random);
    let took = before.elapsed();
    let put_aside = waited_for_a_processor().saturating_sub(put_aside);
    let waited = took.saturating_sub(put_aside);
    me.board
        .raise(LONGEST_US, u64::try_from(waited.as_micros()).unwrap());
}

/// What the kernel says of this thread: the second number of its `schedstat`.
fn waited_for_a_processor() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = text.split_whitespace().nth(1);
    Duration::from_nanos(waited.map_or(0, |text| text.parse().unwrap()))
}

/// One operation of any kind on any key; what is read must be what somebody wrote.
fn operate(me: &Me, random: &mut Random) {
    let space = SPACES[usize::try_from(random.below(3)).unwrap()];
    let key = random.below(KEYS);
    let name = name(key);
    let ttl = match random.below(3) {
        0 => Ttl::For(Duration::from_millis(random.below(40))),
        _ => Ttl::Forever,
    };
    let value = value(key, random.next());
    let value = Value::Bytes(&value);
    let tags: [&[u8]; 2] = [b"one", &name];
    let done = match random.below(16) {
        0..4 => me.store.set(space, &name, value, ttl),
        4..6 => me.store.set_tagged(&name, value, ttl, &tags),
        6 => me.store.add(space, &name, value, ttl).map(drop),
        7 => me.store.delete(space, &name).map(drop),
        8 => me.store.touch(space, &name, ttl).map(drop),
        9 if random.below(8) == 0 => me.store.forget_tag(&name),
        10 => me
            .store
            .increment(space, b"total", Number::Integer(1), ttl)
            .map(drop),
        11 if random.below(50) == 0 => me.store.flush(space),
        _ => me.store.get(space, &name).map(|found| {
            let is_right = found.is_none_or(|found| is_value(key, &found));
            me.board.add(WRONG, u64::from(!is_right));
        }),
    };
    match done {
        Ok(()) | Err(StoreError::Busy | StoreError::Full(_)) => {}
        Err(other) => drop(me.board.add(WRONG, u64::from(other != StoreError::Busy))),
    }
    me.board.add(OPERATIONS, 1);
}

fn name(key: u64) -> Vec<u8> {
    format!("key {key}").into_bytes()
}

/// A value from which its length and its key can be told, and in which no part fits another one.
fn value(key: u64, seed: u64) -> Vec<u8> {
    let length = match seed % 4 {
        0 => seed / 4 % 12_000,
        _ => seed / 4 % 300,
    };
    let mut words = Random(seed | 1);
    let body = (0..length / 8).flat_map(|_| words.next().to_le_bytes());
    let head = [key, length / 8, seed].map(u64::to_le_bytes);
    head.into_iter().flatten().chain(body).collect()
}

fn is_value(key: u64, found: &OwnedValue) -> bool {
    let OwnedValue::Bytes(found) = found else {
        return false;
    };
    let seed = found.get(16..24).and_then(|seed| seed.try_into().ok());
    seed.is_some_and(|seed| *found == value(key, u64::from_le_bytes(seed)))
}

/// Marsaglia's xorshift; the number is never zero.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
