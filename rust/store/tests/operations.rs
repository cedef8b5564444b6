//! What each operation does, on a store of its own and a clock that the test moves.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use askr_store::{
    Clock, Kind, Namespace, Number, OwnedValue, Sizes, Store, StoreError, Ttl, Value,
};

use Namespace::{Cache, Counters, Sessions};

struct Bench {
    store: Store,
    time: Arc<AtomicU64>,
}

fn bench() -> Bench {
    let time = Arc::new(AtomicU64::new(1000));
    let store = Store::create(&Sizes::of(4 << 20, 64 << 10)).unwrap();
    Bench {
        store: store.with_clock(Clock::Manual(Arc::clone(&time))),
        time,
    }
}

impl Bench {
    fn pass(&self, ms: u64) {
        self.time.fetch_add(ms, Ordering::Relaxed);
    }

    fn put(&self, key: &str, value: &str) {
        self.store
            .set(Cache, key.as_bytes(), bytes(value), Ttl::Forever)
            .unwrap();
    }

    fn get(&self, key: &str) -> Option<OwnedValue> {
        self.store.get(Cache, key.as_bytes()).unwrap()
    }
}

fn bytes(text: &str) -> Value<'_> {
    Value::Bytes(text.as_bytes())
}

fn integer(number: i64) -> Value<'static> {
    Value::Number(Number::Integer(number))
}

fn owned(text: &str) -> Option<OwnedValue> {
    Some(OwnedValue::Bytes(text.into()))
}

fn ms(ms: u64) -> Ttl {
    Ttl::For(Duration::from_millis(ms))
}

#[test]
fn what_was_set_is_read() {
    let bench = bench();
    assert_eq!(bench.get("a"), None);
    bench.put("a", "one");
    bench.put("b", "");
    assert_eq!(bench.get("a"), owned("one"));
    assert_eq!(bench.get("b"), owned(""));
    bench.put(
        "a",
        "another, and longer, which does not fit where the first one was written",
    );
    bench.put("b", "x");
    assert_eq!(bench.get("b"), owned("x"));
    assert!(matches!(bench.get("a"), Some(OwnedValue::Bytes(bytes)) if bytes.len() == 71));
    assert_eq!(bench.store.statistics(Cache).entries, 2);
}

#[test]
fn keys_and_values_have_most_bytes() {
    let bench = bench();
    let set = |key: &[u8], value: &[u8]| {
        bench
            .store
            .set(Cache, key, Value::Bytes(value), Ttl::Forever)
    };
    assert_eq!(
        set(b"", b""),
        Err(StoreError::Key {
            length: 0,
            max: 1024
        })
    );
    assert!(matches!(set(&[1; 1025], b""), Err(StoreError::Key { .. })));
    assert_eq!(set(&[1; 1024], &[2; 65536]), Ok(()));
    let too_large = StoreError::ValueTooLarge {
        length: 65537,
        max: 65536,
    };
    assert_eq!(set(b"a", &[2; 65537]), Err(too_large));
    assert_eq!(bench.store.statistics(Cache).refused, 1);
    let found = bench.store.find(Cache, &[1; 1024]).unwrap().unwrap();
    assert_eq!(found.kind, Kind::Bytes(65536));
    let mut read = vec![0; 65536];
    assert!(bench.store.read(&found, &mut read));
    assert_eq!(read, [2; 65536]);
}

#[test]
fn an_entry_that_has_changed_is_not_read() {
    let bench = bench();
    bench.put("in place", "one");
    let entry = bench.store.find(Cache, b"in place").unwrap().unwrap();
    bench.put("in place", "two");
    assert!(!bench.store.read(&entry, &mut [0; 3]));
    let entry = bench.store.find(Cache, b"in place").unwrap().unwrap();
    bench.store.delete(Cache, b"in place").unwrap();
    assert!(!bench.store.read(&entry, &mut [0; 3]));
}

#[test]
fn an_entry_expires_at_its_time_and_not_before() {
    let bench = bench();
    let store = &bench.store;
    store.set(Cache, b"a", bytes("x"), ms(10)).unwrap();
    bench.pass(9);
    assert_eq!(bench.get("a"), owned("x"));
    let left = Some(Some(Duration::from_millis(1)));
    assert_eq!(store.remaining(Cache, b"a").unwrap(), left);
    bench.pass(1);
    assert_eq!(bench.get("a"), None);
    assert!(!store.touch(Cache, b"a", Ttl::Forever).unwrap());
    assert!(!store.delete(Cache, b"a").unwrap());
    assert!(store.add(Cache, b"a", bytes("y"), Ttl::Forever).unwrap());
    assert_eq!(store.remaining(Cache, b"a").unwrap(), Some(None));
    store.set(Cache, b"a", bytes("z"), ms(0)).unwrap();
    assert_eq!(bench.get("a"), None);
}

