//! Encrypted connections: which certificate is shown, what is spoken, and for how long nothing is.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::time::Duration;

use askr_gateway::{Certificates, ClientAuth, LocalAuthority, PairFiles, TlsConfig, TlsVersion};
use askr_testkit::{After, Client, DEADLINE, FakeWorker, eventually, reply};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion};
use tempfile::TempDir;

use crate::encrypted::{Authority, Visit, with_pairs};
use crate::server::{Server, Setup};

/// A server with certificates in a folder, and who signed them.
struct Scene {
    authority: Authority,
    folder: TempDir,
    server: Server,
}

impl Scene {
    /// With a certificate for each list of names.
    fn new(names: &[&[&str]]) -> Scene {
        Scene::with(names, |tls| tls, |setup| setup)
    }

    fn with(
        names: &[&[&str]],
        change: impl FnOnce(TlsConfig) -> TlsConfig,
        set: impl FnOnce(Setup) -> Setup,
    ) -> Scene {
        let authority = Authority::new("the authority");
        let folder = tempfile::tempdir().unwrap();
        let pair = |(index, names): (usize, &&[&str])| {
            authority.pair(folder.path(), &index.to_string(), names)
        };
        let pairs: Vec<PairFiles> = names.iter().enumerate().map(pair).collect();
        let setup = Setup::new()
            .file("a.txt", "a file")
            .tls(change(with_pairs(pairs)));
        Scene {
            server: set(setup).start(),
            authority,
            folder,
        }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn visit(&self, name: &str, config: &ClientConfig) -> std::io::Result<Visit> {
        Visit::new(self.server.address(), name, config)
    }

    /// A connection without a handshake.
    fn raw(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Which certificate a client for `name` is shown.
    fn shown(&self, name: &str) -> CertificateDer<'static> {
        self.visit(name, &self.authority.client())
            .unwrap()
            .certificate()
    }
}

fn certificate_in(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

#[test]
fn requests_are_answered_over_tls() {
    let scene = Scene::new(&[&["example.com"]]);
    let mut visit = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();

    let reply = visit.get("/a.txt").unwrap();

    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(reply.ends_with("\r\n\r\na file"), "{reply}");
}

#[test]
fn php_is_told_that_the_connection_is_encrypted() {
    let scene = Scene::new(&[&["example.com"]]);
    let _worker = scene.server.worker(|job, received| {
        let text = format!("https={}", received.https);
        let _ = reply(job.take().unwrap(), 200, &[], text.as_bytes());
        After::Next
    });
    let mut visit = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();

    assert!(visit.get("/").unwrap().ends_with("https=true"));
}

#[test]
fn clients_are_shown_the_certificate_for_the_name_they_ask_for() {
    let names: [&[&str]; 3] = [
        &["first.example"],
        &["example.com", "*.example.com"],
        &["shop.example.com"],
    ];
    let scene = Scene::new(&names);
    let cases = [
        ("first.example", "0"),
        ("example.com", "1"),
        ("blog.example.com", "1"),
        ("shop.example.com", "2"),
    ];
    for (name, expected) in cases {
        let expected = certificate_in(&scene.path(&format!("{expected}.pem")));
        assert_eq!(scene.shown(name), expected, "{name}");
    }
}

#[test]
fn who_asks_for_another_name_is_shown_the_first_certificate() {
    let scene = Scene::new(&[&["127.0.0.1", "first.example"], &["example.com"]]);

    assert_eq!(
        scene.shown("127.0.0.1"),
        certificate_in(&scene.path("0.pem"))
    );
    let refused = scene.visit("other.example", &scene.authority.client());
    let reason = refused.unwrap_err().to_string();
    assert!(reason.contains("not valid for name"), "{reason}");
}

#[test]
fn sessions_are_resumed_in_both_versions() {
    let scene = Scene::new(&[&["example.com"]]);
    for version in [&TLS12, &TLS13] {
        let client = scene.authority.client_of(&[version]);
        let mut first = scene.visit("example.com", &client).unwrap();
        assert!(!first.is_resumed());
        first.get("/a.txt").unwrap();

        let second = scene.visit("example.com", &client).unwrap();

        assert!(second.is_resumed(), "{:?}", version.version);
    }
}

#[test]
fn the_oldest_version_can_be_chosen() {
    let only_new = |tls| TlsConfig {
        version_min: TlsVersion::V13,
        ..tls
    };
    let scene = Scene::with(&[&["example.com"]], only_new, |setup| setup);

    let new = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();
    assert_eq!(new.version(), ProtocolVersion::TLSv1_3);
    let old = scene.authority.client_of(&[&TLS12]);
    assert!(scene.visit("example.com", &old).is_err());
}

#[test]
fn the_protocol_is_agreed_upon() {
    let scene = Scene::new(&[&["example.com"]]);
    let mut client = scene.authority.client();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

    let visit = scene.visit("example.com", &client).unwrap();

    assert_eq!(visit.protocol(), Some(&b"http/1.1"[..]));
}

/// PHP that answers with what it is told of the certificate.
fn naming_the_client(server: &Server) -> FakeWorker {
    server.worker(|job, received| {
        let told = received
            .variables
            .iter()
            .map(|(name, value)| format!("{name}={value};"));
        let told: String = told.filter(|text| !text.contains("BEGIN")).collect();
        let _ = reply(job.take().unwrap(), 200, &[], told.as_bytes());
        After::Next
    })
}

/// A server that asks clients for certificates of `clients`.
fn asking(clients: &Authority, required: bool) -> Scene {
    let authorities = tempfile::NamedTempFile::new().unwrap();
    fs::write(authorities.path(), &clients.pem).unwrap();
    let ask = |tls| TlsConfig {
        client_auth: Some(ClientAuth {
            authorities: authorities.path().to_owned(),
            required,
        }),
        ..tls
    };
    Scene::with(&[&["example.com"]], ask, |setup| setup)
}

#[test]
fn php_is_told_which_certificate_a_client_has_shown() {
    let clients = Authority::new("clients");
    let scene = asking(&clients, false);
    let _worker = naming_the_client(&scene.server);
    let known = scene.authority.client_called("robot 7", &clients);

    // Twice, since the second connection resumes the session of the first.
    for _ in 0..2 {
        let mut visit = scene.visit("example.com", &known).unwrap();
        let told = visit.get("/").unwrap();
        assert!(told.contains("SSL_CLIENT_VERIFY=SUCCESS;"), "{told}");
        assert!(told.contains("SSL_CLIENT_S_DN=CN=robot 7;"), "{told}");
        assert!(told.contains("SSL_CLIENT_I_DN_CN=clients;"), "{told}");
    }
    let mut visit = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();
    let told = visit.get("/").unwrap();
    assert!(told.ends_with("\r\n\r\nSSL_CLIENT_VERIFY=NONE;"), "{told}");
}

#[test]
fn a_certificate_of_somebody_else_is_turned_away_and_a_missing_one_where_it_is_required() {
    let clients = Authority::new("clients");
    for required in [false, true] {
        let scene = asking(&clients, required);
        let _worker = naming_the_client(&scene.server);
        let outcome = |config: &ClientConfig| {
            let mut visit = scene.visit("example.com", config)?;
            visit.get("/")
        };
        let stranger = Authority::new("clients");
        let posing = scene.authority.client_called("robot 7", &stranger);
        assert!(outcome(&posing).is_err());
        assert!(outcome(&scene.authority.client_called("robot 7", &clients)).is_ok());
        assert_eq!(outcome(&scene.authority.client()).is_err(), required);
    }
}

#[test]
fn authorities_of_clients_that_change_on_disk_are_taken_up() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &old.pem).unwrap();
    let ask = |tls| TlsConfig {
        client_auth: Some(ClientAuth {
            authorities: file.path().to_owned(),
            required: true,
        }),
        ..tls
    };
    let scene = Scene::with(&[&["example.com"]], ask, |setup| {
        setup.file("a.txt", "a file")
    });
    let is_let_in = |config: &ClientConfig| {
        let visit = scene.visit("example.com", config);
        visit.and_then(|mut visit| visit.get("/a.txt")).is_ok()
    };
    let of_old = scene.authority.client_called("me", &old);
    assert!(is_let_in(&of_old));

