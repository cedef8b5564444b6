//! A connection of HTTP/1: its requests one after another, through the intake and hyper.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

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
    let intake = Intake::new(stream, lane.passage.clone(), limits.clone());
    let answering = lane.clone();
    let service = service_fn(move |request: http::Request<_>| {
        service::answer(answering.clone(), request.map(RequestBody::Http1))
    });
    let serving = builder(limits).serve_connection(TokioIo::new(intake), service);

    let mut serving = pin!(serving);
    let watched = shutdown.clone();
    let mut draining = pin!(shutdown.draining());
    let mut drain_seen = false;
    let mut drain_polled = false;
    let ended = poll_fn(|cx| {
        // The waker of this task never changes, so the drain need be polled again only when
        // there is one.
        if !drain_seen && (!drain_polled || watched.has_begun()) {
            drain_polled = true;
            drain_seen = draining.as_mut().poll(cx).is_ready();
            if drain_seen {
                serving.as_mut().graceful_shutdown();
            }
        }
        lane.site().tick();
        loop {
            let ended = serving.as_mut().poll(cx);
            let again = lane.pump.run(cx) || lane.passage.take_end_of_pieces();
            if ended.is_ready() || !again {
                return ended;
            }
        }
    })
    .await;
    if let Err(error) = ended {
        let peer = lane.connection.addresses.remote_ip();
        tracing::debug!(
            peer,
            error = &error as &dyn std::error::Error,
            "connection ended early"
        );
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
