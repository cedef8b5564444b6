//! Reading without a lock.
//!
//! A reader may be overtaken at any point: what it looks at is unlinked, given up, overwritten. It
//! believes nothing before it has seen, after the last load, that the place is not stale (writers
//! give a place up before they overwrite it) and that the record's sequence is even and the same.

use askr_shm::Offset;
use askr_shm::sync::{Ordering, fence, spin_loop};

use crate::error::StoreError;
use crate::hash::Key;
use crate::layout::STRIPES;
use crate::limits::{CHAIN_MAX, LOCK_PATIENCE, READ_ATTEMPTS_MAX};
use crate::place::Place;
use crate::record::{Content, DEAD, Field, Parts, Record, Shape, WORD_BYTES};
use crate::space::Space;
use crate::store::Entry;
use crate::tags::Epoch;
use crate::value::{Kind, OwnedValue};
use crate::write::Writer;

/// What one look at a bucket found.
#[derive(Debug)]
pub(crate) enum Look {
    /// The entry.
    Found(Entry),
    /// There is none.
    Missing,
    /// Something changed meanwhile.
    Again,
    /// What is there makes no sense, and nobody is changing it.
    Damaged,
}

/// What a link was found in.
pub(crate) enum Holder<'s> {
    /// The bucket, which is always there.
    Bucket(Offset<u64>),
    /// A record of the chain.
    Record(Place, Record<'s>),
}

impl<'s> Space<'s> {
    /// The entry of a key; the last attempt is made with the lock.
    #[inline]
    pub(crate) fn find(self, key: &Key<'_>) -> Result<Option<Entry>, StoreError> {
        for _ in 0..READ_ATTEMPTS_MAX {
            match self.look(key) {
                Look::Found(entry) => return Ok(Some(entry)),
                Look::Missing => return Ok(None),
                Look::Again => spin_loop(),
                Look::Damaged => break,
            }
        }
        self.find_locked(key)
    }

    #[cold]
    fn find_locked(self, key: &Key<'_>) -> Result<Option<Entry>, StoreError> {
        let mut writer = Writer::begin(self, LOCK_PATIENCE)?;
        match self.look(key) {
            Look::Found(entry) => Ok(Some(entry)),
            Look::Missing => Ok(None),
            Look::Again | Look::Damaged => {
                writer.reset();
                Err(StoreError::Corrupt)
            }
        }
    }

    /// Looks once.
    #[inline]
    fn look(self, key: &Key<'_>) -> Look {
        let bucket = self.plan.bucket(key.hash);
        let first = self.word(bucket).load(Ordering::Acquire);
        let (mut holder, mut link) = (Holder::Bucket(bucket), first);
        for _ in 0..CHAIN_MAX {
            let Some(place) = Place::from_word(link) else {
                return self.missing(bucket, first);
            };
            if self.is_stale(place) {
                return match self.ends_at(&holder, link) {
                    true => self.missing(bucket, first),
                    false => Look::Again,
                };
            }
            let Some(record) = self.record(place) else {
                return Look::Damaged;
            };
            let shape = record.shape();
            if record.load(Field::Hash) == key.hash && record.has_key(shape, key.bytes) {
                return self.examine(record, shape, place);
            }
            link = record.field(Field::Next).load(Ordering::Acquire);
            fence(Ordering::Acquire);
            if self.is_stale(place) {
                return Look::Again;
            }
            holder = Holder::Record(place, record);
        }
        Look::Damaged
    }

    /// Whether a link that is stale is the end of its chain, and not one that was overtaken. It is
    /// if it is still there although what it names was given up: whoever gives a place up unlinks
    /// it first, unless everything goes.
    #[cold]
    pub(crate) fn ends_at(self, holder: &Holder<'_>, link: u64) -> bool {
        match holder {
            Holder::Bucket(at) => self.is_still(*at, link),
            Holder::Record(place, record) => {
                let same = self.is_still(record.link(Field::Next), link);
                let dead = record.load(Field::Sequence) == DEAD;
                fence(Ordering::Acquire);
                same && !dead && !self.is_stale(*place)
            }
        }
    }

    /// Whether a word is what it was, after all that was loaded before.
    #[inline]
    pub(crate) fn is_still(self, at: Offset<u64>, word: u64) -> bool {
        fence(Ordering::Acquire);
        self.word(at).load(Ordering::Acquire) == word
    }

    /// A chain without the key: none only if nothing was put in front of it meanwhile, for what was
    /// moved was moved there.
    #[inline]
    fn missing(self, bucket: Offset<u64>, first: u64) -> Look {
        match self.is_still(bucket, first) {
            true => Look::Missing,
            false => Look::Again,
        }
    }

