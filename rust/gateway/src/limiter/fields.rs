//! What clients are told of limits: the fields `RateLimit-Policy` and `RateLimit` of
//! draft-ietf-httpapi-ratelimit-headers-11, and whole seconds.
//!
//! A bucket of `burst` tokens that fills in `w` seconds is a quota of `burst` per `w`: exact in the
//! long run, and as much as may come at once. `t` is when the next token comes: until then there
//! are no more than `r`. It is what `Retry-After` says when there is none, as the draft wants it.

use std::fmt::Write;
use std::time::Duration;

use askr_store::{Rate, Verdict};
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::Rule;

/// How long an empty bucket takes to be full.
pub(super) fn fills_in(rate: &Rate) -> Duration {
    times(rate, rate.burst)
}

/// The item of a rule in `RateLimit-Policy`.
pub(super) fn policy(name: &str, rate: &Rate) -> String {
    let window_s = whole_seconds(fills_in(rate)).max(1);
    format!("\"{name}\";q={};w={window_s}", rate.burst)
}

/// Appends both fields, with an item for each rule.
pub(super) fn append<'a>(
    standings: impl Iterator<Item = (&'a Rule, &'a Verdict)>,
    headers: &mut HeaderMap,
) {
    let (mut policies, mut limits) = (String::new(), String::new());
    for (rule, verdict) in standings {
        let comma = if policies.is_empty() { "" } else { ", " };
        let wait_s = whole_seconds(next_token(&rule.rate, verdict));
        let _ = write!(policies, "{comma}{}", rule.policy);
        let _ = write!(
            limits,
            "{comma}\"{}\";r={};t={wait_s}",
            rule.name, verdict.remaining
        );
    }
    for (name, text) in [(RATE_LIMIT_POLICY, policies), (RATE_LIMIT, limits)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(name, value);
        }
    }
}

/// Rounded up: who comes then does not come too early.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// When there is a token more than now.
fn next_token(rate: &Rate, verdict: &Verdict) -> Duration {
    if verdict.remaining == 0 {
        return verdict.retry_after;
    }
    let beyond_next = rate
        .burst
        .saturating_sub(verdict.remaining)
        .saturating_sub(1);
    verdict.reset_after.saturating_sub(times(rate, beyond_next))
}

/// How long so many tokens take to come back.
fn times(rate: &Rate, tokens: u32) -> Duration {
    let nanos = rate.period.as_nanos() * u128::from(tokens) / u128::from(rate.tokens.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

#[cfg(test)]
mod tests;
