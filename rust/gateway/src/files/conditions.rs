//! Whether a client that has some version of a file gets it again (RFC 9110 §13).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{
    HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE,
};

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Validators<'a> {
    pub(crate) etag: Option<&'a HeaderValue>,
    pub(crate) last_modified: Option<&'a HeaderValue>,
}

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Send,
    /// The client has it.
    NotModified,
    /// The client wants another version, or none.
    Failed,
}

/// Judges a GET or HEAD in the order of RFC 9110 §13.2.2.
pub(crate) fn judge(asked: &HeaderMap, validators: Validators<'_>) -> Verdict {
    if asked.contains_key(IF_MATCH) {
        if !names(asked, IF_MATCH, validators.etag, Comparison::Strong) {
            return Verdict::Failed;
        }
    } else if let Some(false) = is_unmodified(asked, IF_UNMODIFIED_SINCE, validators) {
        return Verdict::Failed;
    }
    if asked.contains_key(IF_NONE_MATCH) {
        if names(asked, IF_NONE_MATCH, validators.etag, Comparison::Weak) {
            return Verdict::NotModified;
        }
    } else if let Some(true) = is_unmodified(asked, IF_MODIFIED_SINCE, validators) {
        return Verdict::NotModified;
    }
    Verdict::Send
}

/// Whether the client's part of the file, if it has one, is of this version, so that it may be
/// sent another part.
///
/// A date says so only if nothing can have changed within its second.
pub(crate) fn range_fits(asked: &HeaderMap, validators: Validators<'_>, now: SystemTime) -> bool {
    let mut given = asked.get_all(IF_RANGE).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return !asked.contains_key(IF_RANGE);
    };
    let value = value.as_bytes().trim_ascii();
    if value.starts_with(b"\"") || value.starts_with(b"W/") {
        let etag = validators.etag.map(HeaderValue::as_bytes);
        return etag == Some(value) && !value.starts_with(b"W/");
    }
    let (Some(date), Some(modified)) = (date(value), validators.modified()) else {
        return false;
    };
    date == modified && modified + Duration::from_secs(1) <= now
}

impl Validators<'_> {
    fn modified(self) -> Option<SystemTime> {
        date(self.last_modified?.as_bytes())
    }
}

/// How entity tags are compared (RFC 9110 §8.8.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Whether a list of entity tags, or `*`, names the file's.
fn names(
    asked: &HeaderMap,
    field: HeaderName,
    etag: Option<&HeaderValue>,
    comparison: Comparison,
) -> bool {
    let values = asked.get_all(field);
    values.iter().any(|value| {
        let list = value.as_bytes().trim_ascii();
        list == b"*" || etag.is_some_and(|etag| lists(list, etag.as_bytes(), comparison))
    })
}

fn lists(mut list: &[u8], etag: &[u8], comparison: Comparison) -> bool {
    while let Some((tag, rest)) = next_tag(list) {
        let is_same = match comparison {
            Comparison::Strong => tag == etag && !tag.starts_with(b"W/"),
            Comparison::Weak => opaque(tag) == opaque(etag),
        };
        if is_same {
            return true;
        }
        list = rest;
    }
    false
}

/// The first entity tag of a list, and what follows. What is no tag ends the list.
fn next_tag(list: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = list.iter().position(|byte| !b", \t".contains(byte))?;
    let list = &list[begin..];
    let quoted = opaque(list).strip_prefix(b"\"")?;
    let end = quoted.iter().position(|&byte| byte == b'"')?;
    let tag_bytes = list.len() - quoted.len() + end + 1;
    Some(list.split_at(tag_bytes))
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// Whether the file is no newer than the date in `field`; `None` if that cannot be said.
fn is_unmodified(asked: &HeaderMap, field: HeaderName, validators: Validators<'_>) -> Option<bool> {
    let mut given = asked.get_all(field).iter();
    let (value, None) = (given.next()?, given.next()) else {
        return None;
    };
    if Some(value) == validators.last_modified {
        return Some(true);
    }
    Some(validators.modified()? <= date(value.as_bytes())?)
}

/// A date of HTTP, in any of its three forms.
fn date(value: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(value).ok()?;
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    (date >= UNIX_EPOCH).then_some(date)
}

#[cfg(test)]
mod tests;
