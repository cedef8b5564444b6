//! Where the server listens: several places, Unix sockets, and what PHP is told there.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use askr_testkit::{Server, ServerBuilder};

fn server() -> ServerBuilder {
    Server::with_script("variables.php").workers(1)
}

/// What PHP is told of a request with these fields, which came by a Unix socket.
fn variables(socket: &Path, fields: &str) -> BTreeMap<String, String> {
    let mut client = UnixStream::connect(socket).unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{fields}Connection: close\r\n\r\n");
    client.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let lines = body.lines().filter_map(|line| line.split_once(" = "));
    lines
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

#[test]
fn a_unix_socket_is_served_beside_addresses_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("http.sock");
    let listen = format!("unix:{}", path.display());
    let server = server().also_listen(&listen).start();

    assert_eq!(server.get("/").status, 200);
    let seen = variables(&path, "X-Forwarded-For: 203.0.113.7\r\n");
    assert_eq!(seen["REMOTE_ADDR"], "unix:");
    assert_eq!(seen["HTTP_X_FORWARDED_FOR"], "203.0.113.7");
    assert_eq!(seen["HTTP_HOST"], "shop.example");
    assert!(server.log().contains(&format!("askr: serving {listen}\n")));
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    assert_eq!(server.stop().code, Some(0));
    assert!(!path.exists());
}

#[test]
fn a_proxy_on_a_unix_socket_can_be_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("http.sock");
    let _server = server()
        .listen(format!("unix:{}|0666", path.display()))
        .flag("trusted-proxies", "unix")
        .start();

    let told = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n";
    let seen = variables(&path, told);
    assert_eq!(seen["REMOTE_ADDR"], "203.0.113.7");
    assert_eq!(
        (&seen["HTTPS"], &seen["SERVER_PORT"]),
        (&"on".into(), &"443".into())
    );
    assert_eq!(seen["REQUEST_SCHEME"], "https");
    assert!(!seen.contains_key("HTTP_X_FORWARDED_FOR"));
    assert!(!seen.contains_key("HTTP_X_FORWARDED_PROTO"));
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
}

#[test]
fn a_socket_that_somebody_serves_is_not_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let listen = format!("unix:{}", folder.path().join("http.sock").display());
    let first = server().listen(&listen).start();

    let second = server().listen(&listen).fail();

    assert_eq!(second.code, Some(69));
    assert!(
        second
            .log
            .contains(&format!("address {listen}: address in use")),
        "{}",
        second.log
    );
    // The name is free again when nobody is there, also after a death.
    first.signal(rustix::process::Signal::KILL);
    let _ = first.wait();
    let _third = server().listen(&listen).start();
}
