//! One client's connection, from accept to close.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::intake::{Intake, Passage};
use crate::limits::{CHUNK_BYTES, FIELDS_MAX};
use crate::reply_stream::StreamPump;
use crate::request_head::Addresses;
use crate::service::{self, Peer, Site};
use crate::shutdown::Shutdown;

/// Serves `stream` until the client or a drain ends it.
///
/// # Cancel safety
/// Dropping the future closes the connection and cancels what it has in the exchange.
pub(crate) async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    site: Arc<Site>,
    mut shutdown: Shutdown,
) {
    let Ok(server) = stream.local_addr() else {
        return;
    };
    // A reply leaves in one write; waiting for more to fill a packet only delays it. A socket
    // that refuses is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let peer = peer(site, Addresses::new(remote, server));
    let intake = Intake::new(stream, peer.passage.clone(), peer.site.limits.clone());
    let answering = peer.clone();
    let service = service_fn(move |request| service::answer(answering.clone(), request));
    let connection = builder(&peer).serve_connection(TokioIo::new(intake), service);

    let mut connection = pin!(connection);
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
                connection.as_mut().graceful_shutdown();
            }
        }
        peer.site.glances.tick(&peer.site.pools);
        loop {
            let ended = connection.as_mut().poll(cx);
            let again = peer.pump.run(cx) || peer.passage.take_end_of_pieces();
            if ended.is_ready() || !again {
                return ended;
            }
        }
    })
    .await;
    if let Err(error) = ended {
        tracing::debug!(%remote, error = &error as &dyn std::error::Error, "connection ended early");
    }
}

fn peer(site: Arc<Site>, addresses: Addresses) -> Arc<Peer> {
    Arc::new(Peer {
        alarm: Mutex::new(Alarm::new(Instant::now() + site.pools.at(0).queue_wait)),
        site,
        addresses,
        passage: Arc::new(Passage::default()),
        pump: StreamPump::default(),
        scratch: Mutex::new(Vec::new()),
    })
}

/// The intake has judged heads and keeps the deadlines, so hyper need not.
fn builder(peer: &Peer) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.header_read_timeout(None);
    // Whole heads must fit; beyond that a smaller buffer only means more reads of large bodies.
    builder.max_buf_size(CHUNK_BYTES.max(2 * peer.site.limits.head_bytes));
    if peer.site.limits.head_fields > FIELDS_MAX {
        builder.max_headers(peer.site.limits.head_fields);
    }
    builder
}
