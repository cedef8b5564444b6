//! A connection of HTTP/2: its streams at the same time, each in a task of its own.
//!
//! The crate h2 has the protocol. Around it stand the wire, which meters what a client sends and
//! gathers what is sent to it, and here the deadlines and the end of the connection. What a
//! request is judged by is the same as for HTTP/1 (`head.rs`), and so is who answers it.

mod answering;
pub(crate) mod head;
pub(crate) mod meter;
mod wire;

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::connection::stream::Stream;
use crate::connection::{Connection, Lane};
use crate::limits::{
    HTTP2_CONNECTION_WINDOW_BYTES, HTTP2_FIELD_OVERHEAD_BYTES, HTTP2_GOAWAY_PATIENCE,
    HTTP2_RESETS_OF_OURS_MAX, HTTP2_SEND_BUFFER_BYTES, HTTP2_STREAM_WINDOW_BYTES, Limits,
};
use crate::shutdown::Shutdown;
use wire::{Wire, WireHandle};

/// Serves `stream` until the client or a drain ends it.
///
/// # Cancel safety
/// Dropping the future closes the connection and cancels what it has in the exchange.
pub(crate) async fn serve(stream: Stream, connection: Arc<Connection>, mut shutdown: Shutdown) {
    let (wire, handle) = Wire::new(stream);
    let limits = &connection.site.limits;
    let mut alarm = Alarm::new(Instant::now() + limits.head_read);
    let began = begin(wire, &handle, limits, &mut alarm).await;
    let Some(Ok(wired)) = began else {
        return;
    };
    let mut serving = Serving {
        wired,
        handle,
        alarm,
        connection,
        streams: JoinSet::new(),
        idle_since: Some(Instant::now()),
        leaving_since: None,
        over: false,
    };
    let watched = shutdown.clone();
    let mut draining = pin!(shutdown.draining());
    let mut drain_polled = false;
    let ended = poll_fn(|cx| {
        if serving.leaving_since.is_none() && (!drain_polled || watched.has_begun()) {
            drain_polled = true;
            if draining.as_mut().poll(cx).is_ready() {
                serving.leave();
            }
        }
        serving.poll(cx)
    })
    .await;
    serving.streams.shutdown().await;
    if let Err(error) = ended {
        let client = serving.connection.addresses.remote_ip();
        tracing::debug!(
            client,
            error = &error as &dyn std::error::Error,
            "connection ended early"
        );
    }
}

type Wired = h2::server::Connection<Wire, Bytes>;

/// Exchanges the first words. `None` if the client does not say them in time.
async fn begin(
    wire: Wire,
    handle: &WireHandle,
    limits: &Limits,
    alarm: &mut Alarm,
) -> Option<Result<Wired, h2::Error>> {
    let until = Instant::now() + limits.head_read;
    let mut handshake = pin!(builder(limits).handshake(wire));
    poll_fn(|cx| {
        let wired = handshake.as_mut().poll(cx);
        if let Poll::Ready(Err(_)) = handle.poll_drain(cx) {
            return Poll::Ready(None);
        }
        match wired {
            Poll::Ready(wired) => Poll::Ready(Some(wired)),
            Poll::Pending => alarm.poll_until(cx, until).map(|()| None),
        }
    })
    .await
}

/// What a client may send. Heads larger than ours may be are let in up to twice the size, so that
/// they are answered here, with a reason.
fn builder(limits: &Limits) -> Builder {
    let overhead = limits
        .head_fields
        .saturating_mul(HTTP2_FIELD_OVERHEAD_BYTES);
    let head_bytes = limits.head_bytes.saturating_mul(2).saturating_add(overhead);
    let mut builder = Builder::new();
    builder
        .initial_window_size(HTTP2_STREAM_WINDOW_BYTES)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW_BYTES)
        .max_header_list_size(u32::try_from(head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.http2_streams)
        .max_local_error_reset_streams(Some(HTTP2_RESETS_OF_OURS_MAX))
        .max_send_buffer_size(HTTP2_SEND_BUFFER_BYTES);
    builder
}

