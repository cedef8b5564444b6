//! Asks whether a certificate was revoked (OCSP, RFC 6960), and believes only who may say so.

use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, UnixTime};
use sha1::Sha1;
use tokio::net::TcpStream;
use tokio::time::timeout;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspRequest, OcspResponse, OcspResponseStatus,
    Request as OcspQuestion, SingleResponse, TbsRequest, Version,
};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP;
use x509_parser::parse_x509_certificate;

use super::settings::provider;
use crate::limits::{RESPONDER_PATIENCE, RESPONSE_BYTES_MAX};

/// Who is asked about a certificate, and what.
#[derive(Debug)]
pub(super) struct Responder {
    url: Uri,
    question: CertId,
    /// Whose word counts, and that of those it has named.
    issuer: CertificateDer<'static>,
}

/// What a responder has said, checked.
#[derive(Debug)]
pub(super) struct Said {
    /// As it goes to clients.
    pub(super) response: Vec<u8>,
    pub(super) is_revoked: bool,
    /// When it was said …
    pub(super) since: SystemTime,
    /// … and when it counts no more.
    pub(super) until: SystemTime,
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
pub(super) enum ResponderFault {
    #[error("no answer within {} s", RESPONDER_PATIENCE.as_secs())]
    Late,
    #[error("the responder cannot be reached")]
    Unreachable(#[source] io::Error),
    #[error("the responder answers {0}")]
    Status(http::StatusCode),
    #[error("the responder does not say")]
    Refused(OcspResponseStatus),
    #[error("the answer is malformed")]
    Malformed(#[from] x509_cert::der::Error),
    #[error("the answer is about something else")]
    NotAsked,
    #[error("the answer was not signed by the authority or who it has named")]
    Signature,
    #[error("the answer is too old")]
    Stale,
}

impl Responder {
    /// The responder that the first certificate of `chain` names, if the second is its authority.
    pub(super) fn of(chain: &[CertificateDer<'static>]) -> Option<Responder> {
        let (leaf, issuer) = (chain.first()?, chain.get(1)?);
        let url = url(leaf)?;
        let certificate = Certificate::from_der(leaf).ok()?;
        let authority = Certificate::from_der(issuer).ok()?;
        let serial = certificate.tbs_certificate.serial_number;
        Some(Responder {
            url,
            question: CertId::from_issuer::<Sha1>(&authority, serial).ok()?,
            issuer: issuer.clone(),
        })
    }

    /// Asks.
    pub(super) async fn ask(&self) -> Result<Said, ResponderFault> {
        let asking = timeout(RESPONDER_PATIENCE, self.fetch());
        let response = asking.await.map_err(|_| ResponderFault::Late)??;
        self.check(response, SystemTime::now())
    }

    async fn fetch(&self) -> Result<Vec<u8>, ResponderFault> {
        let host = self.url.host().unwrap_or_default();
        let port = self.url.port_u16().unwrap_or(80);
        let authority = self
            .url
            .authority()
            .map_or(host, |authority| authority.as_str());
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::post(path)
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/ocsp-request")
            .body(Full::<Bytes>::from(self.request()?));
        let request = request.map_err(unreachable)?;
        let socket = TcpStream::connect((host.trim_matches(['[', ']']), port)).await;
        let socket = TokioIo::new(socket.map_err(unreachable)?);
        let (mut sender, connection) = http1::handshake(socket).await.map_err(unreachable)?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(unreachable)?;
            if !response.status().is_success() {
                return Err(ResponderFault::Status(response.status()));
            }
            let body = Limited::new(response.into_body(), RESPONSE_BYTES_MAX);
            let body = body.collect().await.map_err(unreachable)?;
            Ok(body.to_bytes().to_vec())
        };
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            outcome = &mut exchange => outcome,
            // What has arrived by the end of the connection counts.
            _ = connection => exchange.await,
        }
    }

    fn request(&self) -> Result<Vec<u8>, x509_cert::der::Error> {
        let question = OcspQuestion {
            req_cert: self.question.clone(),
            single_request_extensions: None,
        };
        let request = OcspRequest {
            tbs_request: TbsRequest {
                version: Version::V1,
                requestor_name: None,
                request_list: vec![question],
                request_extensions: None,
            },
            optional_signature: None,
        };
        request.to_der()
    }

    fn check(&self, response: Vec<u8>, now: SystemTime) -> Result<Said, ResponderFault> {
        let whole = OcspResponse::from_der(&response)?;
        let bytes = match (whole.response_status, whole.response_bytes) {
            (OcspResponseStatus::Successful, Some(bytes)) => bytes,
            (status, _) => return Err(ResponderFault::Refused(status)),
        };
        let basic = BasicOcspResponse::from_der(bytes.response.as_bytes())?;
        let mut answers = basic.tbs_response_data.responses.iter();
        let answer = answers.find(|answer| self.is_about_us(answer));
        let answer = answer.ok_or(ResponderFault::NotAsked)?;
        if !self.is_signed(&basic, now)? {
            return Err(ResponderFault::Signature);
        }
        let since = answer.this_update.0.to_system_time();
        let until = answer.next_update.as_ref();
        let until = until.map_or(since + LIFE_UNSAID, |until| until.0.to_system_time());
        if until <= now || since > now + CLOCKS_DIFFER {
            return Err(ResponderFault::Stale);
        }
        Ok(Said {
            is_revoked: matches!(answer.cert_status, CertStatus::Revoked(_)),
            response,
            since,
            until,
        })
    }

    fn is_about_us(&self, answer: &SingleResponse) -> bool {
        let (asked, told) = (&self.question, &answer.cert_id);
        told.serial_number == asked.serial_number
            && told.hash_algorithm.oid == asked.hash_algorithm.oid
            && told.issuer_name_hash == asked.issuer_name_hash
            && told.issuer_key_hash == asked.issuer_key_hash
    }

    /// By the authority itself, or by a certificate that it has made for this purpose.
    fn is_signed(
        &self,
        response: &BasicOcspResponse,
        now: SystemTime,
    ) -> Result<bool, x509_cert::der::Error> {
        let message = response.tbs_response_data.to_der()?;
        let signature = response.signature.raw_bytes();
        if has_signed(&self.issuer, &message, signature) {
            return Ok(true);
        }
        for signer in response.certs.iter().flatten() {
            let signer = CertificateDer::from(signer.to_der()?);
            if self.has_named(&signer, now) && has_signed(&signer, &message, signature) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_named(&self, signer: &CertificateDer<'_>, now: SystemTime) -> bool {
        let now = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let (Ok(anchor), Ok(signer)) = (
            anchor_from_trusted_cert(&self.issuer),
            EndEntityCert::try_from(signer),
        ) else {
            return false;
        };
        let anchors = [anchor];
        let verified = signer.verify_for_usage(
            provider().signature_verification_algorithms.all,
            &anchors,
            &[],
            UnixTime::since_unix_epoch(now),
            KeyUsage::required(OCSP_SIGNING),
            None,
            None,
        );
        verified.is_ok()
    }
}

/// Whether the key of `signer` has signed `message`; each algorithm is tried that fits the key.
fn has_signed(signer: &CertificateDer<'_>, message: &[u8], signature: &[u8]) -> bool {
    let Ok(signer) = EndEntityCert::try_from(signer) else {
        return false;
    };
    let algorithms = provider().signature_verification_algorithms.all;
    let verifies = |algorithm: &&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
        signer
            .verify_signature(*algorithm, message, signature)
            .is_ok()
    };
    algorithms.iter().any(verifies)
}

/// The responder that a certificate names, if it speaks HTTP.
fn url(leaf: &CertificateDer<'_>) -> Option<Uri> {
    let (_, certificate) = parse_x509_certificate(leaf).ok()?;
    let mut extensions = certificate.extensions().iter();
    let access = extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    })?;
    let mut urls = access.accessdescs.iter().filter_map(|described| {
        let is_responder = described.access_method == OID_PKIX_ACCESS_DESCRIPTOR_OCSP;
        match &described.access_location {
            GeneralName::URI(url) if is_responder => url.parse::<Uri>().ok(),
            _ => None,
        }
    });
    urls.find(|url| url.scheme_str() == Some("http") && url.host().is_some())
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ResponderFault {
    ResponderFault::Unreachable(io::Error::other(error))
}

/// `id-kp-OCSPSigning`.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];
const CLOCKS_DIFFER: Duration = Duration::from_secs(5 * 60);
/// For how long an answer counts that does not say so itself.
const LIFE_UNSAID: Duration = Duration::from_secs(24 * 60 * 60);
