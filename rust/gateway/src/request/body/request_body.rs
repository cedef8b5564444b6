//! The body of a request as it comes, in either version of HTTP.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{Response, StatusCode, request};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::connection::passage::Passage;

/// What is still to come of a request.
#[derive(Debug)]
pub(crate) enum RequestBody {
    Http1(Incoming),
    Http2(StreamBody),
}

/// The body of one stream.
#[derive(Debug)]
pub(crate) struct StreamBody {
    stream: RecvStream,
    /// What is left of the length that the client announced; h2 holds it to that.
    left: Option<u64>,
    /// Takes the word that the client waits for before it sends anything.
    go_ahead: Option<Arc<Passage>>,
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    #[error(transparent)]
    Http1(#[from] hyper::Error),
    #[error(transparent)]
    Http2(#[from] h2::Error),
}

impl StreamBody {
    /// The body of the request with this head. Interim replies to it go through `passage`.
    pub(crate) fn new(
        stream: RecvStream,
        head: &request::Parts,
        passage: &Arc<Passage>,
    ) -> StreamBody {
        let length = head.headers.get(CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let expects = head.headers.get(EXPECT);
        let expects =
            expects.is_some_and(|expects| expects.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        StreamBody {
            stream,
            left: length,
            go_ahead: expects.then(|| passage.clone()),
        }
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        let polled = self.stream.poll_data(cx);
        if let Some(passage) = self.go_ahead.take()
            && polled.is_pending()
        {
            let mut go_ahead = Response::new(());
            *go_ahead.status_mut() = StatusCode::CONTINUE;
            passage.push_interim(go_ahead);
        }
        let Some(data) = ready!(polled) else {
            return Poll::Ready(None);
        };
        let data = data?;
        // Whoever asks for more has put away what it had, so the client may send as much again.
        self.stream.flow_control().release_capacity(data.len())?;
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(data.len() as u64);
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        match &mut *self {
            RequestBody::Http1(incoming) => Pin::new(incoming)
                .poll_frame(cx)
                .map_err(RequestBodyError::from),
            RequestBody::Http2(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            RequestBody::Http1(incoming) => incoming.is_end_stream(),
            RequestBody::Http2(body) => body.stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            RequestBody::Http1(incoming) => incoming.size_hint(),
            RequestBody::Http2(body) => body.left.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}
