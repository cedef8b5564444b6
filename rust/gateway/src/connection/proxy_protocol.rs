//! What a balancer says ahead of a connection: the PROXY protocol, versions 1 and 2.
//!
//! Only what belongs to the header is read, so that whatever follows, TLS or HTTP, finds its
//! first byte. The header is taken apart by the `ppp` crate once it is complete; how much of it
//! may come is decided here.

use std::io;
use std::net::SocketAddr;

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits::PROXY_BYTES_MAX;

/// What the balancer said of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    /// It speaks for itself, or does not know its client: the connection is what it looks like.
    Nothing,
    /// It speaks for somebody.
    Client(Announcement),
}

/// The two ends of the connection between a balancer's client and the balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    /// The balancer has undone TLS.
    pub(crate) is_https: bool,
}

/// Why there is nobody to serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProxyFault {
    #[error("the connection ended within its PROXY header")]
    Io(#[from] io::Error),
    #[error("the PROXY header did not arrive in time")]
    Late,
    #[error("the connection does not begin with a PROXY header")]
    Missing,
    #[error("malformed PROXY header")]
    Malformed,
    #[error("the PROXY header is longer than {limit} bytes")]
    TooLong { limit: usize },
}

/// Reads the header, and nothing behind it.
///
/// # Cancel safety
/// None: what was read is lost.
pub(crate) async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Announced, ProxyFault> {
    let mut header = vec![0; SHORTEST];
    stream.read_exact(&mut header).await?;
    if header == v2::PROTOCOL_PREFIX {
        read_binary(stream, header).await
    } else if header.starts_with(v1::PROTOCOL_PREFIX.as_bytes()) {
        read_line(stream, header).await
    } else {
        Err(ProxyFault::Missing)
    }
}

/// Version 1 does not say how long it is: byte by byte up to the end of the line.
async fn read_line<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut line: Vec<u8>,
) -> Result<Announced, ProxyFault> {
    while !line.ends_with(b"\r\n") {
        if line.len() == LINE_BYTES_MAX || line.contains(&b'\n') {
            return Err(ProxyFault::Malformed);
        }
        line.push(stream.read_u8().await?);
    }
    of_line(&line).ok_or(ProxyFault::Malformed)
}

async fn read_binary<S: AsyncRead + Unpin>(
    stream: &mut S,
    mut header: Vec<u8>,
) -> Result<Announced, ProxyFault> {
    header.resize(PREAMBLE_BYTES, 0);
    stream.read_exact(&mut header[SHORTEST..]).await?;
    let length = u16::from_be_bytes([header[PREAMBLE_BYTES - 2], header[PREAMBLE_BYTES - 1]]);
    let bytes = PREAMBLE_BYTES + usize::from(length);
    if bytes > PROXY_BYTES_MAX {
        let limit = PROXY_BYTES_MAX;
        return Err(ProxyFault::TooLong { limit });
    }
    header.resize(bytes, 0);
    stream.read_exact(&mut header[PREAMBLE_BYTES..]).await?;
    of_binary(&header).ok_or(ProxyFault::Malformed)
}

/// The crate takes `+80` for a number, and anything between addresses it does not know.
fn of_line(line: &[u8]) -> Option<Announced> {
    if line
        .iter()
        .any(|&byte| !(byte.is_ascii_graphic() || b" \r\n".contains(&byte)))
        || line.contains(&b'+')
    {
        return None;
    }
    let header = v1::Header::try_from(line).ok()?;
    let (source, destination): (SocketAddr, SocketAddr) = match header.addresses {
        v1::Addresses::Unknown => return Some(Announced::Nothing),
        v1::Addresses::Tcp4(ip) => (
            (ip.source_address, ip.source_port).into(),
            (ip.destination_address, ip.destination_port).into(),
        ),
        v1::Addresses::Tcp6(ip) => (
            (ip.source_address, ip.source_port).into(),
            (ip.destination_address, ip.destination_port).into(),
        ),
    };
    Some(Announced::Client(Announcement {
        source,
        destination,
        is_https: false,
    }))
}

fn of_binary(header: &[u8]) -> Option<Announced> {
    let header = v2::Header::try_from(header).ok()?;
    let is_https = is_https(&header)?;
    let (source, destination): (SocketAddr, SocketAddr) = match header.addresses {
        _ if header.command == v2::Command::Local => return Some(Announced::Nothing),
        _ if header.protocol == v2::Protocol::Datagram => return None,
        v2::Addresses::Unspecified | v2::Addresses::Unix(_) => return Some(Announced::Nothing),
        v2::Addresses::IPv4(ip) => (
            (ip.source_address, ip.source_port).into(),
            (ip.destination_address, ip.destination_port).into(),
        ),
        v2::Addresses::IPv6(ip) => (
            (ip.source_address, ip.source_port).into(),
            (ip.destination_address, ip.destination_port).into(),
        ),
    };
    Some(Announced::Client(Announcement {
        source,
        destination,
        is_https,
    }))
}

/// Whether the client speaks TLS with the balancer; `None` if what follows the addresses is
/// malformed.
fn is_https(header: &v2::Header<'_>) -> Option<bool> {
    let mut is_https = false;
    for item in header.tlvs() {
        let item = item.ok()?;
        if item.kind == v2::Type::SSL as u8 {
            is_https |= item.value.first()? & CLIENT_SSL != 0;
        }
    }
    Some(is_https)
}

/// Nothing that is a header is shorter; the signature of version 2 is as long.
const SHORTEST: usize = 12;

/// What is always there of version 2, with the length of the rest at its end.
const PREAMBLE_BYTES: usize = 16;

/// What version 1 can need at most, with the end of the line.
const LINE_BYTES_MAX: usize = 107;

/// `PP2_CLIENT_SSL`
const CLIENT_SSL: u8 = 1;

#[cfg(test)]
mod tests;