    fs::write(file.path(), &new.pem).unwrap();

    let of_new = scene.authority.client_called("me", &new);
    eventually("the new authority counts", || is_let_in(&of_new));
    assert!(!is_let_in(&of_old), "a session of before is not resumed");
}

#[test]
fn certificates_that_change_on_disk_are_taken_up() {
    let scene = Scene::new(&[&["example.com"], &["other.example"]]);
    let before = scene.shown("example.com");
    let mut open = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();

    let names = ["example.com", "more.example"];
    let files = scene.authority.pair(scene.folder.path(), "0", &names);

    let fresh = certificate_in(&files.certificate);
    assert_ne!(before, fresh);
    eventually("the new one is shown", || {
        scene.shown("example.com") == fresh
    });
    assert_eq!(scene.shown("more.example"), fresh);
    assert!(open.get("/a.txt").unwrap().ends_with("a file"));
}

#[test]
fn a_link_that_moves_to_another_certificate_is_followed() {
    let authority = Authority::new("the authority");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for release in ["1", "2"] {
        fs::create_dir(path(release)).unwrap();
        authority.pair(&path(release), "cert", &["example.com"]);
    }
    std::os::unix::fs::symlink("1", path("live")).unwrap();
    let files = PairFiles {
        certificate: path("live/cert.pem"),
        key: path("live/cert.key"),
    };
    let server = Setup::new().tls(with_pairs(vec![files])).start();

    std::os::unix::fs::symlink("2", path("next")).unwrap();
    fs::rename(path("next"), path("live")).unwrap();

    let fresh = certificate_in(&path("2/cert.pem"));
    eventually("the new one is shown", || {
        let visit = Visit::new(server.address(), "example.com", &authority.client());
        visit.unwrap().certificate() == fresh
    });
}

