//! HTTP/2 with real PHP, and with clients that others have written.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use askr_testkit::streams::{Streams, request};
use askr_testkit::{Gate, Server};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases")
}

fn server() -> Server {
    Server::classic().root(cases()).workers(2).start()
}

/// A server with certificates, the authority that made them, and where both are kept.
fn encrypted() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::classic()
        .root(cases())
        .workers(2)
        .variable("XDG_DATA_HOME", folder.path())
        .argument("--tls-self-signed")
        .start();
    (server, folder)
}

/// What a command says that has to succeed.
#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} said {text}{errors}");
    text
}

fn curl(words: &[&str]) -> String {
    let bounds = ["--silent", "--show-error", "--max-time", "20", "--insecure"];
    said(Command::new("curl").args(bounds).args(words))
}

#[test]
fn php_reads_the_same_request_in_both_versions() {
    let server = server();
    let url = format!("http://{}/request.php?a=b%20c", server.address());
    let form = [
        "--data",
        "name=askr&list[]=1&list[]=2",
        "--cookie",
        "c=1; d=2",
    ];
    let [one, two] = ["--http1.1", "--http2-prior-knowledge"]
        .map(|version| curl(&[&[version, &url][..], &form].concat()));
    assert!(one.contains("askr") && one.contains("\"c\":\"1\""), "{one}");
    assert_eq!(one, two);
}

#[test]
fn php_is_told_the_same_in_both_versions_but_for_the_version() {
    let root = cases().join("../variables");
    let server = Server::classic().root(root).workers(1).start();
    let url = format!("http://{}/index.php/a%20b?c=d", server.address());
    let [one, two] = ["--http1.1", "--http2-prior-knowledge"].map(|version| {
        let page = curl(&[version, "--cookie", "c=1; d=2", "--header", "X-A: b", &url]);
        let protocol = match version {
            "--http1.1" => "SERVER_PROTOCOL = \"HTTP/1.1\"",
            _ => "SERVER_PROTOCOL = \"HTTP/2.0\"",
        };
        assert!(page.contains(protocol), "{page}");
        let lines = page.lines().filter(|line| !is_about_one_request(line));
        lines.map(str::to_owned).collect::<Vec<_>>()
    });
    assert!(one.len() > 20, "{one:?}");
    assert_eq!(one, two);
}

/// What differs from one request to the next, or between the versions.
fn is_about_one_request(line: &str) -> bool {
    let name = line.split(" = ").next().unwrap_or_default();
    ["SERVER_PROTOCOL", "REMOTE_PORT"].contains(&name)
        || name.starts_with("REQUEST_ID")
        || name.starts_with("REQUEST_TIME")
        || name == "HTTP_X_REQUEST_ID"
}

#[test]
fn a_file_is_uploaded_over_http_2() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.bin");
    std::fs::write(&file, vec![b'x'; 3_000_000]).unwrap();
    let field = format!("file=@{}", file.display());
    let url = format!("http://{}/uploads.php", server.address());
    let [one, two] = ["--http1.1", "--http2-prior-knowledge"].map(|version| {
        let page = curl(&[version, "--form", &field, &url]);
        assert!(page.contains("3000000"), "{version}: {page}");
        page.len()
    });
    assert_eq!(one, two);
}

#[test]
fn early_hints_arrive_before_the_script_goes_on() {
    let server = server();
    let gate = Gate::new();
    let target = format!("/early-hints.php?gate={}", gate.path().display());
    let mut client = Streams::connect(server.address());
    let mut asked = client.begin(request("GET", &target), true).unwrap();
    let hints = client.interim(&mut asked);
    assert_eq!(hints.status(), 103);
    assert_eq!(
        hints.headers()["link"],
        "</style.css>; rel=preload; as=style"
    );

    gate.open();
    let page = client.answer(asked).unwrap();
    assert_eq!((page.status, page.header("x-page")), (200, Some("1")));
}

#[test]
fn clients_agree_on_http_2_in_the_handshake() {
    let (server, _folder) = encrypted();
    let url = format!("https://{}/plain.php", server.address());
    let version = [
        "--output",
        "/dev/null",
        "--write-out",
        "%{http_version} %{response_code}",
    ];
    assert_eq!(curl(&[&version[..], &[&url]].concat()), "2 200");
    assert_eq!(
        curl(&[&version[..], &["--http1.1", &url]].concat()),
        "1.1 200"
    );
}

#[test]
fn many_streams_of_many_connections_are_all_answered() {
    let (server, _folder) = encrypted();
    let url = format!("https://{}/plain.php", server.address());
    let load = ["-n", "600", "-c", "3", "-m", "16"];
    let report = said(Command::new("h2load").args(load).arg(&url));
    assert!(report.contains("600 succeeded, 0 failed"), "{report}");
    assert!(report.contains("status codes: 600 2xx"), "{report}");
    assert!(report.contains("Application protocol: h2"), "{report}");
}

#[test]
fn switched_off_it_is_not_agreed_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::classic()
        .root(cases())
        .variable("XDG_DATA_HOME", folder.path())
        .argument("--tls-self-signed")
        .flag("http2", "off")
        .start();
    let url = format!("https://{}/plain.php", server.address());
    let version = ["--output", "/dev/null", "--write-out", "%{http_version}"];
    assert_eq!(curl(&[&version[..], &[&url]].concat()), "1.1");
}
