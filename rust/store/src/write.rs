//! Writing, with the lock of the namespace held.

use std::time::Duration;

use askr_shm::Offset;
use askr_shm::sync::{Ordering, fence};

use crate::clock::{NEVER, has_come};
use crate::error::StoreError;
use crate::hash::Key;
use crate::index::Linked;
use crate::journal::{Change, Step};
use crate::key::Ttl;
use crate::layout::{CountWord, GRAIN_BYTES};
use crate::lock::Held;
use crate::namespace::Namespace;
use crate::place::{Place, RingName};
use crate::read::checksum;
use crate::record::{
    Content, Field, HEAD_BYTES, Record, Shape, WORD_BYTES, number_word, value_bytes,
};
use crate::ring::Room;
use crate::space::Space;
use crate::value::{Kind, Number, OwnedValue, Value};

/// The right to change a namespace: its lock, held until this is dropped.
#[derive(Debug)]
pub(crate) struct Writer<'s> {
    pub(crate) space: Space<'s>,
    pub(crate) now_ms: u64,
    _held: Held<'s>,
}

/// What is to be written for a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft<'d> {
    pub(crate) value: Value<'d>,
    /// When it expires, in ms; 0 is never.
    pub(crate) expires_ms: u64,
    /// For an entry with tags: the count of forgettings now, and the hash of each tag.
    pub(crate) marks: &'d [u64],
}

/// An entry that is there and has not expired. It stays as it is while the writer changes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Present<'s> {
    pub(crate) linked: Linked<'s>,
    /// What it holds.
    pub(crate) kind: Kind,
    /// When it expires, in ms; 0 is never.
    pub(crate) expires_ms: u64,
    pub(crate) value_at: usize,
}

