//! What the library is told: versions, protocols, resumption, certificates of clients.

use std::sync::{Arc, LazyLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::config::{ClientAuth, TlsConfig, TlsVersion};
use super::error::TlsError;
use super::keyring::Keyring;
use super::pair::certificates;
use crate::limits::TLS_SESSIONS_MAX;

/// The settings that do not come from certificates.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) client_auth: Option<ClientAuth>,
    version_min: TlsVersion,
    http2: bool,
}

impl Settings {
    pub(super) fn new(config: &TlsConfig) -> Settings {
        Settings {
            client_auth: config.client_auth.clone(),
            version_min: config.version_min,
            http2: config.http2,
        }
    }

    /// What handshakes are done by.
    ///
    /// Sessions are resumed by tickets, whose keys change every few hours and are never stored,
    /// or in TLS 1.2 by their number. Nothing is accepted before the handshake is over: early
    /// data could be played back.
    pub(super) fn build(&self, keyring: Arc<Keyring>) -> Result<Arc<ServerConfig>, TlsError> {
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(self.versions())
            .map_err(TlsError::Settings)?;
        let builder = match &self.client_auth {
            Some(auth) => builder.with_client_cert_verifier(verifier(auth)?),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(keyring);
        config.alpn_protocols = self.protocols();
        config.session_storage = ServerSessionMemoryCache::new(TLS_SESSIONS_MAX);
        config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Settings)?;
        Ok(Arc::new(config))
    }

    fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        match self.version_min {
            TlsVersion::V12 => FROM_1_2,
            TlsVersion::V13 => FROM_1_3,
        }
    }

    /// Best first.
    fn protocols(&self) -> Vec<Vec<u8>> {
        let http2 = self.http2.then(|| HTTP_2.to_vec());
        http2.into_iter().chain([HTTP_1_1.to_vec()]).collect()
    }
}

/// The cryptography of all connections.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));
    PROVIDER.clone()
}

fn verifier(auth: &ClientAuth) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates(&auth.authorities).map_err(TlsError::ClientAuthorities)? {
        roots.add(authority).map_err(TlsError::Settings)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let builder = match auth.required {
        true => builder,
        false => builder.allow_unauthenticated(),
    };
    builder.build().map_err(|source| TlsError::ClientVerifier {
        path: auth.authorities.clone(),
        source,
    })
}

/// HTTP/2 as the handshake names it.
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";
const FROM_1_2: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
const FROM_1_3: &[&SupportedProtocolVersion] = &[&TLS13];
