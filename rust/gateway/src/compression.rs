//! Compresses what is worth it on its way to those who take it.
//!
//! The content is another then, so its description has to be: the coding is named, the length is
//! unknown or another, ranges are not to be had, an entity tag says "the same in meaning" only,
//! and caches are told what the choice depended on.

use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use http::{Response, StatusCode, Version, request, response};
use tokio::sync::Semaphore;

mod acceptance;
mod body;
mod coder;
mod coding;
mod kept;
mod media;

use crate::config::CompressionConfig;
use crate::limits::{CODED_FILE_BYTES_MAX, CODED_IN_PLACE_BYTES_MAX};
use crate::reply::body::Content;
pub(crate) use acceptance::Acceptance;
pub(crate) use body::CodedBody;
use coder::Coder;
pub use coding::{Coding, CodingError, CodingLevels, LevelError};
use kept::Kept;
pub use media::{MediaRange, MediaRangeError};

/// Which replies are compressed, and how.
#[derive(Debug)]
pub(crate) struct Compression {
    config: CompressionConfig,
    /// One for each core: more threads that compute would only take turns.
    places: Arc<Semaphore>,
    kept: Kept,
}

/// What of a request decides whether its reply is compressed.
#[derive(Debug)]
pub(crate) struct Wants {
    acceptance: Acceptance,
    /// `If-None-Match`, if there is one.
    known: Option<HeaderValue>,
}

impl Wants {
    /// A client of HTTP/1.0 gets replies as they are: caches of that time do not know `Vary`.
    pub(crate) fn of(head: &request::Parts) -> Wants {
        Wants {
            acceptance: match head.version {
                Version::HTTP_09 | Version::HTTP_10 => Acceptance::NONE,
                _ => Acceptance::of(&head.headers),
            },
            known: head.headers.get(IF_NONE_MATCH).cloned(),
        }
    }
}

impl Compression {
    /// `None` if there is nothing to compress with.
    pub(crate) fn new(config: CompressionConfig) -> Option<Compression> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        (!config.codings.is_empty()).then(|| Compression {
            config,
            places: Arc::new(Semaphore::new(cores)),
            kept: Kept::default(),
        })
    }

    /// `response`, compressed if it is worth it and the client takes it.
    ///
    /// # Cancel safety
    /// Dropping the future loses the response.
    pub(crate) async fn put_on(
        &self,
        response: Response<Content>,
        wants: &Wants,
    ) -> Response<Content> {
        let (mut head, mut content) = response.into_parts();
        if head.status == StatusCode::NOT_MODIFIED {
            confirm(&mut head.headers, wants);
        }
        if !self.is_apt(&head) {
            return Response::from_parts(head, content);
        }
        if let Content::Stream(stream) = &mut content
            && let Some(whole) = stream.whole(self.settled(), self.config.patience).await
        {
            content = Content::Full(whole);
        }
        if !self.is_worth(&head.headers, &content) {
            return Response::from_parts(head, content);
        }
        vary(&mut head.headers);
        let codings = self.config.codings.iter().copied();
        let Some(coding) = wants.acceptance.best(codings) else {
            return Response::from_parts(head, content);
        };
        match self.code(coding, content).await {
            Ok(coded) => {
                describe(&mut head.headers, coding);
                Response::from_parts(head, coded)
            }
            Err(plain) => Response::from_parts(head, plain),
        }
    }

    /// Whether a reply with this head can be coded and shrinks.
    fn is_apt(&self, head: &response::Parts) -> bool {
        !is_partial_or_none(head.status)
            && self.is_listed(&head.headers)
            && !is_bound_to_its_form(&head.headers)
    }

    /// Whether there is enough of it, and not too much.
    fn is_worth(&self, headers: &HeaderMap, content: &Content) -> bool {
        let bytes = content.size_hint().exact().filter(|&bytes| bytes > 0);
        let bytes = bytes.or_else(|| length(headers));
        match (content, bytes) {
            (Content::Short { .. } | Content::Coded(_), _) => false,
            (Content::File(_), Some(bytes)) => self.is_long(bytes) && bytes <= CODED_FILE_BYTES_MAX,
            // The answer to HEAD, if it has a length, speaks of what the answer to GET would be.
            (Content::Empty | Content::Full(_) | Content::Stream(_), Some(bytes)) => {
                self.is_long(bytes)
            }
            (Content::Stream(_), None) => true,
            (Content::Empty | Content::Full(_) | Content::File(_), None) => false,
        }
    }

    /// Up to here it is waited for the end of a reply: one that is whole can be measured, and is
    /// coded in one piece.
    fn settled(&self) -> usize {
        let bytes_min = usize::try_from(self.config.bytes_min).unwrap_or(usize::MAX);
        bytes_min.max(CODED_IN_PLACE_BYTES_MAX)
    }

    fn is_long(&self, bytes: u64) -> bool {
        bytes >= self.config.bytes_min.max(1)
    }

    fn is_listed(&self, headers: &HeaderMap) -> bool {
        let Some(content_type) = headers.get(CONTENT_TYPE) else {
            return false;
        };
        let has = |range: &MediaRange| range.has(content_type.as_bytes());
        self.config.types.iter().any(has)
    }

    /// The content as `coding` has it, or as it was if that is no shorter.
    async fn code(&self, coding: Coding, content: Content) -> Result<Content, Content> {
        let level = self.config.levels.of(coding);
        match content {
            Content::Empty => Ok(Content::Empty),
            Content::Full(plain) if Kept::is_for(&plain) => {
                let coded = self.again(coding, level, &plain).await;
                shorter(plain, coded)
            }
            Content::Full(plain) => {
                let coded = self.whole(coding, level, plain.clone()).await;
                shorter(plain, coded)
            }
            other => match Coder::new(coding, level, None) {
                Ok(coder) => {
                    let body = CodedBody::new(other, coder, self.places.clone());
                    Ok(Content::Coded(Box::new(body)))
                }
                Err(_) => Err(other),
            },
        }
    }

    /// What will come again need not be coded again.
    async fn again(&self, coding: Coding, level: u32, plain: &Bytes) -> Option<Bytes> {
        let known = self.kept.find(plain, coding);
        if known.is_some() {
            return known;
        }
        let coded = self.whole(coding, level, plain.clone()).await?;
        self.kept.keep(plain.clone(), coding, coded.clone());
        Some(coded)
    }

    async fn whole(&self, coding: Coding, level: u32, plain: Bytes) -> Option<Bytes> {
        let bytes = plain.len();
        let code = move || {
            let mut coder = Coder::new(coding, level, Some(bytes))?;
            coder.write(&plain)?;
            coder.finish()
        };
        let coded = match bytes {
            0..=CODED_IN_PLACE_BYTES_MAX => code(),
            _ => body::aside(self.places.clone(), code).await,
        };
        coded.ok().map(Bytes::from)
    }
}

