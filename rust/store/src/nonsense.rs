//! Nonsense in memory: whatever words are there, nothing panics, hangs or reads out of bounds, and
//! a namespace that makes no sense is soon one that works.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use askr_shm::Offset;
use askr_shm::sync::Ordering;

use crate::clock::Clock;
use crate::layout::SUPERBLOCK_BYTES;
use crate::namespace::{Namespace, Sizes};
use crate::store::Store;
use crate::value::{Kind, Number, Value};
use crate::{StoreError, Ttl};

/// An xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap() % bound
    }
}

fn store() -> Store {
    let sizes = Sizes {
        namespaces: [64 * 1024, 48 * 1024, 48 * 1024, 48 * 1024, 48 * 1024],
        value_max: 2048,
    };
    let time = Arc::new(AtomicU64::new(1_000_000));
    Store::create(&sizes)
        .unwrap()
        .with_clock(Clock::Manual(time))
}

const SPACES: [Namespace; 3] = [Namespace::Cache, Namespace::Counters, Namespace::Sessions];

fn key(number: usize) -> Vec<u8> {
    format!("key {number}").into_bytes()
}

fn fill(store: &Store, random: &mut Random, count: usize) {
    for _ in 0..count {
        let space = SPACES[random.below(3)];
        let value = vec![1; random.below(1000)];
        let key = key(random.below(50));
        let _ = store.set(space, &key, Value::Bytes(&value), Ttl::Forever);
    }
}

/// A word that is likely to be believed: a small one, one with a bit changed, a copy of another.
fn spoil(store: &Store, random: &mut Random, at: usize) {
    let word = store.region.word64(Offset::new(at));
    let before = word.load(Ordering::Relaxed);
    let other = random.below(store.region.bytes() / 8) * 8;
    let nonsense = match random.below(5) {
        0 => random.next(),
        1 => random.next() % 4096,
        2 => before ^ 1 << random.below(64),
        3 => store
            .region
            .word64(Offset::new(other))
            .load(Ordering::Relaxed),
        _ => before.wrapping_add(16),
    };
    word.store(nonsense, Ordering::Relaxed);
}

/// Every operation once; what they answer is theirs.
fn use_all(store: &Store, random: &mut Random) {
    for space in SPACES {
        let (one, other) = (key(random.below(50)), key(random.below(50)));
        let value = Value::Bytes(b"another value");
        let _ = store.get(space, &one);
        if let Ok(Some(entry)) = store.find(space, &other)
            && let Kind::Bytes(bytes) = entry.kind
        {
            let _ = store.read(&entry, &mut vec![0; bytes]);
        }
        let _ = store.set(space, &one, value, Ttl::Forever);
        let _ = store.add(space, &other, value, Ttl::Forever);
        let _ = store.replace(space, &one, value, value, Ttl::Kept);
        let _ = store.increment(space, &other, Number::Integer(1), Ttl::Forever);
        let _ = store.touch(space, &one, Ttl::Forever);
        let _ = store.take(space, &other);
        let _ = store.delete(space, &one);
        let _ = store.keys(space, random.next() % 64, 10);
        let _ = store.statistics(space);
    }
}

/// The namespaces work, at the latest after the writes that find them damaged.
fn recovers(store: &Store) {
    for space in SPACES {
        let is_written = |number| {
            let key = key(number);
            let value = Value::Bytes(b"value");
            let written = store.set(space, &key, value, Ttl::Forever);
            assert_ne!(written, Err(StoreError::Busy));
            written.is_ok() && store.get(space, &key).is_ok_and(|found| found.is_some())
        };
        // What was damaged is met by one of them at some time, and then all is emptied.
        let works = (0..5).any(|_| (0..400).all(is_written));
        assert!(works, "{space}");
    }
}

#[test]
fn no_word_makes_an_operation_panic_or_hang() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..100 {
        let store = store();
        fill(&store, &mut random, 150);
        let words = store.region.bytes() / 8;
        let first = SUPERBLOCK_BYTES / 8;
        for _ in 0..1 + random.below(200) {
            let at = (first + random.below(words - first)) * 8;
            spoil(&store, &mut random, at);
        }
        use_all(&store, &mut random);
        fill(&store, &mut random, 50);
        use_all(&store, &mut random);
    }
}

#[test]
fn no_word_of_a_namespaces_head_makes_it_useless() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..100 {
        let store = store();
        fill(&store, &mut random, 150);
        for space in SPACES {
            let head = store.plan.spaces[space as usize].owner().bytes();
            // The owner is left alone: a lock of somebody who lives is waited for.
            for _ in 0..1 + round % 3 {
                let at = head + 64 + random.below(32) * 8;
                spoil(&store, &mut random, at);
            }
        }
        use_all(&store, &mut random);
        recovers(&store);
    }
}
