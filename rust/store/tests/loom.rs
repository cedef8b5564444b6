//! Processes on one store under the model checker: every interleaving, up to a number of
//! preemptions. Each thread is a process, which is dead once it says so.
//!
//! The process that reads is the one that is spawned, which runs last unless it is preferred: what
//! it reads then leads the checker to all the moments at which it could have read something else.
//! (Of those who touched a word before it remembers the last only, so that the other way round a
//! writer that reads a word before it writes it hides the reader before it.)
//!
//! Time does not pass in the model, and a sleep until somebody gives something back has no end, so
//! that a lost wake-up is a deadlock, which loom reports.
//!
//! Run with `RUSTFLAGS="--cfg loom" cargo test --release -p askr-store --test loom`; each test
//! knows how many preemptions it can afford, `LOOM_MAX_PREEMPTIONS` overrides that.
#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use askr_store::{Clock, LeaseTerms, Namespace, Number, OwnedValue, Sizes, Store, Ttl, Value};
use loom::thread::{self, JoinHandle};

const SPACE: Namespace = Namespace::Sessions;
const KEY: &[u8] = b"k";

fn model(preemptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(preemptions));
    builder.max_branches = 50_000;
    builder.check(test);
}

fn store() -> Store {
    let sizes = Sizes {
        namespaces: [BYTES; 5],
        value_max: 32,
    };
    let clock = Clock::Manual(Arc::new(AtomicU64::new(1_000)));
    Store::create(&sizes).unwrap().with_clock(clock)
}

const BYTES: usize = 1024;

/// Another process.
fn spawn<T: 'static>(store: &Store, run: impl FnOnce(&Store) -> T + 'static) -> JoinHandle<T> {
    let store = store.share();
    thread::spawn(move || run(&store))
}

fn set(store: &Store, space: Namespace, key: &[u8], value: &[u8]) {
    store
        .set(space, key, Value::Bytes(value), Ttl::Forever)
        .unwrap();
}

fn get(store: &Store, space: Namespace, key: &[u8]) -> Option<Vec<u8>> {
    match store.get(space, key).unwrap() {
        Some(OwnedValue::Bytes(bytes)) => Some(bytes),
        Some(OwnedValue::Number(number)) => panic!("{number:?}"),
        None => None,
    }
}

/// Two values of two words, so that one could be read half.
const ONE: &[u8] = b"one-1111one-1111";
const TWO: &[u8] = b"two-2222two-2222";
/// One that does not fit in place of these.
const LONG: &[u8] = b"long-333long-333long-333long-333";

fn is_any(found: Option<&[u8]>, values: &[&[u8]]) {
    assert!(
        found.is_some_and(|found| values.contains(&found)),
        "{found:?}"
    );
}

#[test]
fn a_value_that_is_written_over_in_place_is_read_whole() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        set(&store, SPACE, KEY, TWO);
        is_any(reader.join().unwrap().as_deref(), &[ONE, TWO]);
        assert_eq!(get(&store, SPACE, KEY).as_deref(), Some(TWO));
    });
}

#[test]
fn a_value_that_is_replaced_is_never_missed() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        set(&store, SPACE, KEY, LONG);
        is_any(reader.join().unwrap().as_deref(), &[ONE, LONG]);
        assert_eq!(get(&store, SPACE, KEY).as_deref(), Some(LONG));
    });
}

#[test]
fn a_neighbour_that_comes_and_goes_is_in_nobodys_way() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        set(&store, SPACE, b"other", TWO);
        assert!(store.delete(SPACE, b"other").unwrap());
        is_any(reader.join().unwrap().as_deref(), &[ONE]);
    });
}

/// The ring is gone round, so that the entry is moved, and its place used by another one.
#[test]
fn an_entry_that_is_moved_is_never_missed() {
    model(2, || {
        let store = just_before_it_moves(SPACE);
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        let before = store.place_of(SPACE, KEY);
        write_another(&store, SPACE, 99);
        assert_ne!(store.place_of(SPACE, KEY), before);
        is_any(reader.join().unwrap().as_deref(), &[ONE]);
        assert_eq!(get(&store, SPACE, KEY).as_deref(), Some(ONE));
    });
}

/// As above in the cache: the entry may be gone, and is nobody else's.
#[test]
fn an_entry_that_is_evicted_is_whole_or_missed() {
    model(1, || {
        let store = just_before_it_moves(Namespace::Cache);
        let reader = spawn(&store, |store| get(store, Namespace::Cache, KEY));
        write_another(&store, Namespace::Cache, 99);
        assert_eq!(store.place_of(Namespace::Cache, KEY), None);
        let found = reader.join().unwrap();
        assert!(
            found.is_none() || found.as_deref() == Some(ONE),
            "{found:?}"
        );
    });
}

/// A store in which the next write of another entry takes this one's place.
fn just_before_it_moves(space: Namespace) -> Store {
    let fresh = || {
        let store = store();
        set(&store, space, KEY, ONE);
        store
    };
    let scout = fresh();
    let first = scout.place_of(space, KEY);
    let is_there = |_: &u8| {
        write_another(&scout, space, 0);
        scout.place_of(space, KEY) == first
    };
    let writes = (0..u8::MAX).take_while(is_there).count();
    let store = fresh();
    (0..writes).for_each(|_| write_another(&store, space, 0));
    assert_eq!(store.place_of(space, KEY), first);
    store
}

