//! Changes of more than one word, and how the next owner of the lock finishes one.
//!
//! Before its first store to what readers see, a change is written down as what will hold after it.
//! Carrying it out twice is the same as once, so that whoever finds it carries it out again.

use askr_shm::sync::{Ordering, fence};

use crate::error::StoreError;
use crate::layout::{CountWord, JournalWord};
use crate::place::{Place, Position, RingName};
use crate::record::{DEAD, Field};
use crate::space::Space;

/// A change that was begun.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A record becomes part of the index, another leaves it, or both.
    Splice,
    /// The value of a record is overwritten. Cut short, the record is lost.
    Rewrite,
    /// All records go.
    Flush,
    /// All records go, and nothing that is there is believed.
    Reset,
}

/// What holds after a change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) new: Option<Place>,
    pub(crate) old: Option<Place>,
    pub(crate) heads: [Position; 2],
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl Space<'_> {
    /// Writes a change down.
    pub(crate) fn begin(self, step: Step, change: &Change) {
        let word = |place: Option<Place>| place.map_or(0, Place::word);
        self.note(JournalWord::New, word(change.new));
        self.note(JournalWord::Old, word(change.old));
        self.note(JournalWord::HeadMain, change.heads[0].word());
        self.note(JournalWord::HeadSmall, change.heads[1].word());
        self.note(JournalWord::Entries, change.entries);
        self.note(JournalWord::Bytes, change.bytes);
        self.word(self.plan.journal(JournalWord::Step))
            .store(step as u64 + 1, Ordering::Release);
        fence(Ordering::Release);
    }

    /// Says that it was carried out.
    pub(crate) fn end(self) {
        self.word(self.plan.journal(JournalWord::Step))
            .store(0, Ordering::Release);
    }

    /// The change that was begun and not ended, if there is one.
    pub(crate) fn begun(self) -> Result<Option<(Step, Change)>, StoreError> {
        let step = match self.noted(JournalWord::Step) {
            0 => return Ok(None),
            1 => Step::Splice,
            2 => Step::Rewrite,
            3 => Step::Flush,
            4 => Step::Reset,
            _ => return Err(StoreError::Corrupt),
        };
        let change = Change {
            new: Place::from_word(self.noted(JournalWord::New)),
            old: Place::from_word(self.noted(JournalWord::Old)),
            heads: [
                Position::from_word(self.noted(JournalWord::HeadMain)),
                Position::from_word(self.noted(JournalWord::HeadSmall)),
            ],
            entries: self.noted(JournalWord::Entries),
            bytes: self.noted(JournalWord::Bytes),
        };
        Ok(Some((step, change)))
    }

    /// Links `new`, then unlinks `old`: a reader finds one of them at any moment.
    pub(crate) fn carry_out_splice(self, change: &Change) -> Result<(), StoreError> {
        self.set_heads(change.heads);
        if let Some(new) = change.new {
            let record = self.record(new).ok_or(StoreError::Corrupt)?;
            let bucket = self.plan.bucket(record.load(Field::Hash));
            self.word(bucket).store(new.word(), Ordering::Release);
        }
        if let Some(old) = change.old {
            let record = self.record(old).ok_or(StoreError::Corrupt)?;
            if let Some(link) = self.link_to(old, record.load(Field::Hash))? {
                let next = record.load(Field::Next);
                self.word(link).store(next, Ordering::Release);
            }
            record.field(Field::Sequence).store(DEAD, Ordering::Release);
        }
        self.set_counts(change);
        Ok(())
    }

    /// Gives up all places at once: links to them are stale from then on.
    pub(crate) fn carry_out_flush(self, change: &Change) {
        for ring in [RingName::Main, RingName::Small] {
            self.word(self.plan.tail(ring))
                .store(change.heads[ring as usize].word(), Ordering::Release);
        }
        self.set_heads(change.heads);
        self.set_counts(change);
    }

    fn set_heads(self, heads: [Position; 2]) {
        for ring in [RingName::Main, RingName::Small] {
            self.word(self.plan.head(ring))
                .store(heads[ring as usize].word(), Ordering::Release);
        }
    }

    fn set_counts(self, change: &Change) {
        self.count(CountWord::Entries)
            .store(change.entries, Ordering::Release);
        self.count(CountWord::Bytes)
            .store(change.bytes, Ordering::Release);
    }

    fn note(self, word: JournalWord, value: u64) {
        self.word(self.plan.journal(word))
            .store(value, Ordering::Relaxed);
    }

    fn noted(self, word: JournalWord) -> u64 {
        self.word(self.plan.journal(word)).load(Ordering::Relaxed)
    }
}
