//! An authority, the certificates it signs, and clients that trust it alone.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

use askr_gateway::{Certificates, PairFiles, TlsConfig, TlsVersion};
use askr_testkit::DEADLINE;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, ProtocolVersion, RootCertStore, StreamOwned,
};

/// Signs certificates of servers and of clients.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Authority {
            pem: certificate.pem(),
            certificate: certificate.into(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Writes a certificate for `names` and its key into `folder`, named after `stem`.
    pub(crate) fn pair(&self, folder: &Path, stem: &str, names: &[&str]) -> PairFiles {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let files = PairFiles {
            certificate: folder.join(format!("{stem}.pem")),
            key: folder.join(format!("{stem}.key")),
        };
        std::fs::write(&files.certificate, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    /// Its key, as PEM.
    pub(crate) fn key(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// Signs what `params` say; the certificate and its key, as PEM.
    pub(crate) fn sign(&self, params: &CertificateParams) -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        [certificate.pem(), key.serialize_pem()]
    }

    /// A client that trusts this authority and shows no certificate.
    pub(crate) fn client(&self) -> ClientConfig {
        self.client_of(&[&TLS13, &TLS12])
    }

    /// A client that speaks these versions only.
    pub(crate) fn client_of(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> ClientConfig {
        self.builder(versions).with_no_client_auth()
    }

    /// A client with a certificate that `signer` made for `name`.
    pub(crate) fn client_called(&self, name: &str, signer: &Authority) -> ClientConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &signer.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        self.builder(&[&TLS13, &TLS12])
            .with_client_auth_cert(vec![certificate.into()], key)
            .unwrap()
    }

    fn builder(
        &self,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
    }
}

/// Encryption with these pairs and nothing special.
pub(crate) fn with_pairs(pairs: Vec<PairFiles>) -> TlsConfig {
    TlsConfig {
        certificates: Certificates::Files(pairs),
        client_auth: None,
        version_min: TlsVersion::V12,
        http2: false,
    }
}

/// A client whose handshake is done.
#[derive(Debug)]
pub(crate) struct Visit(StreamOwned<ClientConnection, TcpStream>);

impl Visit {
    /// Asks for the host of that name.
    pub(crate) fn new(address: SocketAddr, name: &str, config: &ClientConfig) -> io::Result<Visit> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let tls = ClientConnection::new(Arc::new(config.clone()), name);
        let tls = tls.map_err(io::Error::other)?;
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        let mut stream = StreamOwned::new(tls, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Visit(stream))
    }

    /// The certificate that was shown.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.0.conn.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    }

    pub(crate) fn version(&self) -> ProtocolVersion {
        self.0.conn.protocol_version().unwrap()
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.0.conn.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// What was chosen for the connection, in the client's words.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.0.conn.alpn_protocol()
    }

    /// Sends a GET and reads a reply that ends with `end`; the connection stays.
    pub(crate) fn ask(&mut self, target: &str, end: &str) -> io::Result<String> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        self.0.write_all(request.as_bytes())?;
        let mut reply = String::new();
        while !reply.ends_with(end) {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            reply.push(char::from(byte[0]));
        }
        Ok(reply)
    }

    /// Sends a GET and reads all that comes until the server closes.
    pub(crate) fn get(&mut self, target: &str) -> io::Result<String> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        self.0.write_all(request.as_bytes())?;
        let mut reply = String::new();
        self.0.read_to_string(&mut reply)?;
        Ok(reply)
    }
}