#[test]
fn a_time_that_is_kept_is_that_of_the_entry_before() {
    let bench = bench();
    let store = &bench.store;
    store.set(Cache, b"a", bytes("x"), ms(10)).unwrap();
    store.set(Cache, b"a", bytes("y"), Ttl::Kept).unwrap();
    store.set(Cache, b"b", bytes("y"), Ttl::Kept).unwrap();
    bench.pass(10);
    assert_eq!(bench.get("a"), None);
    assert_eq!(bench.get("b"), owned("y"));
    assert!(store.touch(Cache, b"b", ms(5)).unwrap());
    bench.pass(5);
    assert_eq!(bench.get("b"), None);
}

#[test]
fn adding_replacing_and_deleting_look_first() {
    let bench = bench();
    let store = &bench.store;
    assert!(store.add(Cache, b"a", integer(1), Ttl::Forever).unwrap());
    assert!(!store.add(Cache, b"a", integer(2), Ttl::Forever).unwrap());
    let swap = |from, to| store.replace(Cache, b"a", from, to, Ttl::Forever).unwrap();
    assert!(!swap(integer(2), integer(3)));
    assert!(!swap(bytes("1"), integer(3)));
    assert!(swap(integer(1), bytes("three")));
    assert!(!store.delete_if(Cache, b"a", bytes("thre")).unwrap());
    assert!(!store.delete_if(Cache, b"a", integer(3)).unwrap());
    assert!(store.delete_if(Cache, b"a", bytes("three")).unwrap());
    assert!(!store.delete_if(Cache, b"a", bytes("three")).unwrap());
    bench.put("a", "four");
    assert_eq!(store.take(Cache, b"a").unwrap(), owned("four"));
    assert_eq!(store.take(Cache, b"a").unwrap(), None);
    assert_eq!(store.statistics(Cache).entries, 0);
    assert_eq!(store.statistics(Cache).bytes, 0);
}

#[test]
fn numbers_add_up_as_in_php() {
    let bench = bench();
    let add = |by| bench.store.increment(Counters, b"n", by, ms(100));
    assert_eq!(add(Number::Integer(2)), Ok(Number::Integer(2)));
    assert_eq!(add(Number::Integer(-5)), Ok(Number::Integer(-3)));
    assert_eq!(add(Number::Integer(i64::MIN)), Err(StoreError::Overflow));
    assert_eq!(add(Number::Float(0.5)), Ok(Number::Float(-2.5)));
    assert_eq!(add(Number::Integer(1)), Ok(Number::Float(-1.5)));
    assert_eq!(add(Number::Float(f64::MAX)), Ok(Number::Float(f64::MAX)));
    assert_eq!(add(Number::Float(f64::MAX)), Err(StoreError::Overflow));
    bench.pass(100);
    assert_eq!(add(Number::Integer(1)), Ok(Number::Integer(1)));
    bench
        .store
        .set(Counters, b"n", bytes("7"), Ttl::Forever)
        .unwrap();
    assert_eq!(add(Number::Integer(1)), Err(StoreError::NotANumber));
}

#[test]
fn a_flush_leaves_the_other_namespaces() {
    let bench = bench();
    let store = &bench.store;
    for number in 0..100 {
        bench.put(&format!("key {number}"), "value");
    }
    store.set(Sessions, b"s", bytes("x"), Ttl::Forever).unwrap();
    store.flush(Cache).unwrap();
    assert_eq!(store.statistics(Cache).entries, 0);
    assert_eq!(bench.get("key 1"), None);
    assert_eq!(store.keys(Cache, 0, 1000).unwrap(), (Vec::new(), 0));
    assert_eq!(store.get(Sessions, b"s").unwrap(), owned("x"));
    bench.put("key 1", "again");
    assert_eq!(bench.get("key 1"), owned("again"));
    assert_eq!(bench.get("key 2"), None);
}

