//! What a handshake has told about a client, as PHP is told: by the names of Apache's `mod_ssl`,
//! with distinguished names as nginx writes them (RFC 2253).

use pem::{EncodeConfig, LineEnding, Pem, encode_config};
use rustls::pki_types::CertificateDer;
use rustls::{ProtocolVersion, ServerConnection};
use x509_parser::certificate::X509Certificate;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::parse_x509_certificate;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, RelativeDistinguishedName, X509Name};

/// What is known of an encrypted connection.
#[derive(Debug)]
pub(crate) struct TlsFacts {
    /// As logs have it.
    pub(crate) version: Option<&'static str>,
    variables: Vec<(&'static str, String)>,
}

impl TlsFacts {
    /// `asked` is whether the client was to show a certificate.
    pub(crate) fn new(session: &ServerConnection, asked: bool) -> TlsFacts {
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        TlsFacts {
            version: session.protocol_version().and_then(version),
            variables: match (asked, certificate) {
                (false, _) => Vec::new(),
                (true, None) => vec![("SSL_CLIENT_VERIFY", "NONE".to_owned())],
                (true, Some(certificate)) => of_certificate(certificate),
            },
        }
    }

    /// What PHP finds in `$_SERVER`.
    pub(crate) fn variables(&self) -> &[(&'static str, String)] {
        &self.variables
    }
}

fn version(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("TLSv1.2"),
        ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
        _ => None,
    }
}

/// The library has checked the certificate; it is taken apart only for its texts.
fn of_certificate(der: &CertificateDer<'_>) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("SSL_CLIENT_VERIFY", "SUCCESS".to_owned()),
        ("SSL_CLIENT_CERT", pem(der)),
    ];
    if let Ok((_, certificate)) = parse_x509_certificate(der) {
        variables.extend(texts(&certificate));
    }
    variables
}

fn texts(certificate: &X509Certificate<'_>) -> [(&'static str, String); 7] {
    let validity = certificate.validity();
    [
        ("SSL_CLIENT_S_DN", distinguished(certificate.subject())),
        ("SSL_CLIENT_S_DN_CN", common(certificate.subject())),
        ("SSL_CLIENT_I_DN", distinguished(certificate.issuer())),
        ("SSL_CLIENT_I_DN_CN", common(certificate.issuer())),
        ("SSL_CLIENT_M_SERIAL", hexadecimal(certificate.raw_serial())),
        ("SSL_CLIENT_V_START", moment(validity.not_before)),
        ("SSL_CLIENT_V_END", moment(validity.not_after)),
    ]
}

/// The parts with the last first, as `CN=me,O=us`.
fn distinguished(name: &X509Name<'_>) -> String {
    let mut sets: Vec<String> = name.iter_rdn().map(set).collect();
    sets.reverse();
    sets.join(",")
}

fn set(set: &RelativeDistinguishedName<'_>) -> String {
    let attributes: Vec<String> = set.iter().map(attribute).collect();
    attributes.join("+")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let kind = attribute.attr_type();
    let known = oid2abbrev(kind, oid_registry());
    let kind = known.map_or_else(|_| kind.to_id_string(), str::to_owned);
    match attribute.as_str() {
        Ok(value) => format!("{kind}={}", escaped(value)),
        Err(_) => format!("{kind}=#{}", hexadecimal(attribute.as_slice())),
    }
}

/// A value in which nothing looks like the beginning of another part.
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut text = String::with_capacity(value.len());
    for (index, character) in value.chars().enumerate() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => text.extend(['\\', character]),
            '#' if index == 0 => text.push_str("\\#"),
            ' ' if index == 0 || index == last => text.push_str("\\ "),
            control if control.is_ascii_control() => {
                text.push('\\');
                text.push_str(&format!("{:02X}", u32::from(control)));
            }
            other => text.push(other),
        }
    }
    text
}

fn common(name: &X509Name<'_>) -> String {
    let first = name.iter_common_name().next();
    let text = first.and_then(|name| name.as_str().ok());
    text.unwrap_or_default().to_owned()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// As OpenSSL writes it.
fn moment(time: ASN1Time) -> String {
    time.to_string().replace(" +00:00", " GMT")
}

fn pem(der: &CertificateDer<'_>) -> String {
    let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
    encode_config(&Pem::new("CERTIFICATE", der.to_vec()), lines)
}

#[cfg(test)]
mod tests;
