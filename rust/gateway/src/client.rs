//! Who sent a request and how: as the connection has it, or as trusted proxies tell.
//!
//! Everything that speaks of a client asks here: limits, what PHP is told, redirects, logs. What
//! was believed is used up: PHP finds the client's address, scheme, port and host where a server
//! that clients reach directly has them, and no field that says it a second time, so that a
//! framework comes to the same client whatever proxies it trusts itself.

pub(crate) mod forwarded;
pub(crate) mod peers;

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName};
use http::request;

use crate::client::forwarded::{Told, TrustedField};
use crate::client::peers::{Peer, PeerList};

/// Who may speak for a client, and in which fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Proxies; what others say of clients does not reach PHP.
    pub proxies: PeerList,
    /// The fields that they write, or take away. Others are not believed of them either.
    pub fields: Vec<TrustedField>,
}

/// The two ends of a connection, as text because PHP wants them so.
#[derive(Debug)]
pub(crate) struct Addresses {
    peer: Peer,
    remote_ip: String,
    remote_port: u16,
    server_ip: String,
    server_port: u16,
}

/// How much whoever is at the other end of a connection is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credit {
    /// Nobody said whom to believe.
    Unsettled,
    /// It may speak for others.
    Proxy,
    /// It speaks for itself.
    Nobody,
}

/// The client of one request.
#[derive(Debug)]
pub(crate) struct Client<'c> {
    addresses: &'c Addresses,
    credit: Credit,
    is_https: bool,
    /// Apart, since most requests come without.
    told: Option<Box<Believed>>,
}

/// What takes the place of what the connection has.
#[derive(Debug)]
struct Believed {
    client: Option<(Peer, String, u16)>,
    server_port: Option<u16>,
    host: Option<String>,
}

impl Credit {
    fn of(peer: Peer, trust: Option<&Trust>) -> Credit {
        match trust {
            None => Credit::Unsettled,
            Some(trust) if trust.proxies.has(peer) => Credit::Proxy,
            Some(_) => Credit::Nobody,
        }
    }
}

impl Addresses {
    pub(crate) fn new(remote: SocketAddr, server: SocketAddr) -> Addresses {
        let client = remote.ip().to_canonical();
        Addresses {
            peer: Peer::Ip(client),
            remote_ip: client.to_string(),
            remote_port: remote.port(),
            server_ip: server.ip().to_canonical().to_string(),
            server_port: server.port(),
        }
    }

    /// The two ends by their IP addresses alone.
    #[cfg(test)]
    pub(crate) fn between(remote: &str, server: &str) -> Addresses {
        let end = |text: &str, port| SocketAddr::new(text.parse().expect("an address"), port);
        Addresses::new(end(remote, 40_000), end(server, 8000))
    }

    /// Of a Unix socket, which has no addresses; as nginx names it.
    pub(crate) fn unix() -> Addresses {
        Addresses {
            peer: Peer::Unix,
            remote_ip: UNIX.to_owned(),
            remote_port: 0,
            server_ip: UNIX.to_owned(),
            server_port: 0,
        }
    }

    /// The address at the other end, for logs.
    pub(crate) fn remote_ip(&self) -> &str {
        &self.remote_ip
    }

    /// Who is at the other end.
    pub(crate) fn peer(&self) -> Peer {
        self.peer
    }
}