#[test]
fn all_keys_are_met_in_parts() {
    let bench = bench();
    let mut expected: Vec<Vec<u8>> = (0..5000).map(|n| format!("key {n}").into()).collect();
    for key in &expected {
        bench
            .store
            .set(Cache, key, Value::Bytes(b"x"), Ttl::Forever)
            .unwrap();
    }
    bench
        .store
        .set(Cache, b"expired", bytes("x"), ms(1))
        .unwrap();
    bench.pass(1);
    let (mut found, mut from) = (Vec::new(), 0);
    loop {
        let (keys, next) = bench.store.keys(Cache, from, 10).unwrap();
        assert!(keys.len() < 30);
        found.extend(keys);
        from = next;
        if from == 0 {
            break;
        }
    }
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn the_cache_makes_room_and_finds_what_it_keeps() {
    let bench = bench();
    for round in 0..200_000_u64 {
        let key = format!("key {}", round % 50_000);
        let value = vec![round.to_le_bytes()[0]; usize::try_from(round * 7 % 300).unwrap()];
        let value = Value::Bytes(&value);
        bench
            .store
            .set(Cache, key.as_bytes(), value, Ttl::Forever)
            .unwrap();
        let last = bench.store.get(Cache, key.as_bytes()).unwrap();
        let Value::Bytes(written) = value else {
            unreachable!()
        };
        assert_eq!(last, Some(OwnedValue::Bytes(written.to_vec())));
    }
    let statistics = bench.store.statistics(Cache);
    assert!(statistics.evictions > 100_000, "{statistics:?}");
    assert!(statistics.bytes > statistics.capacity / 2, "{statistics:?}");
    assert!(statistics.bytes <= statistics.capacity, "{statistics:?}");
    let (keys, _) = bench.store.keys(Cache, 0, usize::MAX).unwrap();
    assert_eq!(u64::try_from(keys.len()).unwrap(), statistics.entries);
    for key in keys {
        assert!(bench.store.get(Cache, &key).unwrap().is_some());
    }
}

#[test]
fn sessions_are_moved_and_never_lost() {
    let bench = bench();
    let store = &bench.store;
    let stay = |n: u64| format!("stays {n}");
    for n in 0..100_u64 {
        let value = vec![n.to_le_bytes()[0]; 500];
        let value = Value::Bytes(&value);
        store
            .set(Sessions, stay(n).as_bytes(), value, Ttl::Forever)
            .unwrap();
    }
    for round in 0..100_000_u64 {
        let key = format!("changes {}", round % 50);
        let value = vec![7; usize::try_from(round * 13 % 4000).unwrap()];
        store
            .set(Sessions, key.as_bytes(), Value::Bytes(&value), Ttl::Forever)
            .unwrap();
    }
    for n in 0..100_u64 {
        let value = OwnedValue::Bytes(vec![n.to_le_bytes()[0]; 500]);
        let found = store.get(Sessions, stay(n).as_bytes()).unwrap();
        assert_eq!(found, Some(value));
    }
    assert_eq!(store.statistics(Sessions).entries, 150);
    assert_eq!(store.statistics(Sessions).evictions, 0);
}

#[test]
fn a_namespace_that_is_full_refuses_until_something_expires() {
    let bench = bench();
    let store = &bench.store;
    let fill = |from: u32| {
        (from..)
            .map(|n| {
                store.set(
                    Sessions,
                    &n.to_le_bytes(),
                    Value::Bytes(&[1; 1000]),
                    ms(5000),
                )
            })
            .take_while(Result::is_ok)
            .count()
    };
    let first = fill(0);
    assert!(first > 200, "{first}");
    let again = store.set(Sessions, b"one more", Value::Bytes(&[1; 1000]), ms(5000));
    assert_eq!(again, Err(StoreError::Full(Sessions)));
    let count = u64::try_from(first).unwrap();
    assert_eq!(store.statistics(Sessions).entries, count);
    assert!(store.statistics(Sessions).refused >= 2);
    bench.pass(5000);
    assert_eq!(fill(1_000_000), first);
}

#[test]
fn a_namespace_at_its_bound_takes_what_replaces_something_as_large() {
    let bench = bench();
    let store = &bench.store;
    let sizes = [20_000, 100, 7_000, 1, 3_000, 15_000, 400];
    let set = |key: usize, byte: u8| {
        let value = vec![byte; sizes[key % sizes.len()]];
        store.set(
            Sessions,
            &key.to_le_bytes(),
            Value::Bytes(&value),
            Ttl::Forever,
        )
    };
    let count = (0..).take_while(|&key| set(key, 0).is_ok()).count();
    assert!(count > 50, "{count}");
    let mut random = 1_usize;
    let mut written = vec![0; count];
    for round in 0..4_000_usize {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let key = (random >> 33) % count;
        // Too large to be written in place, most of them.
        written[key] = round.to_le_bytes()[0];
        assert_eq!(set(key, written[key]), Ok(()));
    }
    for (key, &byte) in written.iter().enumerate() {
        let value = vec![byte; sizes[key % sizes.len()]];
        let found = store.get(Sessions, &key.to_le_bytes()).unwrap();
        assert_eq!(found, Some(OwnedValue::Bytes(value)));
    }
}

#[test]
fn an_entry_is_gone_as_soon_as_its_time_is_over_though_reads_use_a_coarse_clock() {
    let bench = bench();
    let store = bench.store.with_clock(Clock::Machine);
    for _ in 0..20 {
        store.set(Cache, b"key", bytes("value"), ms(15)).unwrap();
        let written = Instant::now();

        while written.elapsed() < Duration::from_millis(15) {
            std::hint::spin_loop();
        }

        assert_eq!(store.get(Cache, b"key"), Ok(None));
    }
}
