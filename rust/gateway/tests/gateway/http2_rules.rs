//! What RFC 9113 asks of a server, section by section.

use askr_testkit::frames::{Ending, Frames, PREFACE, block, flag, get_fields, kind};
use askr_testkit::{After, Client, reply};

use crate::server::Server;

// Codes of RFC 9113 §7.
const PROTOCOL_ERROR: u32 = 1;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;

/// RFC 9113 has codes of their own for malformed blocks, frames of a wrong length and windows
/// beyond the largest. h2 has this one for all of them; the connection ends all the same.
const MALFORMED: u32 = PROTOCOL_ERROR;

const WHOLE: u8 = flag::END_HEADERS | flag::END_STREAM;

/// The connection ends with this code.
#[track_caller]
fn ends(code: u32, wrong: impl FnOnce(&mut Frames)) {
    let server = Server::start();
    let _worker = server.worker_echoing();
    let mut client = Frames::connect(server.address());
    wrong(&mut client);
    assert_eq!(client.goaway(), Some(code));
}

/// Stream 1 ends with this code, or the connection does, which is always allowed (§5.4.2).
#[track_caller]
fn resets(code: u32, wrong: impl FnOnce(&mut Frames)) {
    let server = Server::start();
    let worker = server.worker_echoing();
    let mut client = Frames::connect(server.address());
    wrong(&mut client);
    let ending = client.ending(1);
    let expected = [Ending::Reset(code), Ending::Connection(Some(code))];
    assert!(expected.contains(&ending), "{ending:?}");
    assert_eq!(worker.taken(), 0, "php has seen it");
}

/// The fields of a GET, changed.
fn fields<'a>(change: impl FnOnce(&mut Vec<(&'a str, &'a str)>)) -> Vec<(&'a str, &'a str)> {
    let mut fields = get_fields("/").to_vec();
    change(&mut fields);
    fields
}

#[test]
fn section_3_4_the_preface_comes_first_and_settings_with_it() {
    let server = Server::start();
    let mut client = Frames::silent(server.address());
    client.bytes(PREFACE);
    let first = client.read().unwrap();
    assert_eq!(
        (first.kind, first.flags, first.stream),
        (kind::SETTINGS, 0, 0)
    );

    let mut client = Client::connect(server.address());
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX");
    assert_eq!(client.response().status, 505);
}

#[test]
fn section_4_1_unknown_frames_are_ignored() {
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    client.frame(0x16, 0xff, 0, b"what is this");
    client.frame(0xfe, 0, 77, b"");
    assert!(client.is_alive());
}

#[test]
fn section_4_2_frames_larger_than_allowed_are_errors() {
    ends(FRAME_SIZE_ERROR, |client| {
        client.get(1, "/");
        client.frame(kind::DATA, 0, 1, &[0; 16_385]);
    });
    ends(FRAME_SIZE_ERROR, |client| {
        client.frame(kind::HEADERS, WHOLE, 1, &[0; 16_385]);
    });
}

#[test]
fn section_4_3_a_block_that_cannot_be_decoded_ends_the_connection() {
    // An index that is in no table, an integer without end, a string longer than the block.
    for wrong in [&[0x80 | 70][..], &[0xff; 12], &[0, 0x7f, 0x10, b'a']] {
        ends(MALFORMED, |client| {
            client.frame(kind::HEADERS, WHOLE, 1, wrong);
        });
    }
    // Nothing may come between the frames of a block.
    let whole = block(&get_fields("/"));
    for other in [kind::PING, kind::DATA, kind::HEADERS, kind::SETTINGS, 0x77] {
        ends(PROTOCOL_ERROR, |client| {
            client.frame(kind::HEADERS, flag::END_STREAM, 1, &whole[..7]);
            client.frame(other, 0, if other == kind::HEADERS { 3 } else { 0 }, b"");
        });
    }
}

#[test]
fn section_5_1_frames_on_streams_that_were_not_opened_end_the_connection() {
    for (what, payload) in [
        (kind::DATA, &b"abc"[..]),
        (kind::RST_STREAM, &[0, 0, 0, 8]),
        (kind::WINDOW_UPDATE, &[0, 0, 0, 1]),
        (kind::CONTINUATION, b""),
    ] {
        ends(PROTOCOL_ERROR, |client| client.frame(what, 0, 1, payload));
    }
}

