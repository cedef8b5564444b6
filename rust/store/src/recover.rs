//! What the owner of a lock does first: finish what the one before it has begun.

use askr_shm::sync::Ordering;

use crate::error::StoreError;
use crate::journal::{Change, Step};
use crate::place::{Position, RingName};
use crate::record::Field;
use crate::space::Space;
use crate::write::Writer;

impl Writer<'_> {
    /// Finishes a change that was begun. If there is no sense in it, everything goes.
    pub(crate) fn recover(&mut self) {
        match self.space.begun() {
            Ok(None) => {}
            Ok(Some((step, change))) => {
                if self.finish(step, &change).is_err() {
                    self.reset();
                }
            }
            Err(_) => self.reset(),
        }
    }

    fn finish(&mut self, step: Step, change: &Change) -> Result<(), StoreError> {
        match step {
            Step::Splice => self.space.carry_out_splice(change)?,
            Step::Rewrite if self.is_whole(change)? => {}
            Step::Rewrite => self.space.carry_out_splice(change)?,
            Step::Flush => self.space.carry_out_flush(change),
            Step::Reset => {
                self.reset();
                return Ok(());
            }
        }
        self.space.end();
        Ok(())
    }

    /// Whether the record that was to be overwritten is untouched, or overwritten already.
    fn is_whole(&self, change: &Change) -> Result<bool, StoreError> {
        let record = change.old.and_then(|place| self.space.record(place));
        let record = record.ok_or(StoreError::Corrupt)?;
        Ok(record.load(Field::Sequence) & 1 == 0)
    }

    /// Makes the namespace as it was made: for memory that none of ours has written.
    pub(crate) fn reset(&mut self) {
        let space = self.space;
        let heads = [fresh(space, RingName::Main), fresh(space, RingName::Small)];
        let change = Change {
            new: None,
            old: None,
            heads,
            entries: 0,
            bytes: 0,
        };
        space.begin(Step::Reset, &change);
        for bucket in 0..space.plan.buckets() {
            let bucket = space.plan.bucket(bucket);
            space.word(bucket).store(0, Ordering::Release);
        }
        space.carry_out_flush(&change);
        space.end();
    }
}

/// Where a ring goes on after a reset: behind all places that it had, if they made sense.
fn fresh(space: Space<'_>, ring: RingName) -> Position {
    let last = space.head(ring).max(space.tail(ring));
    if last.is_possible() {
        last.next_round()
    } else {
        Position::START
    }
}
