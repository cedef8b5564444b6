//! One record: its head, its key, the words for its tags and its value, one behind the other.
//!
//! All of it is whole words. What the head says is checked by whoever reads it.

use askr_shm::sync::{AtomicU64, Ordering};
use askr_shm::{Offset, Region};

use crate::layout::{GRAIN_BYTES, RECORD_BYTES_MIN};
use crate::value::{Kind, Number, Value};

/// A record in memory that another process may overwrite at any time.
#[derive(Clone, Copy)]
pub(crate) struct Record<'s> {
    region: &'s Region,
    at: usize,
    /// Bytes from `at` to the end of the ring.
    room: usize,
}

impl<'s> Record<'s> {
    /// The record at `at`, which has at least the smallest record's bytes before it.
    #[inline]
    pub(crate) fn new(region: &'s Region, at: usize, room: usize) -> Self {
        Record { region, at, room }
    }

    /// A word of the head.
    #[inline]
    pub(crate) fn field(&self, field: Field) -> &'s AtomicU64 {
        #[cfg(test)]
        crate::death::may_come();
        self.region.word64(self.link(field))
    }

    /// Where a word of the head lies.
    #[inline]
    pub(crate) fn link(&self, field: Field) -> Offset<u64> {
        Offset::new(self.at + field as usize * WORD_BYTES)
    }

    #[inline]
    pub(crate) fn shape(&self) -> Shape {
        Shape(self.field(Field::Shape).load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn load(&self, field: Field) -> u64 {
        self.field(field).load(Ordering::Relaxed)
    }

    /// Whether it is for this key.
    #[inline]
    pub(crate) fn has_key(&self, shape: Shape, key: &[u8]) -> bool {
        shape.key_bytes() == key.len()
            && HEAD_BYTES + key.len().next_multiple_of(WORD_BYTES) <= self.room
            && self
                .region
                .equal_words(Offset::new(self.at + HEAD_BYTES), key)
    }

    /// The parts, if they lie within the record and the record within the ring.
    #[inline]
    pub(crate) fn parts(&self, shape: Shape) -> Option<Parts> {
        let key_at = self.at + HEAD_BYTES;
        let marks_at = key_at + shape.key_bytes().next_multiple_of(WORD_BYTES);
        let value_at = marks_at + shape.marks() * WORD_BYTES;
        let end = self.at + shape.bytes();
        let whole = shape.bytes() >= RECORD_BYTES_MIN && shape.bytes() <= self.room;
        let room = end.checked_sub(value_at).filter(|_| whole)?;
        Some(Parts {
            key_at,
            marks_at,
            value_at,
            value_room: room,
        })
    }
}

/// Where the parts of a record lie in the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) key_at: usize,
    pub(crate) marks_at: usize,
    pub(crate) value_at: usize,
    /// Most bytes of a value.
    pub(crate) value_room: usize,
}

/// The words of a record's head.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    /// A [`Shape`].
    Shape = 0,
    /// The place of the next record of the bucket.
    Next = 1,
    /// The hash of the key.
    Hash = 2,
    /// Odd while the record changes, and for good when it is [`DEAD`].
    Sequence = 3,
    /// When it expires, in ms; 0 is never.
    Expires = 4,
    /// A [`Content`].
    Content = 5,
}

/// The sequence of a record that is no longer part of the store.
pub(crate) const DEAD: u64 = u64::MAX;

/// What does not change while the record exists: bits 0–31 its size in grains, 32–47 bytes of the
/// key (0 is a filler), 48–55 words for tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape(u64);

impl Shape {
    /// The shape of a record for such a key, so many words for tags and a value of so many bytes; `None` if
    /// no record could be that large.
    pub(crate) fn of(key_bytes: usize, marks: usize, value_bytes: usize) -> Option<Shape> {
        let bytes = HEAD_BYTES
            + key_bytes.next_multiple_of(WORD_BYTES)
            + marks * WORD_BYTES
            + value_bytes.checked_next_multiple_of(WORD_BYTES)?;
        let bytes = bytes.next_multiple_of(GRAIN_BYTES).max(RECORD_BYTES_MIN);
        let grains = u32::try_from(bytes / GRAIN_BYTES).ok()?;
        let key_bytes = u16::try_from(key_bytes).ok()?;
        let marks = u8::try_from(marks).ok()?;
        Some(Shape(
            u64::from(grains) | u64::from(key_bytes) << 32 | u64::from(marks) << 48,
        ))
    }

