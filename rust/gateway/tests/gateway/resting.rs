//! Connections that have been idle for so long that they take less memory, and what comes then.

use std::time::{Duration, Instant};

use askr_testkit::{Client, DEADLINE};

use crate::encrypted::{Authority, Visit, with_pairs};
use crate::server::{Server, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Longer than a connection is idle before it rests.
const LONG: Duration = Duration::from_millis(750);

fn setup() -> Setup {
    Setup::new().limits(|limits| limits.head_read = LONG)
}

/// Waits until every connection that is idle has been so for long: another one, which never ends
/// its request, is told that it is late.
fn rested(server: &Server) {
    let mut late = server.client();
    late.send("GET / HT");
    assert_eq!(late.response().status, 408);
}

/// A client of a connection that rests.
fn resting(server: &Server) -> Client {
    let mut client = server.client();
    assert_eq!(client.get("/").text(), "hello");
    rested(server);
    client
}

#[test]
fn a_connection_is_used_again_after_a_rest() {
    let server = setup().start();
    let worker = server.worker_saying("hello");
    let mut client = resting(&server);
    assert_eq!(client.get("/").text(), "hello");
    rested(&server);
    assert_eq!(client.post("/", [b'a'; 100_000]).text(), "hello");
    assert_eq!(worker.taken(), 3);
}

#[test]
fn what_wakes_a_connection_may_be_many_requests_or_less_than_one() {
    let server = setup().start();
    let _worker = server.worker_saying("hello");
    let mut client = resting(&server);
    client.send([GET, GET, &GET[..9]].concat());
    for _ in 0..2 {
        assert_eq!(client.response().text(), "hello");
    }
    client.send(&GET[9..]);
    assert_eq!(client.response().text(), "hello");
    rested(&server);
    client.send(&GET[..1]);
    assert_eq!(client.response().status, 408);
    client.closed();
}

#[test]
fn a_connection_without_a_request_rests_too() {
    let server = setup().start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let mut leaving = server.client();
    rested(&server);
    assert_eq!(client.get("/").text(), "hello");
    leaving.finish();
    leaving.closed();
}

#[test]
fn an_encrypted_connection_is_used_again_after_a_rest() {
    let authority = Authority::new("the authority");
    let folder = tempfile::tempdir().unwrap();
    let pair = authority.pair(folder.path(), "0", &["a"]);
    let encrypted = setup().tls(with_pairs(vec![pair])).start();
    let clear = setup().start();
    let _worker = encrypted.worker_saying("hello");
    let mut visit = Visit::new(encrypted.address(), "a", &authority.client()).unwrap();
    for _ in 0..3 {
        assert!(visit.ask("/", "hello").unwrap().starts_with("HTTP/1.1 200"));
        rested(&clear);
    }
    assert!(visit.get("/").unwrap().ends_with("hello"));
}

#[test]
fn a_drain_closes_connections_that_rest() {
    let mut server = setup().start();
    let worker = server.worker_saying("hello");
    let mut client = resting(&server);
    server.drain(DEADLINE);
    client.closed();
    drop(worker);
    server.drained();
}

#[test]
fn a_connection_that_rests_is_closed_when_it_has_been_idle_for_too_long() {
    let server = setup()
        .limits(|limits| limits.keep_alive = 2 * LONG)
        .start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let began = Instant::now();
    assert_eq!(client.get("/").text(), "hello");
    client.closed();
    assert!(began.elapsed() >= 2 * LONG, "{:?}", began.elapsed());
}
