//! Workers that die, cut, dawdle or are not there.

use std::time::{Duration, Instant};

use askr_testkit::{After, Cut, encoded_head, eventually, reply};

use crate::server::{Server, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

#[test]
fn a_safe_request_whose_worker_died_goes_to_another_once() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let mut client = server.client();
    client.send(GET);
    eventually("the doomed worker has it", || doomed.taken() == 1);
    doomed.bury();
    let _other = server.worker_saying("from the other");
    assert_eq!(client.response().text(), "from the other");
}

#[test]
fn a_safe_request_is_not_given_to_a_third_worker() {
    let server = Server::start();
    let mut client = server.client();
    client.send(GET);
    for _ in 0..2 {
        let doomed = server.worker(|_, _| After::Die);
        eventually("the doomed worker has it", || doomed.taken() == 1);
        doomed.bury();
    }
    assert_eq!(client.response().status, 502);
    let worker = server.worker_saying("hello");
    assert_eq!(client.get("/").text(), "hello");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn an_unsafe_request_whose_worker_died_gets_502_and_keeps_the_connection() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let mut client = server.client();
    client.send(POST);
    eventually("the doomed worker has it", || doomed.taken() == 1);
    doomed.bury();
    assert_eq!(client.response().status, 502);
    let _worker = server.worker_saying("hello");
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn a_retried_request_brings_its_large_body_again() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let body = "x".repeat(300_000);
    let mut client = server.client();
    let bytes = body.len();
    client.send(format!(
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {bytes}\r\n\r\n{body}"
    ));
    eventually("the doomed worker has it", || doomed.taken() == 1);
    doomed.bury();
    let _other = server.worker_echoing();
    assert!(
        client.response().text() == body,
        "the body came back changed"
    );
}

#[test]
fn a_worker_that_dies_after_the_head_cuts_the_transfer() {
    let server = Server::start();
    let doomed = server.worker(|job, _| {
        let job = job.as_mut().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.write_body(b"half of ").unwrap();
        job.flush();
        After::Die
    });
    let mut client = server.client();
    client.send(GET);
    // The status line is on its way before the worker dies.
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    doomed.bury();
    assert!(
        !client.rest().ends_with(b"0\r\n\r\n"),
        "the reply looks whole"
    );
}

#[test]
fn a_reply_cut_for_an_http_1_0_client_ends_in_a_reset() {
    let server = Server::start();
    let doomed = server.worker(|job, _| {
        let job = job.as_mut().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.write_body(b"half of ").unwrap();
        job.flush();
        After::Die
    });
    let mut client = server.client();
    client.send("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(client.bytes(15), b"HTTP/1.0 200 OK");
    doomed.bury();
    assert!(client.is_reset(), "the reply looks whole");
}

#[test]
fn a_worker_that_aborts_before_its_head_gets_502() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        job.take().unwrap().abort();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.response().status, 502);
    client.send(POST);
    assert_eq!(client.response().status, 502);
}

#[test]
fn a_worker_that_aborts_midway_cuts_the_transfer() {
    let server = Server::start();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.write_body(b"half of ").unwrap();
        job.flush();
        gone.recv().unwrap();
        job.abort();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    go.send(()).unwrap();
    assert!(
        !client.rest().ends_with(b"0\r\n\r\n"),
        "the reply looks whole"
    );
}

#[test]
fn a_reply_shorter_than_php_announced_is_cut() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        reply(
            job.take().unwrap(),
            200,
            &[("Content-Length", "9")],
            b"short",
        )
        .unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    match client.try_response() {
        Err(Cut::Midway { body }) => assert!(b"short".starts_with(&body[..])),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_longer_than_php_announced_is_no_second_response() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        reply(
            job.take().unwrap(),
            200,
            &[("Content-Length", "2")],
            b"HTTP/1.1 200",
        )
        .unwrap();
        After::Next
    });
    let mut client = server.client();
    assert_eq!(client.get("/").text(), "HT");
    assert_eq!(client.get("/").text(), "HT");
}

