//! What a responder says about a certificate goes to clients, if it may say so. The responder is
//! OpenSSL's, behind a few lines of HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use askr_gateway::PairFiles;
use askr_testkit::eventually;
use rcgen::{CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, SerialNumber};
use tempfile::TempDir;

use crate::encrypted::{Authority, with_pairs};
use crate::server::{Server, Setup};

/// A server whose certificate names a responder.
struct Scene {
    folder: Arc<TempDir>,
    server: Server,
    answered: Arc<AtomicU32>,
}

/// Who signs the answers.
enum Signer {
    Authority,
    /// Somebody with a certificate of the authority, for this purpose or another.
    Named(ExtendedKeyUsagePurpose),
    Stranger,
}

impl Scene {
    /// `state` is `V` for a certificate that is good, `R` for a revoked one.
    fn new(state: &str, signer: &Signer) -> Scene {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = Authority::new("the authority");
        let url = format!("http://{}/ocsp", listener.local_addr().unwrap());
        write_signer(folder.path(), &authority, signer);
        write_index(folder.path(), state);
        let files = write_pair(folder.path(), &authority, &url);
        let answered = Arc::new(AtomicU32::new(0));
        let (counting, place) = (answered.clone(), folder.clone());
        thread::spawn(move || respond(&listener, place.path(), &counting));
        Scene {
            server: Setup::new().tls(with_pairs(vec![files])).start(),
            folder,
            answered,
        }
    }

    /// What OpenSSL's client reports of the answer that came with the handshake.
    fn reported(&self) -> String {
        let output = Command::new("openssl")
            .args([
                "s_client",
                "-status",
                "-servername",
                "example.com",
                "-connect",
            ])
            .arg(self.server.address().to_string())
            .arg("-CAfile")
            .arg(self.folder.path().join("authority.pem"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn await_answers(&self, count: u32) {
        eventually("the responder was asked", || {
            self.answered.load(Ordering::SeqCst) >= count
        });
    }
}

#[test]
fn clients_are_told_what_the_responder_says() {
    let named = Signer::Named(ExtendedKeyUsagePurpose::OcspSigning);
    for signer in [Signer::Authority, named] {
        let scene = Scene::new("V", &signer);

        eventually("it is told", || {
            scene
                .reported()
                .contains("OCSP Response Status: successful")
        });

        let reported = scene.reported();
        assert!(reported.contains("Cert Status: good"), "{reported}");
        assert!(
            reported.contains("Verify return code: 0 (ok)"),
            "{reported}"
        );
        assert_eq!(scene.answered.load(Ordering::SeqCst), 1, "once is enough");
    }
}

#[test]
fn a_revocation_is_not_hidden() {
    let scene = Scene::new("R", &Signer::Authority);

    eventually("it is told", || {
        scene.reported().contains("Cert Status: revoked")
    });
}

#[test]
fn who_may_not_speak_of_the_certificate_is_not_believed() {
    let another = Signer::Named(ExtendedKeyUsagePurpose::ServerAuth);
    for signer in [Signer::Stranger, another] {
        let scene = Scene::new("V", &signer);

        scene.await_answers(1);

        let reported = scene.reported();
        assert!(
            reported.contains("OCSP response: no response sent"),
            "{reported}"
        );
        assert!(
            reported.contains("Verify return code: 0 (ok)"),
            "{reported}"
        );
    }
}

fn write_signer(folder: &Path, authority: &Authority, signer: &Signer) {
    let place = |name: &str| folder.join(name);
    fs::write(place("authority.pem"), &authority.pem).unwrap();
    let [certificate, key] = match signer {
        Signer::Authority => [authority.pem.clone(), authority.key()],
        Signer::Named(purpose) => {
            let mut params = CertificateParams::default();
            params
                .distinguished_name
                .push(DnType::CommonName, "the responder");
            params.extended_key_usages = vec![purpose.clone()];
            authority.sign(&params)
        }
        Signer::Stranger => {
            let stranger = Authority::new("the authority");
            [stranger.pem.clone(), stranger.key()]
        }
    };
    fs::write(place("signer.pem"), certificate).unwrap();
    fs::write(place("signer.key"), key).unwrap();
}

/// What OpenSSL's responder knows.
fn write_index(folder: &Path, state: &str) {
    let revoked = if state == "R" { "260101000000Z" } else { "" };
    let line = format!("{state}\t400101000000Z\t{revoked}\t0ABC\tunknown\t/CN=example.com\n");
    fs::write(folder.join("index.txt"), line).unwrap();
}

/// With the certificate of the authority behind it, as a responder is asked about both.
fn write_pair(folder: &Path, authority: &Authority, url: &str) -> PairFiles {
    let mut params = CertificateParams::new(vec!["example.com".to_owned()]).unwrap();
    params.serial_number = Some(SerialNumber::from_slice(&[0x0a, 0xbc]));
    params.custom_extensions = vec![responder_at(url)];
    let [certificate, key] = authority.sign(&params);
    let files = PairFiles {
        certificate: folder.join("cert.pem"),
        key: folder.join("cert.key"),
    };
    fs::write(&files.certificate, certificate + &authority.pem).unwrap();
    fs::write(&files.key, key).unwrap();
    files
}

/// The extension that names a responder (RFC 5280 §4.2.2.1).
fn responder_at(url: &str) -> CustomExtension {
    const OCSP: [u8; 10] = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let tagged = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        assert!(length < 0x80, "one byte says how long it is");
        [&[tag, length], content].concat()
    };
    let access = [&OCSP[..], &tagged(0x86, url.as_bytes())].concat();
    let content = tagged(0x30, &tagged(0x30, &access));
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

/// Answers until the test program ends.
fn respond(listener: &TcpListener, folder: &Path, answered: &AtomicU32) {
    for client in listener.incoming().flatten() {
        if answer(client, folder).is_some() {
            answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn answer(client: TcpStream, folder: &Path) -> Option<SocketAddr> {
    let address = client.peer_addr().ok()?;
    let mut reader = BufReader::new(client);
    let mut bytes = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            bytes = length.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut question = vec![0; bytes];
    reader.read_exact(&mut question).ok()?;
    let response = openssl_says(folder, &question)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        response.len()
    );
    let client = reader.get_mut();
    client.write_all(head.as_bytes()).ok()?;
    client.write_all(&response).ok()?;
    Some(address)
}

fn openssl_says(folder: &Path, question: &[u8]) -> Option<Vec<u8>> {
    fs::write(folder.join("question.der"), question).ok()?;
    let status = Command::new("openssl")
        .current_dir(folder)
        .args([
            "ocsp",
            "-index",
            "index.txt",
            "-CA",
            "authority.pem",
            "-ndays",
            "1",
        ])
        .args(["-rsigner", "signer.pem", "-rkey", "signer.key"])
        .args(["-reqin", "question.der", "-respout", "answer.der"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.ok()?;
    fs::read(folder.join("answer.der")).ok()
}
