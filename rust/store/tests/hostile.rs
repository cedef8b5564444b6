//! Nonsense in the shared memory: no panic, no endless loop; an error with a name, a miss or a
//! value, and a store that works again.
#![cfg(not(loom))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use askr_shm::{Offset, Region};
use askr_store::{
    LeaseTerms, Namespace, Number, OpenError, OwnedValue, Rate, Sizes, Store, StoreError, Ttl,
    Value,
};
use proptest::prelude::*;

const SPACES: [Namespace; 4] = [
    Namespace::Cache,
    Namespace::Counters,
    Namespace::Sessions,
    Namespace::Locks,
];
const SMALL_BYTES: usize = 32 * 1024;
/// Words of the superblock, which is written once and read when the memory is mapped.
const SUPERBLOCK_WORDS: usize = 4096 / 8;

struct Scene {
    store: Store,
    memory: Region,
}

impl Scene {
    fn new() -> Scene {
        let store = Store::create(&Sizes {
            namespaces: [
                2 * SMALL_BYTES,
                SMALL_BYTES,
                SMALL_BYTES,
                SMALL_BYTES,
                SMALL_BYTES,
            ],
            value_max: 1_024,
        })
        .unwrap();
        let memory = Region::open(store.fd().try_clone_to_owned().unwrap(), 4096).unwrap();
        let scene = Scene { store, memory };
        scene.fill();
        scene
    }

    fn fill(&self) {
        for key in 0..40_u64 {
            for space in SPACES {
                let value = [b'v'; 200];
                let value = Value::Bytes(&value[..usize::try_from(key).unwrap() * 5]);
                let _full = self.store.set(space, &name(key), value, Ttl::Forever);
            }
            let value = Value::Number(Number::Integer(1));
            let tagged = self
                .store
                .set_tagged(&name(key + 40), value, Ttl::Forever, &[b"tag"]);
            let _changed = tagged.is_ok();
        }
    }

    fn words(&self) -> usize {
        self.memory.bytes() / 8
    }

    fn scribble(&self, word: usize, value: u64) {
        let at = Offset::<u64>::new(word * 8);
        self.memory.word64(at).store(value, Ordering::SeqCst);
    }

    /// Every operation there is; returns how long the longest took.
    fn use_all(&self) -> Duration {
        let mut longest = Duration::ZERO;
        for key in [0, 1, 7, 39, 41, 99] {
            for space in SPACES {
                for operation in 0..OPERATIONS {
                    let before = Instant::now();
                    self.operate(operation, space, &name(key));
                    longest = longest.max(before.elapsed());
                }
            }
        }
        longest
    }

    fn operate(&self, operation: usize, space: Namespace, key: &[u8]) {
        let store = &self.store;
        let value = Value::Bytes(b"value");
        let stay = Ttl::For(Duration::from_secs(60));
        let done = match operation {
            0 => store.get(space, key).map(drop),
            1 => store.set(space, key, value, Ttl::Forever),
            2 => store.set(space, key, Value::Bytes(&[7; 700]), Ttl::Kept),
            3 => store.add(space, key, value, stay).map(drop),
            4 => store.replace(space, key, value, value, stay).map(drop),
            5 => store.take(space, key).map(drop),
            6 => store.touch(space, key, stay).map(drop),
            7 => store.remaining(space, key).map(drop),
            8 => store
                .increment(space, key, Number::Integer(1), stay)
                .map(drop),
            9 => store.set_tagged(key, value, stay, &[b"tag", key]),
            10 => store.forget_tag(key),
            11 => store.keys(space, 0, 1_000).map(drop),
            12 => store.acquire(key, b"owner", &ONCE).map(drop),
            13 => store.refresh(key, b"owner", stay).map(drop),
            14 => store.holder(key).map(drop),
            15 => store.release(key, b"owner").map(drop),
            16 => store.limit(key, &RATE).map(drop),
            17 => store.find(space, key).map(|found| self.read(found)),
            18 => store.delete(space, key).map(drop),
            _ => {
                let _ = SPACES.map(|space| store.statistics(space));
                let _ = store.statistics(Namespace::Limits);
                Ok(())
            }
        };
        let is_known = matches!(
            done,
            Ok(())
                | Err(StoreError::Corrupt | StoreError::Busy | StoreError::Full(_))
                | Err(StoreError::NotANumber | StoreError::Overflow)
        );
        assert!(is_known, "{operation}: {done:?}");
        if done == Err(StoreError::Busy) {
            self.free_locks();
        }
    }

