//! Replies that are compressed on their way out, and those that must not be.

use std::io::Read;
use std::sync::mpsc;

use askr_gateway::Coding;
use askr_testkit::streams::{self, Streams};
use askr_testkit::{After, Client, DEADLINE, Response, encoded_head, reply};

use crate::server::{Server, Setup};

type Fields = &'static [(&'static str, &'static str)];

const BROWSER: &str = "gzip, deflate, br, zstd";

/// What shrinks, of `bytes` bytes.
fn page(bytes: usize) -> Vec<u8> {
    let mut page = Vec::with_capacity(bytes + 100);
    for line in 0_u32.. {
        if page.len() >= bytes {
            break;
        }
        page.extend(format!("<li>line {line} of a page with the same words again</li>\n").bytes());
    }
    page.truncate(bytes);
    page
}

fn decoded(response: &Response) -> Vec<u8> {
    let coded = response.body.as_slice();
    let mut plain = Vec::new();
    match response.header("content-encoding") {
        Some("zstd") => zstd::Decoder::new(coded).unwrap().read_to_end(&mut plain),
        Some("br") => brotli::Decompressor::new(coded, 4096).read_to_end(&mut plain),
        Some("gzip") => flate2::read::GzDecoder::new(coded).read_to_end(&mut plain),
        other => panic!("coded as {other:?}"),
    }
    .unwrap();
    plain
}

fn ask(client: &mut Client, target: &str, fields: &[(&str, &str)]) -> Response {
    client.send(request("GET", target, fields));
    client.response()
}

fn request(method: &str, target: &str, fields: &[(&str, &str)]) -> String {
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn accepting(client: &mut Client, codings: &str) -> Response {
    ask(client, "/", &[("Accept-Encoding", codings)])
}

/// A server whose PHP answers with this.
fn answering(status: u16, headers: Fields, bytes: usize) -> (Server, impl Drop) {
    let server = patient();
    let worker = server.worker(move |job, _| {
        let _ = reply(job.take().unwrap(), status, headers, &page(bytes));
        After::Next
    });
    (server, worker)
}

const HTML: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");

#[test]
fn each_client_gets_the_coding_it_likes_best() {
    let (server, _worker) = answering(200, &[HTML, ("ETag", "\"1\"")], 5000);
    let mut client = server.client();
    for (accept, coding) in [
        (BROWSER, "zstd"),
        ("gzip, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.6", "gzip"),
        ("zstd;q=0, *;q=0.1", "br"),
    ] {
        let response = accepting(&mut client, accept);
        assert_eq!(
            response.header("content-encoding"),
            Some(coding),
            "{accept}"
        );
        assert_eq!(decoded(&response), page(5000), "{accept}");
        let length = response.body.len().to_string();
        assert_eq!(response.header("content-length"), Some(length.as_str()));
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
        assert_eq!(response.header("etag"), Some("W/\"1\""));
        assert!(response.body.len() < 2500);
    }
    for accept in ["", "identity", "gzip;q=0", "deflate", "identity;q=0, *;q=0"] {
        let response = accepting(&mut client, accept);
        assert_eq!(response.header("content-encoding"), None, "{accept}");
        assert_eq!(response.body, page(5000), "{accept}");
        assert_eq!(response.header("vary"), Some("Accept-Encoding"), "{accept}");
        assert_eq!(response.header("etag"), Some("\"1\""), "{accept}");
    }
}

#[test]
fn a_reply_of_any_length_arrives_whole_in_every_coding() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let bytes: usize = received.target[1..].parse().unwrap();
        let _ = reply(job.take().unwrap(), 200, &[HTML], &page(bytes));
        After::Next
    });
    let mut client = server.client();
    for bytes in [512, 16_384, 16_385, 100_000, 600_000] {
        for coding in Coding::ALL {
            let accept = [("Accept-Encoding", coding.token())];
            let response = ask(&mut client, &format!("/{bytes}"), &accept);
            assert_eq!(decoded(&response), page(bytes), "{bytes} {coding}");
        }
    }
}