/// A connection under way.
struct Serving {
    wired: Wired,
    handle: WireHandle,
    alarm: Alarm,
    connection: Arc<Connection>,
    streams: JoinSet<()>,
    /// Since when no stream is open.
    idle_since: Option<Instant>,
    /// Since when the client knows that it is to come no more.
    leaving_since: Option<Instant>,
    /// We have ended it, and what is left is to be said.
    over: bool,
}

impl Serving {
    /// Ready when the connection is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.connection.site.tick();
        loop {
            match self.wired.poll_accept(cx) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error.into())),
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.answer(request, respond);
                    continue;
                }
                Poll::Pending => {}
            }
            self.count_streams(cx);
            if let Poll::Ready(Err(error)) = self.handle.poll_drain(cx) {
                return Poll::Ready(Err(error.into()));
            }
            match self.poll_patience(cx) {
                Poll::Ready(end) => self.end(end)?,
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn answer(&mut self, request: Request<RecvStream>, respond: SendResponse<Bytes>) {
        let lane = Arc::new(Lane::new(self.connection.clone()));
        self.idle_since = None;
        self.streams
            .spawn(answering::answer(lane, request, respond));
    }

    fn count_streams(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(_)) = self.streams.poll_join_next(cx) {}
        if self.streams.is_empty() && self.idle_since.is_none() {
            self.idle_since = Some(Instant::now());
            self.handle.rest();
        }
    }

    /// Tells the client that requests it sends from now on are not served here.
    fn leave(&mut self) {
        self.leaving_since = Some(Instant::now());
        self.wired.graceful_shutdown();
    }

    /// Ready when the client has used up our patience, with what follows.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if !self.over && self.handle.is_flooded() {
            return Poll::Ready(End::GoAway(Reason::ENHANCE_YOUR_CALM));
        }
        let Some((deadline, end)) = self.deadline() else {
            return Poll::Pending;
        };
        self.alarm.poll_until(cx, deadline).map(|()| end)
    }

    /// The next one. Whatever a stream waits for has deadlines of its own.
    fn deadline(&self) -> Option<(Instant, End)> {
        let limits = &self.connection.site.limits;
        let stalled = self.handle.stalled_since();
        let stalled = stalled.map(|since| (since + limits.write_stall, End::Cut));
        if self.over {
            return stalled;
        }
        let head = self.handle.head_since();
        let head = head.map(|since| {
            let end = End::GoAway(Reason::ENHANCE_YOUR_CALM);
            (since + limits.head_read, end)
        });
        let idle = self.idle_since.map(|since| {
            let until = match self.leaving_since {
                Some(leaving) => since.max(leaving) + HTTP2_GOAWAY_PATIENCE,
                None => since + limits.keep_alive,
            };
            (until, End::GoAway(Reason::NO_ERROR))
        });
        let all = [stalled, head, idle].into_iter().flatten();
        all.min_by_key(|(deadline, _)| *deadline)
    }

    /// Says goodbye, or why there is none.
    fn end(&mut self, end: End) -> Result<(), Fault> {
        match end {
            End::Cut => Err(Fault::Stalled),
            End::GoAway(reason) => {
                self.over = true;
                self.streams.abort_all();
                self.wired.abrupt_shutdown(reason);
                Ok(())
            }
        }
    }
}

/// How a connection ends on our side.
#[derive(Debug, Clone, Copy)]
enum End {
    /// The client is told.
    GoAway(Reason),
    /// The client takes nothing any more.
    Cut,
}

/// Why a connection ended early.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Protocol(#[from] h2::Error),
    #[error(transparent)]
    Socket(#[from] io::Error),
    #[error("the client took nothing for too long")]
    Stalled,
}
