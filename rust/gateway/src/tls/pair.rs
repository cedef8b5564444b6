//! Reads a certificate and its key.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

use super::config::PairFiles;
use super::error::PairError;
use super::responder::Responder;
use super::settings::provider;

/// A certificate with its key, ready to be shown.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) files: PairFiles,
    pub(super) certified: Arc<CertifiedKey>,
    /// The host names it is for; a wildcard begins with `*.`.
    pub(super) names: Vec<String>,
    /// When it stops being one.
    pub(super) ends: SystemTime,
    /// Who says whether it was revoked, where it names somebody.
    pub(super) responder: Option<Arc<Responder>>,
}

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    /// When they are not there, are not what they should be, or do not belong together.
    pub(super) fn read(files: &PairFiles) -> Result<Pair, PairError> {
        let chain = certificates(&files.certificate)?;
        let key = key(&files.key)?;
        let malformed = || PairError::Malformed {
            path: files.certificate.clone(),
        };
        let (_, first) = parse_x509_certificate(&chain[0]).map_err(|_| malformed())?;
        let (names, ends) = (names(&first), ends(&first));
        let responder = Responder::of(&chain).map(Arc::new);
        let certified =
            CertifiedKey::from_der(chain, key, &provider()).map_err(|source| match source {
                rustls::Error::InconsistentKeys(_) => PairError::Mismatch {
                    certificate: files.certificate.clone(),
                    key: files.key.clone(),
                },
                source => PairError::Unusable {
                    path: files.key.clone(),
                    source,
                },
            })?;
        Ok(Pair {
            files: files.clone(),
            certified: Arc::new(certified),
            names,
            ends,
            responder,
        })
    }
}

/// All certificates of a file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PairError> {
    let text = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|source| PairError::Pem {
        path: path.to_owned(),
        source,
    })?;
    match chain.is_empty() {
        true => Err(PairError::NoCertificate {
            path: path.to_owned(),
        }),
        false => Ok(chain),
    }
}

/// The first key of a file. What was read is wiped; what is left is what handshakes need.
fn key(path: &Path) -> Result<PrivateKeyDer<'static>, PairError> {
    let text = read(path)?;
    let path = path.to_owned();
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) if is_encrypted(&text) => {
            Err(PairError::KeyEncrypted { path })
        }
        Err(pem::Error::NoItemsFound) => Err(PairError::NoKey { path }),
        Err(source) => Err(PairError::Pem { path, source }),
    }
}

fn is_encrypted(text: &[u8]) -> bool {
    memchr::memmem::find(text, b"ENCRYPTED").is_some()
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, PairError> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|source| PairError::Read {
            path: path.to_owned(),
            source,
        })
}

/// The host names among the alternative names; the common name only where there is none of them.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        let names = alternatives.value.general_names.iter();
        let host_names = names.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        return host_names.collect();
    }
    let common = certificate.subject().iter_common_name();
    let texts = common.filter_map(|name| name.as_str().ok());
    texts.map(str::to_owned).collect()
}

fn ends(certificate: &X509Certificate<'_>) -> SystemTime {
    let seconds = certificate.validity().not_after.timestamp();
    UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests;
