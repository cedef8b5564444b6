//! Death at every step: an operation is cut short before each access to a word that it makes, as a
//! SIGKILL would, and the next owner of the lock has to make a whole store of what is there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use askr_shm::sync::Ordering;
use askr_shm::{Offset, Region};

use crate::layout::CountWord;
use crate::namespace::{Namespace, Sizes};
use crate::store::Store;
use crate::value::{Number, OwnedValue, Value};
use crate::{StoreError, Ttl};

use Namespace::{Cache, Counters, Sessions};

thread_local! {
    static ACCESSES_LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Called before each access to a word.
pub(crate) fn may_come() {
    if std::thread::panicking() {
        return;
    }
    match ACCESSES_LEFT.get() {
        None => {}
        Some(0) => {
            ACCESSES_LEFT.set(None);
            resume_unwind(Box::new("killed"));
        }
        Some(left) => ACCESSES_LEFT.set(Some(left - 1)),
    }
}

type Contents = BTreeMap<Vec<u8>, OwnedValue>;
type Operation = fn(&Store) -> Result<(), StoreError>;

/// Runs `operation` on a store that `prepare` filled, once for each access that it makes, and dies
/// before that. Returns how many there are.
fn die_everywhere(space: Namespace, prepare: fn(&Store), target: &[u8], run: Operation) -> usize {
    let prepared = small_store();
    prepare(&prepared);
    let before = contents(&prepared, space);
    for accesses in 0.. {
        let store = copy(&prepared);
        let is_over = die_after(accesses, &store, space, run);
        check(&store, space, &before, target);
        if accesses % 8 == 0 || is_over {
            go_on(&store, space);
        }
        if is_over {
            return accesses;
        }
    }
    unreachable!("an operation ends")
}

/// Runs an operation that dies after so many accesses; true if it ended before.
fn die_after(accesses: usize, store: &Store, space: Namespace, run: Operation) -> bool {
    ACCESSES_LEFT.set(Some(accesses));
    let result = catch_unwind(AssertUnwindSafe(|| run(store)));
    ACCESSES_LEFT.set(None);
    // The lock of a process that lives is not taken over; that a dead one's is, others test.
    let handle = store.space(space);
    handle.word(handle.plan.owner()).store(0, Ordering::Relaxed);
    result.is_ok_and(|result| {
        assert_eq!(result, Ok(()));
        true
    })
}

/// A store of its own with the same in it.
fn copy(store: &Store) -> Store {
    let mut bytes = vec![0; store.region.bytes()];
    store.region.load_words(Offset::new(0), &mut bytes);
    let region = Region::create("askr-store", bytes.len()).unwrap();
    region.store_words(Offset::new(0), &bytes);
    Store {
        region,
        plan: store.plan,
        seed: store.seed,
        clock: store.clock.clone(),
    }
}

fn small_store() -> Store {
    let sizes = Sizes {
        namespaces: [64 * 1024, 48 * 1024, 48 * 1024, 48 * 1024, 48 * 1024],
        value_max: 2048,
    };
    Store::create(&sizes).unwrap()
}

fn contents(store: &Store, space: Namespace) -> Contents {
    let (keys, _) = store.keys(space, 0, usize::MAX).unwrap();
    let read = |key: Vec<u8>| {
        let value = store.get(space, &key).unwrap().unwrap();
        (key, value)
    };
    keys.into_iter().map(read).collect()
}

/// Everything but the target is what it was, or evicted; the counts are those of what is there.
fn check(store: &Store, space: Namespace, before: &Contents, target: &[u8]) {
    // The next writer, whoever it is, finishes what was begun.
    assert!(!store.delete(space, b"nothing").unwrap());
    let after = contents(store, space);
    for (key, value) in &after {
        if key != target {
            assert_eq!(before.get(key), Some(value));
        }
    }
    if space != Cache && !target.is_empty() {
        let kept = |key: &&Vec<u8>| key.as_slice() == target || after.contains_key(*key);
        assert_eq!(before.keys().filter(kept).count(), before.len());
    }
    let handle = store.space(space);
    let bytes = after.keys().map(|key| {
        let key = store.key(key).unwrap();
        let linked = handle.linked(&key).unwrap().unwrap();
        u64::try_from(linked.shape.bytes()).unwrap()
    });
    let statistics = store.statistics(space);
    assert_eq!(statistics.entries, u64::try_from(after.len()).unwrap());
    assert_eq!(statistics.bytes, bytes.sum::<u64>());
    assert_eq!(handle.begun().unwrap().map(|_| ()), None);
}

/// Writes on, more than a round of the ring.
fn go_on(store: &Store, space: Namespace) {
    let rounds = if space == Cache { 100 } else { 40 };
    for round in 0..rounds {
        let key = format!("later {}", round % 8);
        let value = vec![3; 900];
        store
            .set(space, key.as_bytes(), Value::Bytes(&value), Ttl::Forever)
            .unwrap();
        let found = store.get(space, key.as_bytes()).unwrap();
        assert_eq!(found, Some(OwnedValue::Bytes(value)));
    }
    let corrupt = store.space(space).count(CountWord::Refused);
    assert_eq!(corrupt.load(Ordering::Relaxed), 0);
}

fn set(store: &Store, space: Namespace, key: &str, bytes: usize) -> Result<(), StoreError> {
    let value = vec![7; bytes];
    store.set(space, key.as_bytes(), Value::Bytes(&value), Ttl::Forever)
}

/// A few entries, some of them deleted.
fn a_few(store: &Store) {
    for space in [Cache, Counters, Sessions] {
        for number in 0..20 {
            set(store, space, &format!("key {number}"), number * 20).unwrap();
        }
        for number in (0..20).step_by(5) {
            let key = format!("key {number}");
            assert!(store.delete(space, key.as_bytes()).unwrap());
        }
        let one = Value::Number(Number::Integer(1));
        store.set(space, b"number", one, Ttl::Forever).unwrap();
    }
}

/// A cache that has to evict, with records that were read.
fn a_full_cache(store: &Store) {
    let bytes = store.statistics(Cache).capacity;
    for number in 0..bytes / 700 {
        let key = format!("key {number}");
        set(store, Cache, &key, 600).unwrap();
        for _ in 0..number % 4 {
            store.find(Cache, key.as_bytes()).unwrap();
        }
    }
}

/// Sessions that have to be moved.
fn many_sessions(store: &Store) {
    let bytes = usize::try_from(store.statistics(Sessions).capacity).unwrap();
    for number in 0..bytes / 1000 {
        set(store, Sessions, &format!("key {number}"), 600).unwrap();
    }
    for round in 0..bytes / 900 {
        set(store, Sessions, "often", 400 + round % 2 * 500).unwrap();
    }
}

#[test]
fn writing_survives_death_at_every_step() {
    let new: Operation = |store| set(store, Cache, "new", 100);
    assert!(die_everywhere(Cache, a_few, b"new", new) > 20);
    let longer: Operation = |store| set(store, Sessions, "key 3", 1000);
    assert!(die_everywhere(Sessions, a_few, b"key 3", longer) > 20);
    let in_place: Operation = |store| set(store, Sessions, "key 18", 350);
    assert!(die_everywhere(Sessions, a_few, b"key 18", in_place) > 20);
    let delete: Operation = |store| store.delete(Sessions, b"key 11").map(drop);
    assert!(die_everywhere(Sessions, a_few, b"key 11", delete) > 10);
    let take: Operation = |store| store.take(Cache, b"key 11").map(drop);
    assert!(die_everywhere(Cache, a_few, b"key 11", take) > 10);
    let flush: Operation = |store| store.flush(Counters);
    assert!(die_everywhere(Counters, a_few, b"", flush) > 10);
}

#[test]
fn a_number_is_never_lost() {
    let add: Operation = |store| {
        let one = Number::Integer(1);
        store
            .increment(Counters, b"number", one, Ttl::Forever)
            .map(drop)
    };
    assert!(die_everywhere(Counters, a_few, b"number", add) > 5);
    for accesses in 0..5 {
        let store = small_store();
        a_few(&store);
        assert!(!die_after(accesses, &store, Counters, add));
        let found = store.get(Counters, b"number").unwrap();
        assert!(matches!(
            found,
            Some(OwnedValue::Number(Number::Integer(1 | 2)))
        ));
    }
}

#[test]
fn evicting_survives_death_at_every_step() {
    let evict: Operation = |store| set(store, Cache, "new", 1000);
    assert!(die_everywhere(Cache, a_full_cache, b"new", evict) > 100);
}

#[test]
fn moving_what_stays_survives_death_at_every_step() {
    let compact: Operation = |store| set(store, Sessions, "often", 1300);
    assert!(die_everywhere(Sessions, many_sessions, b"often", compact) > 100);
}

#[test]
fn a_time_to_stay_survives_death_at_every_step() {
    let touch: Operation = |store| {
        let hour = Ttl::For(Duration::from_secs(3600));
        store.touch(Sessions, b"key 7", hour).map(drop)
    };
    assert!(die_everywhere(Sessions, a_few, b"", touch) > 5);
}