#[test]
fn section_5_1_nothing_follows_the_end_of_a_request() {
    for (what, flags) in [(kind::DATA, 0), (kind::HEADERS, WHOLE)] {
        let server = Server::start();
        let mut client = Frames::connect(server.address());
        // Nobody answers it.
        client.get(1, "/");
        let payload = block(&[("x", "y")]);
        client.frame(what, flags, 1, &payload);
        let ending = client.ending(1);
        let expected = [
            Ending::Reset(STREAM_CLOSED),
            Ending::Connection(Some(STREAM_CLOSED)),
            Ending::Reset(PROTOCOL_ERROR),
            Ending::Connection(Some(PROTOCOL_ERROR)),
        ];
        assert!(expected.contains(&ending), "{ending:?}");
    }
}

#[test]
fn section_5_1_1_streams_have_odd_numbers_that_grow() {
    ends(PROTOCOL_ERROR, |client| client.get(2, "/"));
    ends(PROTOCOL_ERROR, |client| client.get(0, "/"));
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    client.get(5, "/askr/health");
    assert_eq!(client.ending(5), Ending::Reply);
    client.get(3, "/askr/health");
    let ending = client.ending(3);
    assert!(
        matches!(
            ending,
            Ending::Connection(Some(PROTOCOL_ERROR | STREAM_CLOSED))
        ),
        "{ending:?}"
    );
}

#[test]
fn section_5_3_priorities_mean_nothing() {
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    client.frame(kind::PRIORITY, 0, 3, &[0x80, 0, 0, 1, 255]);
    let mut block = vec![0x80, 0, 0, 3, 16];
    block.extend(askr_testkit::frames::block(&get_fields("/askr/health")));
    client.frame(kind::HEADERS, WHOLE | flag::PRIORITY, 5, &block);
    assert_eq!(client.ending(5), Ending::Reply);
}

#[test]
fn section_6_frames_of_a_wrong_length_are_errors() {
    ends(MALFORMED, |client| {
        client.frame(kind::PING, 0, 0, b"1234567")
    });
    ends(MALFORMED, |client| {
        client.frame(kind::SETTINGS, 0, 0, b"12345")
    });
    ends(MALFORMED, |client| {
        client.frame(kind::SETTINGS, flag::ACK, 0, b"123456");
    });
    ends(MALFORMED, |client| {
        client.get(1, "/");
        client.frame(kind::RST_STREAM, 0, 1, b"123");
    });
    ends(MALFORMED, |client| {
        client.frame(kind::WINDOW_UPDATE, 0, 0, b"12345");
    });
}

#[test]
fn section_6_frames_on_the_wrong_kind_of_stream_are_errors() {
    for (what, stream, payload) in [
        (kind::DATA, 0, &b"abc"[..]),
        (kind::HEADERS, 0, b""),
        (kind::RST_STREAM, 0, &[0, 0, 0, 8]),
        (kind::PRIORITY, 0, &[0, 0, 0, 1, 1]),
        (kind::CONTINUATION, 0, b""),
        (kind::SETTINGS, 1, b""),
        (kind::PING, 1, b"12345678"),
        (kind::GOAWAY, 1, &[0; 8]),
        (kind::PUSH_PROMISE, 1, &[0, 0, 0, 2]),
    ] {
        ends(PROTOCOL_ERROR, |client| {
            client.frame(what, 0, stream, payload)
        });
    }
}

#[test]
fn section_6_1_padding_longer_than_the_frame_is_an_error() {
    ends(PROTOCOL_ERROR, |client| {
        client.head(1, &fields(|fields| fields[0].1 = "POST"), false);
        client.frame(kind::DATA, flag::PADDED, 1, &[9, b'a', 0]);
    });
    ends(PROTOCOL_ERROR, |client| {
        client.frame(kind::HEADERS, WHOLE | flag::PADDED, 1, &[200, 0]);
    });
}

#[test]
fn section_6_5_settings_are_confirmed_and_bad_ones_refused() {
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    let confirmed = loop {
        let frame = client.read().unwrap();
        if frame.kind == kind::SETTINGS && frame.flags == flag::ACK {
            break frame;
        }
    };
    assert!(confirmed.payload.is_empty());

    // ENABLE_PUSH of 2, MAX_FRAME_SIZE out of its range, INITIAL_WINDOW_SIZE above 2^31-1.
    ends(PROTOCOL_ERROR, |client| {
        client.frame(kind::SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2])
    });
    ends(PROTOCOL_ERROR, |client| {
        client.frame(kind::SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 9])
    });
    ends(MALFORMED, |client| {
        client.frame(kind::SETTINGS, 0, 0, &[0, 4, 0x80, 0, 0, 0]);
    });
}

#[test]
fn section_6_7_pings_are_answered_with_what_they_carry() {
    let server = Server::start();
    let mut client = Frames::connect(server.address());
    client.frame(kind::PING, 0, 0, b"a number");
    let pong = loop {
        let frame = client.read().unwrap();
        if frame.kind == kind::PING {
            break frame;
        }
    };
    assert_eq!(
        (pong.flags, &pong.payload[..]),
        (flag::ACK, &b"a number"[..])
    );
}

