//! HTTPS from outside: what curl and OpenSSL find, what PHP is told, and what a start says of
//! certificates that cannot be used.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use askr_testkit::{Server, ServerBuilder};
use rustix::process::geteuid;
use serde_json::Value;
use tempfile::TempDir;

const SERVER: &str = "<?php echo json_encode(array_filter(
    $_SERVER,
    fn (string $name): bool => str_starts_with($name, 'SSL_')
        || in_array($name, ['HTTPS', 'REQUEST_SCHEME', 'SERVER_PROTOCOL', 'HTTP_HOST']),
    ARRAY_FILTER_USE_KEY,
));
";

/// Certificates that OpenSSL has made, and a root that says what PHP sees.
struct Scene {
    folder: TempDir,
}

impl Scene {
    fn new() -> Scene {
        let scene = Scene {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(scene.path("public")).unwrap();
        fs::write(scene.path("public/index.php"), SERVER).unwrap();
        scene.authority("clients");
        scene.certificate("server", "shop.example");
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs OpenSSL in the folder.
    #[track_caller]
    fn openssl(&self, words: &str) {
        let output = Command::new("openssl")
            .args(words.split(' '))
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{words}: {output:?}");
    }

    fn authority(&self, name: &str) {
        self.openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        ));
    }

    /// One that is its own authority.
    fn certificate(&self, stem: &str, name: &str) {
        self.openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
             -addext subjectAltName=DNS:{name} -keyout {stem}.key -out {stem}.pem"
        ));
    }

    fn builder(&self) -> ServerBuilder {
        Server::classic()
            .root(self.path("public"))
            .workers(1)
            .flag("tls-cert", self.path("server.pem"))
            .flag("tls-key", self.path("server.key"))
    }

    /// Asks for the front page of the shop.
    fn curl(&self, server: &Server, words: &[&str]) -> Output {
        let port = server.address().port();
        Command::new("curl")
            .args([
                "-sS",
                "--max-time",
                "10",
                "--cacert",
                "server.pem",
                "--resolve",
            ])
            .arg(format!("shop.example:{port}:127.0.0.1"))
            .args(words)
            .arg(format!("https://shop.example:{port}/"))
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn page(&self, server: &Server, words: &[&str]) -> Value {
        let output = self.curl(server, words);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }
}

#[test]
fn php_finds_https_in_both_versions_of_http() {
    let scene = Scene::new();
    let server = scene.builder().start();
    for (flag, protocol) in [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2.0")] {
        let page = scene.page(&server, &[flag]);

        assert_eq!(page["HTTPS"], "on", "{page}");
        assert_eq!(page["REQUEST_SCHEME"], "https");
        assert_eq!(page["SERVER_PROTOCOL"], protocol);
        let host = format!("shop.example:{}", server.address().port());
        assert_eq!(page["HTTP_HOST"], host);
        assert_eq!(page["SSL_CLIENT_VERIFY"], Value::Null);
    }
}

#[test]
fn php_finds_the_certificate_of_a_client() {
    let scene = Scene::new();
    fs::write(scene.path("purpose"), "extendedKeyUsage = clientAuth").unwrap();
    scene.openssl("req -newkey rsa:2048 -nodes -subj /O=Askr/CN=robot -keyout me.key -out me.csr");
    scene.openssl("x509 -req -in me.csr -CA clients.pem -CAkey clients.key -set_serial 0x1234 -days 2 -extfile purpose -out me.pem");
    let server = scene
        .builder()
        .flag("tls-client-ca", scene.path("clients.pem"))
        .flag("tls-client-auth", "optional")
        .start();

    let known = scene.page(&server, &["--cert", "me.pem", "--key", "me.key"]);

    assert_eq!(known["SSL_CLIENT_VERIFY"], "SUCCESS");
    assert_eq!(known["SSL_CLIENT_S_DN"], "CN=robot,O=Askr");
    assert_eq!(known["SSL_CLIENT_I_DN"], "CN=clients");
    assert_eq!(known["SSL_CLIENT_M_SERIAL"], "1234");
    let certificate = fs::read_to_string(scene.path("me.pem")).unwrap();
    assert_eq!(known["SSL_CLIENT_CERT"], certificate);
    let unknown = scene.page(&server, &[]);
    assert_eq!(unknown["SSL_CLIENT_VERIFY"], "NONE");
    assert_eq!(unknown["SSL_CLIENT_S_DN"], Value::Null);
}

