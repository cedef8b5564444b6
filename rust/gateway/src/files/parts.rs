//! The body of a reply with several parts of a file (RFC 9110 §14.6).

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use bytes::Bytes;
use http::HeaderValue;

use super::body::Piece;
use super::ranges::Span;

/// Several parts as one body.
pub(crate) struct Parts {
    pub(crate) content_type: HeaderValue,
    pub(crate) pieces: Vec<Piece>,
}

/// `spans` of a file of `length` bytes and type `of_type`, if it has one.
pub(crate) fn parts(spans: &[Span], length: u64, of_type: Option<&HeaderValue>) -> Parts {
    let boundary = boundary();
    let mut pieces = Vec::with_capacity(2 * spans.len() + 1);
    for (index, span) in spans.iter().enumerate() {
        let line_break = if index == 0 { "" } else { "\r\n" };
        let mut text = format!("{line_break}--{boundary}\r\n").into_bytes();
        if let Some(of_type) = of_type {
            text.extend_from_slice(b"Content-Type: ");
            text.extend_from_slice(of_type.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        let range = content_range(*span, length);
        text.extend_from_slice(format!("Content-Range: {range}\r\n\r\n").as_bytes());
        pieces.push(Piece::Text(text.into()));
        pieces.push(Piece::Part(*span));
    }
    let end = format!("\r\n--{boundary}--\r\n");
    pieces.push(Piece::Text(Bytes::from(end)));
    let content_type = format!("multipart/byteranges; boundary={boundary}");
    Parts {
        content_type: HeaderValue::try_from(content_type).expect("digits are plain text"),
        pieces,
    }
}

/// Which bytes of how many `span` is, as `Content-Range` has it.
pub(crate) fn content_range(span: Span, length: u64) -> String {
    format!("bytes {}-{}/{length}", span.start, span.end() - 1)
}

/// Nobody can have put it into a file before: it comes from a random key.
fn boundary() -> String {
    let [first, second] = [(); 2].map(|()| RandomState::new().hash_one(0));
    format!("{first:016x}{second:016x}")
}
