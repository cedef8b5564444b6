//! Makes a response of a file: conditions, ranges, and the fields that describe it.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    LAST_MODIFIED, RANGE,
};
use http::{Method, Response, StatusCode, request};

use super::body::{FileBody, Piece};
use super::conditions::{self, Validators, Verdict};
use super::document::{Contents, Document};
use super::parts::{content_range, parts};
use super::ranges::{self, Span, Wanted};
use crate::reply;
use crate::reply::body::Content;

/// Gives `response` the contents of `document`, as far as the client wants them. What it already
/// says about them is kept.
///
/// Conditions and ranges are about a success only.
pub(crate) fn fill(
    response: &mut Response<Content>,
    document: &Document,
    asked: &request::Parts,
    now: SystemTime,
) {
    describe(response.headers_mut(), document);
    if response.status() == StatusCode::OK && is_a_read(&asked.method) {
        let validators = validators(response.headers());
        match conditions::judge(&asked.headers, validators) {
            Verdict::Send => {}
            Verdict::NotModified => return reply::not_modified(response),
            Verdict::Failed => return reply::precondition_failed(response),
        }
        response
            .headers_mut()
            .insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if asked.method == Method::GET && ranges_count(response, &asked.headers, now) {
            return part(response, document, &asked.headers);
        }
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, document.length.clone());
    if asked.method != Method::HEAD {
        *response.body_mut() = whole(document);
    }
}

fn is_a_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// If PHP has said which version it is, nothing is added to that: clients may know it.
fn describe(headers: &mut HeaderMap, document: &Document) {
    if headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED) {
        return;
    }
    headers.insert(ETAG, document.etag.clone());
    if let Some(last_modified) = &document.last_modified {
        headers.insert(LAST_MODIFIED, last_modified.clone());
    }
}

fn validators(headers: &HeaderMap) -> Validators<'_> {
    Validators {
        etag: headers.get(ETAG),
        last_modified: headers.get(LAST_MODIFIED),
    }
}

fn ranges_count(response: &Response<Content>, asked: &HeaderMap, now: SystemTime) -> bool {
    asked.contains_key(RANGE) && conditions::range_fits(asked, validators(response.headers()), now)
}

/// Answers with what the `Range` field asks for.
fn part(response: &mut Response<Content>, document: &Document, asked: &HeaderMap) {
    let length = document.version.bytes;
    let mut given = asked.get_all(RANGE).iter();
    let wanted = match (given.next(), given.next()) {
        (Some(range), None) => ranges::wanted(range.as_bytes(), length),
        _ => Wanted::Everything,
    };
    match wanted {
        Wanted::Everything => {
            let headers = response.headers_mut();
            headers.insert(CONTENT_LENGTH, document.length.clone());
            *response.body_mut() = whole(document);
        }
        Wanted::Nothing => reply::range_not_satisfiable(response, length),
        Wanted::One(span) => {
            let range = HeaderValue::try_from(content_range(span, length));
            let range = range.expect("digits are plain text");
            response.headers_mut().insert(CONTENT_RANGE, range);
            partial(response, document, vec![Piece::Part(span)]);
        }
        Wanted::Several(spans) => {
            let parts = parts(&spans, length, response.headers().get(CONTENT_TYPE));
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, parts.content_type);
            partial(response, document, parts.pieces);
        }
    }
}

fn partial(response: &mut Response<Content>, document: &Document, pieces: Vec<Piece>) {
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    let content = match &document.contents {
        Contents::Memory(bytes) => Content::Full(gathered(&pieces, bytes)),
        Contents::File(file) => Content::File(FileBody::new(Arc::clone(file), pieces)),
    };
    let length = match &content {
        Content::File(body) => body.bytes_left(),
        Content::Full(bytes) => bytes.len() as u64,
        _ => return,
    };
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    *response.body_mut() = content;
}

fn whole(document: &Document) -> Content {
    match &document.contents {
        Contents::Memory(bytes) => Content::Full(bytes.clone()),
        Contents::File(file) => {
            let bytes = document.version.bytes;
            let all = Piece::Part(Span { start: 0, bytes });
            Content::File(FileBody::new(Arc::clone(file), [all]))
        }
    }
}

/// The pieces of a file in memory as one.
fn gathered(pieces: &[Piece], contents: &Bytes) -> Bytes {
    let bytes_of = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Part(span) => contents.slice(index(span.start)..index(span.end())),
    };
    match pieces {
        [only] => bytes_of(only),
        pieces => {
            let all: Vec<Bytes> = pieces.iter().map(bytes_of).collect();
            all.concat().into()
        }
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("what is in memory has indices")
}