#[test]
fn a_status_that_is_none_gets_500() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        reply(job.take().unwrap(), 101, &[], b"").unwrap();
        After::Next
    });
    let mut client = server.client();
    assert_eq!(client.get("/").status, 500);
    assert_eq!(client.get("/").status, 500);
}

#[test]
fn a_full_queue_answers_503_with_retry_after() {
    let server = Setup::new()
        .exchange(|limits| limits.slot_count = 1)
        .queue(|pool| pool.queue_waiting = 1)
        .start();
    let mut running = server.client();
    running.send(GET);
    let mut waiting = server.client();
    waiting.send(GET);
    eventually("one waits for a slot", || server.exchange().waiting() == 1);
    let mut refused = server.client();
    let response = refused.get("/");
    assert_eq!(response.status, 503);
    assert!(response.header("retry-after").is_some());
    assert!(
        response.text().contains("more than 1"),
        "{}",
        response.text()
    );

    let _worker = server.worker_saying("hello");
    assert_eq!(running.response().text(), "hello");
    assert_eq!(waiting.response().text(), "hello");
    assert_eq!(refused.get("/").text(), "hello");
}

#[test]
fn waiting_too_long_for_a_worker_answers_503() {
    let server = Setup::new()
        .exchange(|limits| limits.slot_count = 1)
        .queue(|pool| pool.queue_wait = Duration::from_millis(400))
        .start();
    let mut in_a_slot = server.client();
    in_a_slot.send(GET);
    let mut in_the_queue = server.client();
    in_the_queue.send(GET);
    for client in [&mut in_a_slot, &mut in_the_queue] {
        let response = client.response();
        assert_eq!(response.status, 503);
        assert!(response.header("retry-after").is_some());
    }
    let worker = server.worker_saying("hello");
    assert_eq!(in_a_slot.get("/").text(), "hello");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_condemned_request_gets_504_and_no_second_worker() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let mut client = server.client();
    client.send(GET);
    eventually("the doomed worker has it", || doomed.taken() == 1);
    assert_eq!(server.exchange().condemn(doomed.worker()), 1);
    doomed.bury();
    let other = server.worker_saying("hello");
    assert_eq!(client.response().status, 504);
    assert_eq!(client.get("/").text(), "hello");
    assert_eq!(other.taken(), 1);
}

#[test]
fn a_condemned_request_gets_504_also_while_its_body_is_sent() {
    let server = Server::start();
    let doomed = server.worker(|_, _| After::Die);
    let body = "x".repeat(300_000);
    let mut client = server.client();
    let bytes = body.len();
    client.send(format!(
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {bytes}\r\n\r\n{body}"
    ));
    eventually("the doomed worker has it", || doomed.taken() == 1);
    server.exchange().condemn(doomed.worker());
    doomed.bury();
    let other = server.worker_saying("hello");
    assert_eq!(client.response().status, 504);
    assert_eq!(client.get("/").text(), "hello");
    assert_eq!(other.taken(), 1);
}

#[test]
fn a_reply_condemned_after_its_head_is_cut() {
    let server = Server::start();
    let doomed = server.worker(|job, _| {
        let job = job.as_mut().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.write_body(b"half of ").unwrap();
        job.flush();
        After::Die
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    server.exchange().condemn(doomed.worker());
    assert!(
        !client.rest().ends_with(b"0\r\n\r\n"),
        "the reply looks whole"
    );
    doomed.bury();
}

#[test]
fn a_request_whose_worker_died_waits_for_another_as_long_as_a_new_one() {
    let wait = Duration::from_millis(400);
    let server = Setup::new().queue(|pool| pool.queue_wait = wait).start();
    let doomed = server.worker(|_, _| After::Die);
    let mut client = server.client();
    client.send(GET);
    eventually("the doomed worker has it", || doomed.taken() == 1);
    let taken_at = Instant::now();
    eventually("it has run for longer than it may wait", || {
        taken_at.elapsed() > wait
    });
    doomed.bury();
    let _other = server.worker_saying("from the other");
    assert_eq!(client.response().text(), "from the other");
}