fn is_partial_or_none(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT
            | StatusCode::RESET_CONTENT
            | StatusCode::PARTIAL_CONTENT
            | StatusCode::NOT_MODIFIED
    )
}

fn shorter(plain: Bytes, coded: Option<Bytes>) -> Result<Content, Content> {
    let coded = coded.filter(|coded| coded.len() < plain.len());
    coded.map(Content::Full).ok_or(Content::Full(plain))
}

/// Whoever made the content means it to arrive as it is, or has coded it, or speaks of its bytes.
fn is_bound_to_its_form(headers: &HeaderMap) -> bool {
    let is_about_bytes = |name: &HeaderName| headers.contains_key(name);
    let is_kept = |value: &HeaderValue| lists(value, b"no-transform");
    ABOUT_BYTES.iter().any(is_about_bytes) || headers.get_all(CACHE_CONTROL).iter().any(is_kept)
}

/// Says what `coding` has made of the content.
fn describe(headers: &mut HeaderMap, coding: Coding) {
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.token()));
    headers.remove(CONTENT_LENGTH);
    headers.remove(ACCEPT_RANGES);
    weaken(headers);
}

/// The content with this tag is no more the same byte for byte (RFC 9110 §8.8.1).
fn weaken(headers: &mut HeaderMap) {
    let weak = headers.get(ETAG).and_then(weak_form);
    if let Some(weak) = weak {
        headers.insert(ETAG, weak);
    }
}

fn weak_form(tag: &HeaderValue) -> Option<HeaderValue> {
    let tag = tag.as_bytes();
    let is_strong = tag.starts_with(b"\"");
    is_strong.then(|| HeaderValue::from_bytes(&[b"W/", tag].concat()).ok())?
}

/// A client that knows the compressed content is told so of that one: by the weak tag that it
/// got with it.
fn confirm(headers: &mut HeaderMap, wants: &Wants) {
    let weak = headers.get(ETAG).and_then(weak_form);
    let (Some(weak), Some(known)) = (weak, &wants.known) else {
        return;
    };
    if items(known).any(|tag| tag == weak.as_bytes()) {
        headers.insert(ETAG, weak);
        vary(headers);
    }
}

fn vary(headers: &mut HeaderMap) {
    let name = ACCEPT_ENCODING.as_str().as_bytes();
    let is_said = |value: &HeaderValue| lists(value, name) || lists(value, b"*");
    if !headers.get_all(VARY).iter().any(is_said) {
        headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

/// Whether `item` is in a list that is separated by commas.
fn lists(value: &HeaderValue, item: &[u8]) -> bool {
    items(value).any(|other| other.eq_ignore_ascii_case(item))
}

fn items(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let items = value.as_bytes().split(|&byte| byte == b',');
    items.map(<[u8]>::trim_ascii)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Fields that would not be true of the compressed content.
static ABOUT_BYTES: [HeaderName; 6] = [
    CONTENT_ENCODING,
    CONTENT_RANGE,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_twice(page: &Bytes) -> [Bytes; 2] {
        let compression = Compression::new(CompressionConfig::default()).unwrap();
        let wants = Wants {
            acceptance: Acceptance::of(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static("gzip"),
            )])),
            known: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.unwrap();
        [(); 2].map(|()| {
            let mut response = Response::new(Content::Full(page.clone()));
            let html = HeaderValue::from_static("text/html");
            response.headers_mut().insert(CONTENT_TYPE, html);
            let response = runtime.block_on(compression.put_on(response, &wants));
            match response.into_body() {
                Content::Full(coded) => coded,
                _ => panic!("a full content stays one"),
            }
        })
    }

    #[test]
    fn what_somebody_keeps_is_compressed_once() {
        for bytes in [5000, 50_000] {
            let [first, second] = sent_twice(&Bytes::from(vec![b'a'; bytes]));
            assert!(first.len() < 1000);
            assert_eq!(first.as_ptr(), second.as_ptr());
        }
    }

    #[test]
    fn what_does_not_shrink_is_tried_once() {
        let mut state = 1_u32;
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        let noise: Bytes = noise.take(2000).collect();
        let sent = sent_twice(&noise);
        assert!(sent.iter().all(|sent| sent.as_ptr() == noise.as_ptr()));
    }
}
