//! Who sits where, and how long each may stay.
#![forbid(unsafe_code)]

use askr_exchange::WorkerId;

/// Hands out the seats of one exchange.
#[derive(Debug)]
pub(crate) struct Seats {
    taken: Vec<bool>,
}

/// Counts the workers of all pools: no incarnation is given twice.
#[derive(Debug, Default)]
pub(crate) struct Incarnations {
    last: u32,
}

impl Seats {
    /// `count` empty seats.
    pub(crate) fn new(count: u16) -> Self {
        Self {
            taken: vec![false; usize::from(count)],
        }
    }

    /// The lowest free seat, for a new worker.
    pub(crate) fn take(&mut self, incarnations: &mut Incarnations) -> Option<WorkerId> {
        let index = self.taken.iter().position(|taken| !taken)?;
        self.taken[index] = true;
        incarnations.last = incarnations.last.wrapping_add(1).max(1);
        let seat = u16::try_from(index).expect("there are at most u16::MAX seats");
        Some(WorkerId {
            seat,
            incarnation: incarnations.last,
        })
    }

    /// The worker is dead and its seat free.
    pub(crate) fn give_back(&mut self, worker: WorkerId) {
        self.taken[usize::from(worker.seat)] = false;
    }
}

/// A worker's own share of `max_requests`: between three quarters and all of it.
///
/// Multiples of the golden ratio fall evenly into the last quarter, so workers that start together
/// and are loaded alike do not leave together.
pub(crate) fn spread(max_requests: u64, incarnation: u32) -> u64 {
    const GOLDEN: u32 = 0x9E37_79B9;
    let quarter = u128::from(max_requests / 4);
    let place = u128::from(incarnation.wrapping_sub(1).wrapping_mul(GOLDEN));
    let less = (quarter * place) >> u32::BITS;
    max_requests - u64::try_from(less).expect("less than a quarter of a u64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_used_again_but_never_an_incarnation() {
        let (mut seats, mut count) = (Seats::new(2), Incarnations::default());
        let first = seats.take(&mut count).unwrap();
        let second = seats.take(&mut count).unwrap();
        assert_eq!(seats.take(&mut count), None);

        seats.give_back(first);
        let third = seats.take(&mut count).unwrap();

        assert_eq!((first.seat, second.seat, third.seat), (0, 1, 0));
        assert_eq!(
            (first.incarnation, second.incarnation, third.incarnation),
            (1, 2, 3)
        );
    }

    #[test]
    fn shares_lie_in_the_last_quarter_and_apart() {
        let mut shares: Vec<u64> = (1..=8).map(|worker| spread(1000, worker)).collect();
        shares.sort_unstable();

        assert!(
            shares.iter().all(|share| (750..=1000).contains(share)),
            "{shares:?}"
        );
        assert!(
            shares.windows(2).all(|pair| pair[1] - pair[0] >= 10),
            "{shares:?}"
        );
    }

    #[test]
    fn small_and_no_limits_stay_as_they_are() {
        for limit in 0..4 {
            assert_eq!(spread(limit, 7), limit);
        }
    }
}
