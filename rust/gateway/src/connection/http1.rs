//! A connection of HTTP/1: its requests one after another, through the intake and hyper.
//!
//! hyper keeps two buffers of 8 KiB for as long as it is there. So a connection that has been idle
//! for a moment rests: the intake holds the socket by itself, and hyper begins anew at the next
//! byte, or at a drain, whose end of the connection is hyper's as well.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::connection::intake::Intake;
use crate::connection::stream::Stream;
use crate::connection::{Connection, Lane};
use crate::limits::{CHUNK_BYTES, FIELDS_MAX, Limits};
use crate::request::body::RequestBody;
use crate::service;
use crate::shutdown::Shutdown;

/// Serves `stream` until the client or a drain ends it.
///
/// # Cancel safety
/// Dropping the future closes the connection and cancels what it has in the exchange.
pub(crate) async fn serve(stream: Stream, connection: Arc<Connection>, mut shutdown: Shutdown) {
    let lane = Arc::new(Lane::new(connection));
    let limits = &lane.site().limits;
    let mut intake = Intake::new(stream, lane.passage.clone(), limits.clone());
    let answering = lane.clone();
    let service = service_fn(move |request: http::Request<_>| {
        service::answer(answering.clone(), request.map(RequestBody::Http1))
    });
    let watched = shutdown.clone();
    let draining = pin!(shutdown.draining());
    let mut drain = Drain {
        draining,
        watched,
        polled: false,
        begun: false,
    };
    loop {
        let io = TokioIo::new(intake);
        let mut serving = builder(limits).serve_connection(io, service.clone());
        if drain.begun {
            Pin::new(&mut serving).graceful_shutdown();
        }
        let ended = poll_fn(|cx| {
            if drain.begins(cx) {
                Pin::new(&mut serving).graceful_shutdown();
            }
            lane.site().tick();
            poll_awake(&lane, cx, |cx| Pin::new(&mut serving).poll(cx))
        })
        .await;
        if let Some(ended) = ended {
            return ended.unwrap_or_else(|error| ended_early(&lane, &error));
        }
        let parts = serving.into_parts();
        intake = parts.io.into_inner();
        intake.rest(&parts.read_buf);
        drop(parts.read_buf);
        let woken = poll_fn(|cx| {
            lane.site().tick();
            match drain.begins(cx) {
                true => Poll::Ready(Ok(())),
                false => intake.poll_awake(cx),
            }
        });
        if let Err(error) = woken.await {
            return ended_early(&lane, &error);
        }
    }
}

/// Ready when the connection has ended, or with `None` when it is to rest.
fn poll_awake<E>(
    lane: &Lane,
    cx: &mut Context<'_>,
    mut serving: impl FnMut(&mut Context<'_>) -> Poll<Result<(), E>>,
) -> Poll<Option<Result<(), E>>> {
    loop {
        let ended = serving(cx);
        let again = lane.pump.run(cx) || lane.passage.take_end_of_pieces();
        let rests = lane.passage.take_rest();
        match ended {
            Poll::Ready(ended) => return Poll::Ready(Some(ended)),
            Poll::Pending if again => {}
            Poll::Pending if rests => return Poll::Ready(None),
            Poll::Pending => return Poll::Pending,
        }
    }
}

fn ended_early(lane: &Lane, error: &(dyn std::error::Error + 'static)) {
    let peer = lane.connection.addresses.remote_ip();
    tracing::debug!(peer, error, "connection ended early");
}

/// Watches for the drain. The waker of a connection's task never changes, so that it need be
/// polled again only when there is one.
struct Drain<'a, F> {
    draining: Pin<&'a mut F>,
    watched: Shutdown,
    polled: bool,
    begun: bool,
}

impl<F: Future> Drain<'_, F> {
    /// Whether it begins now.
    fn begins(&mut self, cx: &mut Context<'_>) -> bool {
        if self.begun || (self.polled && !self.watched.has_begun()) {
            return false;
        }
        self.polled = true;
        self.begun = self.draining.as_mut().poll(cx).is_ready();
        self.begun
    }
}

/// The intake has judged heads and keeps the deadlines, so hyper need not.
fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None);
    // Whole heads must fit; beyond that a smaller buffer only means more reads of large bodies.
    builder.max_buf_size(CHUNK_BYTES.max(2 * limits.head_bytes));
    if limits.head_fields > FIELDS_MAX {
        builder.max_headers(limits.head_fields);
    }
    builder
}