impl<'c> Client<'c> {
    /// The client of `request`, which came from `addresses`, encrypted or not.
    pub(crate) fn new(
        addresses: &'c Addresses,
        is_https: bool,
        trust: Option<&Trust>,
        request: &request::Parts,
    ) -> Client<'c> {
        let mut client = Client {
            addresses,
            credit: Credit::of(addresses.peer, trust),
            is_https,
            told: None,
        };
        if let (Credit::Proxy, Some(trust)) = (client.credit, trust) {
            client.believe(trust, request);
        }
        client
    }

    /// How much the peer that sent the request is believed.
    pub(crate) fn credit(&self) -> Credit {
        self.credit
    }

    /// The address, where there is one: a client on a Unix socket has none.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        let told = self.told.as_ref().and_then(|told| told.client.as_ref());
        match told.map_or(self.addresses.peer, |&(peer, ..)| peer) {
            Peer::Ip(address) => Some(address),
            Peer::Unix => None,
        }
    }

    /// The address as text, for PHP and logs; `unix:` on a Unix socket.
    pub(crate) fn remote_ip(&self) -> &str {
        let told = self.told.as_ref().and_then(|told| told.client.as_ref());
        told.map_or(&self.addresses.remote_ip, |(_, text, _)| text)
    }

    /// The port that it connects from; 0 where nobody knows.
    pub(crate) fn remote_port(&self) -> u16 {
        let told = self.told.as_ref().and_then(|told| told.client.as_ref());
        told.map_or(self.addresses.remote_port, |&(.., port)| port)
    }

    /// The address of this machine that its connection ends at.
    pub(crate) fn server_ip(&self) -> &str {
        &self.addresses.server_ip
    }

    /// The port that the client connected to; 0 on a Unix socket of which no proxy tells.
    pub(crate) fn server_port(&self) -> u16 {
        let told = self.told.as_ref().and_then(|told| told.server_port);
        told.unwrap_or(self.addresses.server_port)
    }

    /// Whether what the client sees is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// What takes the place of the request's own host, if a proxy told.
    pub(crate) fn told_host(&self) -> Option<&str> {
        self.told.as_ref()?.host.as_deref()
    }

    /// The host that the client asked for, with its port if it named one.
    pub(crate) fn host<'r>(&'r self, request: &'r request::Parts) -> Option<&'r str> {
        self.told_host().or_else(|| own_host(request))
    }

    /// Whether the field may reach PHP as far as it concerns who the client is.
    pub(crate) fn lets_through(&self, name: &HeaderName) -> bool {
        let name = name.as_str();
        let is_believable = || TrustedField::ALL.iter().any(|field| field.name() == name);
        match self.credit {
            // As they came, for the application to judge.
            Credit::Unsettled => true,
            Credit::Proxy => !is_believable() && name != REAL_IP,
            Credit::Nobody => {
                !name.starts_with(FORWARDED_PREFIX) && !is_believable() && !OTHERS.contains(&name)
            }
        }
    }

    fn believe(&mut self, trust: &Trust, request: &request::Parts) {
        let told = forwarded::read(&request.headers, &trust.proxies, &trust.fields);
        if told == Told::default() {
            return;
        }
        self.is_https = told.is_https.unwrap_or(self.is_https);
        let client = told.client.map(|client| {
            let ip = client.ip();
            (Peer::Ip(ip), ip.to_string(), client.port())
        });
        let host = told.host.as_deref().or_else(|| own_host(request));
        let server_port = match told.port {
            Some(port) => Some(port),
            None if told.is_https.is_none() && told.host.is_none() => None,
            None => Some(host.and_then(port_of).unwrap_or(self.default_port())),
        };
        let host = match told.port {
            Some(port) => host.map(|host| self.with_port(host, port)),
            None => told.host.clone(),
        };
        self.told = Some(Box::new(Believed {
            client,
            server_port,
            host,
        }));
    }

    fn default_port(&self) -> u16 {
        if self.is_https { 443 } else { 80 }
    }

    /// `host` with that port instead of its own, as a client would write it.
    fn with_port(&self, host: &str, port: u16) -> String {
        let name = without_port(host);
        if port == self.default_port() {
            name.to_owned()
        } else {
            format!("{name}:{port}")
        }
    }
}

/// A target in absolute form and `:authority` outrank the field (RFC 9112 §3.2.2).
fn own_host(request: &request::Parts) -> Option<&str> {
    match request.uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => request.headers.get(HOST)?.to_str().ok(),
    }
}

/// Where the port of a host begins, if it has one. An IPv6 address stands in brackets.
fn port_at(host: &str) -> Option<usize> {
    let at = host.rfind(':')?;
    (!host[at..].contains(']')).then_some(at)
}

fn port_of(host: &str) -> Option<u16> {
    host[port_at(host)? + 1..].parse().ok()
}

fn without_port(host: &str) -> &str {
    port_at(host).map_or(host, |at| &host[..at])
}

/// The address of a client and a server that have none.
const UNIX: &str = "unix:";

const FORWARDED_PREFIX: &str = "x-forwarded-";
const REAL_IP: &str = "x-real-ip";

/// Other fields in which proxies tell who the client is; applications read some of them.
const OTHERS: [&str; 8] = [
    REAL_IP,
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "front-end-https",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
];

#[cfg(test)]
mod tests;
