use std::sync::atomic::AtomicU64;
use std::time::Duration;

use askr_store::{Clock, Sizes};

use super::*;
use crate::client::Addresses;

fn rule(name: &str, paths: &[&str], burst: u32, period_s: u64) -> LimitRule {
    LimitRule {
        name: name.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        key: LimitKey::Address,
        rate: Rate {
            tokens: 1,
            period: Duration::from_secs(period_s),
            burst,
        },
    }
}

fn limiter(rules: Vec<LimitRule>) -> Limiter {
    let sizes = Sizes {
        namespaces: [64 * 1024; 5],
        value_max: 1024,
    };
    let now_ms = Arc::new(AtomicU64::new(1_000_000));
    let store = Store::create(&sizes).unwrap();
    Limiter::new(Arc::new(store.with_clock(Clock::Manual(now_ms))), rules)
}

/// The rules that were asked about `path`, in their order.
fn asked(limiter: &Limiter, path: &str, is_for_php: bool) -> Vec<String> {
    let standings = count(limiter, path, is_for_php).0;
    let names = standings.iter().map(|standing| standing.rule.name.clone());
    names.collect()
}

fn count(limiter: &Limiter, path: &str, is_for_php: bool) -> Standings {
    let (head, ()) = http::Request::get(path).body(()).unwrap().into_parts();
    let addresses = Addresses::between("192.0.2.1", "192.0.2.99");
    limiter.count(&Candidate {
        head: &head,
        client: &Client::new(&addresses, false, None, &head),
        is_for_php,
    })
}

#[test]
fn the_longest_path_is_asked_first_and_then_the_bucket_that_fills_soonest() {
    let limiter = limiter(vec![
        rule("all-slow", &[], 9, 60),
        rule("all", &[], 9, 1),
        rule("api", &["/api"], 9, 1),
        rule("users", &["/other", "/api/users"], 9, 60),
        rule("users-fast", &["/api/users/"], 9, 1),
    ]);
    assert_eq!(
        asked(&limiter, "/api/users/7", true),
        ["users-fast", "users", "api", "all", "all-slow"]
    );
    assert_eq!(asked(&limiter, "/api", true), ["api", "all", "all-slow"]);
    assert_eq!(asked(&limiter, "/apis", true), ["all", "all-slow"]);
    assert_eq!(
        asked(&limiter, "/other", true),
        ["users", "all", "all-slow"]
    );
}

#[test]
fn what_php_does_not_answer_counts_only_where_a_path_names_it() {
    let limiter = limiter(vec![rule("all", &[], 9, 1), rule("files", &["/big"], 9, 1)]);
    assert_eq!(asked(&limiter, "/big/film.mp4", false), ["files"]);
    assert_eq!(asked(&limiter, "/small.css", false), [""; 0]);
}

#[test]
fn what_a_narrow_rule_refuses_does_not_use_up_a_wide_one() {
    let limiter = limiter(vec![
        rule("all", &[], 3, 1),
        rule("login", &["/login"], 1, 1),
    ]);
    assert_eq!(count(&limiter, "/login", true).refusal(), None);
    for _ in 0..10 {
        let refusal = count(&limiter, "/login", true).refusal().unwrap();
        assert_eq!((refusal.limit.as_str(), refusal.wait_s), ("login", 1));
    }
    for _ in 0..2 {
        assert_eq!(count(&limiter, "/", true).refusal(), None);
    }
    assert_eq!(count(&limiter, "/", true).refusal().unwrap().limit, "all");
    let tally = |passed, refused| (passed, refused, 0);
    let tallies = limiter.tallies();
    let counted = tallies
        .iter()
        .map(|it| (it.passed, it.refused, it.uncounted));
    assert_eq!(counted.collect::<Vec<_>>(), [tally(3, 1), tally(1, 10)]);
}

#[test]
fn a_rule_with_two_paths_of_a_request_counts_it_once() {
    let limiter = limiter(vec![rule("api", &["/api", "/api/users"], 9, 1)]);
    assert_eq!(asked(&limiter, "/api/users", true), ["api"]);
    assert_eq!(limiter.tallies()[0].passed, 1);
}
