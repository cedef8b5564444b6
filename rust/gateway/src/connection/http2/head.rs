//! Judges the head of a request of HTTP/2, by the rules that `intake/head.rs` has for HTTP/1.
//!
//! What makes a head malformed by RFC 9113 §8 alone (names in upper case, fields about a
//! connection, missing, repeated or late pseudo-header fields, a body of another length than
//! announced) h2 has refused before, with an error of the stream.

use http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderValue};
use http::uri::Scheme;
use http::{Method, Uri, request};

use crate::connection::intake::fault::HeadFault;
use crate::connection::intake::head::{HeadLimits, is_authority, is_target, parse_length};

/// Tells why a request is refused, if it is.
pub(crate) fn judge(head: &request::Parts, limits: HeadLimits) -> Result<(), HeadFault> {
    if head.method == Method::CONNECT {
        return Err(HeadFault::Connect);
    }
    check_size(head, limits)?;
    check_target(&head.method, &head.uri)?;
    check_host(&head.uri, &head.headers)?;
    check_fields(&head.headers)
}

/// Counts as the same head would in HTTP/1.
fn check_size(head: &request::Parts, limits: HeadLimits) -> Result<(), HeadFault> {
    let uri = &head.uri;
    let target = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let line = head.method.as_str().len() + target + LINE_OVERHEAD_BYTES;
    if line > limits.request_line_bytes {
        let limit = limits.request_line_bytes;
        return Err(HeadFault::RequestLineTooLong { limit });
    }
    if fields_of(&head.headers) > limits.head_fields {
        let limit = limits.head_fields;
        return Err(HeadFault::TooManyFields { limit });
    }
    let fields = head.headers.iter();
    let fields =
        fields.map(|(name, value)| name.as_str().len() + value.len() + FIELD_OVERHEAD_BYTES);
    let host = uri
        .authority()
        .map_or(0, |host| host.as_str().len() + HOST_OVERHEAD_BYTES);
    if line + host + fields.sum::<usize>() > limits.head_bytes {
        let limit = limits.head_bytes;
        return Err(HeadFault::TooLarge { limit });
    }
    Ok(())
}

/// A client may send each cookie in a field of its own (RFC 9113 §8.2.3): they are one.
fn fields_of(headers: &HeaderMap) -> usize {
    let cookies = headers.get_all(COOKIE).iter().count();
    headers.len() - cookies.saturating_sub(1)
}

fn check_target(method: &Method, uri: &Uri) -> Result<(), HeadFault> {
    let scheme = uri.scheme();
    if scheme.is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS) {
        return Err(HeadFault::Target);
    }
    match uri.path_and_query() {
        Some(target) if is_target(method.as_str().as_bytes(), target.as_str().as_bytes()) => Ok(()),
        _ => Err(HeadFault::Target),
    }
}

/// `:authority` and Host are the same, and one is enough (RFC 9113 §8.3.1).
fn check_host(uri: &Uri, headers: &HeaderMap) -> Result<(), HeadFault> {
    let mut hosts = headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
    let (host, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(HeadFault::HostRepeated);
    }
    let authority = uri
        .authority()
        .map(|authority| authority.as_str().as_bytes());
    match (authority, host) {
        (None, None) => Err(HeadFault::HostMissing),
        (Some(b""), _) => Err(HeadFault::Host),
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => {
            Err(HeadFault::HostsDiffer)
        }
        (Some(name), _) | (None, Some(name)) if is_authority(name) => Ok(()),
        _ => Err(HeadFault::Host),
    }
}

/// No space around a value (RFC 9113 §8.2.1), and one length.
fn check_fields(headers: &HeaderMap) -> Result<(), HeadFault> {
    let is_bare = |value: &HeaderValue| value.as_bytes().trim_ascii().len() == value.len();
    if !headers.values().all(is_bare) {
        return Err(HeadFault::Field);
    }
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        let this = parse_length(value.as_bytes()).ok_or(HeadFault::Length)?;
        if length.replace(this).is_some_and(|other| other != this) {
            return Err(HeadFault::LengthsDiffer);
        }
    }
    Ok(())
}

/// What surrounds method and target: ` `, ` HTTP/1.1`, the end of the line.
const LINE_OVERHEAD_BYTES: usize = 12;

/// `: ` and the end of the line.
const FIELD_OVERHEAD_BYTES: usize = 4;

/// `host: ` and the end of the line.
const HOST_OVERHEAD_BYTES: usize = 8;

#[cfg(test)]
mod tests;
