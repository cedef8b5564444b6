//! Random operations, against a model made of a plain map and a clock that is moved by hand.
//!
//! What is compared: every answer, every error, and what is there afterwards. The cache may have
//! lost an entry; it may never have another value, and the other namespaces lose nothing.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use askr_store::{
    Clock, Holder, Kind, LeaseTerms, Namespace, Number, OwnedValue, Sizes, Store, StoreError, Ttl,
};
use proptest::prelude::*;

const SPACES: [Namespace; 3] = [Namespace::Cache, Namespace::Counters, Namespace::Sessions];
const KEYS: usize = 10;
const TAGS: usize = 4;

#[derive(Clone, Debug)]
enum Operation {
    Get(usize, usize),
    Set(usize, usize, OwnedValue, Ttl),
    SetTagged(usize, OwnedValue, Ttl, Vec<usize>),
    ForgetTag(usize),
    Add(usize, usize, OwnedValue, Ttl),
    Replace(usize, usize, OwnedValue, OwnedValue, Ttl),
    /// As above, expecting what is there.
    ReplaceKnown(usize, usize, OwnedValue, Ttl),
    Delete(usize, usize),
    DeleteIf(usize, usize, OwnedValue),
    DeleteKnown(usize, usize),
    Take(usize, usize),
    Touch(usize, usize, Ttl),
    Remaining(usize, usize),
    Increment(usize, usize, Number, Ttl),
    Flush(usize),
    Keys(usize),
    Wait(u64),
    Acquire(usize, usize, Ttl),
    Release(usize, usize),
    Refresh(usize, usize, Ttl),
    Holder(usize),
}

fn ttl() -> impl Strategy<Value = Ttl> {
    prop_oneof![
        3 => Just(Ttl::Forever),
        3 => (0..50_u64).prop_map(|ms| Ttl::For(Duration::from_millis(ms))),
        1 => Just(Ttl::Kept),
        1 => Just(Ttl::For(Duration::MAX)),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        4 => (-3..4_i64).prop_map(Number::Integer),
        1 => any::<i64>().prop_map(Number::Integer),
        2 => (-2.0..2.0_f64).prop_map(Number::Float),
        1 => Just(Number::Float(f64::MAX)),
    ]
}

fn value(bytes_max: usize) -> impl Strategy<Value = OwnedValue> {
    let bytes = (any::<u8>(), 0..=bytes_max);
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..40).prop_map(OwnedValue::Bytes),
        2 => bytes.prop_map(|(byte, length)| OwnedValue::Bytes(vec![byte; length])),
        2 => number().prop_map(OwnedValue::Number),
    ]
}

