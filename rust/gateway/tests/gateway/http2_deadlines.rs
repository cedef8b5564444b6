//! Clients of HTTP/2 that are slow, or that stop.

use std::sync::mpsc;
use std::time::Duration;

use askr_testkit::frames::{Ending, Frames, block, flag, get_fields, kind};
use askr_testkit::streams::{Streams, request};
use askr_testkit::{After, DEADLINE, encoded_head, eventually};

use crate::server::{Server, Setup};

const SHORT: Duration = Duration::from_millis(50);

/// Enough to send a request on a machine that has much else to do.
const LONGER: Duration = Duration::from_millis(500);

// Codes of RFC 9113 §7.
const NO_ERROR: u32 = 0;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

#[test]
fn a_client_that_says_nothing_is_closed() {
    let server = Setup::new()
        .limits(|limits| limits.keep_alive = SHORT)
        .start();
    assert_eq!(Frames::silent(server.address()).read(), None);
}

#[test]
fn half_a_header_block_has_a_deadline() {
    let server = Setup::new()
        .limits(|limits| limits.head_read = SHORT)
        .start();
    let mut client = Frames::connect(server.address());
    let block = block(&get_fields("/"));
    client.frame(kind::HEADERS, flag::END_STREAM, 1, &block[..5]);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
}

#[test]
fn an_idle_connection_is_closed_in_an_orderly_way() {
    let server = Setup::new()
        .limits(|limits| limits.keep_alive = LONGER)
        .start();
    let mut client = Frames::connect(server.address());
    client.get(1, "/askr/health");
    assert_eq!(client.ending(1), Ending::Reply);
    assert_eq!(client.goaway(), Some(NO_ERROR));
}

#[test]
fn a_connection_with_a_request_under_way_is_not_idle() {
    let server = Setup::new()
        .limits(|limits| limits.keep_alive = LONGER)
        .start();
    let mut client = Streams::connect(server.address());
    let asked = client.begin(request("GET", "/"), true).unwrap();
    client.turn();
    let mut idle = Frames::connect(server.address());
    assert_eq!(idle.goaway(), Some(NO_ERROR));
    let _worker = server.worker_saying("late");
    assert_eq!(client.answer(asked).unwrap().text(), "late");
}

#[test]
fn a_body_that_does_not_come_is_answered_408() {
    let server = Setup::new()
        .limits(|limits| limits.body_read = SHORT)
        .start();
    let worker = server.worker_echoing();
    let mut client = Streams::connect(server.address());
    let mut asked = client.begin(request("POST", "/"), false).unwrap();
    client.send(&mut asked, b"half", false).unwrap();
    assert_eq!(client.answer(asked).unwrap().status, 408);
    assert_eq!(worker.taken(), 0);
    assert_eq!(client.get("/askr/health").status, 200);
}

#[test]
fn a_client_that_opens_no_window_is_cut_off_and_holds_no_worker() {
    let server = Setup::new()
        .limits(|limits| limits.write_stall = SHORT)
        .start();
    let worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        // Ends when the gateway gives up.
        while job.write_body(&[b'a'; 10_000]).is_ok() {}
        After::Next
    });
    let mut client = Frames::connect(server.address());
    client.get(1, "/");
    assert_eq!(client.ending(1), Ending::Reset(CANCEL));
    assert!(client.is_alive());
    eventually("the worker is free", || worker.taken() == 1);
    // The window of the connection is used up by the first stream.
    client.frame(kind::WINDOW_UPDATE, 0, 0, &1000_u32.to_be_bytes());
    client.get(3, "/askr/health");
    assert_eq!(client.ending(3), Ending::Reply);
}

#[test]
fn a_reply_goes_on_when_the_window_is_opened_bit_by_bit() {
    let server = Server::start();
    let _worker = server.worker_saying("hello, you there");
    let mut client = Frames::connect(server.address());
    // SETTINGS_INITIAL_WINDOW_SIZE
    client.frame(kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
    client.get(1, "/");
    client.until(kind::HEADERS);
    let mut body = Vec::new();
    while body.len() < 16 {
        client.frame(kind::WINDOW_UPDATE, 0, 1, &4_u32.to_be_bytes());
        let data = client.until(kind::DATA);
        assert!(data.payload.len() <= 4, "more than the window");
        body.extend(data.payload);
    }
    assert_eq!(body, b"hello, you there");
}

#[test]
fn a_client_that_reads_nothing_from_its_socket_is_cut_off() {
    let server = Setup::new()
        .limits(|limits| limits.write_stall = SHORT)
        .start();
    let (ended, end) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        while job.write_body(&[b'a'; 10_000]).is_ok() {}
        ended.send(()).unwrap();
        After::Next
    });
    let mut client = Frames::connect(server.address());
    let wide = 0x7fff_ffff_u32.to_be_bytes();
    client.frame(kind::SETTINGS, 0, 0, &[&[0, 4][..], &wide].concat());
    client.frame(kind::WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
    client.get(1, "/");
    end.recv_timeout(DEADLINE).unwrap();
}

#[test]
fn a_stream_that_is_not_read_does_not_hold_up_the_others() {
    let server = Setup::new().file("large", vec![b'a'; 1_000_000]).start();
    let mut client = Frames::connect(server.address());
    client.frame(kind::WINDOW_UPDATE, 0, 0, &1_000_000_u32.to_be_bytes());
    client.get(1, "/large");
    // Its own window is used up, that of the connection is not.
    let mut taken = 0;
    while taken < 65_535 {
        taken += client.until(kind::DATA).payload.len();
    }
    client.get(3, "/askr/health");
    assert_eq!(client.ending(3), Ending::Reply);
    client.frame(kind::WINDOW_UPDATE, 0, 1, &1_000_000_u32.to_be_bytes());
    assert_eq!(client.ending(1), Ending::Reply);
}
