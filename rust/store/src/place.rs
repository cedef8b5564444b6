//! Where a record is, and when it came there.

use crate::layout::GRAIN_BYTES;

/// A position in a ring: how often the ring was gone round, and how far it is into it. Later
/// positions are greater, and none comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position(u64);

impl Position {
    /// Where a ring begins. The first round is 1, so that no position is zero.
    pub(crate) const START: Position = Position(1 << OFFSET_BITS);

    /// The position in a word of shared memory, whatever it holds.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Position {
        Position(word)
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// Bytes from the start of the ring.
    #[inline]
    pub(crate) fn offset(self) -> usize {
        let grains = usize::try_from(self.0 & OFFSET_MASK).unwrap_or(usize::MAX);
        grains.saturating_mul(GRAIN_BYTES)
    }

    /// Whether a place can name it, and all that come in the next rounds.
    pub(crate) fn is_possible(self) -> bool {
        self.round() < ROUND_MAX
    }

    /// How often the ring was gone round.
    #[inline]
    pub(crate) fn round(self) -> u64 {
        self.0 >> OFFSET_BITS
    }

    /// The position `bytes` further on, which is in the same round, or the start of the next one
    /// if that is where the ring of `capacity` bytes ends.
    pub(crate) fn advanced(self, bytes: usize, capacity: usize) -> Position {
        let offset = self.offset() + bytes;
        debug_assert!(offset <= capacity && bytes.is_multiple_of(GRAIN_BYTES));
        if offset >= capacity {
            return self.next_round();
        }
        let grains = u64::try_from(offset / GRAIN_BYTES).unwrap_or(0);
        Position(self.0 & !OFFSET_MASK | grains)
    }

    /// The start of the next round.
    pub(crate) fn next_round(self) -> Position {
        Position((self.round() + 1) << OFFSET_BITS)
    }
}

/// A ring of the namespace, and a position in it. As a word of the index zero is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    #[inline]
    pub(crate) fn new(ring: RingName, position: Position) -> Place {
        Place(position.word() << 1 | ring as u64)
    }

    /// The place in a word of the index, if there is one.
    #[inline]
    pub(crate) fn from_word(word: u64) -> Option<Place> {
        (word != 0).then_some(Place(word))
    }

    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn ring(self) -> RingName {
        if self.0 & 1 == 0 {
            RingName::Main
        } else {
            RingName::Small
        }
    }

    #[inline]
    pub(crate) fn position(self) -> Position {
        Position(self.0 >> 1)
    }
}

/// The rings of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RingName {
    /// The one that every namespace has.
    Main = 0,
    /// Where what is new to the cache is on probation.
    Small = 1,
}

const OFFSET_BITS: u32 = 30;
const OFFSET_MASK: u64 = (1 << OFFSET_BITS) - 1;

/// More rounds than any ring is gone in the life of a machine: what a place has room for.
const ROUND_MAX: u64 = (1 << (63 - OFFSET_BITS)) - 2;

#[cfg(test)]
mod tests {
    use super::*;

    const CAPACITY: usize = 64 * GRAIN_BYTES;

    #[test]
    fn positions_rise_across_the_end_of_the_ring() {
        let mut position = Position::START;
        for _ in 0..1000 {
            let next = position.advanced(8 * GRAIN_BYTES, CAPACITY);
            assert!(next > position);
            assert!(next.offset() < CAPACITY);
            position = next;
        }
        assert_eq!(position.round(), 1 + 1000 / 8);
    }

    #[test]
    fn a_place_remembers_its_ring() {
        for ring in [RingName::Main, RingName::Small] {
            let place = Place::new(ring, Position::START);
            assert_eq!(place.ring(), ring);
            assert_eq!(place.position(), Position::START);
            assert_eq!(Place::from_word(place.word()), Some(place));
        }
        assert_eq!(Place::from_word(0), None);
    }
}
