use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn rate(tokens: u32, seconds: u64, burst: u32) -> Rate {
    Rate {
        tokens,
        period: Duration::from_secs(seconds),
        burst,
    }
}

#[test]
fn a_burst_passes_and_then_one_per_interval() {
    let bucket = Bucket::new(&rate(5, 60, 10));
    let (mut full_at, now) = (0, 1_000 * SECOND);
    for left in (0..10).rev() {
        let (verdict, next) = bucket.take(full_at, now);
        assert!(verdict.allowed);
        assert_eq!(verdict.remaining, left);
        let is_empty = left == 0;
        assert_eq!(verdict.retry_after.is_zero(), !is_empty);
        full_at = next;
    }
    let (refused, next) = bucket.take(full_at, now);
    assert!(!refused.allowed);
    assert_eq!(next, full_at, "who is refused takes nothing");
    assert_eq!(refused.retry_after, Duration::from_secs(12));
    assert_eq!(refused.reset_after, Duration::from_secs(120));
    let (refused, _) = bucket.take(full_at, now + 12 * SECOND - 1);
    assert!(!refused.allowed);
    assert_eq!(refused.retry_after, Duration::from_nanos(1));
    let (verdict, full_at) = bucket.take(full_at, now + 12 * SECOND);
    assert!(verdict.allowed);
    assert!(!bucket.take(full_at, now + 12 * SECOND).0.allowed);
}

#[test]
fn a_bucket_that_was_left_alone_is_full() {
    let bucket = Bucket::new(&rate(1, 1, 3));
    let (verdict, _) = bucket.take(5 * SECOND, 10 * SECOND);
    assert_eq!(verdict.remaining, 2);
    assert_eq!(verdict.reset_after, Duration::from_secs(1));
}

#[test]
fn a_rate_of_nothing_is_one_of_one() {
    let bucket = Bucket::new(&rate(0, 0, 0));
    let (verdict, full_at) = bucket.take(0, SECOND);
    assert!(verdict.allowed);
    assert!(bucket.take(full_at, SECOND + 1).0.allowed);
}

proptest! {
    #[test]
    fn no_word_and_no_rate_panics(
        tokens: u32, period: u64, burst: u32, full_at: u64, now: u64,
    ) {
        let rate = Rate { tokens, period: Duration::from_millis(period), burst };
        let bucket = Bucket::new(&rate);
        let (verdict, next) = bucket.take(full_at, now);
        prop_assert!(next >= now);
        prop_assert!(verdict.allowed || !verdict.retry_after.is_zero());
        prop_assert_eq!(verdict.retry_after.is_zero(), verdict.remaining > 0);
    }

    /// Tokens are counted in halves, and time passes in halves of the interval.
    #[test]
    fn it_agrees_with_a_bucket_of_tokens(
        half in 1..1_000_000_u64,
        burst in 1..50_u32,
        waits in prop::collection::vec(0..4_u32, 1..200),
    ) {
        let period = Duration::from_nanos(2 * half);
        let bucket = Bucket::new(&Rate { tokens: 1, period, burst });
        let (mut full_at, mut now, mut halves) = (0, SECOND, 2 * burst);
        for wait in waits {
            now += u64::from(wait) * half;
            halves = (halves + wait).min(2 * burst);
            let (verdict, next) = bucket.take(full_at, now);
            prop_assert_eq!(verdict.allowed, halves >= 2);
            halves -= if verdict.allowed { 2 } else { 0 };
            prop_assert_eq!(verdict.remaining, halves / 2);
            full_at = next;
        }
    }
}
