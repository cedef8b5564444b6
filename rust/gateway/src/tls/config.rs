//! What encryption is told before it starts.

use std::path::PathBuf;

use super::local::LocalAuthority;

/// How connections are encrypted.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// Where certificates come from.
    pub certificates: Certificates,
    /// Whether clients show a certificate, too.
    pub client_auth: Option<ClientAuth>,
    /// The oldest version of the protocol that is spoken.
    pub version_min: TlsVersion,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
}

/// Where certificates come from.
#[derive(Debug, Clone)]
pub enum Certificates {
    /// From files; the first pair is for clients that ask for no name, or for one of nobody.
    Files(Vec<PairFiles>),
    /// From an authority of this machine, for whatever name is asked for.
    Local(LocalAuthority),
}

/// A certificate with its chain, and its key, both as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFiles {
    /// The certificate first, then those that lead to its authority.
    pub certificate: PathBuf,
    /// The key of the first certificate.
    pub key: PathBuf,
}

/// The certificates that clients show.
#[derive(Debug, Clone)]
pub struct ClientAuth {
    /// The authorities that may have signed them, as PEM.
    pub authorities: PathBuf,
    /// Whether a client without one is turned away.
    pub required: bool,
}

/// A version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2
    V12,
    /// TLS 1.3
    V13,
}
