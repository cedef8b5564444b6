//! What can be wrong with certificates, one enum per operation.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::pem;
use rustls::server::VerifierBuilderError;

/// Why connections cannot be encrypted as configured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// There is no certificate at all.
    #[error("no certificate")]
    NoPair,
    /// A pair of the configuration cannot be used.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The authority of this machine cannot be used.
    #[error("the local authority")]
    Local(#[source] AuthorityError),
    /// The file of the authorities of clients cannot be used.
    #[error("authorities of clients")]
    ClientAuthorities(#[source] PairError),
    /// No certificate could be checked against the authorities of clients.
    #[error("authorities of clients in {}", path.display())]
    ClientVerifier {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        #[source]
        source: VerifierBuilderError,
    },
    /// The library does not take the settings.
    #[error("settings")]
    Settings(#[source] rustls::Error),
}

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// A file cannot be read.
    #[error("{}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file is not PEM.
    #[error("{}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Where it stops being PEM.
        #[source]
        source: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{} has no certificate", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error("{} has no private key", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key wants a password, which nobody could give.
    #[error("the key in {} is encrypted", path.display())]
    KeyEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The certificate is none that can be shown.
    #[error("the certificate in {} is malformed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The key is none of this certificate.
    #[error("the key in {} is not that of {}", key.display(), certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The library does not take the key or the certificate.
    #[error("{}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: rustls::Error,
    },
}

/// Why there is no local authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// There is no folder to keep it in.
    #[error("no folder to keep it in")]
    NoFolder,
    /// Its file cannot be read or written.
    #[error("{}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody else could read or change its key.
    #[error("{} is open to other users", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// Its file holds something else.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A certificate could not be made.
    #[error("making a certificate")]
    Make(#[from] rcgen::Error),
    /// The library does not take what was made.
    #[error("using a certificate")]
    Use(#[from] rustls::Error),
}