    fn read(&self, found: Option<askr_store::Entry>) {
        if let Some(entry) = found
            && let askr_store::Kind::Bytes(length) = entry.kind
        {
            assert!(length <= self.memory.bytes(), "{length}");
            let _changed = self.store.read(&entry, &mut vec![0; length]);
        }
    }

    /// After all of it is forgotten everything works. Only who named a living process as the owner
    /// of a lock has it locked for as long as that lives.
    fn works_again(&self) {
        self.free_locks();
        for space in SPACES {
            // Whoever meets damage clears the namespace, and says so once.
            for key in 0..10 {
                let _damaged = self.use_once(space, key);
            }
            self.store.flush(space).unwrap();
            for key in 0..10 {
                self.use_once(space, key).unwrap();
            }
        }
    }

    fn free_locks(&self) {
        let sizes = [0, 2, 3, 4, 5].map(|parts| parts * SMALL_BYTES);
        for start in sizes.map(|size| 4096 + size) {
            self.scribble(start / 8, 0);
        }
    }

    fn use_once(&self, space: Namespace, key: u64) -> Result<(), StoreError> {
        let value = Value::Bytes(b"after");
        self.store.set(space, &name(key), value, Ttl::Forever)?;
        let found = self.store.get(space, &name(key))?;
        let expected = Some(OwnedValue::Bytes(b"after".to_vec()));
        if found == expected {
            Ok(())
        } else {
            Err(StoreError::Corrupt)
        }
    }
}

const OPERATIONS: usize = 20;

const ONCE: LeaseTerms = LeaseTerms {
    ttl: Ttl::Forever,
    until_death: true,
    wait: Duration::ZERO,
};

const RATE: Rate = Rate {
    tokens: 1,
    period: Duration::from_secs(1),
    burst: 1,
};

/// The longest that an operation may take, on a machine that others use, too.
const LONGEST: Duration = Duration::from_secs(5);

fn name(key: u64) -> Vec<u8> {
    format!("key {key}").into_bytes()
}

/// What a word may be made: everything, nothing, nearly nothing, and what is nearly right.
fn nonsense(word: u64, kind: u64) -> u64 {
    match kind {
        0 => u64::MAX,
        1 => 0,
        2 => 1,
        3 => word ^ 1 << 33,
        4 => word.wrapping_add(16),
        5 => word ^ 1 << 4,
        _ => word.rotate_left(32),
    }
}

/// Sixteen words at a time. Of those that hold nothing, which teach nothing, one in eight.
fn every_word(part: usize, parts: usize) {
    let scene = Scene::new();
    let words = (SUPERBLOCK_WORDS..scene.words()).filter(|word| word % parts == part);
    let words: Vec<usize> = words
        .filter(|word| scene.word(*word) != 0 || word % (8 * parts) == part)
        .collect();
    for (index, some) in words.chunks(16).enumerate() {
        let scene = Scene::new();
        for &word in some {
            scene.scribble(word, nonsense(scene.word(word), index as u64 % 7));
        }
        let used = catch_unwind(AssertUnwindSafe(|| {
            let longest = scene.use_all();
            assert!(longest < LONGEST, "{longest:?}");
            scene.works_again();
        }));
        assert!(used.is_ok(), "words {some:?}, kind {}", index % 7);
    }
}

impl Scene {
    fn word(&self, word: usize) -> u64 {
        let at = Offset::<u64>::new(word * 8);
        self.memory.word64(at).load(Ordering::SeqCst)
    }
}

