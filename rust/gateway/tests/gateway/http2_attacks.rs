//! The known attacks on servers of HTTP/2, one test each. None may cost more than a connection.

use std::sync::mpsc;

use askr_testkit::frames::{Ending, Frames, block, flag, get_fields, kind};
use askr_testkit::{After, DEADLINE, eventually, reply};

use crate::server::{Server, Setup};

// Codes of RFC 9113 §7.
const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const REFUSED_STREAM: u32 = 7;
const CANCEL: [u8; 4] = [0, 0, 0, 8];
const ENHANCE_YOUR_CALM: u32 = 11;

/// More than any allowance, and little enough to be over soon.
const MANY: usize = 20_000;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let payload = payload.to_vec();
    askr_testkit::frames::Frame {
        kind,
        flags,
        stream,
        payload,
    }
    .encoded()
}

/// The connection that sent `frame` very often was ended because of that; others are served.
#[track_caller]
fn floods(server: &Server, frame: &[u8]) {
    let mut client = Frames::connect(server.address());
    client.flood(&frame.repeat(100), MANY / 100);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
    assert!(Frames::connect(server.address()).is_alive());
}

#[test]
fn pings_settings_priorities_and_unknown_frames_are_bounded() {
    let server = Server::start();
    // CVE-2019-9512, -9515, -9513
    floods(&server, &frame(kind::PING, 0, 0, b"12345678"));
    floods(&server, &frame(kind::SETTINGS, 0, 0, b""));
    floods(&server, &frame(kind::PRIORITY, 0, 1, &[0, 0, 0, 3, 9]));
    floods(&server, &frame(0xbe, 0, 0, b"whatever"));
}

#[test]
fn requests_that_are_taken_back_at_once_are_bounded() {
    // CVE-2023-44487, "rapid reset"
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = Frames::connect(server.address());
    let block = block(&get_fields("/"));
    let mut sent = Vec::new();
    for n in 0..1000 {
        let stream = 2 * n + 1;
        let flags = flag::END_HEADERS | flag::END_STREAM;
        sent.extend(frame(kind::HEADERS, flags, stream, &block));
        sent.extend(frame(kind::RST_STREAM, 0, stream, &CANCEL));
    }
    client.bytes(&sent);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
    assert!(worker.taken() < 300, "{} reached a worker", worker.taken());
}

#[test]
fn requests_that_are_taken_back_after_a_while_are_bounded() {
    let server = Server::start();
    let (sender, arrived) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let job = job.take().unwrap();
        sender.send(()).unwrap();
        eventually("the client takes it back", || job.cancelled());
        After::Next
    });
    let mut client = Frames::connect(server.address());
    let mut taken_back = 0;
    while client.is_alive() {
        let stream = 2 * taken_back + 1;
        client.get(stream, "/");
        if arrived.recv_timeout(DEADLINE).is_err() {
            break;
        }
        client.frame(kind::RST_STREAM, 0, stream, &CANCEL);
        taken_back += 1;
        assert!(taken_back < 1000, "still alive");
    }
    // Pings count as well.
    assert!(taken_back > 100, "only {taken_back}");
}

#[test]
fn resets_that_the_client_makes_us_send_are_bounded() {
    // CVE-2025-8671, "made you reset"
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    let widest = 0x7fff_ffff_u32.to_be_bytes();
    for n in 0..1000 {
        let stream = 2 * n + 1;
        client.get(stream, "/");
        client.frame(kind::WINDOW_UPDATE, 0, stream, &widest);
    }
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
    eventually("nothing is left of it", || server.exchange().waiting() == 0);
}

#[test]
fn streams_beyond_the_limit_are_refused_before_php_sees_them() {
    let server = Setup::new()
        .limits(|limits| limits.http2_streams = 5)
        .start();
    let mut client = Frames::connect(server.address());
    // Whoever has not confirmed the settings may not know of the limit.
    client.until(kind::SETTINGS);
    client.frame(kind::SETTINGS, flag::ACK, 0, b"");
    for n in 0..6 {
        client.get(2 * n + 1, "/");
    }
    assert_eq!(client.ending(11), Ending::Reset(REFUSED_STREAM));
    let worker = server.worker_saying("hello");
    assert_eq!(client.ending(9), Ending::Reply);
    client.get(13, "/");
    assert_eq!(client.ending(13), Ending::Reply);
    assert!(worker.taken() <= 6);
}

#[test]
fn header_blocks_without_end_are_cut() {
    // CVE-2024-27316, "continuation flood"
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    let block = block(&get_fields("/"));
    client.frame(kind::HEADERS, flag::END_STREAM, 1, &block);
    let piece = frame(kind::CONTINUATION, 0, 1, &block[..0]);
    client.flood(&piece.repeat(100), MANY / 100);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));

    let mut client = Frames::connect(server.address());
    client.frame(kind::HEADERS, flag::END_STREAM, 1, &block);
    let field = askr_testkit::frames::block(&[("x", &"a".repeat(16_000))]);
    client.flood(&frame(kind::CONTINUATION, 0, 1, &field), 2000);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
}

