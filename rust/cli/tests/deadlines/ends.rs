//! What their client, their worker, the others and the next request see of it.

use std::net::TcpListener;
use std::path::Path;

use askr_testkit::{Response, Server, ServerBuilder};

/// Long enough for a request that does nothing on a busy machine.
const SHORT: &str = "700ms";
/// Longer than any test.
const LONG: &str = "60s";

/// A server whose requests have a short time, and then a grace.
fn server(workers: u16, grace: &str) -> ServerBuilder {
    Server::with_script("deadlines.php")
        .workers(workers)
        .flag("request-timeout", SHORT)
        .flag("request-timeout-grace", grace)
}

/// A service that lets everybody in and says nothing.
fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, format!("at=tcp://{address}"))
}

/// The answer of a request that did what it was to do: its worker's process.
fn pid(response: &Response) -> String {
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().to_owned()
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap().lines().count()
}

#[test]
fn php_is_told_and_the_worker_serves_on() {
    for (mode, server) in modes(LONG) {
        let before = pid(&server.get("/"));

        for hang in ["spin", "sleep"] {
            assert_eq!(server.get(&format!("/?do={hang}")).status, 500, "{mode}");
        }

        server.wait_for_log_times("Uncaught Askr\\RequestTimeout", 2);
        assert!(server.log().contains("/deadlines.php:"), "{}", server.log());
        assert_eq!(pid(&server.get("/")), before, "{mode}");
    }
}

#[test]
fn who_cannot_be_told_is_killed_and_the_client_gets_a_504() {
    let (_silent, at) = silence();
    for (mode, server) in modes(SHORT) {
        let before = pid(&server.get("/"));

        assert_eq!(server.get(&format!("/?do=wait&{at}")).status, 504, "{mode}");

        server.wait_for_log("request timed out, its worker is killed");
        assert!(
            server.log().contains("fgets() < {closure"),
            "{mode}: {}",
            server.log()
        );
        assert_ne!(pid(&server.get("/")), before, "{mode}");
    }
}

/// A server of one worker in each way to run PHP.
fn modes(grace: &str) -> [(&'static str, Server); 3] {
    [
        ("worker", server(1, grace).start()),
        ("cow", server(1, grace).cow().start()),
        ("fork", server(1, grace).isolation("fork").start()),
    ]
}

#[test]
fn scripts_of_their_own_are_told_and_killed_too() {
    let (_silent, at) = silence();
    let folder = tempfile::tempdir().unwrap();
    let script = "<?php if (isset($_GET['at'])) { fgets(stream_socket_client($_GET['at'])); }
        if (isset($_GET['spin'])) { for (;;) {} } echo getmypid();";
    std::fs::write(folder.path().join("index.php"), script).unwrap();
    let server = Server::classic()
        .root(folder.path())
        .workers(1)
        .flag("request-timeout", SHORT)
        .flag("request-timeout-grace", SHORT)
        .start();
    let before = pid(&server.get("/"));

    assert_eq!(server.get("/?spin").status, 500);
    assert_eq!(pid(&server.get("/")), before);
    assert_eq!(server.get(&format!("/?{at}")).status, 504);
    assert_ne!(pid(&server.get("/")), before);
}

#[test]
fn nobody_else_notices_and_nothing_runs_twice() {
    let (_silent, at) = silence();
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("note");
    let server = server(2, SHORT).start();
    let mut client = server.client();
    client.send(format!(
        "GET /?do=wait&{at}&note={} HTTP/1.1\r\nHost: test\r\n\r\n",
        note.display()
    ));
    server.eventually("the request runs", |_| note.exists());

    let mut others = server.client();
    while !server.log().contains("its worker is killed") {
        pid(&others.get("/"));
    }

    assert_eq!(client.response().status, 504);
    assert_eq!(lines(&note), 1);
    server.eventually("there are two workers again", |server| {
        server.worker_pids().len() == 2
    });
    assert_eq!(lines(&note), 1);
}

#[test]
fn an_answer_that_has_begun_is_cut() {
    let (_silent, at) = silence();
    let server = server(1, SHORT).start();
    let mut client = server.client();

    assert!(client.try_get(&format!("/?do=begin&{at}")).is_err());
    pid(&server.get("/"));
}

#[test]
fn an_error_that_is_handled_in_time_is_an_ordinary_answer_and_else_none() {
    let server = server(1, SHORT).start();

    let handled = server.get("/?do=handle");
    assert_eq!(handled.status, 200);
    assert!(handled.text().starts_with("handled "), "{}", handled.text());

    assert_eq!(server.get("/?do=persist").status, 504);
    pid(&server.get("/"));
}

#[test]
fn work_after_the_reply_has_the_same_deadline() {
    let server = server(1, LONG).start();

    let before = pid(&server.get("/?do=late"));

    server.wait_for_log("Uncaught Askr\\RequestTimeout");
    assert_eq!(pid(&server.get("/")), before);
}

#[test]
fn a_request_that_asks_for_more_time_has_it() {
    let server = server(1, SHORT).start();

    pid(&server.get("/?do=extend"));

    assert!(!server.log().contains("timed out"), "{}", server.log());
}

#[test]
fn the_time_that_a_client_takes_is_its_own() {
    let server = server(2, SHORT).flag("slow-request", "300ms").start();
    let mut slow = server.client();
    slow.send("GET /?do=download HTTP/1.1\r\nHost: test\r\n\r\n");
    let begin = slow.bytes(100);
    assert!(begin.starts_with(b"HTTP/1.1 200 OK"));

    // Each of these takes as long as a request may.
    for _ in 0..3 {
        assert_eq!(server.get("/?do=spin").status, 500);
    }

    let rest = slow.bytes(512 * 65_536);
    assert!(rest.ends_with(b"xxxx"));
    let log = server.log();
    assert_eq!(log.matches("PHP is told").count(), 3, "{log}");
    assert_eq!(log.matches("slow request").count(), 3, "{log}");
    assert!(!log.contains("is killed"), "{log}");
}

#[test]
fn the_session_of_a_killed_request_is_free() {
    let (_silent, at) = silence();
    let folder = tempfile::tempdir().unwrap();
    let session = format!("session={}", folder.path().display());
    let server = server(1, SHORT).start();

    assert_eq!(server.get(&format!("/?do=wait&{at}&{session}")).status, 504);

    pid(&server.get(&format!("/?{session}")));
}

#[test]
fn a_worker_that_wants_to_be_recycled_is_and_no_request_fails() {
    let server = server(1, LONG).start();

    let before = pid(&server.get("/?do=recycle"));

    server.eventually("another worker answers", |server| {
        pid(&server.get("/")) != before
    });
}