#[test]
fn what_is_not_worth_it_or_not_ours_to_change_stays_as_it_is() {
    const GZIP: (&str, &str) = ("Content-Encoding", "gzip");
    let table: [(u16, Fields, usize); 14] = [
        (200, &[HTML], 511),
        (200, &[], 5000),
        (200, &[("Content-Type", "image/png")], 5000),
        (200, &[("Content-Type", "text/event-stream")], 5000),
        (200, &[HTML, GZIP], 5000),
        (200, &[HTML, ("Content-Encoding", "identity")], 5000),
        (
            200,
            &[HTML, ("Cache-Control", "private, No-Transform")],
            5000,
        ),
        (200, &[HTML, ("Content-Digest", "sha-256=:x:")], 5000),
        (206, &[HTML, ("Content-Range", "bytes 0-4999/9000")], 5000),
        (206, &[HTML], 5000),
        (200, &[HTML, ("Content-Range", "bytes 0-4999/9000")], 5000),
        (204, &[HTML], 0),
        (205, &[HTML], 0),
        (304, &[HTML], 0),
    ];
    for (status, headers, bytes) in table {
        let (server, _worker) = answering(status, headers, bytes);
        let response = accepting(&mut server.client(), BROWSER);
        let set = headers.iter().find(|(name, _)| *name == "Content-Encoding");
        assert_eq!(
            response.header("content-encoding"),
            set.map(|(_, value)| *value),
            "{headers:?}"
        );
        assert_eq!(response.header("vary"), None, "{headers:?}");
        assert_eq!(response.body, page(bytes), "{headers:?}");
    }
}

#[test]
fn an_error_page_is_as_worth_it_as_any() {
    let (server, _worker) = answering(500, &[HTML], 5000);
    let response = accepting(&mut server.client(), BROWSER);
    assert_eq!((response.status, decoded(&response)), (500, page(5000)));
}

#[test]
fn what_does_not_shrink_is_sent_as_it_is() {
    let server = patient();
    let mut noise = Vec::new();
    let mut state = 1_u32;
    noise.resize_with(2000, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let sent = noise.clone();
    let _worker = server.worker(move |job, _| {
        let _ = reply(job.take().unwrap(), 200, &[HTML, ("ETag", "\"1\"")], &sent);
        After::Next
    });
    for coding in Coding::ALL {
        let response = accepting(&mut server.client(), coding.token());
        assert_eq!(response.header("content-encoding"), None);
        assert_eq!(response.header("etag"), Some("\"1\""));
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
        assert_eq!(response.body, noise);
    }
}

#[test]
fn vary_says_it_once_and_ranges_are_not_promised() {
    for (given, told) in [
        ("Cookie", vec!["Cookie", "Accept-Encoding"]),
        ("Cookie, accept-encoding", vec!["Cookie, accept-encoding"]),
        ("*", vec!["*"]),
    ] {
        let headers = Box::leak(Box::new([
            HTML,
            ("Vary", given),
            ("Accept-Ranges", "bytes"),
        ]));
        let (server, _worker) = answering(200, headers, 5000);
        let response = accepting(&mut server.client(), BROWSER);
        assert_eq!(response.headers_called("vary"), told);
        assert_eq!(response.header("accept-ranges"), None);
    }
}

#[test]
fn who_has_the_compressed_reply_is_told_that_it_is_still_good() {
    let (server, _worker) = answering(304, &[("ETag", "\"1\"")], 0);
    let mut client = server.client();
    let accept = ("Accept-Encoding", BROWSER);
    let known = ask(
        &mut client,
        "/",
        &[accept, ("If-None-Match", "\"0\", W/\"1\"")],
    );
    assert_eq!((known.status, known.header("etag")), (304, Some("W/\"1\"")));
    assert_eq!(known.header("vary"), Some("Accept-Encoding"));
    let plain = ask(&mut client, "/", &[accept, ("If-None-Match", "\"1\"")]);
    assert_eq!((plain.status, plain.header("etag")), (304, Some("\"1\"")));
}

#[test]
fn the_answer_to_head_is_that_to_get_without_its_body() {
    let headers = &[HTML, ("ETag", "\"1\""), ("Content-Length", "5000")];
    let (server, _worker) = answering(200, headers, 5000);
    let mut client = server.client();
    client.send(request("HEAD", "/", &[("Accept-Encoding", BROWSER)]));
    let head = client.head_response();
    assert_eq!(head.header("content-encoding"), Some("zstd"));
    assert_eq!(head.header("content-length"), None);
    assert_eq!(head.header("etag"), Some("W/\"1\""));
    client.send(request("HEAD", "/", &[]));
    assert_eq!(
        client.head_response().header("content-length"),
        Some("5000")
    );
    assert_eq!(decoded(&accepting(&mut client, BROWSER)), page(5000));
}

#[test]
fn clients_of_http_2_get_the_same() {
    let server = patient();
    let _worker = server.worker(|job, received| {
        let bytes: usize = received.target[1..].parse().unwrap();
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[HTML, ("ETag", "\"1\"")]))
            .unwrap();
        for part in page(bytes).chunks(3000) {
            job.write_body(part).unwrap();
            job.flush();
        }
        job.end();
        After::Next
    });
    let mut client = Streams::connect(server.address());
    for bytes in [100, 5000, 16_385, 600_000] {
        for coding in Coding::ALL {
            let mut asked = streams::request("GET", &format!("/{bytes}"));
            let value = coding.token().parse().unwrap();
            asked.headers_mut().insert("accept-encoding", value);
            let response = client.ask(asked, b"");
            if bytes == 100 {
                assert_eq!(response.header("content-encoding"), None);
                continue;
            }
            assert_eq!(decoded(&response), page(bytes), "{bytes} {coding}");
            assert_eq!(response.header("content-encoding"), Some(coding.token()));
            assert_eq!(response.header("vary"), Some("Accept-Encoding"));
            assert_eq!(response.header("etag"), Some("W/\"1\""));
        }
    }
    let mut asked = streams::request("HEAD", "/5000");
    asked
        .headers_mut()
        .insert("accept-encoding", "br".parse().unwrap());
    let head = client.ask(asked, b"");
    assert!(head.body.is_empty());
    assert_eq!(head.header("content-length"), None);
}

