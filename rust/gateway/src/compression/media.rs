//! Which media types are worth coding.

use std::fmt;
use std::str::FromStr;

/// Some media types: `text/html`, `text/*`, or `application/*+json`. In lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRange {
    kind: String,
    subtype: Subtype,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subtype {
    Any,
    /// Those that end in this, with its `+` (RFC 6839).
    Suffix(String),
    One(String),
}

/// It is no media range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no media type")]
pub struct MediaRangeError;

impl MediaRange {
    /// Whether a `Content-Type` is one of these.
    ///
    /// Whoever reads an event stream counts on each event by itself, so only its own name is.
    pub(crate) fn has(&self, content_type: &[u8]) -> bool {
        let essence = content_type.split(|&byte| byte == b';').next();
        let essence = essence.unwrap_or_default().trim_ascii();
        let Some(slash) = essence.iter().position(|&byte| byte == b'/') else {
            return false;
        };
        let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
        if !kind.eq_ignore_ascii_case(self.kind.as_bytes()) {
            return false;
        }
        match &self.subtype {
            Subtype::Any => !subtype.eq_ignore_ascii_case(EVENT_STREAM),
            Subtype::Suffix(suffix) => {
                let start = subtype.len().checked_sub(suffix.len());
                start.is_some_and(|start| subtype[start..].eq_ignore_ascii_case(suffix.as_bytes()))
            }
            Subtype::One(name) => subtype.eq_ignore_ascii_case(name.as_bytes()),
        }
    }
}

impl FromStr for MediaRange {
    type Err = MediaRangeError;

    fn from_str(text: &str) -> Result<MediaRange, MediaRangeError> {
        let (kind, subtype) = text.split_once('/').ok_or(MediaRangeError)?;
        let subtype = subtype.to_ascii_lowercase();
        let subtype = match subtype.strip_prefix('*') {
            Some("") => Subtype::Any,
            Some(suffix) if suffix.starts_with('+') && is_name(&suffix[1..]) => {
                Subtype::Suffix(suffix.to_owned())
            }
            None if is_name(&subtype) => Subtype::One(subtype),
            _ => return Err(MediaRangeError),
        };
        if !is_name(kind) {
            return Err(MediaRangeError);
        }
        let kind = kind.to_ascii_lowercase();
        Ok(MediaRange { kind, subtype })
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = &self.kind;
        match &self.subtype {
            Subtype::Any => write!(out, "{kind}/*"),
            Subtype::Suffix(suffix) => write!(out, "{kind}/*{suffix}"),
            Subtype::One(name) => write!(out, "{kind}/{name}"),
        }
    }
}

/// RFC 6838 §4.2.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

const EVENT_STREAM: &[u8] = b"event-stream";

#[cfg(test)]
mod tests {
    use super::*;

    fn has(range: &str, content_type: &str) -> bool {
        let range: MediaRange = range.parse().unwrap();
        range.has(content_type.as_bytes())
    }

    #[test]
    fn a_range_has_its_types_in_any_case_and_with_any_parameters() {
        for content_type in ["text/html", "Text/HTML; charset=utf-8", " text/html ;x"] {
            assert!(has("text/html", content_type), "{content_type}");
            assert!(has("TEXT/*", content_type), "{content_type}");
        }
        for content_type in [
            "text/htm",
            "text/html5",
            "application/html",
            "text",
            "",
            "/html",
        ] {
            assert!(!has("text/html", content_type), "{content_type}");
        }
        assert!(has("application/*+json", "application/problem+JSON"));
        assert!(!has("application/*+json", "application/json"));
        assert!(!has("application/*+json", "image/x+json"));
        assert!(!has("application/*+json", "application/son"));
    }

    #[test]
    fn an_event_stream_is_had_only_by_name() {
        assert!(!has("text/*", "text/event-stream"));
        assert!(has("text/event-stream", "text/event-stream; charset=utf-8"));
    }

    #[test]
    fn what_is_no_range_is_refused_and_ranges_are_written_as_they_are_read() {
        for text in [
            "",
            "text",
            "/",
            "text/",
            "/html",
            "*/*",
            "*/html",
            "text/h*",
            "text/*x",
            "text/*+",
            "te xt/html",
            "text/html;q=1",
            "text/html/x",
            "text/ht,ml",
        ] {
            assert_eq!(text.parse::<MediaRange>(), Err(MediaRangeError), "{text}");
        }
        for text in ["text/*", "application/*+json", "image/svg+xml"] {
            assert_eq!(text.parse::<MediaRange>().unwrap().to_string(), text);
        }
    }
}