impl<'s> Writer<'s> {
    /// Takes the lock and finishes what a dead owner has begun.
    pub(crate) fn begin(space: Space<'s>, patience: Duration) -> Result<Writer<'s>, StoreError> {
        let held = Held::take(space, patience).ok_or(StoreError::Busy)?;
        let mut writer = Writer {
            space,
            now_ms: space.clock.now_ms(),
            _held: held,
        };
        writer.recover();
        Ok(writer)
    }

    /// The entry of a key.
    pub(crate) fn find(&self, key: &Key<'_>) -> Result<Option<Present<'s>>, StoreError> {
        let Some(linked) = self.space.linked(key)? else {
            return Ok(None);
        };
        let record = linked.record;
        let expires_ms = record.load(Field::Expires);
        if has_come(expires_ms, || self.now_ms) {
            return Ok(None);
        }
        let parts = record.parts(linked.shape).ok_or(StoreError::Corrupt)?;
        if self.space.is_forgotten(parts, linked.shape) {
            return Ok(None);
        }
        let content = Content::from_word(record.load(Field::Content));
        let number = self.space.word(Offset::new(parts.value_at));
        let kind = content
            .kind(number.load(Ordering::Relaxed))
            .filter(|_| content.bytes() <= parts.value_room)
            .ok_or(StoreError::Corrupt)?;
        Ok(Some(Present {
            linked,
            kind,
            expires_ms,
            value_at: parts.value_at,
        }))
    }

    /// What an entry holds.
    pub(crate) fn value(&self, present: &Present<'_>) -> OwnedValue {
        match present.kind {
            Kind::Number(number) => OwnedValue::Number(number),
            Kind::Bytes(length) => {
                let mut bytes = vec![0; length];
                let at = Offset::new(present.value_at);
                self.space.region.load_words(at, &mut bytes);
                OwnedValue::Bytes(bytes)
            }
        }
    }

    /// Whether an entry holds this.
    pub(crate) fn holds(&self, present: &Present<'_>, value: Value<'_>) -> bool {
        match (present.kind, value) {
            (Kind::Number(there), Value::Number(number)) => there == number,
            (Kind::Bytes(length), Value::Bytes(bytes)) => {
                let at = Offset::new(present.value_at);
                length == bytes.len() && self.space.region.equal_words(at, bytes)
            }
            _ => false,
        }
    }

    /// The entry that a write with this time to stay has to know of.
    pub(crate) fn there(&self, key: &Key<'_>, ttl: Ttl) -> Result<Option<Present<'s>>, StoreError> {
        match ttl {
            Ttl::Kept => self.find(key),
            Ttl::Forever | Ttl::For(_) => Ok(None),
        }
    }

    /// A value without tags; `there` is the entry that it replaces.
    pub(crate) fn draft<'d>(
        &self,
        value: Value<'d>,
        ttl: Ttl,
        there: Option<&Present<'_>>,
    ) -> Draft<'d> {
        Draft {
            value,
            expires_ms: self.expiry(ttl, there),
            marks: &[],
        }
    }

    /// When an entry with this time to stay expires; `there` is the one that it replaces.
    pub(crate) fn expiry(&self, ttl: Ttl, there: Option<&Present<'_>>) -> u64 {
        match ttl {
            Ttl::Forever => NEVER,
            Ttl::Kept => there.map_or(NEVER, |present| present.expires_ms),
            Ttl::For(duration) => {
                let whole = duration.as_nanos().div_ceil(1_000_000);
                let whole = u64::try_from(whole).unwrap_or(u64::MAX);
                // The holder of a lock counts on all of its time.
                let rounding = match self.space.namespace {
                    Namespace::Locks => self.space.clock.rounding_ms(),
                    _ => 0,
                };
                let whole = whole.saturating_add(rounding);
                self.now_ms.saturating_add(whole).max(1)
            }
        }
    }

    /// Writes an entry, over one that is there.
    pub(crate) fn put(&mut self, key: &Key<'_>, draft: &Draft<'_>) -> Result<(), StoreError> {
        let shape = self.shape(key, draft)?;
        let there = self.space.linked(key)?;
        if has_come(draft.expires_ms, || self.now_ms) {
            return there.map_or(Ok(()), |linked| self.unlink(linked));
        }
        if let Some(linked) = there.filter(|linked| fits_in_place(linked, shape, draft)) {
            self.rewrite(key, linked, draft)
        } else {
            self.append(key, shape, draft)
        }
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, present: &Present<'s>) -> Result<(), StoreError> {
        self.unlink(present.linked)
    }

    /// Gives an entry another time to expire.
    pub(crate) fn set_expiry(
        &mut self,
        present: &Present<'s>,
        expires_ms: u64,
    ) -> Result<(), StoreError> {
        if has_come(expires_ms, || self.now_ms) {
            return self.unlink(present.linked);
        }
        let expires = present.linked.record.field(Field::Expires);
        expires.store(expires_ms, Ordering::Relaxed);
        Ok(())
    }

    /// Puts another number of the same kind into an entry that holds one.
    pub(crate) fn set_number(&mut self, present: &Present<'s>, number: Number) {
        debug_assert!(matches!(present.kind, Kind::Number(_)));
        self.space
            .word(Offset::new(present.value_at))
            .store(number_word(number), Ordering::Relaxed);
    }

    /// Deletes everything.
    pub(crate) fn flush(&mut self) {
        let heads = [
            self.space.head(RingName::Main),
            self.space.head(RingName::Small),
        ];
        let change = Change {
            new: None,
            old: None,
            heads,
            entries: 0,
            bytes: 0,
        };
        self.space.begin(Step::Flush, &change);
        self.space.carry_out_flush(&change);
        self.space.end();
    }

    /// Takes a record out of the index.
    pub(crate) fn unlink(&mut self, linked: Linked<'_>) -> Result<(), StoreError> {
        self.splice(None, Some((linked.place, linked.shape)))
    }

    /// Makes a record part of the index, takes another out, or both.
    pub(crate) fn splice(
        &mut self,
        new: Option<(Place, Shape, Room)>,
        old: Option<(Place, Shape)>,
    ) -> Result<(), StoreError> {
        let space = self.space;
        let mut change = Change {
            new: new.map(|(place, ..)| place),
            old: old.map(|(place, _)| place),
            heads: [space.head(RingName::Main), space.head(RingName::Small)],
            entries: space.count(CountWord::Entries).load(Ordering::Relaxed),
            bytes: space.count(CountWord::Bytes).load(Ordering::Relaxed),
        };
        if let Some((place, shape, room)) = new {
            change.heads[place.ring() as usize] = room.head;
            change.entries = change.entries.wrapping_add(1);
            change.bytes = change.bytes.wrapping_add(bytes_of(shape));
        }
        if let Some((_, shape)) = old {
            change.entries = change.entries.saturating_sub(1);
            change.bytes = change.bytes.saturating_sub(bytes_of(shape));
        }
        space.begin(Step::Splice, &change);
        space.carry_out_splice(&change)?;
        space.end();
        Ok(())
    }

    /// The shape of a new record, if one of its size may be written.
    fn shape(&self, key: &Key<'_>, draft: &Draft<'_>) -> Result<Shape, StoreError> {
        self.shape_of(key, draft.value, draft.marks.len())
    }

    /// How a value with so many marks would lie in the memory.
    pub(crate) fn shape_of(
        &self,
        key: &Key<'_>,
        value: Value<'_>,
        marks: usize,
    ) -> Result<Shape, StoreError> {
        let bytes = value_bytes(value);
        let max = self.space.value_max;
        let too_large = |max| StoreError::ValueTooLarge { length: bytes, max };
        if bytes > max {
            return Err(too_large(max));
        }
        let shape = Shape::of(key.bytes.len(), marks, bytes);
        let most = self.space.plan.record_bytes_max();
        shape.filter(|shape| shape.bytes() <= most).ok_or_else(|| {
            let beside = HEAD_BYTES + (key.bytes.len() + marks * WORD_BYTES);
            too_large(max.min(most.saturating_sub(beside.next_multiple_of(GRAIN_BYTES))))
        })
    }

    fn append(&mut self, key: &Key<'_>, shape: Shape, draft: &Draft<'_>) -> Result<(), StoreError> {
        let (ring, room) = self.make_room(key, shape)?;
        // What was there may have made room itself.
        let there = self.space.linked(key)?;
        let place = Place::new(ring, room.at);
        let visits = there.map_or(0, |linked| {
            self.space.visits(linked.place).saturating_add(1)
        });
        self.space.set_visits(place, visits);
        self.compose(place, key, shape, draft)?;
        self.splice(
            Some((place, shape, room)),
            there.map(|linked| (linked.place, linked.shape)),
        )
    }

    /// Writes a record where nobody looks yet.
    fn compose(
        &mut self,
        place: Place,
        key: &Key<'_>,
        shape: Shape,
        draft: &Draft<'_>,
    ) -> Result<(), StoreError> {
        let space = self.space;
        let record = space.record(place).ok_or(StoreError::Corrupt)?;
        let next = space
            .word(space.plan.bucket(key.hash))
            .load(Ordering::Relaxed);
        // Who reads what was here before sees that the place was given up.
        fence(Ordering::Release);
        let field = |field, word| record.field(field).store(word, Ordering::Relaxed);
        field(Field::Shape, shape.word());
        field(Field::Next, next);
        field(Field::Hash, key.hash);
        field(Field::Sequence, 0);
        let parts = record.parts(shape).ok_or(StoreError::Corrupt)?;
        let key_at = Offset::new(parts.key_at);
        space.region.store_words(key_at, key.bytes);
        self.fill(&record, shape, key, draft)
    }

    /// Writes what may be written over in place: expiry, tags and value.
    fn fill(
        &self,
        record: &Record<'_>,
        shape: Shape,
        key: &Key<'_>,
        draft: &Draft<'_>,
    ) -> Result<(), StoreError> {
        let parts = record.parts(shape).ok_or(StoreError::Corrupt)?;
        let region = self.space.region;
        let store = |at, word| {
            self.space
                .word(Offset::new(at))
                .store(word, Ordering::Relaxed)
        };
        for (index, &mark) in draft.marks.iter().enumerate() {
            store(parts.marks_at + index * WORD_BYTES, mark);
        }
        let sum = match draft.value {
            Value::Bytes(bytes) => {
                region.store_words(Offset::new(parts.value_at), bytes);
                checksum(key.bytes, bytes)
            }
            Value::Number(number) => {
                store(parts.value_at, number_word(number));
                0
            }
        };
        let field = |field, word| record.field(field).store(word, Ordering::Relaxed);
        field(Field::Expires, draft.expires_ms);
        field(Field::Content, Content::of(draft.value, sum).word());
        Ok(())
    }

    /// Overwrites a value. Readers see an odd sequence meanwhile; so does the next owner of the
    /// lock, if this one dies, and takes the record out.
    fn rewrite(
        &mut self,
        key: &Key<'_>,
        linked: Linked<'_>,
        draft: &Draft<'_>,
    ) -> Result<(), StoreError> {
        let space = self.space;
        let sequence = linked.record.field(Field::Sequence);
        let before = sequence.load(Ordering::Relaxed);
        let count = |word| space.count(word).load(Ordering::Relaxed);
        let change = Change {
            new: None,
            old: Some(linked.place),
            heads: [space.head(RingName::Main), space.head(RingName::Small)],
            entries: count(CountWord::Entries).saturating_sub(1),
            bytes: count(CountWord::Bytes).saturating_sub(bytes_of(linked.shape)),
        };
        space.visit(linked.place);
        space.begin(Step::Rewrite, &change);
        sequence.store(before.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        self.fill(&linked.record, linked.shape, key, draft)?;
        sequence.store(before.wrapping_add(2), Ordering::Release);
        space.end();
        Ok(())
    }
}

/// Whether a value is to be written over the one that is there: it fits, does not leave most of the
/// record unused, and is short enough for readers to wait meanwhile.
fn fits_in_place(linked: &Linked<'_>, shape: Shape, draft: &Draft<'_>) -> bool {
    let there = linked.shape;
    there.marks() == draft.marks.len()
        && shape.bytes() <= there.bytes()
        && there.bytes() <= shape.bytes() * 2
        && there.bytes() <= IN_PLACE_BYTES_MAX
}

fn bytes_of(shape: Shape) -> u64 {
    u64::try_from(shape.bytes()).unwrap_or(u64::MAX)
}

/// Most bytes of a record that is written over in place.
const IN_PLACE_BYTES_MAX: usize = 4096;
