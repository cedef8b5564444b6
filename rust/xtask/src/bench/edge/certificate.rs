//! One certificate for all servers that are compared.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, CommandError};

/// A certificate that nobody has signed but itself, and its key.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    /// Makes one for the loopback interface, on the curve that most certificates are on.
    pub(crate) fn create(folder: &Path) -> Result<Certificate, CommandError> {
        let certificate = Certificate {
            chain: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        };
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
            .arg("-keyout")
            .arg(&certificate.key)
            .arg("-out")
            .arg(&certificate.chain);
        process::read(&mut openssl)?;
        Ok(certificate)
    }

    /// Options of Askr.
    pub(crate) fn options(&self) -> [String; 2] {
        [
            format!("--tls-cert={}", self.chain.display()),
            format!("--tls-key={}", self.key.display()),
        ]
    }
}