fn operation(bytes_max: usize) -> impl Strategy<Value = Operation> {
    use Operation as O;
    let at = || (0..SPACES.len(), 0..KEYS);
    let value = move || value(bytes_max);
    let tags = prop::collection::vec(0..TAGS, 0..4);
    prop_oneof![
        6 => at().prop_map(|(s, k)| O::Get(s, k)),
        6 => (at(), value(), ttl()).prop_map(|((s, k), v, t)| O::Set(s, k, v, t)),
        3 => (0..KEYS, value(), ttl(), tags).prop_map(|(k, v, t, tags)| O::SetTagged(k, v, t, tags)),
        1 => (0..TAGS).prop_map(O::ForgetTag),
        2 => (at(), value(), ttl()).prop_map(|((s, k), v, t)| O::Add(s, k, v, t)),
        1 => (at(), value(), value(), ttl())
            .prop_map(|((s, k), e, v, t)| O::Replace(s, k, e, v, t)),
        2 => (at(), value(), ttl()).prop_map(|((s, k), v, t)| O::ReplaceKnown(s, k, v, t)),
        2 => at().prop_map(|(s, k)| O::Delete(s, k)),
        1 => (at(), value()).prop_map(|((s, k), v)| O::DeleteIf(s, k, v)),
        1 => at().prop_map(|(s, k)| O::DeleteKnown(s, k)),
        1 => at().prop_map(|(s, k)| O::Take(s, k)),
        2 => (at(), ttl()).prop_map(|((s, k), t)| O::Touch(s, k, t)),
        1 => at().prop_map(|(s, k)| O::Remaining(s, k)),
        4 => (at(), number(), ttl()).prop_map(|((s, k), n, t)| O::Increment(s, k, n, t)),
        1 => (0..SPACES.len()).prop_map(O::Flush),
        1 => (0..SPACES.len()).prop_map(O::Keys),
        3 => (0..30_u64).prop_map(O::Wait),
        2 => (0..3_usize, 0..3_usize, ttl()).prop_map(|(k, o, t)| O::Acquire(k, o, t)),
        1 => (0..3_usize, 0..3_usize).prop_map(|(k, o)| O::Release(k, o)),
        1 => (0..3_usize, 0..3_usize, ttl()).prop_map(|(k, o, t)| O::Refresh(k, o, t)),
        1 => (0..3_usize).prop_map(O::Holder),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_store_with_room_agrees_with_a_plain_map(
        operations in prop::collection::vec(operation(3_000), 1..150),
    ) {
        World::new([1 << 20, 1 << 20, 1 << 20, 1 << 18, 1 << 18], false).run(operations);
    }

    #[test]
    fn a_store_without_room_forgets_cache_entries_refuses_others_and_mixes_up_nothing(
        operations in prop::collection::vec(operation(1_500), 1..300),
    ) {
        World::new([2 * SMALL_BYTES, SMALL_BYTES, SMALL_BYTES, SMALL_BYTES, SMALL_BYTES], true).run(operations);
    }
}

/// A dozen records of the largest size.
const SMALL_BYTES: usize = 32 * 1024;

#[derive(Clone, Debug, PartialEq)]
struct Known {
    value: OwnedValue,
    /// In milliseconds of the test's clock; none is for ever.
    expires_ms: Option<u64>,
    tags: Vec<usize>,
}

/// The store and the model, side by side.
struct World {
    store: Store,
    time: Arc<AtomicU64>,
    known: HashMap<(Namespace, Vec<u8>), Known>,
    is_small: bool,
}

impl World {
    fn new(namespaces: [usize; 5], is_small: bool) -> World {
        let time = Arc::new(AtomicU64::new(1_000_000));
        let sizes = Sizes {
            namespaces,
            value_max: if is_small { 1_536 } else { 4_096 },
        };
        let clock = Clock::Manual(Arc::clone(&time));
        let store = Store::create(&sizes).unwrap().with_clock(clock);
        World {
            store,
            time,
            known: HashMap::new(),
            is_small,
        }
    }

    fn run(mut self, operations: Vec<Operation>) {
        for operation in operations {
            self.apply(operation);
        }
        for (space, key) in (0..SPACES.len()).flat_map(|s| (0..KEYS).map(move |k| (s, k))) {
            self.compare(SPACES[space], &name(key));
        }
        let spaces = SPACES.into_iter().enumerate();
        spaces.for_each(|(index, _)| self.check_keys(index));
    }

    fn apply(&mut self, operation: Operation) {
        use Operation as O;
        match operation {
            O::Get(s, k) => self.compare(SPACES[s], &name(k)),
            O::Set(s, k, value, ttl) => self.set(SPACES[s], k, value, ttl, None),
            O::SetTagged(k, value, ttl, tags) => {
                self.set(Namespace::Cache, k, value, ttl, Some(tags))
            }
            O::ForgetTag(tag) => self.forget_tag(tag),
            O::Add(s, k, value, ttl) => self.add(SPACES[s], k, value, ttl),
            O::Replace(s, k, expected, value, ttl) => {
                self.replace(SPACES[s], k, expected, value, ttl);
            }
            O::ReplaceKnown(s, k, value, ttl) => {
                if let Some(there) = self.there(SPACES[s], &name(k)) {
                    self.replace(SPACES[s], k, there.value, value, ttl);
                }
            }
            O::Delete(s, k) => self.delete(SPACES[s], k),
            O::DeleteIf(s, k, expected) => self.delete_if(SPACES[s], k, &expected),
            O::DeleteKnown(s, k) => {
                if let Some(there) = self.there(SPACES[s], &name(k)) {
                    self.delete_if(SPACES[s], k, &there.value);
                }
            }
            O::Take(s, k) => self.take(SPACES[s], k),
            O::Touch(s, k, ttl) => self.touch(SPACES[s], k, ttl),
            O::Remaining(s, k) => self.remaining(SPACES[s], k),
            O::Increment(s, k, by, ttl) => self.increment(SPACES[s], k, by, ttl),
            O::Flush(s) => self.flush(SPACES[s]),
            O::Keys(s) => self.check_keys(s),
            O::Wait(ms) => drop(self.time.fetch_add(ms, Ordering::Relaxed)),
            O::Acquire(k, owner, ttl) => self.acquire(k, owner, ttl),
            O::Release(k, owner) => self.release(k, owner),
            O::Refresh(k, owner, ttl) => self.refresh(k, owner, ttl),
            O::Holder(k) => self.holder(k),
        }
    }

    fn now(&self) -> u64 {
        self.time.load(Ordering::Relaxed)
    }

    /// What the model has, after the store may have evicted it.
    fn there(&mut self, space: Namespace, key: &[u8]) -> Option<Known> {
        let now = self.now();
        let place = (space, key.to_vec());
        let is_over = |known: &Known| known.expires_ms.is_some_and(|at| at <= now);
        if self.known.get(&place).is_some_and(is_over) {
            self.known.remove(&place);
        }
        let may_be_lost = self.is_small && space == Namespace::Cache;
        if may_be_lost && self.store.get(space, key).unwrap().is_none() {
            self.known.remove(&place);
        }
        self.known.get(&place).cloned()
    }

    fn put(&mut self, space: Namespace, key: &[u8], value: OwnedValue, ttl: Ttl, tags: Vec<usize>) {
        let place = (space, key.to_vec());
        let expires_ms = self.expiry(&place, ttl);
        self.known.insert(
            place,
            Known {
                value,
                expires_ms,
                tags,
            },
        );
    }

    fn expiry(&self, place: &(Namespace, Vec<u8>), ttl: Ttl) -> Option<u64> {
        match ttl {
            Ttl::Forever => None,
            Ttl::Kept => self.known.get(place).and_then(|known| known.expires_ms),
            Ttl::For(stay) => {
                let ms = u64::try_from(stay.as_millis()).unwrap_or(u64::MAX);
                Some(self.now().saturating_add(ms))
            }
        }
    }

    /// Whether a write went through; what was refused has changed nothing.
    fn is_done<T>(&self, result: &Result<T, StoreError>, space: Namespace) -> bool {
        match result {
            Ok(_) => true,
            Err(StoreError::Full(full)) => {
                assert!(self.is_small && *full == space && space != Namespace::Cache);
                false
            }
            // A record is at most a part of its namespace.
            Err(StoreError::ValueTooLarge { length, max }) => {
                assert!(self.is_small && space != Namespace::Cache && length > max);
                false
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn compare(&mut self, space: Namespace, key: &[u8]) {
        let there = self.there(space, key).map(|known| known.value);
        let found = self.store.get(space, key).unwrap();
        assert_eq!(found, there, "{space}");
        let entry = self.store.find(space, key).unwrap();
        match (entry, there) {
            (None, None) => {}
            (Some(entry), Some(OwnedValue::Number(number))) => {
                assert_eq!(entry.kind, Kind::Number(number));
            }
            (Some(entry), Some(OwnedValue::Bytes(bytes))) => {
                assert_eq!(entry.kind, Kind::Bytes(bytes.len()));
                let mut read = vec![0; bytes.len()];
                assert!(self.store.read(&entry, &mut read));
                assert_eq!(read, bytes);
            }
            other => panic!("{other:?}"),
        }
    }

    fn set(
        &mut self,
        space: Namespace,
        key: usize,
        value: OwnedValue,
        ttl: Ttl,
        tags: Option<Vec<usize>>,
    ) {
        let key = name(key);
        self.there(space, &key);
        let done = match &tags {
            None => self.store.set(space, &key, value.as_value(), ttl),
            Some(tags) => {
                let names: Vec<Vec<u8>> = tags.iter().map(|&tag| tag_name(tag)).collect();
                let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
                self.store.set_tagged(&key, value.as_value(), ttl, &names)
            }
        };
        if self.is_done(&done, space) {
            self.put(space, &key, value, ttl, tags.unwrap_or_default());
        }
        self.compare(space, &key);
    }

    fn forget_tag(&mut self, tag: usize) {
        self.store.forget_tag(&tag_name(tag)).unwrap();
        self.known.retain(|_, known| !known.tags.contains(&tag));
    }

    fn add(&mut self, space: Namespace, key: usize, value: OwnedValue, ttl: Ttl) {
        let key = name(key);
        let there = self.there(space, &key);
        let added = self.store.add(space, &key, value.as_value(), ttl);
        if !self.is_done(&added, space) {
            return;
        }
        assert_eq!(added, Ok(there.is_none()));
        if there.is_none() {
            self.put(space, &key, value, ttl, Vec::new());
        }
    }

    fn replace(
        &mut self,
        space: Namespace,
        key: usize,
        expected: OwnedValue,
        value: OwnedValue,
        ttl: Ttl,
    ) {
        let key = name(key);
        let matches = self
            .there(space, &key)
            .is_some_and(|known| known.value == expected);
        let replaced = self
            .store
            .replace(space, &key, expected.as_value(), value.as_value(), ttl);
        if self.is_done(&replaced, space) {
            assert_eq!(replaced, Ok(matches));
            if matches {
                self.put(space, &key, value, ttl, Vec::new());
            }
        }
    }

    fn delete(&mut self, space: Namespace, key: usize) {
        let key = name(key);
        let there = self.there(space, &key);
        assert_eq!(self.store.delete(space, &key), Ok(there.is_some()));
        self.known.remove(&(space, key));
    }

    fn delete_if(&mut self, space: Namespace, key: usize, expected: &OwnedValue) {
        let key = name(key);
        let matches = self
            .there(space, &key)
            .is_some_and(|known| known.value == *expected);
        assert_eq!(
            self.store.delete_if(space, &key, expected.as_value()),
            Ok(matches)
        );
        if matches {
            self.known.remove(&(space, key));
        }
    }

    fn take(&mut self, space: Namespace, key: usize) {
        let key = name(key);
        let there = self.there(space, &key).map(|known| known.value);
        assert_eq!(self.store.take(space, &key), Ok(there));
        self.known.remove(&(space, key));
    }

    fn touch(&mut self, space: Namespace, key: usize, ttl: Ttl) {
        let key = name(key);
        let there = self.there(space, &key);
        assert_eq!(self.store.touch(space, &key, ttl), Ok(there.is_some()));
        if let Some(known) = there {
            let place = (space, key);
            let expires_ms = self.expiry(&place, ttl);
            self.known.insert(
                place,
                Known {
                    expires_ms,
                    ..known
                },
            );
        }
    }

    fn remaining(&mut self, space: Namespace, key: usize) {
        let key = name(key);
        let expected = self.there(space, &key).map(|known| {
            let left = known.expires_ms.map(|at| at - self.now());
            left.map(Duration::from_millis)
        });
        assert_eq!(self.store.remaining(space, &key), Ok(expected));
    }

    fn increment(&mut self, space: Namespace, key: usize, by: Number, ttl: Ttl) {
        let key = name(key);
        let there = self.there(space, &key);
        let before = there.as_ref().map(|known| known.value.clone());
        let expected = sum(before.unwrap_or(OwnedValue::Number(Number::Integer(0))), by);
        let result = self.store.increment(space, &key, by, ttl);
        match expected {
            Err(error) => assert_eq!(result, Err(error)),
            Ok(number) if self.is_done(&result, space) => {
                assert_eq!(result, Ok(number));
                let value = OwnedValue::Number(number);
                match there {
                    None => self.put(space, &key, value, ttl, Vec::new()),
                    Some(known) => drop(self.known.insert((space, key), Known { value, ..known })),
                }
            }
            Ok(_) => {}
        }
    }

    fn flush(&mut self, space: Namespace) {
        self.store.flush(space).unwrap();
        self.known.retain(|(of, _), _| *of != space);
        assert_eq!(self.store.statistics(space).entries, 0);
    }

    fn check_keys(&mut self, space: usize) {
        let space = SPACES[space];
        let mut met = BTreeSet::new();
        let mut place = 0;
        loop {
            let (keys, next) = self.store.keys(space, place, 3).unwrap();
            met.extend(keys);
            place = next;
            if place == 0 {
                break;
            }
        }
        let expected = (0..KEYS)
            .map(name)
            .filter(|key| self.there(space, key).is_some());
        let expected: BTreeSet<Vec<u8>> = expected.collect();
        assert_eq!(met, expected, "{space}");
    }

    fn acquire(&mut self, key: usize, owner: usize, ttl: Ttl) {
        let (key, owner) = (name(key), owner_name(owner));
        let there = self.there(Namespace::Locks, &key);
        let terms = LeaseTerms {
            ttl,
            until_death: owner.len() > 1,
            wait: Duration::ZERO,
        };
        let acquired = self.store.acquire(&key, &owner, &terms);
        assert_eq!(acquired, Ok(there.is_none()));
        if there.is_none() {
            self.put(
                Namespace::Locks,
                &key,
                OwnedValue::Bytes(owner),
                ttl,
                Vec::new(),
            );
        }
    }

    fn has(&mut self, key: &[u8], owner: &[u8]) -> bool {
        let there = self.there(Namespace::Locks, key);
        there.is_some_and(|known| known.value == OwnedValue::Bytes(owner.to_vec()))
    }

    fn release(&mut self, key: usize, owner: usize) {
        let (key, owner) = (name(key), owner_name(owner));
        let has = self.has(&key, &owner);
        assert_eq!(self.store.release(&key, &owner), Ok(has));
        if has {
            self.known.remove(&(Namespace::Locks, key));
        }
    }

    fn refresh(&mut self, key: usize, owner: usize, ttl: Ttl) {
        let (key, owner) = (name(key), owner_name(owner));
        let has = self.has(&key, &owner);
        assert_eq!(self.store.refresh(&key, &owner, ttl), Ok(has));
        if has {
            self.put(
                Namespace::Locks,
                &key,
                OwnedValue::Bytes(owner),
                ttl,
                Vec::new(),
            );
        }
    }

    fn holder(&mut self, key: usize) {
        let key = name(key);
        let expected = self.there(Namespace::Locks, &key).map(|known| Holder {
            owner: match known.value {
                OwnedValue::Bytes(owner) => owner,
                OwnedValue::Number(_) => panic!("an owner is a name"),
            },
            remaining: known
                .expires_ms
                .map(|at| Duration::from_millis(at - self.now())),
        });
        assert_eq!(self.store.holder(&key), Ok(expected));
    }
}

/// What comes of an increment.
fn sum(before: OwnedValue, by: Number) -> Result<Number, StoreError> {
    use Number::{Float, Integer};
    #[expect(
        clippy::cast_precision_loss,
        reason = "as PHP adds an integer to a float"
    )]
    let float = |number| match number {
        Integer(integer) => integer as f64,
        Float(float) => float,
    };
    match (before, by) {
        (OwnedValue::Bytes(_), _) => Err(StoreError::NotANumber),
        (OwnedValue::Number(Integer(a)), Integer(b)) => {
            a.checked_add(b).map(Integer).ok_or(StoreError::Overflow)
        }
        (OwnedValue::Number(a), b) => {
            let sum = float(a) + float(b);
            if sum.is_finite() {
                Ok(Float(sum))
            } else {
                Err(StoreError::Overflow)
            }
        }
    }
}

/// Keys of all lengths up to the longest.
fn name(key: usize) -> Vec<u8> {
    let length = if key == KEYS - 1 { 1024 } else { 1 + key * key };
    vec![b'a' + u8::try_from(key).unwrap(); length]
}

fn tag_name(tag: usize) -> Vec<u8> {
    format!("tag {tag}").into_bytes()
}

/// The owners with a longer name hold their locks until their process dies.
fn owner_name(owner: usize) -> Vec<u8> {
    b"owner"[..=owner].to_vec()
}
