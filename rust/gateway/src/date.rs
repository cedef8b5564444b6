//! The date that replies carry.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

thread_local! {
    /// The last one made, and the second that it is for.
    static LAST: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
}

/// What the field `Date` says now. Made once a second.
pub(crate) fn now() -> HeaderValue {
    let now = SystemTime::now();
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    LAST.with_borrow_mut(|last| match last {
        Some((at, value)) if *at == second => value.clone(),
        _ => {
            let text = httpdate::fmt_http_date(now);
            let value = HeaderValue::try_from(text).expect("a date is plain text");
            *last = Some((second, value.clone()));
            value
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_the_one_of_now_and_stays_for_a_second() {
        let before = SystemTime::now();
        let [first, second] = [now(), now()];
        let parsed = httpdate::parse_http_date(first.to_str().expect("text")).expect("a date");
        let age = before.duration_since(parsed).unwrap_or_default();
        assert!(age.as_secs() <= 1, "{first:?} is {age:?} old");
        let later = httpdate::parse_http_date(second.to_str().expect("text")).expect("a date");
        assert!(later >= parsed);
    }
}
