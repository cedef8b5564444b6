//! The body of a request as it comes.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// What is still to come of a request.
#[derive(Debug)]
pub(crate) enum RequestBody {
    Http1(Incoming),
}

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    #[error(transparent)]
    Http1(#[from] hyper::Error),
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
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            RequestBody::Http1(incoming) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            RequestBody::Http1(incoming) => incoming.size_hint(),
        }
    }
}
