//! The fields that every reply has from us.

use std::fmt::Write;
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue, SERVER, STRICT_TRANSPORT_SECURITY};

use crate::access_log::Spans;
use crate::request::subject::Subject;

/// Puts them beside those of the application, whose own word on them counts.
pub(crate) fn put(headers: &mut HeaderMap, subject: &Subject, debug: bool) {
    headers
        .entry(SERVER)
        .or_insert(HeaderValue::from_static("askr"));
    headers
        .entry(HeaderName::from_static(REQUEST_ID))
        .or_insert_with(|| subject.id_value());
    if debug && let Some(timing) = subject.record().spans().and_then(server_timing) {
        headers.append(SERVER_TIMING, timing);
    }
}

/// The word to browsers that come by HTTPS. Whether it concerns names below this one as well is
/// for the application to say, which knows who has them.
pub(crate) fn hsts(time: Duration) -> Option<HeaderValue> {
    let seconds = time.as_secs();
    let text = (seconds > 0).then(|| format!("max-age={seconds}"))?;
    HeaderValue::try_from(text).ok()
}

/// Unless the application has its own.
pub(crate) fn put_hsts(headers: &mut HeaderMap, hsts: &HeaderValue) {
    headers
        .entry(STRICT_TRANSPORT_SECURITY)
        .or_insert_with(|| hsts.clone());
}

/// What browsers show beside a request, in ms.
fn server_timing(spans: Spans) -> Option<HeaderValue> {
    let named = [("wait", spans.wait), ("php", spans.php)];
    let mut text = String::new();
    for (name, us) in named {
        if let Some(us) = us {
            let _ = write!(text, "{name};dur={}.{:03}, ", us / 1000, us % 1000);
        }
    }
    let total = spans.total;
    let _ = write!(text, "total;dur={}.{:03}", total / 1000, total % 1000);
    HeaderValue::try_from(text).ok()
}

/// The name of a request, as proxies and applications pass it on.
pub(crate) const REQUEST_ID: &str = "x-request-id";

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_application_counts() {
        let subject = Subject::of_nothing();
        let mut headers = HeaderMap::new();
        put(&mut headers, &subject, false);
        assert_eq!(headers[REQUEST_ID], subject.id());
        assert_eq!(headers[SERVER], "askr");

        headers.insert(REQUEST_ID, HeaderValue::from_static("its-own"));
        put(&mut headers, &subject, false);
        assert_eq!(headers[REQUEST_ID], "its-own");
    }

    #[test]
    fn times_are_in_milliseconds_and_only_those_that_are_known() {
        let all = Spans {
            wait: Some(45),
            php: Some(11_002),
            total: 12_345,
        };
        let text = "wait;dur=0.045, php;dur=11.002, total;dur=12.345";
        assert_eq!(server_timing(all).unwrap(), text);
        let own = Spans {
            total: 7,
            ..Spans::default()
        };
        assert_eq!(server_timing(own).unwrap(), "total;dur=0.007");
    }
}
