//! Where nothing is evicted: what is in use is moved, and bounded.

use askr_shm::sync::Ordering;

use crate::error::StoreError;
use crate::hash::Key;
use crate::layout::CountWord;
use crate::place::RingName;
use crate::record::Shape;
use crate::ring::{Piece, Room};
use crate::write::Writer;

impl Writer<'_> {
    /// Room for a record, if what is in use leaves some.
    pub(crate) fn compact(&mut self, key: &Key<'_>, shape: Shape) -> Result<Room, StoreError> {
        self.admit(key, shape)?;
        let ring = RingName::Main;
        let reserve = self.space.plan.reserve_bytes();
        for _ in 0..self.space.plan.pieces_max(ring) {
            if let Some(room) = self.space.room(ring, shape.bytes(), reserve)? {
                return Ok(room);
            }
            let oldest = self.space.oldest(ring)?.ok_or(StoreError::Corrupt)?;
            self.carry_over(&oldest)?;
        }
        Err(StoreError::Corrupt)
    }

    /// Takes the oldest piece away; what is in use goes to the head.
    fn carry_over(&mut self, piece: &Piece<'_>) -> Result<(), StoreError> {
        if let Some(linked) = self.in_use(piece)? {
            if self.has_expired(piece) {
                self.unlink(linked)?;
            } else {
                let room = self.space.room(RingName::Main, piece.shape.bytes(), 0)?;
                let room = room.ok_or(StoreError::Corrupt)?;
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
