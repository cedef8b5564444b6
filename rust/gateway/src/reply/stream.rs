//! A reply that is still being produced while it is sent.
//!
//! hyper asks for more only while the client takes it. So that a slow client does not hold the
//! worker, the connection's task also moves what the worker has written into a bounded buffer
//! here whenever it runs; beyond the bound the worker waits for a moment, and then a file takes
//! the rest.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use askr_exchange::{Lease, ReplyError, ReplyEvent, Service};
use bytes::Bytes;
use http_body::SizeHint;

mod overflow;

use overflow::Overflow;
pub(crate) use overflow::ReplyRoom;

use crate::limits::OVERFLOW_PIECE_BYTES;

/// Why a reply that has begun is cut off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CutReply {
    #[error("the reply ended before its worker did")]
    Worker(#[source] ReplyError),
    #[error("php announced a longer reply than it gave")]
    Short,
    #[error("what the client has not taken yet cannot be kept in a temporary file")]
    Overflow(#[source] io::Error),
    #[error("the file cannot be read to its end")]
    File(#[source] io::Error),
    #[error("the reply cannot be compressed")]
    Coding(#[source] io::Error),
}

/// The part of a streamed reply that its body and its connection share.
#[derive(Debug)]
struct ReplyStream {
    /// Dropped as soon as the reply is over; dropped before that, the request is cancelled.
    lease: Option<Lease>,
    buffer: Vec<u8>,
    /// What comes behind the buffer.
    overflow: Overflow,
    cut: Option<CutReply>,
    /// Somebody has asked for so many bytes more, or the end, and was told to wait.
    wanted: usize,
    /// Who gave it, once the lease is gone.
    service: Option<Service>,
}

/// The body's end of a stream; the only owner, so dropping it cancels the request.
#[derive(Debug)]
pub(crate) struct StreamHandle {
    stream: Arc<Mutex<ReplyStream>>,
    framing: StreamFraming,
    /// What is left of the length PHP announced.
    left: Option<u64>,
}

/// How the client will know where a streamed reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamFraming {
    /// PHP announced so many bytes.
    Length(u64),
    Chunked,
    /// By the end of the connection, for HTTP/1.0.
    Close,
}

/// The connection's end of whatever stream is under way.
#[derive(Debug, Default)]
pub(crate) struct StreamPump(Mutex<Weak<Mutex<ReplyStream>>>);

impl StreamHandle {
    /// A stream of what `lease` still brings after `buffer`.
    pub(crate) fn new(
        lease: Lease,
        buffer: Vec<u8>,
        framing: StreamFraming,
        room: ReplyRoom,
    ) -> StreamHandle {
        let stream = ReplyStream {
            lease: Some(lease),
            buffer,
            overflow: Overflow::new(room),
            cut: None,
            wanted: 0,
            service: None,
        };
        let left = match framing {
            StreamFraming::Length(bytes) => Some(bytes),
            StreamFraming::Chunked | StreamFraming::Close => None,
        };
        StreamHandle {
            stream: Arc::new(Mutex::new(stream)),
            framing,
            left,
        }
    }

    /// The next bytes of the reply; `None` at its end.
    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CutReply>>> {
        let taken = locked(&self.stream).poll_take(cx);
        taken.map(|taken| match taken {
            Some(Ok(bytes)) => Some(Ok(self.bounded(bytes))),
            Some(Err(cut)) => Some(Err(cut)),
            None if self.left.is_some_and(|left| left > 0) => Some(Err(CutReply::Short)),
            None => None,
        })
    }

    /// The whole reply, if it is shorter than `bytes` and its end comes within `patience`: a
    /// worker that is about to end its reply needs an instant.
    ///
    /// # Cancel safety
    /// Nothing of the reply is lost.
    pub(crate) async fn whole(&mut self, bytes: usize, patience: Duration) -> Option<Bytes> {
        let bytes = bytes.min(locked(&self.stream).overflow.memory_bytes());
        let arrived = poll_fn(|cx| locked(&self.stream).poll_until(cx, bytes));
        // Without an end in time it is seen below that there is none.
        let _ = tokio::time::timeout(patience, arrived).await;
        let mut stream = locked(&self.stream);
        let is_over = stream.lease.is_none() && stream.cut.is_none() && stream.overflow.is_empty();
        let sent = stream.buffer.len();
        let is_what_was_announced = self.left.is_none_or(|left| left == sent as u64);
        let is_whole = is_over && sent < bytes && is_what_was_announced;
        is_whole.then(|| std::mem::take(&mut stream.buffer).into())
    }

    /// PHP may not send more than it announced: the rest would be taken for another response.
    fn bounded(&mut self, mut bytes: Bytes) -> Bytes {
        if let Some(left) = &mut self.left {
            let fits = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
            bytes.truncate(fits);
            *left -= fits as u64;
        }
        bytes
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }

    /// Who gives it, and since when.
    pub(crate) fn service(&self) -> Option<Service> {
        let stream = locked(&self.stream);
        let current = stream.lease.as_ref().and_then(Lease::service);
        current.or(stream.service)
    }

    /// Whether the client can tell a cut reply from a complete one.
    pub(crate) fn end_is_visible(&self) -> bool {
        self.framing != StreamFraming::Close
    }
}

impl ReplyStream {
    /// Moves what the worker has written to where there is room.
    fn pump(&mut self, cx: &mut Context<'_>) {
        if self.overflow.is_empty() {
            let mut buffer = std::mem::take(&mut self.buffer);
            self.receive(cx, &mut buffer, self.overflow.memory_bytes());
            self.buffer = buffer;
        } else if self.buffer.is_empty() {
            self.fetch(cx);
        }
        let is_full = self.buffer.len() >= self.overflow.memory_bytes();
        if is_full || !self.overflow.is_empty() {
            self.spill(cx);
        } else {
            self.overflow.rest();
        }
    }

    /// Takes what the worker has written, until there are so many bytes.
    fn receive(&mut self, cx: &mut Context<'_>, into: &mut Vec<u8>, bytes_max: usize) {
        while let Some(lease) = &mut self.lease {
            let room = bytes_max.saturating_sub(into.len());
            if room == 0 {
                return;
            }
            match lease.poll_reply(cx, into, room) {
                Poll::Pending => return,
                Poll::Ready(Ok(ReplyEvent::Interim | ReplyEvent::Head | ReplyEvent::Body)) => {}
                Poll::Ready(Ok(ReplyEvent::End)) => self.give_up_lease(None),
                Poll::Ready(Err(error)) => self.give_up_lease(Some(CutReply::Worker(error))),
            }
        }
    }

    /// Moves on what the overflow has, which comes before anything the worker still writes.
    fn fetch(&mut self, cx: &mut Context<'_>) {
        match self.overflow.poll_take(cx) {
            Poll::Ready(Ok(Some(piece))) => self.buffer = piece,
            Poll::Ready(Ok(None)) | Poll::Pending => {}
            Poll::Ready(Err(error)) => self.lose(error),
        }
    }

    /// Frees the worker of what the client does not take.
    fn spill(&mut self, cx: &mut Context<'_>) {
        while self.lease.is_some() {
            match self.overflow.poll_ready(cx) {
                Poll::Pending => return,
                Poll::Ready(Err(error)) => return self.lose(error),
                Poll::Ready(Ok(())) => {}
            }
            let mut piece = Vec::new();
            self.receive(cx, &mut piece, OVERFLOW_PIECE_BYTES);
            if piece.is_empty() {
                return;
            }
            self.overflow.push(piece);
        }
    }

    fn lose(&mut self, error: io::Error) {
        self.overflow.give_up();
        self.give_up_lease(Some(CutReply::Overflow(error)));
    }

    fn give_up_lease(&mut self, cut: Option<CutReply>) {
        self.service = self.lease.take().as_ref().and_then(Lease::service);
        self.cut = cut;
    }

    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, CutReply>>> {
        ready!(self.poll_until(cx, 1));
        if !self.buffer.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.buffer).into())));
        }
        Poll::Ready(self.cut.take().map(Err))
    }

    /// Ready when there are so many bytes, or all there will be.
    fn poll_until(&mut self, cx: &mut Context<'_>, bytes: usize) -> Poll<()> {
        self.pump(cx);
        match self.has(bytes) {
            true => self.wanted = 0,
            false => {
                self.wanted = bytes;
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    fn has(&self, bytes: usize) -> bool {
        self.buffer.len() >= bytes || (self.lease.is_none() && self.overflow.is_empty())
    }
}

impl StreamPump {
    /// From now on `handle` is the stream under way.
    pub(crate) fn follow(&self, handle: &StreamHandle) {
        *self.0.lock().expect("no holder of the pump panics") = Arc::downgrade(&handle.stream);
    }

    /// Moves what the worker has written, if a stream is under way. Returns whether hyper waits
    /// for what came: then it must be polled again, for nobody else will wake it.
    pub(crate) fn run(&self, cx: &mut Context<'_>) -> bool {
        let stream = self.0.lock().expect("no holder of the pump panics");
        let Some(stream) = stream.upgrade() else {
            return false;
        };
        let mut stream = locked(&stream);
        stream.pump(cx);
        stream.wanted > 0 && stream.has(stream.wanted)
    }
}

fn locked(stream: &Mutex<ReplyStream>) -> MutexGuard<'_, ReplyStream> {
    stream.lock().expect("no holder of the stream panics")
}
