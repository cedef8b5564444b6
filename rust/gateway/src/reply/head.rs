//! Turns a worker's reply into a response for hyper.

use askr_exchange::{Lease, ReplyHead};
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{Method, Response, StatusCode, Version};

use crate::dispatch::{Answer, DispatchFault};
use crate::files;
use crate::reply::body::Content;
use crate::reply::stream::{ReplyRoom, StreamFraming, StreamHandle};
use crate::request::subject::Subject;

/// What of the request decides how its reply is framed.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) version: Version,
}

/// A reply head as HTTP sees it.
pub(crate) struct Head {
    status: StatusCode,
    /// Without anything that describes the connection or the framing.
    pub(crate) headers: HeaderMap,
    /// What PHP says the body's length is.
    length: Option<u64>,
}

/// A response to forward.
pub(crate) struct Forward {
    pub(crate) response: Response<Content>,
    /// Brings a body the client will not get; to be emptied so that the script can finish.
    pub(crate) unwanted: Option<Lease>,
}

/// The response to forward for `answer`.
pub(crate) fn respond(
    asked: &Asked,
    answer: Answer,
    subject: &Subject,
    room: impl FnOnce() -> ReplyRoom,
) -> Result<Forward, DispatchFault> {
    let Head {
        status,
        headers,
        length,
    } = decode(answer.head.into(), subject)?;
    if status.is_informational() {
        let status = status.as_u16();
        return Err(DispatchFault::ReplyStatus { status });
    }
    let mut response = Response::new(Content::Empty);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if status == StatusCode::NOT_MODIFIED {
        // It describes a body the client has; PHP's default must not replace what it knows.
        response.headers_mut().remove(CONTENT_TYPE);
    }
    if asked.method == Method::HEAD {
        // What PHP says, or what it would have sent; never the zero hyper would conclude.
        let sent = (!answer.body.is_empty()).then_some(answer.body.len() as u64);
        if let Some(length) = length.or(sent) {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
    }
    let is_elsewhere = files::is_named(response.headers());
    if asked.method == Method::HEAD || is_bodiless(status) || is_elsewhere {
        return Ok(Forward {
            response,
            unwanted: answer.rest,
        });
    }
    *response.body_mut() = match answer.rest {
        None => complete(answer.body.into(), length, subject),
        Some(lease) => {
            let framing = framing(asked.version, length);
            let stream = StreamHandle::new(lease, answer.body, framing, room());
            Content::Stream(stream)
        }
    };
    Ok(Forward {
        response,
        unwanted: None,
    })
}

/// An interim reply that goes to the client ahead of the final one.
pub(crate) fn interim(encoded: Vec<u8>, subject: &Subject) -> Result<Response<()>, DispatchFault> {
    let head = decode(encoded.into(), subject)?;
    if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
        let status = head.status.as_u16();
        return Err(DispatchFault::ReplyStatus { status });
    }
    let mut response = Response::new(());
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    Ok(response)
}

/// Whether a reply of this status has no body, whatever else it says.
pub(crate) fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

/// PHP's own word on the length is kept, because a client may have been told it before: what is
/// too much is left out, and what is missing shows as a cut connection.
fn complete(mut bytes: Bytes, announced: Option<u64>, subject: &Subject) -> Content {
    let Some(announced) = announced else {
        return Content::Full(bytes);
    };
    if (bytes.len() as u64) < announced {
        return Content::Short { bytes, announced };
    }
    if (bytes.len() as u64) > announced {
        tracing::warn!(
            request = subject.id(),
            announced,
            sent = bytes.len(),
            "php sent more than it announced"
        );
        bytes.truncate(usize::try_from(announced).unwrap_or(usize::MAX));
    }
    Content::Full(bytes)
}

fn framing(version: Version, length: Option<u64>) -> StreamFraming {
    match length {
        Some(bytes) => StreamFraming::Length(bytes),
        None if version == Version::HTTP_10 => StreamFraming::Close,
        None => StreamFraming::Chunked,
    }
}

/// The head a worker wrote, as far as it may reach a client.
pub(crate) fn decode(encoded: Bytes, subject: &Subject) -> Result<Head, DispatchFault> {
    let request = subject.id();
    let head = ReplyHead::decode(&encoded).map_err(DispatchFault::ReplyHead)?;
    let status = match StatusCode::from_u16(head.status) {
        Ok(status) if (100..600).contains(&head.status) => status,
        _ => {
            let status = head.status;
            return Err(DispatchFault::ReplyStatus { status });
        }
    };
    let mut headers = HeaderMap::with_capacity(head.headers.len() + HEADERS_OF_OURS);
    let mut length = None;
    for (name, value) in &head.headers {
        let Ok(name) = HeaderName::from_bytes(name) else {
            tracing::warn!(request, name = %name.escape_ascii(), "php sent a header with a bad name");
            continue;
        };
        if name == CONTENT_LENGTH {
            length = parse_length(value).or(length);
            continue;
        }
        if is_hop_by_hop(&name) || (name == CONTENT_TYPE && value.is_empty()) {
            continue;
        }
        // Shares the memory of the whole head instead of copying each value.
        match HeaderValue::from_maybe_shared(encoded.slice_ref(value)) {
            Ok(value) => {
                headers.append(name, value);
            }
            Err(_) => tracing::warn!(request, %name, "php sent a header with a bad value"),
        }
    }
    Ok(Head {
        status,
        headers,
        length,
    })
}

/// Fields about one connection (RFC 9110 §7.6.1); ours to the client is hyper's business.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        *name,
        CONNECTION | TE | TRAILER | TRANSFER_ENCODING | UPGRADE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

fn parse_length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?.trim();
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

/// Headers added after PHP's: the server's name, a length.
const HEADERS_OF_OURS: usize = 2;

#[cfg(test)]
mod tests;
