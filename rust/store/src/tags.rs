//! Which tags were forgotten, and when.
//!
//! A tag has no record. An entry holds the hashes of its tags and the count of forgettings at the
//! moment it was written; this table holds, for the tags that were forgotten last, the count at
//! that moment. An entry whose tag was forgotten after it was written is gone. Where a line of the
//! table is full the tag whose forgetting lies furthest back gives its place up, and entries of
//! that line's tags that are older than that are gone, too: in a cache nobody can tell that from
//! an eviction. So there is no limit on the number of tags, one that is never forgotten costs
//! nothing, forgetting costs one line whatever the number of entries, and nothing is locked.

use askr_shm::sync::AtomicU64;
use askr_shm::sync::Ordering::{AcqRel, Acquire, Relaxed};
use askr_shm::{Offset, Region};

use crate::error::StoreError;
use crate::hash::Key;
use crate::key::Ttl;
use crate::namespace::Namespace;
use crate::record::WORD_BYTES;
use crate::store::Store;
use crate::value::Value;
use crate::write::{Draft, Present, Writer};

impl Store {
    /// Writes a cache entry that ends when one of its tags is forgotten.
    ///
    /// # Errors
    /// As [`Store::set`]; more than [`TAGS_MAX`](crate::TAGS_MAX) tags are too large.
    pub fn set_tagged(
        &self,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
        tags: &[&[u8]],
    ) -> Result<(), StoreError> {
        let key = self.key(key)?;
        let tags = hashes(tags);
        self.change(Namespace::Cache, |writer| {
            writer.put_tagged(&key, value, ttl, &tags)
        })
    }

    /// Writes a cache entry that ends when one of its tags is forgotten, unless there is one; true
    /// when it did.
    ///
    /// # Errors
    /// As [`Store::set_tagged`].
    pub fn add_tagged(
        &self,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
        tags: &[&[u8]],
    ) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        let tags = hashes(tags);
        self.change(Namespace::Cache, |writer| {
            if writer.find(&key)?.is_some() {
                return Ok(false);
            }
            writer.put_tagged(&key, value, ttl, &tags)?;
            Ok(true)
        })
    }

    /// Ends all entries with this tag, however many there are, at once.
    ///
    /// # Errors
    /// None; a table that others damaged ends more entries than it should.
    pub fn forget_tag(&self, tag: &[u8]) -> Result<(), StoreError> {
        let tags = self.space(Namespace::Cache).plan.tags();
        tags.forget(&self.region, Tags::hash(tag));
        Ok(())
    }
}

impl Writer<'_> {
    /// Writes an entry with the tags of these hashes.
    pub(crate) fn put_tagged(
        &mut self,
        key: &Key<'_>,
        value: Value<'_>,
        ttl: Ttl,
        tags: &[u64],
    ) -> Result<(), StoreError> {
        let there = self.there(key, ttl)?;
        let marks = self.marks_of(tags);
        let draft = Draft {
            marks: &marks,
            ..self.draft(value, ttl, there.as_ref())
        };
        self.put(key, &draft)
    }

    /// What an entry with the tags of these hashes holds of them; without tags nothing.
    fn marks_of(&self, tags: &[u64]) -> Vec<u64> {
        if tags.is_empty() {
            return Vec::new();
        }
        let epoch = self.space.plan.tags().epoch(self.space.region).word();
        [epoch].iter().chain(tags).copied().collect()
    }

    /// What an entry holds of its tags, as a [`Draft`] has it.
    pub(crate) fn marks(&self, present: &Present<'_>) -> Vec<u64> {
        let linked = present.linked;
        let marks_at = linked
            .record
            .parts(linked.shape)
            .map(|parts| parts.marks_at);
        let word = |at, index| {
            self.space
                .word(Offset::new(at + index * WORD_BYTES))
                .load(Relaxed)
        };
        marks_at.map_or_else(Vec::new, |at| {
            (0..linked.shape.marks())
                .map(|index| word(at, index))
                .collect()
        })
    }
}

/// The hashes of some tags, each once.
pub(crate) fn hashes(tags: &[&[u8]]) -> Vec<u64> {
    let mut hashes: Vec<u64> = tags.iter().map(|tag| Tags::hash(tag)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// The table of one store: where it lies in the region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tags {
    at: usize,
    lines: usize,
}

/// The count of forgettings: what is written before the next one holds this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(u64);

impl Epoch {
    /// The count in a word of a record, whatever it holds.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Epoch {
        Epoch(word)
    }

    /// As a word of a record.
    pub(crate) fn word(self) -> u64 {
        self.0
    }
}

impl Tags {
    /// Bytes of the table for a cache of so many bytes.
    pub(crate) const fn bytes_for(cache_bytes: usize) -> usize {
        let lines = cache_bytes / CACHE_BYTES_PER_LINE;
        let lines = if lines < LINES_MIN { LINES_MIN } else { lines };
        let lines = if lines > LINES_MAX { LINES_MAX } else { lines };
        HEAD_BYTES + lines * LINE_BYTES
    }

