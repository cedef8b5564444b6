//! Where nothing is evicted: what is in use is moved, and bounded.
//!
//! The oldest record is moved to the head if it is in use, so that what was deleted between those
//! that stay is won back. A write never moves all at once: once a quarter of the ring or less is
//! free each one moves some times as much as it writes, which is a whole round before there is no
//! room left. See `docs/protocol/store.md` for why what is kept free is always enough.

use askr_shm::sync::Ordering;

use crate::error::StoreError;
use crate::hash::Key;
use crate::layout::CountWord;
use crate::place::{Position, RingName};
use crate::record::Shape;
use crate::ring::{Piece, Room};
use crate::write::Writer;

impl Writer<'_> {
    /// Room for a record, if what is in use leaves some.
    pub(crate) fn compact(&mut self, key: &Key<'_>, shape: Shape) -> Result<Room, StoreError> {
        self.admit(key, shape)?;
        let ring = RingName::Main;
        let reserve = self.space.plan.reserve_bytes();
        let enough = self.space.plan.ring(ring).capacity / 4;
        let mut owed = shape.bytes() * MOVED_PER_BYTE;
        for _ in 0..self.space.plan.pieces_max(ring) {
            let room = self.space.room(ring, shape.bytes(), reserve)?;
            let is_roomy = owed == 0 || self.space.room(ring, shape.bytes(), enough)?.is_some();
            if let Some(room) = room.filter(|_| is_roomy) {
                return Ok(room);
            }
            let Some(oldest) = self.space.oldest(ring)? else {
                return Err(StoreError::Full(self.space.namespace));
            };
            self.carry_over(&oldest)?;
            owed = owed.saturating_sub(oldest.shape.bytes());
        }
        Err(StoreError::Full(self.space.namespace))
    }

    /// Takes the oldest piece away; what is in use goes to the head.
    fn carry_over(&mut self, piece: &Piece<'_>) -> Result<(), StoreError> {
        if let Some(linked) = self.in_use(piece)? {
            if self.has_expired(piece) {
                self.unlink(linked)?;
            } else {
                let room = self.space.room(RingName::Main, piece.shape.bytes(), 0)?;
                let room = room.ok_or(StoreError::Full(self.space.namespace))?;
                self.relocate(piece, RingName::Main, room)?;
            }
        }
        self.space.give_up(piece);
        Ok(())
    }

    /// Refuses a record that would be more than may be in use, the one that it replaces not
    /// counted, and expired ones not if it comes to that.
    fn admit(&mut self, key: &Key<'_>, shape: Shape) -> Result<(), StoreError> {
        if self.has_place_for(key, shape)? {
            return Ok(());
        }
        self.sweep()?;
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
        let (_, used) = self.space.filled(RingName::Main)?;
        if live > used {
            return Err(StoreError::Corrupt);
        }
        let wanted = live.saturating_add(shape.bytes()).saturating_sub(replaced);
        Ok(wanted <= self.space.plan.live_bytes_max())
    }

    /// Takes out what has expired: a part of the ring, and no more often than makes sense.
    fn sweep(&mut self) -> Result<(), StoreError> {
        let ring = RingName::Main;
        let [swept_ms, cursor] =
            [CountWord::SweptMs, CountWord::Sweep].map(|word| self.space.count(word));
        let from = Position::from_word(cursor.load(Ordering::Relaxed));
        let (tail, head) = (self.space.tail(ring), self.space.head(ring));
        let goes_on = tail < from && from < head;
        let rested_ms = self.now_ms.saturating_sub(swept_ms.load(Ordering::Relaxed));
        if !goes_on && rested_ms < SWEEP_PAUSE_MS {
            return Ok(());
        }
        let mut position = if goes_on { from } else { tail };
        for _ in 0..SWEEP_PIECES_MAX {
            let Some(piece) = self.space.piece(ring, position)? else {
                swept_ms.store(self.now_ms, Ordering::Relaxed);
                break;
            };
            position = piece.next;
            if !piece.shape.is_filler()
                && self.has_expired(&piece)
                && let Some(linked) = self.in_use(&piece)?
            {
                self.unlink(linked)?;
            }
        }
        cursor.store(position.word(), Ordering::Relaxed);
        Ok(())
    }
}

/// Bytes that are moved for each one written, once room is short.
const MOVED_PER_BYTE: usize = 8;

/// Least time between two searches of a full namespace for what has expired.
const SWEEP_PAUSE_MS: u64 = 1000;

/// Most pieces that one write looks at for what has expired.
const SWEEP_PIECES_MAX: usize = 32 * 1024;