#[test]
fn a_client_of_http_1_0_gets_the_reply_as_it_is() {
    let (server, _worker) = answering(200, &[HTML], 5000);
    let mut client = server.client();
    client.send("GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    let response = client.response();
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.body, page(5000));
}

#[test]
fn settings_decide_what_is_compressed_and_with_what() {
    let server = Setup::new()
        .compression(|config| {
            config.codings = vec![Coding::Gzip, Coding::Zstd];
            config.bytes_min = 100;
            config.types = vec!["text/event-stream".parse().unwrap()];
        })
        .start();
    let _worker = server.worker(|job, _| {
        let events = [("Content-Type", "text/event-stream")];
        let _ = reply(job.take().unwrap(), 200, &events, &page(100));
        After::Next
    });
    let response = accepting(&mut server.client(), BROWSER);
    assert_eq!(response.header("content-encoding"), Some("gzip"));
    assert_eq!(decoded(&response), page(100));

    let server = Setup::new()
        .compression(|config| config.codings.clear())
        .start();
    let _worker = server.worker(|job, _| {
        let _ = reply(job.take().unwrap(), 200, &[HTML], &page(5000));
        After::Next
    });
    let response = accepting(&mut server.client(), BROWSER);
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.header("vary"), None);
}

/// A server that waits for the end of a short reply, however busy the machine is.
fn patient() -> Server {
    let setup = Setup::new().compression(|config| config.patience = DEADLINE);
    setup.start()
}

/// The worker tells the head, then the body, then the end; the gateway may look in between.
#[test]
fn a_short_reply_is_sent_as_it_is_whenever_its_end_comes() {
    let server = patient();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[HTML])).unwrap();
        job.flush();
        job.write_body(&page(100)).unwrap();
        job.flush();
        job.end();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..200 {
        let response = accepting(&mut client, BROWSER);
        assert_eq!(response.header("content-encoding"), None);
        assert_eq!(response.header("vary"), None);
        assert_eq!(response.body, page(100));
    }
}

/// What can be read of coded bytes that are not over.
struct Reader {
    coding: Coding,
    coded: Vec<u8>,
}

impl Reader {
    /// Takes chunks from `client` until `bytes` can be read.
    fn read(&mut self, client: &mut Client, bytes: usize) -> Vec<u8> {
        loop {
            if let Some(plain) = self.readable(bytes) {
                return plain;
            }
            self.coded
                .extend(chunk(client).expect("the reply is not over"));
        }
    }

    fn readable(&self, bytes: usize) -> Option<Vec<u8>> {
        let coded = self.coded.as_slice();
        let mut plain = vec![0; bytes];
        match self.coding {
            Coding::Zstd => zstd::Decoder::new(coded).unwrap().read_exact(&mut plain),
            Coding::Brotli => brotli::Decompressor::new(coded, 4096).read_exact(&mut plain),
            Coding::Gzip => flate2::read::GzDecoder::new(coded).read_exact(&mut plain),
        }
        .ok()
        .map(|()| plain)
    }
}

/// The data of the next chunk; `None` for the last.
fn chunk(client: &mut Client) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.extend(client.bytes(1));
    }
    let digits = std::str::from_utf8(&line[..line.len() - 2]).unwrap();
    let bytes = usize::from_str_radix(digits, 16).unwrap();
    let data = client.bytes(bytes);
    assert_eq!(client.bytes(2), b"\r\n");
    (bytes > 0).then_some(data)
}

