//! Encrypted connections: certificates, handshakes, and what they tell about a client.
//!
//! rustls does the protocol. Here stands which certificate a client sees (`names`, `keyring`),
//! where certificates come from (`pair` reads files, `local` makes them for development), what they
//! are worth to who does not serve (`inspection`), how they are kept current while the server runs
//! (`keeper`), what responders say of them (`stapler`, `responder`), and how long a handshake may
//! take.

mod config;
mod error;
mod facts;
mod files;
mod inspection;
mod keeper;
mod keyring;
mod local;
mod names;
mod pair;
mod responder;
mod settings;
mod stapler;

use std::io;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::limits::Limits;
pub use config::{Certificates, ClientAuth, PairFiles, TlsConfig, TlsVersion};
pub use error::{AuthorityError, PairError, TlsError};
pub(crate) use facts::TlsFacts;
pub use inspection::{Lifetime, PairFacts};
pub(crate) use keeper::Keeper;
use keyring::Keyring;
pub use local::LocalAuthority;
use settings::Settings;
pub(crate) use stapler::Stapler;

/// Makes encrypted streams of plain ones.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: Settings,
    keyring: Arc<Keyring>,
    current: RwLock<Arc<ServerConfig>>,
    /// Handshakes that may be under way.
    places: Semaphore,
    patience: Duration,
}

/// Why a connection is not encrypted after all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeFault {
    #[error("others were still shaking hands")]
    Crowded,
    #[error("no handshake within {} s", .0.as_secs())]
    Late(Duration),
    #[error("the handshake failed")]
    Failed(#[source] io::Error),
}

impl Tls {
    /// Reads or makes the certificates; who keeps them current is to be run.
    ///
    /// # Errors
    /// When one of them, or the authority of clients, cannot be used.
    pub(crate) fn open(config: &TlsConfig, limits: &Limits) -> Result<(Tls, Keeper), TlsError> {
        let keeper = Keeper::new(config);
        let settings = Settings::new(config);
        let keyring = Arc::new(Keyring::open(&config.certificates)?);
        let current = settings.build(keyring.clone())?;
        let tls = Tls {
            settings,
            keyring,
            current: RwLock::new(current),
            places: Semaphore::new(limits.handshakes.min(Semaphore::MAX_PERMITS)),
            patience: limits.handshake,
        };
        Ok((tls, keeper))
    }

    /// Does the handshake.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub(crate) async fn accept<S>(&self, stream: S) -> Result<TlsStream<S>, HandshakeFault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let waiting = timeout(PLACES_PATIENCE * self.patience, self.places.acquire());
        let Ok(_place) = waiting.await else {
            return Err(HandshakeFault::Crowded);
        };
        let shaking = TlsAcceptor::from(self.current()).accept(stream);
        match timeout(self.patience, shaking).await {
            Ok(shaken) => shaken.map_err(HandshakeFault::Failed),
            Err(_) => Err(HandshakeFault::Late(self.patience)),
        }
    }

    /// Whether clients are asked for a certificate.
    pub(crate) fn asks_clients(&self) -> bool {
        self.settings.client_auth.is_some()
    }

    fn current(&self) -> Arc<ServerConfig> {
        let current = self.current.read().expect("nobody panics with it");
        current.clone()
    }

    /// Replaces what handshakes are done by; sessions of before are not resumed.
    fn rebuild(&self) -> Result<(), TlsError> {
        let fresh = self.settings.build(self.keyring.clone())?;
        *self.current.write().expect("nobody panics with it") = fresh;
        Ok(())
    }
}

/// Who waits for a place sees this many handshakes fail before it is given up.
const PLACES_PATIENCE: u32 = 2;
