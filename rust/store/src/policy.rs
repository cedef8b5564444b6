//! Who makes room for a new record.

use askr_shm::sync::Ordering;

use crate::clock::has_come;
use crate::error::StoreError;
use crate::hash::Key;
use crate::index::Linked;
use crate::layout::CountWord;
use crate::place::{Place, RingName};
use crate::record::{DEAD, Field, Shape};
use crate::ring::{Piece, Room};
use crate::write::Writer;

impl Writer<'_> {
    /// Room for a record: where nothing is evicted, only if what is in use leaves some.
    pub(crate) fn make_room(
        &mut self,
        key: &Key<'_>,
        shape: Shape,
    ) -> Result<(RingName, Room), StoreError> {
        if !self.space.plan.evicts {
            self.admit(key, shape)?;
        }
        let ring = RingName::Main;
        let reserve = self.space.plan.reserve_bytes();
        for _ in 0..self.space.plan.pieces_max(ring) {
            if let Some(room) = self.space.room(ring, shape.bytes(), reserve)? {
                return Ok((ring, room));
            }
            let oldest = self.space.oldest(ring)?.ok_or(StoreError::Corrupt)?;
            self.reclaim(&oldest)?;
        }
        Err(StoreError::Corrupt)
    }

    /// Takes the oldest piece of a ring away.
    fn reclaim(&mut self, piece: &Piece<'_>) -> Result<(), StoreError> {
        if let Some(linked) = self.in_use(piece)? {
            if self.space.plan.evicts || self.has_expired(piece) {
                self.evict(linked)?;
            } else {
                self.relocate(piece)?;
            }
        }
        self.space.give_up(piece);
        Ok(())
    }

    /// The piece as a record of the index, if it is one.
    fn in_use<'p>(&self, piece: &Piece<'p>) -> Result<Option<Linked<'p>>, StoreError> {
        if piece.shape.is_filler() || piece.record.load(Field::Sequence) == DEAD {
            return Ok(None);
        }
        let hash = piece.record.load(Field::Hash);
        let link = self.space.link_to(piece.place, hash)?;
        Ok(link.map(|_| Linked {
            place: piece.place,
            record: piece.record,
            shape: piece.shape,
        }))
    }

    fn has_expired(&self, piece: &Piece<'_>) -> bool {
        has_come(piece.record.load(Field::Expires), || self.now_ms)
    }

    fn evict(&mut self, linked: Linked<'_>) -> Result<(), StoreError> {
        let expired = has_come(linked.record.load(Field::Expires), || self.now_ms);
        self.unlink(linked)?;
        if !expired {
            let evictions = self.space.count(CountWord::Evictions);
            evictions.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Moves a record to the head of its ring.
    fn relocate(&mut self, piece: &Piece<'_>) -> Result<(), StoreError> {
        let ring = piece.place.ring();
        let room = self.space.room(ring, piece.shape.bytes(), 0)?;
        let room = room.ok_or(StoreError::Corrupt)?;
        let place = Place::new(ring, room.at);
        self.space.copy(piece, place)?;
        let bucket = self.space.plan.bucket(piece.record.load(Field::Hash));
        let next = self.space.word(bucket).load(Ordering::Relaxed);
        let record = self.space.record(place).ok_or(StoreError::Corrupt)?;
        record.field(Field::Next).store(next, Ordering::Relaxed);
        self.splice(
            Some((place, piece.shape, room)),
            Some((piece.place, piece.shape)),
        )
    }

    /// Refuses a record that would be more than may be in use, the one that it replaces not
    /// counted, and expired ones not if it comes to that.
    fn admit(&mut self, key: &Key<'_>, shape: Shape) -> Result<(), StoreError> {
        if self.has_place_for(key, shape)? {
            return Ok(());
        }
        if self.is_time_to_sweep() {
            self.sweep()?;
        }
        match self.has_place_for(key, shape)? {
            true => Ok(()),
            false => Err(StoreError::Full(self.space.namespace)),
        }
    }

    fn has_place_for(&self, key: &Key<'_>, shape: Shape) -> Result<bool, StoreError> {
        let replaced = self.space.linked(key)?;
        let replaced = replaced.map_or(0, |linked| linked.shape.bytes());
        let live = self.space.count(CountWord::Bytes).load(Ordering::Relaxed);
        let live = usize::try_from(live).unwrap_or(usize::MAX);
        let wanted = live.saturating_add(shape.bytes()).saturating_sub(replaced);
        Ok(wanted <= self.space.plan.live_bytes_max())
    }

    fn is_time_to_sweep(&self) -> bool {
        let swept_ms = self.space.count(CountWord::SweptMs);
        let due = swept_ms
            .load(Ordering::Relaxed)
            .saturating_add(SWEEP_PAUSE_MS);
        let now_ms = self.now_ms;
        let never = swept_ms.load(Ordering::Relaxed) == 0;
        let is_time = never || due <= now_ms;
        if is_time {
            swept_ms.store(now_ms, Ordering::Relaxed);
        }
        is_time
    }

    /// Takes out what has expired.
    fn sweep(&mut self) -> Result<(), StoreError> {
        let ring = RingName::Main;
        let mut position = self.space.tail(ring);
        while let Some(piece) = self.space.piece(ring, position)? {
            position = piece.next;
            if !piece.shape.is_filler()
                && self.has_expired(&piece)
                && let Some(linked) = self.in_use(&piece)?
            {
                self.unlink(linked)?;
            }
        }
        Ok(())
    }
}

/// Least time between two searches of a full namespace for what has expired.
const SWEEP_PAUSE_MS: u64 = 1000;