    /// The shape of what fills so many bytes up to the end of a ring.
    pub(crate) fn filler(bytes: usize) -> Shape {
        Shape(u64::try_from(bytes / GRAIN_BYTES).expect("a ring is smaller than 2^64"))
    }

    /// The shape in a word of a record, whatever it holds.
    pub(crate) fn from_word(word: u64) -> Shape {
        Shape(word)
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Bytes of the whole record.
    #[inline]
    pub(crate) fn bytes(self) -> usize {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        let grains = u32::from_le_bytes([a, b, c, d]);
        usize::try_from(grains).unwrap_or(usize::MAX / GRAIN_BYTES) * GRAIN_BYTES
    }

    #[inline]
    pub(crate) fn key_bytes(self) -> usize {
        let [.., a, b, _, _] = self.0.to_le_bytes();
        usize::from(u16::from_le_bytes([a, b]))
    }

    /// How many words stand there for tags.
    #[inline]
    pub(crate) fn marks(self) -> usize {
        let [.., marks, _] = self.0.to_le_bytes();
        usize::from(marks)
    }

    /// Whether it is no record but what is left over at the end of a ring.
    pub(crate) fn is_filler(self) -> bool {
        self.key_bytes() == 0
    }
}

/// What the value is: bits 0–31 its bytes, 32–39 its kind, 40–63 its checksum in a debug build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content(u64);

impl Content {
    /// The content of a record that holds `value`.
    pub(crate) fn of(value: Value<'_>, checksum: u64) -> Content {
        let (kind, bytes) = match value {
            Value::Bytes(bytes) => (BYTES, bytes.len()),
            Value::Number(Number::Integer(_)) => (INTEGER, WORD_BYTES),
            Value::Number(Number::Float(_)) => (FLOAT, WORD_BYTES),
        };
        let bytes = u32::try_from(bytes).expect("a value is bounded by the size of a record");
        Content(u64::from(bytes) | kind << 32 | checksum << 40)
    }

    /// The content in a word of a record, whatever it holds.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Content {
        Content(word)
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Bytes of the value.
    #[inline]
    pub(crate) fn bytes(self) -> usize {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX)
    }

    /// The checksum, 24 bits.
    pub(crate) fn checksum(self) -> u64 {
        self.0 >> 40
    }

    /// What it means, `number` being the first word of the value; `None` if it means nothing.
    #[inline]
    pub(crate) fn kind(self, number: u64) -> Option<Kind> {
        match self.0 >> 32 & 0xff {
            BYTES => Some(Kind::Bytes(self.bytes())),
            INTEGER => Some(Kind::Number(Number::Integer(number.cast_signed()))),
            FLOAT => Some(Kind::Number(Number::Float(f64::from_bits(number)))),
            _ => None,
        }
    }
}

/// Bytes that the value takes in a record.
pub(crate) fn value_bytes(value: Value<'_>) -> usize {
    match value {
        Value::Bytes(bytes) => bytes.len(),
        Value::Number(_) => WORD_BYTES,
    }
}

/// The word of a number.
pub(crate) fn number_word(number: Number) -> u64 {
    match number {
        Number::Integer(integer) => integer.cast_unsigned(),
        Number::Float(float) => float.to_bits(),
    }
}

pub(crate) const WORD_BYTES: usize = 8;
pub(crate) const HEAD_BYTES: usize = 6 * WORD_BYTES;

const BYTES: u64 = 0;
const INTEGER: u64 = 1;
const FLOAT: u64 = 2;

const _: () = assert!(HEAD_BYTES + 2 * WORD_BYTES <= RECORD_BYTES_MIN);
