//! Where a reply of PHP ends for its client, whatever PHP says about its length.

use std::path::Path;

use askr_testkit::{Client, Cut, Server};

/// One server of each mode over the cases.
fn servers() -> [Server; 2] {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    [Server::with_script("cases.php"), Server::classic()]
        .map(|builder| builder.root(&cases).workers(1).start())
}

/// A connection over which a reply has gone still has the next one where it belongs.
#[track_caller]
fn assert_in_step(client: &mut Client) {
    assert_eq!(client.get("/output.php?by=echo").text(), "hello");
}

#[test]
fn a_reply_that_is_complete_has_its_length_and_one_that_streams_has_chunks() {
    for server in servers() {
        let mut client = server.client();
        for (by, length) in [("echo", Some("5")), ("nothing", Some("0")), ("large", None)] {
            let response = client.get(&format!("/output.php?by={by}"));

            assert_eq!(response.header("content-length"), length, "{by}");
            let chunked = response.header("transfer-encoding");
            assert_eq!(chunked.is_some(), length.is_none(), "{by}");
            assert_in_step(&mut client);
        }
    }
}

#[test]
fn answers_without_a_body_leave_the_connection_in_step() {
    for server in servers() {
        let mut client = server.client();
        for by in ["no-content", "not-modified", "reset-content"] {
            let response = client.get(&format!("/output.php?by={by}"));

            let has_body = by == "reset-content";
            assert_eq!(response.header("transfer-encoding"), None, "{by}");
            assert_eq!(
                response.header("content-length").is_some(),
                has_body,
                "{by}"
            );
            assert_in_step(&mut client);
        }
        for by in [
            "echo",
            "length",
            "large",
            "large-flushed",
            "length-too-short",
        ] {
            client.send(format!(
                "HEAD /output.php?by={by} HTTP/1.1\r\nHost: t\r\n\r\n"
            ));
            assert_eq!(client.head_response().status, 200, "{by}");
            assert_in_step(&mut client);
        }
    }
}

#[test]
fn a_head_request_has_the_length_that_php_says() {
    for server in servers() {
        let mut client = server.client();
        client.send("HEAD /output.php?by=length HTTP/1.1\r\nHost: t\r\n\r\n");

        let head = client.head_response();

        assert_eq!(head.header("content-length"), Some("5"));
        assert_eq!(
            head.header("content-type"),
            Some("text/html; charset=UTF-8")
        );
        assert_in_step(&mut client);
    }
}

#[test]
fn what_php_prints_beyond_its_length_is_left_out() {
    for server in servers() {
        let mut client = server.client();
        for by in ["length-too-short", "length-too-short-streamed"] {
            assert_eq!(client.get(&format!("/output.php?by={by}")).text(), "hel");
            assert_in_step(&mut client);
        }
    }
}

#[test]
fn what_php_announced_and_did_not_print_is_seen_as_a_cut() {
    for server in servers() {
        for by in ["length-too-long", "length-too-long-streamed"] {
            let mut client = server.client();
            client.send(format!(
                "GET /output.php?by={by} HTTP/1.1\r\nHost: t\r\n\r\n"
            ));

            let cut = client.try_response();

            let is_cut = matches!(&cut, Err(Cut::Midway { body }) if body == b"hello");
            assert!(is_cut, "{by}: {cut:?}");
        }
        assert_in_step(&mut server.client());
    }
}

#[test]
fn compressed_output_has_the_length_of_what_is_sent() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    for builder in [Server::with_script("cases.php"), Server::classic()] {
        let server = builder
            .root(&cases)
            .flag("ini", "zlib.output_compression=1")
            .start();
        let mut client = server.client();
        for target in ["/output.php?by=large-in-pieces", "/output.php?by=echo"] {
            client.send(format!(
                "GET {target} HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n"
            ));

            let response = client.response();

            assert_eq!(response.header("content-encoding"), Some("gzip"));
            assert_eq!(&response.body[..2], b"\x1f\x8b", "{target}");
            let length = response.header("content-length").unwrap();
            assert_eq!(length, response.body.len().to_string(), "{target}");
            assert_in_step(&mut client);
        }
    }
}