#[test]
fn a_broken_pair_is_refused_and_the_old_one_kept_until_it_is_mended() {
    let scene = Scene::new(&[&["example.com"], &["other.example"]]);
    let before = scene.shown("example.com");
    let key = fs::read(scene.path("0.key")).unwrap();
    let files = scene
        .authority
        .pair(scene.folder.path(), "0", &["example.com"]);
    let mended = fs::read(&files.key).unwrap();
    fs::write(&files.key, key).unwrap();

    // Taken up after the broken pair was looked at, as both are with one look.
    let other = scene
        .authority
        .pair(scene.folder.path(), "1", &["other.example"]);
    let other = certificate_in(&other.certificate);
    eventually("the other one is shown", || {
        scene.shown("other.example") == other
    });
    assert_eq!(scene.shown("example.com"), before);

    fs::write(&files.key, mended).unwrap();
    let fresh = certificate_in(&files.certificate);
    eventually("the new one is shown", || {
        scene.shown("example.com") == fresh
    });
}

#[test]
fn a_client_that_does_not_begin_or_end_a_handshake_is_closed() {
    let soon = |setup: Setup| setup.limits(|limits| limits.handshake = Duration::from_millis(200));
    let scene = Scene::with(&[&["example.com"]], |tls| tls, soon);
    for beginning in [&b""[..], b"\x16\x03\x01\x01"] {
        let mut silent = scene.raw();
        silent.write_all(beginning).unwrap();

        assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0);
    }
}

#[test]
fn handshakes_that_are_too_many_wait_for_others_to_end() {
    let one = |setup: Setup| {
        setup.limits(|limits| {
            limits.handshakes = 1;
            limits.handshake = Duration::from_millis(500);
        })
    };
    let scene = Scene::with(&[&["example.com"]], |tls| tls, one);
    let mut slow = scene.raw();
    slow.write_all(b"\x16\x03\x01\x01").unwrap();

    let served = scene.visit("example.com", &scene.authority.client());

    assert!(served.unwrap().get("/a.txt").unwrap().ends_with("a file"));
}

