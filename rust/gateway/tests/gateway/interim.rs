//! Interim replies: early hints on their way to the client.

use std::sync::mpsc;

use askr_testkit::{After, encoded_head, reply};

use crate::server::Server;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a worker sends ahead of its reply.
fn hint() -> Vec<u8> {
    encoded_head(
        103,
        &[
            ("Link", "</a.css>; rel=preload"),
            ("Content-Length", "5"),
            ("Connection", "close"),
            ("Bad Name", "x"),
        ],
    )
}

const HINT: &[u8] = b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";

#[test]
fn an_interim_reply_arrives_while_php_works_on_its_reply() {
    let server = Server::start();
    let (go, gate) = mpsc::channel::<()>();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_interim(&hint()).unwrap();
        gate.recv().unwrap();
        reply(job, 200, &[("X-A", "b")], b"done").unwrap();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..2 {
        client.send(GET);

        assert_eq!(client.bytes(HINT.len()), HINT);
        go.send(()).unwrap();
        let response = client.response();
        assert_eq!((response.status, response.text()), (200, "done"));
        assert_eq!(response.header("x-a"), Some("b"));
    }
}

#[test]
fn interim_replies_that_come_with_the_reply_go_before_it() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_interim(&hint()).unwrap();
        job.write_interim(&encoded_head(102, &[])).unwrap();
        let _ = reply(job, 200, &[], b"done");
        After::Next
    });
    let mut client = server.client();
    for _ in 0..100 {
        client.send(GET);

        let statuses = [client.response(), client.response(), client.response()];

        assert_eq!(statuses.map(|response| response.status), [103, 102, 200]);
    }
}

#[test]
fn a_client_of_http_1_0_gets_none() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_interim(&hint()).unwrap();
        reply(job, 200, &[], b"done").unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send("GET / HTTP/1.0\r\n\r\n");

    assert_eq!(client.response().status, 200);
}

#[test]
fn a_status_that_is_not_interim_is_not_sent_ahead() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        for status in [101, 200, 99] {
            job.write_interim(&encoded_head(status, &[])).unwrap();
        }
        reply(job, 200, &[], b"done").unwrap();
        After::Next
    });

    assert_eq!(server.client().get("/").text(), "done");
}

/// The reply before is still half written when the next request's interim reply is there.
#[test]
fn an_interim_reply_never_lands_inside_the_reply_before() {
    const BYTES: usize = 8 << 20;
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let mut job = job.take().unwrap();
        if received.target == "/large" {
            let _ = reply(job, 200, &[], &vec![b'a'; BYTES]);
        } else {
            job.write_interim(&hint()).unwrap();
            let _ = reply(job, 200, &[], b"small");
        }
        After::Next
    });
    for _ in 0..5 {
        let mut client = server.client();
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        client.send(GET);

        let large = client.response();
        assert_eq!(large.body, vec![b'a'; BYTES]);
        let next = client.response();
        let small = match next.status {
            103 => client.response(),
            _ => next,
        };
        assert_eq!((small.status, small.text()), (200, "small"));
    }
}

#[test]
fn a_flood_of_interim_replies_is_bounded_and_the_reply_comes_whole() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        let large = encoded_head(103, &[("Link", &"x".repeat(4000))]);
        for _ in 0..5000 {
            job.write_interim(&large).unwrap();
        }
        reply(job, 200, &[], b"done").unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);

    let response = loop {
        let response = client.response();
        if response.status != 103 {
            break response;
        }
    };
    assert_eq!(response.text(), "done");
}

#[test]
fn a_worker_that_dies_after_an_interim_reply_costs_a_get_nothing() {
    let server = Server::start();
    let doomed = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_interim(&hint()).unwrap();
        std::mem::forget(job);
        After::Die
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.bytes(HINT.len()), HINT);
    doomed.bury();
    let _next = server.worker_saying("again");

    assert_eq!(client.response().text(), "again");
}