/// Writes an entry to another place than its own one before.
fn write_another(store: &Store, space: Namespace, number: u8) {
    let key = [b'a', number];
    store.delete(space, &key).unwrap();
    set(store, space, &key, LONG);
}

#[test]
fn two_increments_are_two() {
    model(2, || {
        let store = store();
        let add = |store: &Store| {
            let by = Number::Integer(1);
            store
                .increment(Namespace::Counters, KEY, by, Ttl::Forever)
                .unwrap();
        };
        let other = spawn(&store, move |store| add(store));
        add(&store);
        other.join().unwrap();
        let found = store.get(Namespace::Counters, KEY).unwrap();
        assert_eq!(found, Some(OwnedValue::Number(Number::Integer(2))));
    });
}

#[test]
fn of_two_that_add_one_does() {
    model(2, || {
        let store = store();
        let add = |store: &Store, value| {
            store
                .add(SPACE, KEY, Value::Bytes(value), Ttl::Forever)
                .unwrap()
        };
        let other = store.share();
        let other = thread::spawn(move || add(&other, TWO));
        let own = add(&store, ONE);
        let others = other.join().unwrap();
        assert!(own != others, "{own} {others}");
        let expected = if own { ONE } else { TWO };
        assert_eq!(get(&store, SPACE, KEY).as_deref(), Some(expected));
    });
}

#[test]
fn the_lock_of_a_dead_owner_is_taken_by_one_of_two() {
    model(2, || {
        let store = store();
        let doomed = spawn(&store, |store| store.lock_and_die(SPACE));
        doomed.join().unwrap();
        let add = |store: &Store| {
            let by = Number::Integer(1);
            store.increment(SPACE, KEY, by, Ttl::Forever).unwrap();
        };
        let other = spawn(&store, move |store| add(store));
        add(&store);
        other.join().unwrap();
        let found = store.get(SPACE, KEY).unwrap();
        assert_eq!(found, Some(OwnedValue::Number(Number::Integer(2))));
    });
}

/// A writer dies with half of a value written over another; one reads meanwhile, and finds what
/// is left or the lock of the dead.
#[test]
fn a_value_whose_writer_died_over_it_is_lost_and_never_read_half() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        let doomed = spawn(&store, |store| store.write_half_and_die(SPACE, KEY));
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        doomed.join().unwrap();
        let found = reader.join().unwrap();
        assert!(
            found.is_none() || found.as_deref() == Some(ONE),
            "{found:?}"
        );
        set(&store, SPACE, b"later", TWO);
        assert_eq!(get(&store, SPACE, KEY), None);
        assert_eq!(store.statistics(SPACE).entries, 1);
    });
}

/// A writer has died over a value; one finishes what it began, another reads.
#[test]
fn what_a_dead_writer_began_is_finished_while_others_read() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        set(&store, SPACE, b"neighbour", LONG);
        spawn(&store, |store| store.write_half_and_die(SPACE, KEY))
            .join()
            .unwrap();
        let reader = spawn(&store, |store| {
            (get(store, SPACE, KEY), get(store, SPACE, b"neighbour"))
        });
        set(&store, SPACE, b"later", TWO);
        let (lost, neighbour) = reader.join().unwrap();
        assert_eq!(lost, None);
        is_any(neighbour.as_deref(), &[LONG]);
        assert_eq!(store.statistics(SPACE).entries, 2);
    });
}

/// A writer dies before it carries out what it has written down.
#[test]
fn a_removal_whose_writer_died_is_finished_by_the_next() {
    model(2, || {
        let store = store();
        set(&store, SPACE, KEY, ONE);
        spawn(&store, |store| store.announce_removal_and_die(SPACE, KEY))
            .join()
            .unwrap();
        let reader = spawn(&store, |store| get(store, SPACE, KEY));
        set(&store, SPACE, b"other", TWO);
        let found = reader.join().unwrap();
        assert!(
            found.is_none() || found.as_deref() == Some(ONE),
            "{found:?}"
        );
        assert_eq!(get(&store, SPACE, KEY), None);
        assert_eq!(store.statistics(SPACE).entries, 1);
    });
}

const PATIENTLY: LeaseTerms = LeaseTerms {
    ttl: Ttl::Forever,
    until_death: false,
    wait: Duration::from_hours(1),
};

#[test]
fn who_waits_for_a_lock_is_woken_by_its_release() {
    model(2, || {
        let store = store();
        assert!(store.acquire(KEY, b"one", &PATIENTLY).unwrap());
        let other = spawn(&store, |store| {
            assert!(store.acquire(KEY, b"two", &PATIENTLY).unwrap());
        });
        assert!(store.release(KEY, b"one").unwrap());
        other.join().unwrap();
        assert_eq!(store.holder(KEY).unwrap().unwrap().owner, b"two");
    });
}

#[test]
fn a_tag_that_is_forgotten_ends_what_was_written_before() {
    model(2, || {
        let store = store();
        let value = Value::Bytes(ONE);
        store
            .set_tagged(KEY, value, Ttl::Forever, &[b"tag"])
            .unwrap();
        let other = spawn(&store, |store| store.forget_tag(b"other").unwrap());
        store.forget_tag(b"tag").unwrap();
        assert_eq!(get(&store, Namespace::Cache, KEY), None);
        other.join().unwrap();
        assert_eq!(get(&store, Namespace::Cache, KEY), None);
    });
}