    /// Reads the head of the record of the key.
    #[inline]
    fn examine(self, record: Record<'_>, shape: Shape, place: Place) -> Look {
        let sequence = record.field(Field::Sequence).load(Ordering::Acquire);
        if sequence & 1 != 0 {
            return Look::Again;
        }
        let content = Content::from_word(record.load(Field::Content));
        let expires_ms = record.load(Field::Expires);
        let parts = record.parts(shape);
        let number = parts.map_or(0, |parts| {
            self.word(Offset::new(parts.value_at))
                .load(Ordering::Relaxed)
        });
        let forgotten = parts.is_some_and(|parts| self.is_forgotten(parts, shape));
        if !self.is_unchanged(place, record, sequence) {
            return Look::Again;
        }
        let parts = parts.filter(|parts| content.bytes() <= parts.value_room);
        let (Some(parts), Some(kind)) = (parts, content.kind(number)) else {
            return Look::Damaged;
        };
        if forgotten || self.clock.has_come(expires_ms) {
            return Look::Missing;
        }
        Look::Found(Entry {
            kind,
            namespace: self.namespace,
            place,
            sequence,
            shape,
            content,
            expires_ms,
            value_at: parts.value_at,
        })
    }

    /// Whether what was loaded from the record before belongs together.
    #[inline]
    fn is_unchanged(self, place: Place, record: Record<'_>, sequence: u64) -> bool {
        fence(Ordering::Acquire);
        !self.is_stale(place) && record.load(Field::Sequence) == sequence
    }

    /// Copies the value; false if it has changed since it was found.
    #[inline]
    pub(crate) fn read(self, entry: &Entry, into: &mut [u8]) -> bool {
        debug_assert!(into.len() <= entry.content.bytes());
        let Some(record) = self.record(entry.place) else {
            return false;
        };
        self.region.load_words(Offset::new(entry.value_at), into);
        self.is_unchanged(entry.place, record, entry.sequence)
            && (!cfg!(debug_assertions) || self.agrees(record, entry, into))
    }

    /// Whether one of its tags was forgotten since an entry was written. The words for them are
    /// when that was, and the hash of each tag.
    #[inline]
    pub(crate) fn is_forgotten(self, parts: Parts, shape: Shape) -> bool {
        let word = |index| {
            let at = Offset::new(parts.marks_at + index * WORD_BYTES);
            self.word(at).load(Ordering::Relaxed)
        };
        let marks = shape.marks();
        marks > 0 && self.plan.evicts && {
            let since = Epoch::from_word(word(0));
            let tags = self.plan.tags();
            !(1..marks).all(|index| tags.is_current(self.region, word(index), since))
        }
    }

    /// Looks an entry up and reads it.
    pub(crate) fn fetch(self, key: &Key<'_>) -> Result<Option<(Entry, OwnedValue)>, StoreError> {
        for _ in 0..READ_ATTEMPTS_MAX {
            let Some(entry) = self.find(key)? else {
                return Ok(None);
            };
            if let Some(value) = self.value(&entry) {
                return Ok(Some((entry, value)));
            }
        }
        let mut writer = Writer::begin(self, LOCK_PATIENCE)?;
        let found = match self.look(key) {
            Look::Found(entry) => self.value(&entry).map(|value| (entry, value)),
            Look::Missing => return Ok(None),
            Look::Again | Look::Damaged => None,
        };
        if found.is_none() {
            writer.reset();
        }
        found.map(Some).ok_or(StoreError::Corrupt)
    }

    /// The value of an entry; `None` if it has changed since it was found.
    pub(crate) fn value(self, entry: &Entry) -> Option<OwnedValue> {
        match entry.kind {
            Kind::Number(number) => Some(OwnedValue::Number(number)),
            Kind::Bytes(length) => {
                let mut bytes = vec![0; length];
                self.read(entry, &mut bytes)
                    .then_some(OwnedValue::Bytes(bytes))
            }
        }
    }

    /// Whether the checksum of a debug build is that of the key and the value read.
    fn agrees(self, record: Record<'_>, entry: &Entry, value: &[u8]) -> bool {
        let Kind::Bytes(length) = entry.kind else {
            return true;
        };
        let Some(parts) = record.parts(entry.shape).filter(|_| length == value.len()) else {
            return length != value.len();
        };
        let mut key = vec![0; entry.shape.key_bytes()];
        self.region.load_words(Offset::new(parts.key_at), &mut key);
        !self.is_unchanged(entry.place, record, entry.sequence)
            || checksum(&key, value) == entry.content.checksum()
    }

    /// Counts a read. Two processes on one stripe may lose a count to each other: an addition that
    /// cannot would take an eighth of the read.
    #[inline]
    pub(crate) fn count_read(self, stripe: usize, hit: bool) {
        let at = match hit {
            true => self.plan.hits(stripe % STRIPES),
            false => self.plan.misses(stripe % STRIPES),
        };
        let count = self.word(at);
        let counted = count.load(Ordering::Relaxed).wrapping_add(1);
        count.store(counted, Ordering::Relaxed);
    }
}

/// 24 bits over key and value in a debug build, otherwise nothing.
pub(crate) fn checksum(key: &[u8], value: &[u8]) -> u64 {
    if !cfg!(debug_assertions) {
        return 0;
    }
    // FNV-1a: what it is to find is half a value of one writer and half of another.
    let bytes = key.iter().chain(value);
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    sum >> 40
}
