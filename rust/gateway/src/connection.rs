//! One client's connection, from accept to close, in steps: who is it (PROXY protocol), TLS,
//! which version of HTTP, then its requests.

pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod intake;
pub(crate) mod linger;
pub(crate) mod passage;
pub(crate) mod protocol;
pub(crate) mod proxy_protocol;
pub(crate) mod stream;
pub(crate) mod transfers;

use std::sync::{Arc, Mutex};

use http::request;
use tokio::time::{Instant, timeout};

use crate::alarm::Alarm;
use crate::client::{Addresses, Client};
use crate::connection::passage::Passage;
use crate::connection::protocol::Protocol;
use crate::connection::proxy_protocol::{Announced, ProxyFault};
use crate::connection::stream::Stream;
use crate::listening::places::{ClientPlace, Place, Presence};
use crate::listening::socket::Duty;
use crate::reply::stream::StreamPump;
use crate::service::Site;
use crate::shutdown::Shutdown;
use crate::tls::TlsFacts;

/// A client that was accepted, as far as its listener knows it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) stream: Stream,
    pub(crate) addresses: Addresses,
    /// What the listener is there for.
    pub(crate) duty: Duty,
    /// What its client sees is encrypted, whatever comes here.
    pub(crate) is_encrypted: bool,
}

/// What all requests of one connection share.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) site: Arc<Site>,
    pub(crate) addresses: Addresses,
    /// What the client sees is encrypted, as far as the connection itself says.
    pub(crate) https: bool,
    /// What the handshake has told.
    pub(crate) tls: Option<TlsFacts>,
    pub(crate) purpose: Purpose,
    pub(crate) presence: Arc<Presence>,
}

impl Connection {
    /// What PHP finds in `$_SERVER` of the handshake.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        self.tls.as_ref().map_or(&[], TlsFacts::variables)
    }
}

/// What a connection is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Its requests are answered.
    Serve,
    /// Its requests are sent to where connections are encrypted.
    Redirect,
    /// It is not encrypted where it should be; its requests are told so.
    Complain,
}

impl Connection {
    /// Who sent a request that came over it.
    pub(crate) fn client(&self, request: &request::Parts) -> Client<'_> {
        Client::new(
            &self.addresses,
            self.https,
            self.site.trust.as_ref(),
            request,
        )
    }
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
        let patience = connection.site.applications.all()[0].pools.at(0).queue_wait;
        Lane {
            alarm: Mutex::new(Alarm::new(Instant::now() + patience)),
            passage: Arc::new(Passage::of(connection.presence.clone())),
            connection,
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
pub(crate) async fn serve(arrival: Arrival, place: Place, site: Arc<Site>, mut shutdown: Shutdown) {
    arrival.stream.send_at_once();
    let Some(arrival) = introduced(arrival, &site).await else {
        return;
    };
    let Some(_one_of_the_client) = admitted(&arrival, &site) else {
        return;
    };
    let Some((mut arrival, purpose)) = secured(arrival, &site).await else {
        return;
    };
    let chosen = protocol::choose(&mut arrival.stream, &site, &mut shutdown).await;
    let Some(protocol) = chosen else {
        return;
    };
    let Arrival {
        stream,
        addresses,
        is_encrypted,
        ..
    } = arrival;
    let asks_for_certificates = || site.tls.as_ref().is_some_and(|tls| tls.asks_clients());
    let tls = stream
        .session()
        .map(|session| TlsFacts::new(session, asks_for_certificates()));
    let connection = Arc::new(Connection {
        presence: place.presence().clone(),
        site,
        addresses,
        https: is_encrypted || stream.is_tls(),
        tls,
        purpose,
    });
    match protocol {
        Protocol::Http1 => http1::serve(stream, connection, shutdown).await,
        // In a box, so that a connection of HTTP/1 takes no memory for it.
        Protocol::Http2 => Box::pin(http2::serve(stream, connection, shutdown)).await,
    }
}

/// The arrival with the addresses of whom a balancer speaks for, where its connections begin with
/// that; `None` if it does not say, or not in time.
async fn introduced(mut arrival: Arrival, site: &Site) -> Option<Arrival> {
    if !site.proxy_protocol.has(arrival.addresses.peer()) {
        return Some(arrival);
    }
    let reading = proxy_protocol::read(&mut arrival.stream);
    let fault = match timeout(site.limits.head_read, reading).await {
        Ok(Ok(Announced::Nothing)) => return Some(arrival),
        Ok(Ok(Announced::Client(client))) => {
            return Some(Arrival {
                addresses: Addresses::new(client.source, client.destination),
                is_encrypted: client.is_https,
                ..arrival
            });
        }
        Ok(Err(fault)) => fault,
        Err(_) => ProxyFault::Late,
    };
    refuse(&arrival, &fault, site);
    None
}

/// One of the connections that the client may have; `None` if it has too many. Whoever speaks for
/// others has as many as it likes.
fn admitted(arrival: &Arrival, site: &Arc<Site>) -> Option<Option<ClientPlace>> {
    let peer = arrival.addresses.peer();
    let trusted = site.trust.as_ref().map(|trust| &trust.proxies);
    if trusted.is_some_and(|proxies| proxies.has(peer)) || site.proxy_protocol.has(peer) {
        return Some(None);
    }
    match site.places.admit(peer) {
        Ok(place) => Some(place),
        Err(fault) => {
            refuse(arrival, &fault, site);
            None
        }
    }
}

fn refuse(arrival: &Arrival, fault: &(dyn std::error::Error + 'static), site: &Site) {
    if let Some(unlogged) = site.complaints.admit(std::time::Instant::now()) {
        let peer = arrival.addresses.remote_ip();
        tracing::warn!(peer, error = fault, unlogged, "connection refused");
    }
}

/// The arrival with its stream decrypted, where the listener is one for HTTPS; `None` if there
/// was no handshake. A client that speaks HTTP in the clear there is to be told so.
async fn secured(mut arrival: Arrival, site: &Site) -> Option<(Arrival, Purpose)> {
    let tls = match (arrival.duty, &site.tls) {
        (Duty::Redirect, _) => return Some((arrival, Purpose::Redirect)),
        (Duty::Http, _) | (_, None) => return Some((arrival, Purpose::Serve)),
        (Duty::Https, Some(tls)) => tls,
    };
    let greeting = match timeout(site.limits.handshake, arrival.stream.peek()).await {
        Ok(Ok([first, ..])) => *first,
        _ => return None,
    };
    if greeting.is_ascii_uppercase() {
        return Some((arrival, Purpose::Complain));
    }
    // Boxed: what a handshake needs is not kept room for while the connection lasts.
    match Box::pin(tls.accept(arrival.stream)).await {
        Ok(stream) => {
            arrival.stream = stream.into();
            Some((arrival, Purpose::Serve))
        }
        Err(error) => {
            let client = arrival.addresses.remote_ip();
            tracing::debug!(
                client,
                error = &error as &dyn std::error::Error,
                "no handshake"
            );
            None
        }
    }
}
