use super::*;

fn rate(tokens: u32, period_ms: u64, burst: u32) -> Rate {
    Rate {
        tokens,
        period: Duration::from_millis(period_ms),
        burst,
    }
}

#[test]
fn a_policy_is_the_burst_and_the_time_it_takes_to_come_back() {
    let table = [
        (rate(5, 60_000, 5), "\"a\";q=5;w=60"),
        (rate(5, 60_000, 10), "\"a\";q=10;w=120"),
        (rate(3, 1_000, 4), "\"a\";q=4;w=2"),
        (rate(100, 1_000, 10), "\"a\";q=10;w=1"),
        (rate(1, 86_400_000, 1_000), "\"a\";q=1000;w=86400000"),
    ];
    for (rate, text) in table {
        assert_eq!(policy("a", &rate), text);
    }
}

#[test]
fn the_window_of_a_client_ends_with_the_next_token() {
    let rate = rate(6, 60_000, 10);
    let verdict = |remaining, retry_after_ms, reset_after_ms| Verdict {
        allowed: true,
        remaining,
        retry_after: Duration::from_millis(retry_after_ms),
        reset_after: Duration::from_millis(reset_after_ms),
    };
    let table = [
        // One was taken from a full bucket, now and three seconds ago.
        (verdict(9, 0, 10_000), 10),
        (verdict(9, 0, 7_000), 7),
        // Several are missing, the first of them for seven seconds.
        (verdict(6, 0, 33_001), 4),
        (verdict(1, 0, 90_000), 10),
        (verdict(0, 10_000, 100_000), 10),
        (verdict(0, 500, 90_500), 1),
    ];
    for (verdict, seconds) in table {
        assert_eq!(
            whole_seconds(next_token(&rate, &verdict)),
            seconds,
            "{verdict:?}"
        );
    }
}

#[test]
fn seconds_are_never_too_few() {
    for (nanos, seconds) in [(0, 0), (1, 1), (1_000_000_000, 1), (1_000_000_001, 2)] {
        assert_eq!(whole_seconds(Duration::from_nanos(nanos)), seconds);
    }
}