#[test]
fn section_6_9_windows_grow_by_something() {
    ends(PROTOCOL_ERROR, |client| {
        client.frame(kind::WINDOW_UPDATE, 0, 0, &[0; 4])
    });
    resets(PROTOCOL_ERROR, |client| {
        client.head(1, &fields(|fields| fields[0].1 = "POST"), false);
        client.frame(kind::WINDOW_UPDATE, 0, 1, &[0; 4]);
    });
}

#[test]
fn section_8_1_a_second_head_must_end_the_request() {
    let post = fields(|fields| fields[0].1 = "POST");
    resets(PROTOCOL_ERROR, |client| {
        client.head(1, &post, false);
        client.head(1, &[("x", "y")], false);
    });
}

#[test]
fn section_8_1_pseudo_fields_at_the_end_of_a_request_change_nothing() {
    // They are malformed, and h2 leaves them out instead of saying so.
    let server = Server::start();
    let _worker = server.worker_naming_the_script();
    let mut client = Frames::connect(server.address());
    client.head(1, &fields(|fields| fields[0].1 = "POST"), false);
    client.head(1, &[(":path", "/index.php/b"), (":method", "GET")], true);
    assert_eq!(client.until(kind::DATA).payload, b"/index.php []");
}

#[test]
fn section_8_1_trailers_are_taken_and_left_out() {
    let server = Server::start();
    let worker = server.worker_echoing();
    let mut client = Frames::connect(server.address());
    client.head(1, &fields(|fields| fields[0].1 = "POST"), false);
    client.frame(kind::DATA, 0, 1, b"abc");
    client.head(1, &[("x-checksum", "1")], true);
    assert_eq!(client.until(kind::DATA).payload, b"abc");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn section_8_2_fields_about_a_connection_or_in_upper_case_are_malformed() {
    for field in [
        ("connection", "close"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("te", "gzip"),
        ("X-Upper", "a"),
        ("a b", "c"),
        ("", "c"),
        ("x", "a\r\nb: c"),
        ("x", "a\0b"),
    ] {
        let malformed = fields(|fields| fields.push(field));
        resets(PROTOCOL_ERROR, |client| client.head(1, &malformed, true));
    }
}

#[test]
fn section_8_3_pseudo_fields_are_complete_single_known_and_first() {
    for wrong in [
        fields(|fields| {
            fields.remove(0);
        }),
        fields(|fields| {
            fields.remove(1);
        }),
        fields(|fields| {
            fields.remove(2);
        }),
        fields(|fields| fields.push((":method", "GET"))),
        fields(|fields| fields.push((":path", "/b"))),
        fields(|fields| fields.push((":authority", "b"))),
        fields(|fields| fields.push((":status", "200"))),
        fields(|fields| fields.push((":unknown", "a"))),
        fields(|fields| fields[2].1 = ""),
        fields(|fields| {
            fields.insert(0, ("x", "y"));
        }),
        // Extended CONNECT (RFC 8441), which we have not offered.
        fields(|fields| {
            fields[0].1 = "CONNECT";
            fields.push((":protocol", "websocket"));
        }),
    ] {
        resets(PROTOCOL_ERROR, |client| client.head(1, &wrong, true));
    }
}

#[test]
fn section_8_3_1_a_fragment_never_reaches_php() {
    // It is malformed, and the library has cut it off before we see the path; HTTP/1 refuses it.
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let head = format!("{received:?}");
        let secret = head.contains("secret") || head.contains('#');
        let seen = format!("{} {} {secret}", received.target, received.script_name);
        reply(job.take().unwrap(), 200, &[], seen.as_bytes()).unwrap();
        After::Next
    });
    for (path, seen) in [
        ("/a#secret", "/a /index.php false"),
        ("/a?b=c#secret", "/a?b=c /index.php false"),
        ("/a#secret?b=c", "/a /index.php false"),
        ("/#/../secret", "/ /index.php false"),
        ("/a?#secret#secret", "/a? /index.php false"),
        ("#secret", "/ /index.php false"),
    ] {
        let mut client = Frames::connect(server.address());
        client.get(1, path);
        let payload = client.until(kind::DATA).payload;
        assert_eq!(String::from_utf8_lossy(&payload), seen, "{path}");
    }
}

#[test]
fn section_8_4_clients_push_nothing() {
    let promise = [0, 0, 0, 2];
    ends(PROTOCOL_ERROR, |client| {
        client.frame(kind::PUSH_PROMISE, flag::END_HEADERS, 1, &promise);
    });
}