#[test]
fn nonsense_in_any_words_is_survived_1() {
    every_word(0, 2);
}

#[test]
fn nonsense_in_any_words_is_survived_2() {
    every_word(1, 2);
}

/// The words that steer everything, one at a time.
#[test]
fn nonsense_in_a_word_of_the_heads_is_survived() {
    let scene = Scene::new();
    let heads: Vec<usize> = (SUPERBLOCK_WORDS..scene.words())
        .filter(|word| word * 8 % 4096 < 320)
        .collect();
    for (index, &word) in heads.iter().enumerate() {
        let scene = Scene::new();
        scene.scribble(word, nonsense(scene.word(word), index as u64 % 7));
        assert!(scene.use_all() < LONGEST, "{word}");
        scene.works_again();
    }
}

#[test]
fn somebody_who_writes_nonsense_all_the_time_hurts_nobody_but_the_entries() {
    let scene = Scene::new();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = 88_172_645_463_325_252_u64;
            while !stop.load(Ordering::Relaxed) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let word = usize::try_from(random >> 8).unwrap() % scene.words();
                let word = word.max(SUPERBLOCK_WORDS);
                scene.scribble(word, nonsense(scene.word(word), random % 7));
            }
        });
        let used = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..20 {
                assert!(scene.use_all() < LONGEST);
                scene.fill();
            }
        }));
        stop.store(true, Ordering::Relaxed);
        used.unwrap();
    });
    scene.works_again();
}

/// A byte of a value that changes by itself is no value in a debug build.
#[test]
fn a_value_that_does_not_have_its_checksum_is_not_handed_out() {
    let scene = Scene::new();
    let value = b"a value that nobody else has, for sure";
    scene
        .store
        .set(
            Namespace::Sessions,
            b"key",
            Value::Bytes(value),
            Ttl::Forever,
        )
        .unwrap();
    let mut memory = vec![0; scene.memory.bytes()];
    scene.memory.copy_out(0, &mut memory);
    let at = memory
        .windows(value.len())
        .position(|window| window == value)
        .unwrap();
    scene.memory.copy_in(at + 8, b"A");
    let found = scene.store.get(Namespace::Sessions, b"key");
    assert!(
        matches!(found, Err(StoreError::Corrupt) | Ok(None)),
        "{found:?}"
    );
    scene.works_again();
}

#[test]
fn memory_of_another_kind_version_or_size_is_not_opened() {
    let other = Region::create("other", 64 * 1024).unwrap();
    let refused = Store::open(other.fd().try_clone_to_owned().unwrap());
    assert!(matches!(refused, Err(OpenError::Layout)));
    let tiny = Region::create("tiny", 8).unwrap();
    let refused = Store::open(tiny.fd().try_clone_to_owned().unwrap());
    assert!(matches!(refused, Err(OpenError::Memory(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_superblock_of_nonsense_is_refused_or_mapped_within_its_bounds(
        words in prop::collection::vec((1..16_usize, any::<u64>(), 0..8_u64), 1..4),
    ) {
        let scene = Scene::new();
        for (word, random, kind) in words {
            let value = if kind == 7 { random } else { nonsense(scene.word(word), kind) };
            scene.scribble(word, value);
        }
        if let Ok(store) = Store::open(scene.store.fd().try_clone_to_owned().unwrap()) {
            let memory = Region::open(store.fd().try_clone_to_owned().unwrap(), 4096).unwrap();
            let other = Scene { store, memory };
            for operation in 0..OPERATIONS {
                for space in SPACES {
                    // It has other bounds: an error is as good as an answer.
                    let used = catch_unwind(AssertUnwindSafe(|| other.store.get(space, b"key")));
                    prop_assert!(used.is_ok());
                    let value = Value::Bytes(b"value");
                    let set = || other.store.set(space, &name(operation as u64), value, Ttl::Forever);
                    prop_assert!(catch_unwind(AssertUnwindSafe(set)).is_ok());
                }
            }
        }
    }
}
