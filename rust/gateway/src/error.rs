//! What can go wrong for the gateway as a whole, one enum per operation.

use std::io;
use std::path::PathBuf;

use crate::listening::listen::Listen;

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
    /// TLS is to be spoken, and nobody gave a certificate.
    #[error("no certificate for {url}")]
    NoCertificate {
        /// Where that is.
        url: String,
    },
    /// The address is in use or not ours, or the file of a Unix socket cannot be made.
    #[error("address {listen}")]
    Address {
        /// The address as configured.
        listen: Listen,
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
