//! A ring of records in the order they were written: new ones at the head, room made at the tail.

use askr_shm::Offset;
use askr_shm::sync::{Ordering, fence};

use crate::error::StoreError;
use crate::layout::RECORD_BYTES_MIN;
use crate::place::{Place, Position, RingName};
use crate::record::{Field, Record, Shape};
use crate::space::Space;

/// Room for a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    pub(crate) at: Position,
    /// Where the head is once the record is there.
    pub(crate) head: Position,
}

/// What is at a place of a ring.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'s> {
    pub(crate) place: Place,
    pub(crate) record: Record<'s>,
    pub(crate) shape: Shape,
    /// Where the next piece is.
    pub(crate) next: Position,
}

impl<'s> Space<'s> {
    /// Room for a record of so many bytes with so many left free behind it, if there is. What is
    /// left over at the end of the ring is filled.
    pub(crate) fn room(
        self,
        ring: RingName,
        bytes: usize,
        reserve: usize,
    ) -> Result<Option<Room>, StoreError> {
        let capacity = self.plan.ring(ring).capacity;
        let (head, used) = self.filled(ring)?;
        let rest = capacity - head.offset();
        let (at, skipped) = match bytes <= rest {
            true => (head, 0),
            false => (head.next_round(), rest),
        };
        if used + skipped + bytes + reserve > capacity {
            return Ok(None);
        }
        if skipped > 0 {
            let filler = Offset::new(self.plan.ring(ring).at + head.offset());
            fence(Ordering::Release);
            self.word(filler)
                .store(Shape::filler(skipped).word(), Ordering::Relaxed);
        }
        Ok(Some(Room {
            at,
            head: at.advanced(bytes, capacity),
        }))
    }

    /// Where the head is, and how many bytes lie between the tail and it; both checked.
    pub(crate) fn filled(self, ring: RingName) -> Result<(Position, usize), StoreError> {
        let capacity = self.plan.ring(ring).capacity;
        let (tail, head) = (self.tail(ring), self.head(ring));
        let within = tail.offset() < capacity.max(1) && head.offset() < capacity.max(1);
        let used = match head.round().checked_sub(tail.round()) {
            Some(0) => head.offset().checked_sub(tail.offset()),
            Some(1) => (capacity + head.offset())
                .checked_sub(tail.offset())
                .filter(|&used| used <= capacity),
            _ => None,
        };
        let used = used
            .filter(|_| within && head.is_possible())
            .ok_or(StoreError::Corrupt)?;
        Ok((head, used))
    }

    /// The oldest piece of a ring; `None` if it is empty.
    pub(crate) fn oldest(self, ring: RingName) -> Result<Option<Piece<'s>>, StoreError> {
        self.piece(ring, self.tail(ring))
    }

    /// The piece at a position between tail and head; `None` at the head.
    pub(crate) fn piece(
        self,
        ring: RingName,
        position: Position,
    ) -> Result<Option<Piece<'s>>, StoreError> {
        if position == self.head(ring) {
            return Ok(None);
        }
        let capacity = self.plan.ring(ring).capacity;
        let offset = position.offset();
        let room = capacity
            .checked_sub(offset)
            .filter(|&room| room > 0)
            .ok_or(StoreError::Corrupt)?;
        let at = self.plan.ring(ring).at + offset;
        let shape = self.word(Offset::new(at)).load(Ordering::Relaxed);
        let shape = Shape::from_word(shape);
        let whole = shape.bytes() > 0
            && shape.bytes() <= room
            && (shape.is_filler() || shape.bytes() >= RECORD_BYTES_MIN);
        if !whole {
            return Err(StoreError::Corrupt);
        }
        Ok(Some(Piece {
            place: Place::new(ring, position),
            record: Record::new(self.region, at, room),
            shape,
            next: position.advanced(shape.bytes(), capacity),
        }))
    }

    /// Gives up the oldest piece, which is linked no more.
    pub(crate) fn give_up(self, piece: &Piece<'_>) {
        self.word(self.plan.tail(piece.place.ring()))
            .store(piece.next.word(), Ordering::Release);
    }

    /// Copies a record to a place where there is room.
    pub(crate) fn copy(self, piece: &Piece<'_>, place: Place) -> Result<(), StoreError> {
        let target = self.record(place).ok_or(StoreError::Corrupt)?;
        target.parts(piece.shape).ok_or(StoreError::Corrupt)?;
        let from = piece.record.link(Field::Shape).bytes();
        let to = target.link(Field::Shape).bytes();
        fence(Ordering::Release);
        let mut buffer = [0; COPY_BYTES];
        let mut done = 0;
        while done < piece.shape.bytes() {
            let bytes = COPY_BYTES.min(piece.shape.bytes() - done);
            let part = &mut buffer[..bytes];
            self.region.load_words(Offset::new(from + done), part);
            self.region.store_words(Offset::new(to + done), part);
            done += bytes;
        }
        target.field(Field::Sequence).store(0, Ordering::Relaxed);
        Ok(())
    }
}

/// Bytes that are copied at once.
const COPY_BYTES: usize = 4096;