    /// The table in the `bytes` at `at`, which [`Tags::bytes_for`] gave. Zeros are an empty one.
    pub(crate) const fn at(at: usize, bytes: usize) -> Self {
        assert!(
            cfg!(loom) || at.is_multiple_of(LINE_BYTES),
            "a line lies in one cache line"
        );
        Self {
            at,
            lines: (bytes - HEAD_BYTES) / LINE_BYTES,
        }
    }

    /// The hash of a tag: the same in every store, because it is written to files.
    pub(crate) fn hash(tag: &[u8]) -> u64 {
        siphasher::sip::SipHasher13::new_with_keys(TAG_KEYS.0, TAG_KEYS.1).hash(tag)
    }

    /// What an entry that is being written now is to hold.
    pub(crate) fn epoch(self, region: &Region) -> Epoch {
        Epoch(self.count(region).load(Acquire))
    }

    /// Whether the tag with this hash was not forgotten since.
    pub(crate) fn is_current(self, region: &Region, tag: u64, since: Epoch) -> bool {
        let line = self.line(tag);
        // The places first: who takes one that is not free has raised the floor before.
        let was_forgotten = (1..WORDS).any(|place| {
            let word = self.word(region, line, place).load(Acquire);
            word & !EPOCH_MASK == mark(tag) && word & EPOCH_MASK > since.0
        });
        let floor = self.word(region, line, FLOOR).load(Acquire);
        !was_forgotten && floor <= since.0 && since.0 < EPOCH_MASK
    }

    /// Ends what was written with this tag until now.
    pub(crate) fn forget(self, region: &Region, tag: u64) {
        let before = self.count(region).fetch_add(1, AcqRel);
        let epoch = before.saturating_add(1).min(EPOCH_MASK);
        let line = self.line(tag);
        let written = (0..ATTEMPTS_MAX).any(|_| self.enter(region, line, mark(tag), epoch));
        if !written {
            // Others change the line again and again: rather all of its tags than this one not.
            self.word(region, line, FLOOR).fetch_max(epoch, AcqRel);
        }
    }

    /// Writes one forgetting into its line; false when somebody else changed it meanwhile.
    fn enter(self, region: &Region, line: usize, mark: u64, epoch: u64) -> bool {
        let words = || (1..WORDS).map(|place| self.word(region, line, place));
        let own = words().find_map(|place| {
            let seen = place.load(Acquire);
            (seen & !EPOCH_MASK == mark && seen != 0).then_some((place, seen))
        });
        let oldest = || {
            let seen = words().map(|place| (place, place.load(Acquire)));
            seen.min_by_key(|(_, seen)| seen & EPOCH_MASK)
        };
        let Some((place, seen)) = own.or_else(oldest) else {
            return false;
        };
        if own.is_none() {
            let lost = seen & EPOCH_MASK;
            self.word(region, line, FLOOR).fetch_max(lost, AcqRel);
        }
        let newest = epoch.max(if own.is_some() { seen & EPOCH_MASK } else { 0 });
        place
            .compare_exchange(seen, mark | newest, AcqRel, Relaxed)
            .is_ok()
    }

    fn count(self, region: &Region) -> &AtomicU64 {
        region.word64(Offset::new(self.at))
    }

    fn line(self, tag: u64) -> usize {
        let lines = u64::try_from(self.lines).expect("a length fits 64 bits");
        let line = usize::try_from(tag % lines).expect("less than a length");
        self.at + HEAD_BYTES + line * LINE_BYTES
    }

    fn word(self, region: &Region, line: usize, place: usize) -> &AtomicU64 {
        region.word64(Offset::new(line + place * size_of::<u64>()))
    }
}

/// The part of a tag's hash that stands in its line.
fn mark(tag: u64) -> u64 {
    tag & !EPOCH_MASK
}

/// The count of forgettings has a cache line for itself.
const HEAD_BYTES: usize = if cfg!(loom) { 8 } else { 64 };
/// A floor and seven places.
const LINE_BYTES: usize = 64;
const WORDS: usize = LINE_BYTES / size_of::<u64>();
/// Entries of a line's tags that are older than this are gone.
const FLOOR: usize = 0;
/// A place holds 20 bits of the tag's hash and 44 of the count.
const EPOCH_MASK: u64 = (1 << 44) - 1;

/// One part in 64 of the cache: 86,000 tags forgotten lately for 48 MB.
const CACHE_BYTES_PER_LINE: usize = 64 * LINE_BYTES;
const LINES_MIN: usize = if cfg!(loom) { 1 } else { 64 };
const LINES_MAX: usize = 65_536;
const ATTEMPTS_MAX: usize = 64;

/// Any numbers; they are part of the file format.
const TAG_KEYS: (u64, u64) = (0x6b72_5f74_6167_7331, 0x6173_6b72_5f74_6167);

#[cfg(all(test, not(loom)))]
mod tests;