#[test]
fn what_php_flushes_can_be_read_before_php_is_done() {
    for coding in Coding::ALL {
        let server = Server::start();
        let (more, next) = mpsc::channel::<Vec<u8>>();
        let _worker = server.worker(move |job, _| {
            let mut job = job.take().unwrap();
            job.write_head(&encoded_head(200, &[HTML, ("ETag", "\"1\"")]))
                .unwrap();
            while let Ok(part) = next.recv() {
                job.write_body(&part).unwrap();
                job.flush();
            }
            job.end();
            After::Next
        });
        let mut client = server.client();
        client.send(request("GET", "/", &[("Accept-Encoding", coding.token())]));
        more.send(b"one".to_vec()).unwrap();
        let head = client.head_response();
        assert_eq!(head.header("content-encoding"), Some(coding.token()));
        assert_eq!(head.header("transfer-encoding"), Some("chunked"));
        assert_eq!(head.header("etag"), Some("W/\"1\""));
        let mut reader = Reader {
            coding,
            coded: Vec::new(),
        };
        let mut plain = b"one".to_vec();
        assert_eq!(reader.read(&mut client, plain.len()), plain);
        // Small ones, and one that is coded on another thread.
        for part in [page(10), page(1), page(100_000), page(7)] {
            more.send(part.clone()).unwrap();
            plain.extend(part);
            assert_eq!(reader.read(&mut client, plain.len()), plain, "{coding}");
        }
        drop(more);
        while let Some(rest) = chunk(&mut client) {
            reader.coded.extend(rest);
        }
        assert_eq!(client.get("/askr/health").text(), "ok\n");
    }
}

#[test]
fn an_announced_length_gives_way_and_a_reply_cut_short_is_not_ended() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let mut job = job.take().unwrap();
        let length = [HTML, ("Content-Length", "600000")];
        job.write_head(&encoded_head(200, &length)).unwrap();
        job.flush();
        let bytes = if received.target == "/whole" {
            600_000
        } else {
            500_000
        };
        for part in page(bytes).chunks(1000) {
            job.write_body(part).unwrap();
        }
        job.end();
        After::Next
    });
    for coding in Coding::ALL {
        let accept = [("Accept-Encoding", coding.token())];
        let whole = ask(&mut server.client(), "/whole", &accept);
        assert_eq!(whole.header("content-length"), None);
        assert_eq!(decoded(&whole), page(600_000));

        let mut client = server.client();
        client.send(request("GET", "/cut", &accept));
        assert_eq!(client.head_response().status, 200);
        let rest = client.rest();
        assert!(rest.len() > 1000);
        assert!(!rest.ends_with(b"0\r\n\r\n"), "{coding}: it is cut");
    }
}

#[test]
fn a_worker_that_dies_in_a_compressed_reply_cuts_it_and_what_came_before_arrives() {
    let server = Server::start();
    let doomed = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[HTML])).unwrap();
        job.write_body(b"so far").unwrap();
        job.flush();
        std::mem::forget(job);
        After::Die
    });
    let mut client = server.client();
    client.send(request("GET", "/", &[("Accept-Encoding", "gzip")]));
    assert_eq!(client.head_response().status, 200);
    let mut reader = Reader {
        coding: Coding::Gzip,
        coded: Vec::new(),
    };
    assert_eq!(reader.read(&mut client, 6), b"so far");
    doomed.bury();
    assert!(!client.rest().ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_client_that_leaves_while_its_reply_is_compressed_costs_nothing() {
    let server = Server::start();
    let worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[HTML])).unwrap();
        let page = page(100_000);
        while job.write_body(&page).is_ok() {}
        After::Next
    });
    for _ in 0..3 {
        let mut client = server.client();
        client.send(request("GET", "/", &[("Accept-Encoding", BROWSER)]));
        assert_eq!(client.head_response().status, 200);
    }
    askr_testkit::eventually("the worker is idle", || {
        worker.taken() == 3 && server.exchange().idle_workers() == 1
    });
}

#[test]
fn files_are_compressed_but_for_a_range_of_one() {
    let server = Setup::new()
        .file("a.css", page(50_000))
        .file("b.css", page(5_000_000))
        .file("c.png", page(5000))
        .start();
    let mut client = server.client();
    for coding in Coding::ALL {
        let accept = ("Accept-Encoding", coding.token());
        let response = ask(&mut client, "/a.css", &[accept]);
        assert_eq!(decoded(&response), page(50_000));
        assert_eq!(response.header("accept-ranges"), None);
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
        let part = ask(&mut client, "/a.css", &[accept, ("Range", "bytes=0-999")]);
        assert_eq!((part.status, part.header("content-encoding")), (206, None));
        assert_eq!(part.body, page(1000));
        for (target, bytes) in [("/b.css", 5_000_000), ("/c.png", 5000)] {
            let response = ask(&mut client, target, &[accept]);
            assert_eq!(response.header("content-encoding"), None, "{target}");
            assert_eq!(response.body, page(bytes), "{target}");
        }
    }
}
