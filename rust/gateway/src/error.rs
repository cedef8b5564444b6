//! What can go wrong for the gateway as a whole, one enum per operation.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::tls::TlsError;

/// Why [`Gateway::bind`](crate::Gateway::bind) has no gateway.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// There is nothing to listen on.
    #[error("no address to listen on")]
    NoAddress,
    /// The document root cannot be served.
    #[error("document root {}", root.display())]
    Root {
        /// The path as configured.
        root: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Connections cannot be encrypted as configured.
    #[error("TLS")]
    Tls(#[from] TlsError),
    /// A socket that was handed over is unusable.
    #[error("listening socket")]
    Listener(#[source] io::Error),
    /// The address is in use or not ours.
    #[error("address {address}")]
    Address {
        /// The address as configured.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Why [`Gateway::serve`](crate::Gateway::serve) could not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The runtime does not take a socket.
    #[error("listener")]
    Listener(#[source] io::Error),
    /// The runtime does not take the doorbell of the exchange.
    #[error("doorbell")]
    Doorbell(#[source] io::Error),
}
