//! Draining: finish what runs, take nothing new.

use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

use askr_testkit::{After, DEADLINE, encoded_head, eventually, reply};

use crate::server::{Server, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn a_drain_finishes_the_request_that_runs_and_closes_idle_connections() {
    let mut server = Server::start();
    let (go, gone) = mpsc::channel::<()>();
    let worker = server.worker(move |job, _| {
        gone.recv().unwrap();
        reply(job.take().unwrap(), 200, &[], b"finished").unwrap();
        After::Next
    });
    let mut idle = server.client();
    assert_eq!(idle.get("/askr/health").status, 200);
    let mut fresh = server.client();
    let mut busy = server.client();
    busy.send(GET);
    eventually("the worker has it", || worker.taken() == 1);

    server.drain(DEADLINE);
    idle.closed();
    fresh.closed();
    eventually("nothing new is accepted", || {
        TcpStream::connect(server.address()).is_err()
    });
    go.send(()).unwrap();
    let response = busy.response();
    assert_eq!(response.text(), "finished");
    assert_eq!(response.header("connection"), Some("close"));
    busy.closed();
    drop(worker);
    server.drained();
}

#[test]
fn a_drain_finishes_a_stream_that_runs() {
    let mut server = Server::start();
    let (go, gone) = mpsc::channel::<()>();
    let worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.flush();
        gone.recv().unwrap();
        job.write_body(b"the end").unwrap();
        job.end();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    server.drain(DEADLINE);
    eventually("nothing new is accepted", || {
        TcpStream::connect(server.address()).is_err()
    });
    go.send(()).unwrap();
    assert!(client.rest().ends_with(b"7\r\nthe end\r\n0\r\n\r\n"));
    drop(worker);
    server.drained();
}

#[test]
fn a_drain_that_is_over_cuts_what_still_runs() {
    let mut server = Server::start();
    let worker = server.worker(|job, _| {
        let job = job.take().unwrap();
        eventually("the gateway gives up", || job.cancelled());
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    eventually("the worker has it", || worker.taken() == 1);
    server.drain(Duration::from_secs(3600));
    server.drain(Duration::from_millis(20));
    server.drained();
    client.closed();
}

#[test]
fn requests_that_wait_are_still_answered_during_a_drain() {
    let mut server = Setup::new()
        .exchange(|limits| limits.slot_count = 1)
        .start();
    let mut clients = [server.client(), server.client()];
    for client in &mut clients {
        client.send(GET);
    }
    eventually("one waits for a slot", || server.exchange().waiting() == 1);
    server.drain(DEADLINE);
    let worker = server.worker_saying("hello");
    for client in &mut clients {
        assert_eq!(client.response().text(), "hello");
    }
    drop(worker);
    server.drained();
}
