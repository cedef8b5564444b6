//! Who leaves the cache when there is no room: S3-FIFO (Yang et al., SOSP 2023), on two rings.
//!
//! What is new goes to the small ring. Leaving it, it was either read again meanwhile and goes to
//! the main one, or it is dropped and its hash remembered: if it comes back soon, it goes to the
//! main ring at once. Leaving that, it is put back for each time it was read meanwhile, up to three
//! times. Most of what is read once only never takes room from what is read often, and a read
//! changes nothing but a counter.

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

/// What one write may still do for what has been read.
struct Budget {
    pieces: usize,
    bytes: usize,
}

impl Writer<'_> {
    /// Room for a record.
    pub(crate) fn make_room(
        &mut self,
        key: &Key<'_>,
        shape: Shape,
    ) -> Result<(RingName, Room), StoreError> {
        if !self.space.plan.evicts {
            let room = self.compact(key, shape)?;
            return Ok((RingName::Main, room));
        }
        let ring = self.ring_for(key, shape)?;
        let room = self.evict_for(ring, shape.bytes(), &mut Budget::default())?;
        Ok((ring, room))
    }

    /// The ring that a new record belongs to.
    fn ring_for(&self, key: &Key<'_>, shape: Shape) -> Result<RingName, StoreError> {
        let small = self.space.plan.ring(RingName::Small).capacity;
        if shape.bytes() > small / SMALL_PART_MAX {
            return Ok(RingName::Main);
        }
        if let Some(there) = self.space.linked(key)? {
            return Ok(there.place.ring());
        }
        Ok(match self.space.is_ghost(key.hash) {
            true => RingName::Main,
            false => RingName::Small,
        })
    }

    /// Takes the oldest pieces of a ring away until there is room.
    fn evict_for(
        &mut self,
        ring: RingName,
        bytes: usize,
        budget: &mut Budget,
    ) -> Result<Room, StoreError> {
        let reserve = match ring {
            RingName::Main => self.space.plan.reserve_bytes(),
            RingName::Small => 0,
        };
        for _ in 0..self.space.plan.pieces_max(ring) {
            if let Some(room) = self.space.room(ring, bytes, reserve)? {
                return Ok(room);
            }
            let oldest = self.space.oldest(ring)?.ok_or(StoreError::Corrupt)?;
            match self.in_use(&oldest)? {
                Some(linked) if self.has_expired(&oldest) => self.unlink(linked)?,
                Some(linked) => self.judge(&oldest, linked, budget)?,
                None => {}
            }
            self.space.give_up(&oldest);
        }
        Err(StoreError::Full(self.space.namespace))
    }

    /// Keeps a record that was read, or drops it.
    fn judge(
        &mut self,
        piece: &Piece<'_>,
        linked: Linked<'_>,
        budget: &mut Budget,
    ) -> Result<(), StoreError> {
        let visits = self.space.visits(piece.place);
        let room = match piece.place.ring() {
            RingName::Small => self.promotion(piece, visits, budget)?,
            RingName::Main if visits > 0 && budget.allows(piece) => {
                self.space.room(RingName::Main, piece.shape.bytes(), 0)?
            }
            RingName::Main => None,
        };
        let Some(room) = room else {
            return self.evict(linked);
        };
        budget.spend(piece);
        let left = match piece.place.ring() {
            RingName::Small => 0,
            RingName::Main => visits - 1,
        };
        let place = self.relocate(piece, RingName::Main, room)?;
        self.space.set_visits(place, left);
        Ok(())
    }

    /// Room in the main ring for what leaves the small one: if it was read, or there is some left.
    fn promotion(
        &mut self,
        piece: &Piece<'_>,
        visits: u8,
        budget: &mut Budget,
    ) -> Result<Option<Room>, StoreError> {
        let bytes = piece.shape.bytes();
        if visits >= VISITS_TO_STAY && budget.allows(piece) {
            return self.evict_for(RingName::Main, bytes, budget).map(Some);
        }
        let reserve = self.space.plan.reserve_bytes();
        self.space.room(RingName::Main, bytes, reserve)
    }

    fn evict(&mut self, linked: Linked<'_>) -> Result<(), StoreError> {
        if linked.place.ring() == RingName::Small {
            self.space.remember(linked.record.load(Field::Hash));
        }
        self.unlink(linked)?;
        let evictions = self.space.count(CountWord::Evictions);
        evictions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The piece as a record of the index, if it is one.
    pub(crate) fn in_use<'p>(&self, piece: &Piece<'p>) -> Result<Option<Linked<'p>>, StoreError> {
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

    pub(crate) fn has_expired(&self, piece: &Piece<'_>) -> bool {
        has_come(piece.record.load(Field::Expires), || self.now_ms)
    }

    /// Moves a record to where there is room.
    pub(crate) fn relocate(
        &mut self,
        piece: &Piece<'_>,
        ring: RingName,
        room: Room,
    ) -> Result<Place, StoreError> {
        let place = Place::new(ring, room.at);
        self.space.copy(piece, place)?;
        let bucket = self.space.plan.bucket(piece.record.load(Field::Hash));
        let next = self.space.word(bucket).load(Ordering::Relaxed);
        let record = self.space.record(place).ok_or(StoreError::Corrupt)?;
        record.field(Field::Next).store(next, Ordering::Relaxed);
        self.splice(
            Some((place, piece.shape, room)),
            Some((piece.place, piece.shape)),
        )?;
        Ok(place)
    }
}

impl Budget {
    fn allows(&self, piece: &Piece<'_>) -> bool {
        self.pieces > 0 && piece.shape.bytes() <= self.bytes
    }

    fn spend(&mut self, piece: &Piece<'_>) {
        self.pieces = self.pieces.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(piece.shape.bytes());
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            pieces: MOVES_MAX,
            bytes: MOVED_BYTES_MAX,
        }
    }
}

/// Reads on probation that let a record stay.
const VISITS_TO_STAY: u8 = 2;

/// What takes more than this part of the small ring goes to the main one at once.
const SMALL_PART_MAX: usize = 8;

/// Most records that one write moves.
const MOVES_MAX: usize = 128;

/// Most bytes that one write moves.
const MOVED_BYTES_MAX: usize = 1024 * 1024;
