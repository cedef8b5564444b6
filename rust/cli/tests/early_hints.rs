//! `headers_send(103)` from PHP to the client, in both modes.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};

use askr_testkit::streams::{Streams, request};
use askr_testkit::{Client, Gate, Server};
use serde_json::{Value, json};

fn servers() -> [Server; 2] {
    let cases: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    [Server::with_script("cases.php"), Server::classic()]
        .map(|builder| builder.root(&cases).workers(1).start())
}

fn page(client: &mut Client) -> Value {
    let page = client.response();
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-page"), Some("1"));
    assert_eq!(page.header("link"), None, "it was removed from the reply");
    serde_json::from_slice(&page.body).unwrap()
}

#[test]
fn early_hints_arrive_before_the_script_goes_on() {
    for server in servers() {
        let gate = Gate::new();
        let mut client = server.client();
        client.send(format!(
            "GET /early-hints.php?gate={} HTTP/1.1\r\nHost: t\r\n\r\n",
            gate.path().display()
        ));

        let hints = client.response();
        assert_eq!(hints.status, 103);
        let link = "</style.css>; rel=preload; as=style";
        assert_eq!(hints.headers, [("link".to_owned(), link.to_owned())]);

        gate.open();
        let expected = json!({"sent": 1, "open": true, "late": 3});
        assert_eq!(page(&mut client), expected);
    }
}

#[test]
fn over_http_2_early_hints_arrive_before_the_script_goes_on_too() {
    for server in servers() {
        let mut client = Streams::connect(server.address());
        let gates = [Gate::new(), Gate::new()];
        // Each on its own stream of one connection, and the second has to wait for the worker.
        let mut asked = gates.each_ref().map(|gate| {
            let target = format!("/early-hints.php?gate={}", gate.path().display());
            client.begin(request("GET", &target), true).unwrap()
        });
        for (asked, gate) in asked.iter_mut().zip(&gates) {
            let hints = client.interim(asked);
            assert_eq!(hints.status(), 103);
            let link = "</style.css>; rel=preload; as=style";
            assert_eq!(hints.headers()["link"], link);
            assert_eq!(hints.headers().len(), 1);
            gate.open();
        }
        for asked in asked {
            let page = client.answer(asked).unwrap();
            assert_eq!((page.status, page.header("x-page")), (200, Some("1")));
            assert_eq!(page.header("link"), None, "it was removed from the reply");
            let page: Value = serde_json::from_slice(&page.body).unwrap();
            assert_eq!(page, json!({"sent": 1, "open": true, "late": 3}));
        }
    }
}

#[test]
fn a_head_request_and_the_next_request_are_answered_as_ever() {
    for server in servers() {
        let mut client = server.client();
        for _ in 0..3 {
            client.send("HEAD /early-hints.php HTTP/1.1\r\nHost: t\r\n\r\n");
            assert_eq!(client.head_response().status, 103);
            assert_eq!(client.head_response().status, 200);
            client.send("GET /early-hints.php HTTP/1.1\r\nHost: t\r\n\r\n");
            assert_eq!(client.response().status, 103);
            page(&mut client);
        }
    }
}

#[test]
fn clients_of_http_1_0_get_the_page_only() {
    for server in servers() {
        let mut client = server.client();
        client.send("GET /early-hints.php HTTP/1.0\r\n\r\n");

        page(&mut client);
    }
}
