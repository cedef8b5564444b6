#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::collections::HashMap;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::store::Rate;

const NOW: u64 = 1_000_000_000_000;

fn bucket(burst: u32) -> Bucket {
    Bucket::new(&Rate {
        tokens: 1,
        period: Duration::from_secs(1),
        burst,
    })
}

fn table(lines: usize) -> (Region, Limits) {
    let bytes = lines * LINE_BYTES;
    let region = Region::create("limits", bytes).unwrap();
    (region, Limits::at(0, bytes))
}

fn allowed(taken: &Taken) -> bool {
    matches!(taken, Taken::Counted { verdict, .. } if verdict.allowed)
}

#[test]
fn keys_have_buckets_of_their_own() {
    let (region, limits) = table(64);
    for key in 1..64 {
        let passed = (0..5).filter(|_| allowed(&limits.take(&region, key << 2, bucket(3), NOW)));
        assert_eq!(passed.count(), 3, "{key}");
    }
    assert_eq!(
        limits.in_use(&region, NOW),
        63,
        "the hashes 0 and 1 are one"
    );
    assert_eq!(limits.in_use(&region, NOW + 4_000_000_000), 0);
}

#[test]
fn the_fullest_bucket_of_a_full_line_is_given_up() {
    let (region, limits) = table(1);
    for key in 1..=4 {
        for _ in 0..=key {
            limits.take(&region, key << 2, bucket(9), NOW);
        }
    }
    let taken = limits.take(&region, 5 << 2, bucket(9), NOW);
    assert!(matches!(taken, Taken::Counted { verdict, evicted: true } if verdict.remaining == 8));
    let Taken::Counted { verdict, evicted } = limits.take(&region, 2 << 2, bucket(9), NOW) else {
        panic!("nobody else is there");
    };
    assert!(!evicted && verdict.remaining == 9 - 4, "{verdict:?}");
}

#[test]
fn a_cell_whose_bucket_is_full_is_used_again_and_nobody_is_evicted() {
    let (region, limits) = table(1);
    for key in 1..1_000 {
        let now = NOW + key * 1_000_000_000;
        let taken = limits.take(&region, key << 2, bucket(1), now);
        assert!(matches!(taken, Taken::Counted { verdict, evicted: false } if verdict.allowed));
    }
}

#[test]
fn nonsense_in_a_cell_empties_a_bucket_that_fills_up_again() {
    let (region, limits) = table(1);
    limits.take(&region, 7, bucket(3), NOW);
    let cell = limits
        .cells(&region, 7)
        .find(|cell| cell.is_of(ink(7)))
        .unwrap();
    cell.full_at.store(u64::MAX, SeqCst);
    assert!(!allowed(&limits.take(&region, 7, bucket(3), NOW)));
    assert!(allowed(&limits.take(
        &region,
        7,
        bucket(3),
        NOW + 1_000_000_000
    )));
    (0..4).for_each(|place| {
        region
            .word64(Offset::new(place * CELL_BYTES))
            .store(!0, SeqCst)
    });
    limits.take(&region, 7, bucket(3), NOW);
}

#[test]
fn keys_that_many_take_from_at_once_give_no_token_twice() {
    for round in 1..300_u64 {
        let (region, limits) = table(1);
        // Other keys move the cell that one finds free.
        let passed = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (region, passed) = (&region, &passed);
                scope.spawn(move || {
                    limits.take(region, (round * 10 + thread) << 2, bucket(9), NOW);
                    for _ in 0..8 {
                        let taken = limits.take(region, 3 << 2, bucket(12), NOW);
                        passed.fetch_add(u32::from(allowed(&taken)), SeqCst);
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), 12);
    }
}

proptest! {
    #[test]
    fn it_agrees_with_a_map(
        steps in prop::collection::vec((1..20_u64, 0..3_000_000_000_u64), 1..300),
    ) {
        let (region, limits) = table(64);
        let mut map: HashMap<u64, u64> = HashMap::new();
        let mut now = NOW;
        for (key, wait) in steps {
            now += wait;
            let full_at = map.entry(key).or_default();
            let (expected, next) = bucket(3).take(*full_at, now);
            *full_at = next;
            let taken = limits.take(&region, key << 2, bucket(3), now);
            let is_same = matches!(taken, Taken::Counted { verdict, .. } if verdict == expected);
            prop_assert!(is_same);
        }
    }
}
