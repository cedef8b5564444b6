//! One client's connection, from accept to close, in steps: who is it (PROXY protocol), TLS,
//! which version of HTTP, then its requests.

use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::http1;
use crate::passage::Passage;
use crate::reply_stream::StreamPump;
use crate::request_head::Addresses;
use crate::service::Site;
use crate::shutdown::Shutdown;
use crate::stream::Stream;

/// A client that was accepted, as far as its listener knows it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) stream: Stream,
    pub(crate) addresses: Addresses,
}

/// What all requests of one connection share.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) site: Arc<Site>,
    pub(crate) addresses: Addresses,
    /// Over TLS.
    pub(crate) https: bool,
}

/// What one request at a time needs. A connection of HTTP/1 has one lane for all its requests,
/// one of HTTP/2 a lane for each stream.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) connection: Arc<Connection>,
    pub(crate) passage: Arc<Passage>,
    pub(crate) pump: StreamPump,
    /// The deadlines of the request under way.
    pub(crate) alarm: Mutex<Alarm>,
    /// Where request heads are encoded, so that each lane allocates that once.
    pub(crate) scratch: Mutex<Vec<u8>>,
}

impl Lane {
    pub(crate) fn new(connection: Arc<Connection>) -> Lane {
        let patience = connection.site.pools.at(0).queue_wait;
        Lane {
            alarm: Mutex::new(Alarm::new(Instant::now() + patience)),
            connection,
            passage: Arc::new(Passage::default()),
            pump: StreamPump::default(),
            scratch: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn site(&self) -> &Site {
        &self.connection.site
    }
}

/// Serves a client until it or a drain ends the connection.
///
/// # Cancel safety
/// Dropping the future closes the connection and cancels what it has in the exchange.
pub(crate) async fn serve(arrival: Arrival, site: Arc<Site>, shutdown: Shutdown) {
    arrival.stream.send_at_once();
    let Some(arrival) = introduced(arrival).await else {
        return;
    };
    let Some(Arrival { stream, addresses }) = secured(arrival, &site).await else {
        return;
    };
    let connection = Arc::new(Connection {
        site,
        addresses,
        https: stream.is_tls(),
    });
    http1::serve(stream, connection, shutdown).await;
}

/// The arrival with the addresses of whom a proxy speaks for, where it says so at the start of
/// the connection; `None` if that cannot be believed.
async fn introduced(arrival: Arrival) -> Option<Arrival> {
    Some(arrival)
}

/// The arrival with its stream decrypted, where the listener is one for HTTPS; `None` if there
/// was no handshake.
async fn secured(arrival: Arrival, site: &Site) -> Option<Arrival> {
    let Some(tls) = &site.tls else {
        return Some(arrival);
    };
    // Boxed: what a handshake needs is not kept room for while the connection lasts.
    match Box::pin(tls.accept(arrival.stream)).await {
        Ok(stream) => Some(Arrival {
            stream: stream.into(),
            ..arrival
        }),
        Err(error) => {
            let client = arrival.addresses.client();
            tracing::debug!(%client, error = &error as &dyn std::error::Error, "no handshake");
            None
        }
    }
}
