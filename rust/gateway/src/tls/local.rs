//! Certificates for development: an authority that this machine keeps, and what it signs.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustix::process::geteuid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::error::AuthorityError;
use super::settings::provider;
use crate::limits::LOCAL_CERTIFICATES_MAX;

/// An authority that is kept in a folder of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAuthority {
    /// Where it is kept; made when it is not there.
    pub folder: PathBuf,
    /// What it is known by in lists of authorities, beside its purpose.
    pub machine: String,
    /// The names and addresses of a client that asks for none.
    pub names: Vec<String>,
}

/// Signs certificates for the names that clients ask for.
pub(super) struct Issuer {
    authority: rcgen::Issuer<'static, KeyPair>,
    /// One key for all of them.
    key: KeyPair,
    signing: Arc<dyn SigningKey>,
    names: Vec<String>,
    made: Mutex<HashMap<String, Made>>,
}

#[derive(Debug, Clone)]
struct Made {
    certified: Arc<CertifiedKey>,
    /// When another is to be made.
    renewed: SystemTime,
}

impl LocalAuthority {
    /// The file that others are to trust: the certificate alone. Makes the authority if there is
    /// none yet.
    ///
    /// # Errors
    /// When it cannot be read, written, or is open to other users.
    pub fn certificate_file(&self) -> Result<PathBuf, AuthorityError> {
        let text = self.kept()?;
        let damaged = || AuthorityError::Damaged {
            path: self.kept_file(),
        };
        let end = text.find(END_OF_CERTIFICATE).ok_or_else(damaged)?;
        let certificate = &text.as_bytes()[..end + END_OF_CERTIFICATE.len()];
        let path = self.folder.join("authority.crt");
        if fs::read(&path).is_ok_and(|there| there == certificate) {
            return Ok(path);
        }
        let mut file = self.new_file(certificate)?;
        let readable = Permissions::from_mode(0o644);
        let written = file.as_file_mut().set_permissions(readable);
        let written = written.and_then(|()| Ok(file.persist(&path)?));
        match written {
            Ok(_) => Ok(path),
            Err(source) => Err(AuthorityError::File { path, source }),
        }
    }

    /// Reads the authority, or makes it.
    pub(super) fn open(&self) -> Result<Issuer, AuthorityError> {
        let text = self.kept()?;
        let authority = authority_in(text.as_bytes()).ok_or_else(|| AuthorityError::Damaged {
            path: self.kept_file(),
        })?;
        Issuer::new(authority, self.names.clone())
    }

    fn kept_file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Certificate and key, which lie in one file so that they are always of each other.
    fn kept(&self) -> Result<Zeroizing<String>, AuthorityError> {
        let path = self.kept_file();
        match read_private(&path) {
            Err(AuthorityError::File { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                self.make()?;
                read_private(&path)
            }
            outcome => outcome,
        }
    }

    /// Of several servers that do this at once, one has its authority kept.
    fn make(&self) -> Result<(), AuthorityError> {
        let key = KeyPair::generate()?;
        let certificate = authority(&self.machine).self_signed(&key)?;
        let secret = Zeroizing::new(key.serialize_pem());
        let text = Zeroizing::new([&*certificate.pem(), &*secret].concat());
        let path = self.kept_file();
        match self.new_file(text.as_bytes())?.persist_noclobber(&path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
                let source = error.error;
                Err(AuthorityError::File { path, source })
            }
            _ => Ok(()),
        }
    }

    /// A file in the folder that nobody else can read, and that has no lasting name yet.
    fn new_file(&self, text: &[u8]) -> Result<NamedTempFile, AuthorityError> {
        let written = || -> io::Result<NamedTempFile> {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700).create(&self.folder)?;
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(text)?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        written().map_err(|source| AuthorityError::File {
            path: self.folder.clone(),
            source,
        })
    }
}

impl Issuer {
    fn new(
        authority: rcgen::Issuer<'static, KeyPair>,
        names: Vec<String>,
    ) -> Result<Issuer, AuthorityError> {
        let key = KeyPair::generate()?;
        let secret = Zeroizing::new(key.serialize_der());
        let private = PrivateKeyDer::try_from(secret.as_slice()).expect("rcgen writes PKCS #8");
        let signing = provider()
            .key_provider
            .load_private_key(private.clone_key())?;
        let issuer = Issuer {
            authority,
            key,
            signing,
            names,
            made: Mutex::default(),
        };
        issuer.make(None, SystemTime::now())?;
        Ok(issuer)
    }

    /// The certificate for `name`; for none, that of the names of this machine.
    pub(super) fn certificate(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let now = SystemTime::now();
        let mut made = self.made.lock().expect("nobody panics with it");
        let known = made.get(name.unwrap_or_default());
        if let Some(made) = known.filter(|made| now < made.renewed) {
            return Some(made.certified.clone());
        }
        let fresh = self.make(name, now).ok()?;
        if made.len() >= LOCAL_CERTIFICATES_MAX {
            made.clear();
        }
        made.insert(name.unwrap_or_default().to_owned(), fresh.clone());
        Some(fresh.certified)
    }

    fn make(&self, name: Option<&str>, now: SystemTime) -> Result<Made, AuthorityError> {
        let names = match name {
            Some(name) => vec![name.to_owned()],
            None => self.names.clone(),
        };
        let certificate = leaf(names, now)?.signed_by(&self.key, &self.authority)?;
        let chain = vec![certificate.der().clone()];
        Ok(Made {
            certified: Arc::new(CertifiedKey::new(chain, self.signing.clone())),
            renewed: now + LEAF_LIFE / 2,
        })
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut issuer = formatter.debug_struct("Issuer");
        issuer.field("names", &self.names).finish_non_exhaustive()
    }
}

fn authority_in(text: &[u8]) -> Option<rcgen::Issuer<'static, KeyPair>> {
    let certificate = CertificateDer::from_pem_slice(text).ok()?;
    let key = PrivateKeyDer::from_pem_slice(text).ok()?;
    let key = KeyPair::try_from(&key).ok()?;
    rcgen::Issuer::from_ca_cert_der(&certificate, key).ok()
}

/// Reads a file that only this user may.
fn read_private(path: &Path) -> Result<Zeroizing<String>, AuthorityError> {
    let file = |source| AuthorityError::File {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::symlink_metadata(path).map_err(file)?;
    let is_own = metadata.uid() == geteuid().as_raw();
    if !is_own || metadata.mode() & 0o077 != 0 {
        return Err(AuthorityError::Open {
            path: path.to_owned(),
        });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(file)
}

fn authority(machine: &str) -> CertificateParams {
    let now = SystemTime::now();
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("Askr local authority ({machine})"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = (now - CLOCKS_DIFFER).into();
    params.not_after = (now + AUTHORITY_LIFE).into();
    params
}

fn leaf(names: Vec<String>, now: SystemTime) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("Askr, for development");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = (now - CLOCKS_DIFFER).into();
    params.not_after = (now + LEAF_LIFE).into();
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

const END_OF_CERTIFICATE: &str = "-----END CERTIFICATE-----\n";
const CLOCKS_DIFFER: Duration = Duration::from_secs(60 * 60);
const AUTHORITY_LIFE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// Browsers take no longer ones (397 days), and nobody has to install these.
const LEAF_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
