//! The certificates of the server, and which of them a client is shown.

use std::sync::{Arc, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::config::{Certificates, PairFiles};
use super::error::TlsError;
use super::local::{Issuer, LocalAuthority};
use super::names::Names;
use super::pair::Pair;

/// Shows each client the certificate for the name it asks for.
#[derive(Debug)]
pub(super) enum Keyring {
    /// Those of files, as they were read last.
    Files(RwLock<Arc<Pairs>>),
    /// Made when they are asked for.
    Local(Box<Issuer>),
}

/// The pairs in the order of the configuration.
#[derive(Debug)]
pub(super) struct Pairs {
    pairs: Vec<Pair>,
    names: Names,
}

impl Keyring {
    /// Reads or makes what is to be shown.
    ///
    /// # Errors
    /// When any of it cannot be used.
    pub(super) fn open(certificates: &Certificates) -> Result<Keyring, TlsError> {
        match certificates {
            Certificates::Files(files) => {
                let pairs = Pairs::read(files)?;
                Ok(Keyring::Files(RwLock::new(Arc::new(pairs))))
            }
            Certificates::Local(authority) => {
                let issuer = LocalAuthority::open(authority).map_err(TlsError::Local)?;
                Ok(Keyring::Local(Box::new(issuer)))
            }
        }
    }

    /// Shows `pair` from now on instead of the one at `position`.
    pub(super) fn replace(&self, position: usize, pair: Pair) {
        if let Keyring::Files(current) = self {
            let mut current = current.write().expect("nobody panics with it");
            *current = Arc::new(current.with(position, pair));
        }
    }

    /// Shows `response` with the certificate at `position`, or nothing, unless another
    /// certificate has come since `for_whom` was.
    pub(super) fn staple(&self, position: usize, for_whom: &Pair, response: Option<Vec<u8>>) {
        let Keyring::Files(current) = self else {
            return;
        };
        let mut current = current.write().expect("nobody panics with it");
        let pair = &current.pairs[position];
        if pair.certified.cert == for_whom.certified.cert {
            let mut pair = pair.clone();
            let mut certified = CertifiedKey::clone(&pair.certified);
            certified.ocsp = response;
            pair.certified = Arc::new(certified);
            *current = Arc::new(current.with(position, pair));
        }
    }

    /// What is shown now; nothing where certificates are made.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        match self {
            Keyring::Files(current) => {
                let current = current.read().expect("nobody panics with it");
                current.pairs.clone()
            }
            Keyring::Local(_) => Vec::new(),
        }
    }
}

impl ResolvesServerCert for Keyring {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        match self {
            Keyring::Files(current) => {
                let pairs = current.read().expect("nobody panics with it").clone();
                pairs.choose(&hello)
            }
            Keyring::Local(issuer) => issuer.certificate(hello.server_name()),
        }
    }
}

impl Pairs {
    fn read(files: &[PairFiles]) -> Result<Pairs, TlsError> {
        let pairs: Result<Vec<Pair>, _> = files.iter().map(Pair::read).collect();
        let pairs = pairs?;
        match pairs.is_empty() {
            true => Err(TlsError::NoPair),
            false => Ok(Pairs::new(pairs)),
        }
    }

    fn new(pairs: Vec<Pair>) -> Pairs {
        let mut names = Names::default();
        for (position, pair) in pairs.iter().enumerate() {
            pair.names.iter().for_each(|name| names.add(name, position));
        }
        Pairs { pairs, names }
    }

    fn with(&self, position: usize, pair: Pair) -> Pairs {
        let mut pairs = self.pairs.clone();
        pairs[position] = pair;
        Pairs::new(pairs)
    }

    /// Of several for a name the first whose key the client can check; the first of all for
    /// clients that ask for none of the names.
    fn choose(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello
            .server_name()
            .map_or(&[][..], |name| self.names.find(name));
        let candidates = || {
            asked
                .iter()
                .map(|&position| &self.pairs[position].certified)
        };
        let fits = |pair: &&Arc<CertifiedKey>| {
            let schemes = hello.signature_schemes();
            pair.key.choose_scheme(schemes).is_some()
        };
        let chosen = candidates().find(fits).or_else(|| candidates().next());
        chosen
            .or(self.pairs.first().map(|pair| &pair.certified))
            .cloned()
    }
}