#[test]
fn a_header_list_that_is_too_large_is_answered_431() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = Frames::connect(server.address());
    let large = "a".repeat(16_000);
    let fields: Vec<(&str, &str)> = get_fields("/")
        .into_iter()
        .chain([("x", &large[..]); 3])
        .collect();
    let block = block(&fields);
    let (first, rest) = block.split_at(16_000);
    client.frame(kind::HEADERS, flag::END_STREAM, 1, first);
    let mut pieces = rest.chunks(16_000).peekable();
    while let Some(piece) = pieces.next() {
        let last = pieces.peek().is_none();
        let flags = if last { flag::END_HEADERS } else { 0 };
        client.frame(kind::CONTINUATION, flags, 1, piece);
    }
    assert_eq!(client.ending(1), Ending::Reply);
    assert!(client.is_alive());
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_field_that_is_kept_and_repeated_does_not_fill_the_memory() {
    // "HPACK bomb": one long field in the table, and thousands of references of a byte.
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = Frames::connect(server.address());
    let mut bomb = block(&get_fields("/"));
    let mut kept = block(&[("x", &"a".repeat(4000))]);
    kept[0] = 0x40; // with indexing: the first entry of the dynamic table, 62
    bomb.extend(kept);
    bomb.extend([0x80 | 62; 12_000]);
    let flags = flag::END_HEADERS | flag::END_STREAM;
    client.frame(kind::HEADERS, flags, 1, &bomb);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
    assert_eq!(worker.taken(), 0);
}

#[test]
fn empty_data_is_bounded() {
    // CVE-2019-9518
    let server = Server::start();
    let worker = server.worker_echoing();
    for flags in [0, flag::PADDED] {
        let mut client = Frames::connect(server.address());
        let mut fields = get_fields("/");
        fields[0].1 = "POST";
        client.head(1, &fields, false);
        let padding: &[u8] = if flags == 0 { b"" } else { &[0] };
        let empty = frame(kind::DATA, flags, 1, padding);
        client.flood(&empty.repeat(100), 2 * MANY / 100);
        assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM), "flags {flags}");
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn windows_opened_by_a_byte_are_bounded() {
    // CVE-2019-9511, "data dribble"
    let server = Setup::new().file("large", vec![b'a'; 1_000_000]).start();
    let mut client = Frames::connect(server.address());
    client.get(1, "/large");
    let byte = frame(kind::WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes());
    client.flood(&byte.repeat(10), MANY / 10);
    assert_eq!(client.goaway(), Some(ENHANCE_YOUR_CALM));
}

#[test]
fn windows_that_overflow_end_the_stream_or_the_connection() {
    let server = Setup::new().file("large", vec![b'a'; 1_000_000]).start();
    let widest = 0x7fff_ffff_u32.to_be_bytes();
    let mut client = Frames::connect(server.address());
    client.get(1, "/large");
    client.frame(kind::WINDOW_UPDATE, 0, 1, &widest);
    client.frame(kind::WINDOW_UPDATE, 0, 1, &widest);
    assert_eq!(client.ending(1), Ending::Reset(FLOW_CONTROL_ERROR));
    assert!(client.is_alive());

    let mut client = Frames::connect(server.address());
    client.frame(kind::WINDOW_UPDATE, 0, 0, &widest);
    client.frame(kind::WINDOW_UPDATE, 0, 0, &widest);
    assert_eq!(client.goaway(), Some(FLOW_CONTROL_ERROR));
}

#[test]
fn a_body_larger_than_its_window_ends_the_connection() {
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    let mut fields = get_fields("/");
    fields[0].1 = "POST";
    // Nobody reads these bodies: there is no worker, and the queue is not full.
    for stream in [1, 3, 5, 7, 9, 11] {
        client.head(stream, &fields, false);
    }
    let piece = vec![b'a'; 16_384];
    for _ in 0..200 {
        for stream in [1, 3, 5, 7, 9, 11] {
            client.frame(kind::DATA, 0, stream, &piece);
        }
    }
    let ending = client.ending(1);
    assert!(
        ending == Ending::Reply || ending == Ending::Connection(Some(FLOW_CONTROL_ERROR)),
        "{ending:?}"
    );
}

#[test]
fn a_request_in_the_body_of_another_stays_there() {
    let server = Server::start();
    let worker = server.worker(|job, received| {
        assert_eq!(received.target, "/outer");
        reply(job.take().unwrap(), 200, &[], b"").unwrap();
        After::Next
    });
    // Lengths that do not agree with the data are how requests are smuggled to servers behind.
    for (announced, sent) in [("3", 30), ("30", 3), ("0", 1)] {
        let mut client = Frames::connect(server.address());
        let mut fields = get_fields("/outer").to_vec();
        fields[0].1 = "POST";
        fields.push(("content-length", announced));
        client.head(1, &fields, false);
        let body = b"GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";
        client.frame(kind::DATA, flag::END_STREAM, 1, &body[..sent]);
        assert_eq!(
            client.ending(1),
            Ending::Reset(PROTOCOL_ERROR),
            "{announced}"
        );
    }
    assert_eq!(worker.taken(), 0);
}