#[test]
fn openssl_resumes_its_sessions_in_both_versions() {
    let scene = Scene::new();
    let server = scene.builder().start();
    for version in ["-tls1_2", "-tls1_3"] {
        let session = scene.path("session");
        let connect = |way: &str| {
            let output = Command::new("openssl")
                .args([
                    "s_client",
                    version,
                    "-servername",
                    "shop.example",
                    "-connect",
                ])
                .arg(server.address().to_string())
                .arg(way)
                .arg(&session)
                // TLS 1.3 sends tickets with the first answer.
                .args(["-ign_eof"])
                .stdin(request())
                .output()
                .unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert!(connect("-sess_out").contains("\nNew, "), "{version}");
        assert!(connect("-sess_in").contains("\nReused, "), "{version}");
    }
}

/// A request whose answer ends the connection.
fn request() -> Stdio {
    let mut file = tempfile::tempfile().unwrap();
    let text = b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    std::io::Write::write_all(&mut file, text).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    file.into()
}

#[test]
fn a_pair_that_does_not_fit_stops_the_start() {
    let scene = Scene::new();
    let key = scene.path("clients.key");
    let builder = Server::classic().root(scene.path("public"));
    let builder = builder.flag("tls-cert", scene.path("server.pem"));

    let ended = builder.flag("tls-key", &key).fail();

    let expected = format!(
        "askr: cannot listen: TLS: the key in {} is not that of {}",
        key.display(),
        scene.path("server.pem").display()
    );
    assert!(ended.log.contains(&expected), "{}", ended.log);
    assert_eq!(ended.code, Some(78));
}

#[test]
fn a_broken_renewal_is_refused_with_a_line_and_a_good_one_taken_up_with_another() {
    let scene = Scene::new();
    let server = scene.builder().start();
    let good = fs::read(scene.path("server.key")).unwrap();

    fs::write(scene.path("server.key"), "nothing").unwrap();
    server.wait_for_log("certificate refused, the one before is kept");
    assert_eq!(scene.page(&server, &[])["HTTPS"], "on");

    fs::write(scene.path("server.key"), good).unwrap();
    server.wait_for_log("certificate taken up");
    assert_eq!(scene.page(&server, &[])["HTTPS"], "on");
}

#[test]
fn the_start_says_which_keys_php_code_can_read() {
    const LINE: &str = "PHP code can read this key";
    let scene = Scene::new();
    let server = scene.builder().start();
    assert!(server.log().contains(LINE), "{}", server.log());
    drop(server);
    if !geteuid().is_root() {
        return;
    }
    let mode = |name: &str, mode| {
        fs::set_permissions(scene.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("", 0o755);
    for (bits, is_open) in [(0o600, false), (0o644, true)] {
        mode("server.key", bits);
        let server = scene.builder().flag("user", "nobody").start();
        assert_eq!(server.log().contains(LINE), is_open, "{}", server.log());
    }
}

#[test]
fn a_local_authority_is_made_at_the_first_start_and_kept() {
    let scene = Scene::new();
    let start = || {
        let builder = Server::classic().root(scene.path("public")).workers(1);
        let builder = builder.flag("tls-self-signed", "on");
        builder
            .variable("XDG_DATA_HOME", scene.path("data"))
            .start()
    };
    let kept = scene.path("data/askr/authority/authority.pem");
    let trusted = |server: &Server| {
        let page = scene.curl(server, &["--cacert", kept.to_str().unwrap()]);
        serde_json::from_slice::<Value>(&page.stdout).unwrap_or_else(|_| panic!("{page:?}"))
    };

    assert_eq!(trusted(&start())["HTTPS"], "on");
    let first = fs::read(&kept).unwrap();
    assert_eq!(trusted(&start())["HTTPS"], "on");
    assert_eq!(fs::read(&kept).unwrap(), first);
}
