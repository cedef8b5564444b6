//! Many entries that are written in one step.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use askr_store::{Namespace, Number, OwnedValue, Sizes, Store, StoreError, Ttl, Value};

use Namespace::{Cache, Counters};

fn store() -> Store {
    Store::create(&Sizes::of(16 << 20, 64 << 10)).unwrap()
}

fn integer(number: i64) -> Value<'static> {
    Value::Number(Number::Integer(number))
}

#[test]
fn more_entries_than_one_step_has_are_all_written() {
    let store = store();
    let keys: Vec<String> = (0..3000).map(|index| format!("key {index}")).collect();
    let large = vec![7; 60 << 10];
    let value = |index: usize| match index % 100 {
        0 => Value::Bytes(&large),
        _ => Value::Bytes(b"small"),
    };
    let entries: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(index, key)| (key.as_bytes(), value(index)))
        .collect();

    let ttl = Ttl::For(Duration::from_secs(60));
    store.set_many(Cache, &entries, ttl, &[b"tag"]).unwrap();

    for (index, key) in keys.iter().enumerate() {
        let found = store.get(Cache, key.as_bytes()).unwrap();
        let Value::Bytes(expected) = value(index) else {
            panic!("all of them are bytes")
        };
        assert_eq!(found, Some(OwnedValue::Bytes(expected.to_vec())));
        let remaining = store.remaining(Cache, key.as_bytes()).unwrap().flatten();
        assert!(remaining.is_some(), "{key}");
    }
    store.forget_tag(b"tag").unwrap();
    assert_eq!(store.get(Cache, b"key 2999").unwrap(), None);
}

#[test]
fn nothing_is_written_when_one_of_them_does_not_fit() {
    let store = store();
    store.set(Cache, b"a", integer(1), Ttl::Forever).unwrap();
    let large = vec![0; (64 << 10) + 1];

    let entries: [(&[u8], _); 3] = [
        (b"a", integer(2)),
        (b"b", Value::Bytes(&large)),
        (b"c", integer(2)),
    ];
    let refusal = store.set_many(Cache, &entries, Ttl::Forever, &[]);
    assert!(matches!(refusal, Err(StoreError::ValueTooLarge { .. })));
    let entries: [(&[u8], _); 2] = [(b"a", integer(2)), (b"", integer(2))];
    let refusal = store.set_many(Cache, &entries, Ttl::Forever, &[]);
    assert!(matches!(refusal, Err(StoreError::Key { .. })));

    let one = Some(OwnedValue::Number(Number::Integer(1)));
    assert_eq!(store.get(Cache, b"a").unwrap(), one);
    assert_eq!(store.get(Cache, b"c").unwrap(), None);
}

#[test]
fn nobody_else_writes_in_the_middle_of_a_step() {
    let store = store();
    let start = Barrier::new(2);
    let keys: Vec<[u8; 2]> = (0..400_u16).map(u16::to_be_bytes).collect();
    let write = |writer: i64| {
        let entries: Vec<_> = keys.iter().map(|key| (&key[..], integer(writer))).collect();
        start.wait();
        // A machine that is busy may keep the other from the processor for longer than one waits.
        while store.set_many(Counters, &entries, Ttl::Forever, &[]) == Err(StoreError::Busy) {}
    };

    for round in 0..50 {
        thread::scope(|scope| {
            scope.spawn(|| write(2 * round + 1));
            write(2 * round);
        });
        let values: Vec<_> = keys.iter().map(|key| store.get(Counters, key)).collect();
        assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    }
}