#[test]
fn http_in_the_clear_is_told_what_the_port_is_for() {
    let scene = Scene::new(&[&["example.com"]]);
    let mut client = scene.server.client();

    let reply = client.get("/a.txt");

    let expected = (400, "400 this port speaks HTTPS only\n");
    assert_eq!((reply.status, reply.text()), expected);
    assert_eq!(reply.header("connection"), Some("close"));
}

#[test]
fn nonsense_instead_of_a_handshake_is_no_request() {
    let scene = Scene::new(&[&["example.com"]]);
    for nonsense in [
        &b"\x80\x2e\x01\x03\x01"[..],
        &[0; 64],
        b"\x16\x03\x01\xff\xff\x01",
    ] {
        let mut client = scene.raw();
        client.write_all(nonsense).unwrap();
        client.shutdown(Shutdown::Write).unwrap();

        let mut reply = Vec::new();
        // A reset is an end as well.
        let _ = client.read_to_end(&mut reply);

        assert!(!reply.starts_with(b"HTTP"), "{reply:?}");
    }
    assert!(
        scene
            .visit("example.com", &scene.authority.client())
            .is_ok()
    );
}

#[test]
fn clients_in_the_clear_are_sent_to_the_same_place_by_https() {
    let redirecting = |setup: Setup| {
        setup.config(|config| config.http_redirect = vec!["127.0.0.1:0".parse().unwrap()])
    };
    let scene = Scene::with(&[&["example.com"]], |tls| tls, redirecting);
    let [https, http] = scene.server.addresses()[..] else {
        panic!("{:?}", scene.server.addresses());
    };
    let mut client = Client::connect(http);
    for (method, body) in [("GET", ""), ("POST", "a=b")] {
        let bytes = body.len();
        client.send(format!(
            "{method} /a?b=c HTTP/1.1\r\nHost: example.com:80\r\nContent-Length: {bytes}\r\n\r\n{body}"
        ));
        let reply = client.response();
        let location = format!("https://example.com:{}/a?b=c", https.port());
        assert_eq!(
            (reply.status, reply.header("location")),
            (308, Some(&*location))
        );
    }
    client.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().status, 400);
}

#[test]
fn browsers_are_told_to_come_by_https_only_where_they_have_done_so() {
    let a_day = |setup: Setup| {
        setup
            .config(|config| config.hsts = Duration::from_secs(86_400))
            .config(|config| config.http_redirect = vec!["127.0.0.1:0".parse().unwrap()])
    };
    let scene = Scene::with(&[&["example.com"]], |tls| tls, a_day);
    let mut visit = scene
        .visit("example.com", &scene.authority.client())
        .unwrap();

    let reply = visit.get("/a.txt").unwrap();

    assert!(
        reply.contains("\r\nstrict-transport-security: max-age=86400\r\n"),
        "{reply}"
    );
    let mut in_the_clear = Client::connect(scene.server.addresses()[1]);
    let reply = in_the_clear.get("/a.txt");
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[test]
fn a_local_authority_signs_for_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalAuthority {
        folder: folder.path().join("authority"),
        machine: "here".to_owned(),
        names: vec!["127.0.0.1".to_owned()],
    };
    let tls = TlsConfig {
        certificates: Certificates::Local(local.clone()),
        ..with_pairs(Vec::new())
    };
    let server = Setup::new().file("a.txt", "a file").tls(tls).start();
    let client = trusting(&local.certificate_file().unwrap());
    for name in ["shop.test", "localhost", "127.0.0.1"] {
        let mut visit = Visit::new(server.address(), name, &client).unwrap();
        assert!(visit.get("/a.txt").unwrap().ends_with("a file"), "{name}");
    }
}

/// A client that trusts the authority in `file` alone.
fn trusting(file: &Path) -> ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate_in(file)).unwrap();
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}
