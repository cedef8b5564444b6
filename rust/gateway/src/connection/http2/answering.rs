//! One stream: a request and its reply.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use tokio::time::Instant;

use super::head;
use crate::connection::Lane;
use crate::limits::HTTP2_SEND_BUFFER_BYTES;
use crate::reply::body::ReplyBody;
use crate::request::body::{RequestBody, StreamBody};
use crate::service;

/// Answers one request. Ends early when the client takes it back.
///
/// # Cancel safety
/// Dropping the future cancels the request in the exchange, and resets the stream.
pub(super) async fn answer(
    lane: Arc<Lane>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let (parts, stream) = request.into_parts();
    if let Err(fault) = head::judge(&parts, (&*lane.site().limits).into()) {
        lane.passage.refuse(fault);
    }
    lane.passage.head_passed();
    let is_head = parts.method == Method::HEAD;
    let body = StreamBody::new(stream, &parts, &lane.passage);
    let answering = service::answer(
        lane.clone(),
        Request::from_parts(parts, RequestBody::Http2(body)),
    );
    let Some(response) = until_reset(&lane, &mut respond, answering).await else {
        return;
    };
    let (head, body) = respond_head(response, is_head);
    let is_empty = body.is_end_stream();
    let Ok(stream) = respond.send_response(head, is_empty) else {
        return;
    };
    if !is_empty {
        let mut sending = Sending::new(&lane, stream, body);
        poll_fn(|cx| sending.poll(cx)).await;
    }
}

/// The reply, or nothing if the client takes its request back before. Interim replies go out as
/// they come.
async fn until_reset(
    lane: &Lane,
    respond: &mut SendResponse<Bytes>,
    answering: impl Future<Output = Result<Response<ReplyBody>, Infallible>>,
) -> Option<Response<ReplyBody>> {
    let mut answering = pin!(answering);
    poll_fn(|cx| {
        lane.site().tick();
        if respond.poll_reset(cx).is_ready() {
            return Poll::Ready(None);
        }
        let answer = answering.as_mut().poll(cx);
        for interim in lane.passage.take_interim() {
            if respond.send_informational(interim).is_err() {
                return Poll::Ready(None);
            }
        }
        answer.map(|answer| match answer {
            Ok(response) => Some(response),
            Err(never) => match never {},
        })
    })
    .await
}

/// What hyper does for HTTP/1: a date, a length; and without what is about a connection.
fn respond_head(response: Response<ReplyBody>, is_head: bool) -> (Response<()>, ReplyBody) {
    let (mut parts, body) = response.into_parts();
    let headers = &mut parts.headers;
    headers.remove(CONNECTION);
    let has_body = !is_head
        && !matches!(
            parts.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
    if let Some(bytes) = body.size_hint().exact()
        && has_body
    {
        headers.entry(CONTENT_LENGTH).or_insert(bytes.into());
    }
    headers.entry(DATE).or_insert_with(crate::date::now);
    (Response::from_parts(parts, ()), body)
}

/// A body on its way to the client, as fast as that opens its windows.
struct Sending<'a> {
    lane: &'a Lane,
    stream: SendStream<Bytes>,
    body: ReplyBody,
    /// Taken from the body and not sent.
    held: Bytes,
    /// Nothing comes after what is held.
    is_last: bool,
    /// Since when the client's windows have been closed.
    stalled_since: Option<Instant>,
}

/// The body is sent, or nobody wants it.
struct Over;

impl<'a> Sending<'a> {
    fn new(lane: &'a Lane, stream: SendStream<Bytes>, body: ReplyBody) -> Sending<'a> {
        Sending {
            lane,
            stream,
            body,
            held: Bytes::new(),
            is_last: false,
            stalled_since: None,
        }
    }

    /// Ready when there is nothing more to do.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.lane.site().tick();
        if self.stream.poll_reset(cx).is_ready() {
            return Poll::Ready(());
        }
        loop {
            let stepped = if self.held.is_empty() {
                ready!(self.poll_fill(cx))
            } else {
                ready!(self.poll_send(cx))
            };
            if let Err(Over) = stepped {
                return Poll::Ready(());
            }
        }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            None => {
                // An error means that the client has left.
                let _ = self.stream.send_data(Bytes::new(), true);
                Poll::Ready(Err(Over))
            }
            Some(Err(_)) => {
                self.stream.send_reset(Reason::INTERNAL_ERROR);
                Poll::Ready(Err(Over))
            }
            Some(Ok(frame)) => {
                self.held = frame.into_data().unwrap_or_default();
                self.is_last = self.body.is_end_stream();
                Poll::Ready(Ok(()))
            }
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        // No more than is sent at once: what one stream has of the connection's window, others
        // have not.
        let wanted = self.held.len().min(HTTP2_SEND_BUFFER_BYTES);
        self.stream.reserve_capacity(wanted);
        let capacity = match self.stream.capacity() {
            0 => match self.stream.poll_capacity(cx) {
                Poll::Ready(Some(Ok(capacity))) => capacity,
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(Err(Over)),
                Poll::Pending => return self.poll_stalled(cx),
            },
            capacity => capacity,
        };
        self.stalled_since = None;
        let data = self.held.split_to(capacity.min(self.held.len()));
        let ends = self.is_last && self.held.is_empty();
        match self.stream.send_data(data, ends) {
            Ok(()) if !ends => Poll::Ready(Ok(())),
            Ok(()) | Err(_) => Poll::Ready(Err(Over)),
        }
    }

    /// The client takes nothing: the worker goes on into the buffer, and the client has a
    /// deadline.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Over>> {
        self.lane.pump.run(cx);
        let since = *self.stalled_since.get_or_insert_with(Instant::now);
        let until = since + self.lane.site().limits.write_stall;
        let mut alarm = self
            .lane
            .alarm
            .lock()
            .expect("no holder of the alarm panics");
        ready!(alarm.poll_until(cx, until));
        self.stream.send_reset(Reason::CANCEL);
        Poll::Ready(Err(Over))
    }
}
