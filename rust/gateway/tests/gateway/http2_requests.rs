//! Requests over HTTP/2, and that they are answered as those of HTTP/1 are.

use std::sync::mpsc;
use std::time::Duration;

use askr_testkit::frames::{Ending, Frames, kind};
use askr_testkit::streams::{Streams, request};
use askr_testkit::{After, Client, DEADLINE, Response, encoded_head, eventually, reply};
use http::Request;

use crate::server::{Server, Setup, read_body};

/// RFC 9113 §7.
const INTERNAL_ERROR: u32 = 2;

/// What the two versions have in common.
trait Speaks {
    fn asks(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Response;
}

impl Speaks for Client {
    fn asks(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n");
        for (name, value) in fields {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        self.send(head + "\r\n");
        self.send(body);
        match method {
            "HEAD" => self.head_response(),
            _ => self.response(),
        }
    }
}

impl Speaks for Streams {
    fn asks(
        &mut self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut asked = request(method, target);
        for (name, value) in fields {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            asked.headers_mut().append(name, value.parse().unwrap());
        }
        if !body.is_empty() {
            let headers = asked.headers_mut();
            headers.insert("content-length", body.len().into());
        }
        self.ask(asked, body)
    }
}

/// A client of either version, by name.
fn both(server: &Server) -> [(&'static str, Box<dyn Speaks>); 2] {
    [
        ("HTTP/1.1", Box::new(server.client())),
        ("HTTP/2.0", Box::new(Streams::connect(server.address()))),
    ]
}

#[test]
fn php_sees_the_same_request_in_both_versions() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let body = read_body(job.as_mut().unwrap(), received);
        let seen = format!(
            "{} {} {} [{}] {:?} {:?} {:?} {:?} {:?} {} {}",
            received.method,
            received.target,
            received.script_name,
            received.path_info,
            received.header("host"),
            received.header("cookie"),
            received.header("x-a"),
            received.header("proxy"),
            received.header("content-length"),
            received.body_bytes,
            String::from_utf8_lossy(&body),
        );
        reply(job.take().unwrap(), 200, &[], seen.as_bytes()).unwrap();
        After::Next
    });
    let cookies = [("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "b c")];
    for (method, target, fields, body) in [
        ("GET", "/", &[][..], &b""[..]),
        ("GET", "/index.php/a%20b?c=d&e[]=f", &cookies, b""),
        ("GET", "//host/path?q=http://x/", &[("proxy", "evil")], b""),
        ("POST", "/form", &cookies, b"a=1&b=2"),
        ("PATCH", "/a", &[("x_a", "1")], b"{}"),
    ] {
        let mut seen = both(&server).map(|(version, mut client)| {
            let response = client.asks(method, target, fields, body);
            assert_eq!(response.version, version);
            (response.status, response.text().to_owned())
        });
        assert_eq!(seen[0], seen[1], "{method} {target}");
        let (status, text) = std::mem::take(&mut seen[1]);
        assert_eq!(status, 200);
        assert!(text.contains("\"test\""), "{text}");
        assert_eq!(text.contains("a=1; b=2\""), fields.len() == 3, "{text}");
    }
}

#[test]
fn replies_carry_the_same_fields_in_both_versions() {
    let server = Setup::new().file("a.txt", "a file").start();
    let _worker = server.worker(|job, received| {
        let mut job = job.take().unwrap();
        let fields = [("Set-Cookie", "a=1"), ("X-A", "b"), ("Set-Cookie", "b=2")];
        match received.target.as_str() {
            "/bodiless" => reply(job, 204, &fields, b"").unwrap(),
            "/streamed" => {
                job.write_head(&encoded_head(200, &fields)).unwrap();
                job.flush();
                job.write_body(b"streamed").unwrap();
                job.end();
            }
            "/hop" => {
                let hop = [
                    ("Connection", "close"),
                    ("Keep-Alive", "a"),
                    ("Upgrade", "b"),
                ];
                reply(job, 200, &hop, b"whole").unwrap();
            }
            _ => reply(job, 201, &fields, b"whole").unwrap(),
        }
        After::Next
    });
    for (method, target) in [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/bodiless"),
        ("GET", "/streamed"),
        ("GET", "/hop"),
        ("GET", "/a.txt"),
        ("HEAD", "/a.txt"),
        ("GET", "/askr/health"),
        ("GET", "/a/../b"),
        ("GET", "/%zz"),
    ] {
        let seen = both(&server).map(|(_, mut client)| {
            let mut response = client.asks(method, target, &[], b"");
            let of_the_version = ["date", "transfer-encoding", "connection", "x-request-id"];
            let fields = &mut response.headers;
            assert!(fields.iter().any(|(name, _)| name == "date"));
            fields.retain(|(name, _)| !of_the_version.contains(&&**name));
            if target == "/streamed" {
                // Known if the stream is over before its head goes out.
                fields.retain(|(name, _)| name != "content-length");
            }
            fields.sort();
            (response.status, response.headers, response.body)
        });
        assert_eq!(seen[0], seen[1], "{method} {target}");
    }
}

#[test]
fn refusals_are_the_same_in_both_versions() {
    let server = Setup::new()
        .limits(|limits| {
            limits.body_bytes = 100;
            limits.head_bytes = 1000;
            limits.head_fields = 20;
            limits.request_line_bytes = 300;
        })
        .start();
    let worker = server.worker_saying("hello");
    let long = format!("/{}", "a".repeat(300));
    let large = "b".repeat(1000);
    let many = [("x", "y"); 21];
    for (method, target, fields, body, status) in [
        ("GET", &long[..], &[][..], 0, 414),
        ("GET", "/", &[("x", &large[..])], 0, 431),
        ("GET", "/", &many, 0, 431),
        ("POST", "/", &[], 101, 413),
        ("GET", "/", &[("host", "a")], 0, 400),
    ] {
        let seen = both(&server).map(|(_, mut client)| {
            let response = client.asks(method, target, fields, &vec![b'a'; body]);
            assert_eq!(response.status, status, "{method} {target}");
            response.text().to_owned()
        });
        // Two names of a host are two fields in one version, and two places in the other.
        assert!(seen[0] == seen[1] || status == 400, "{seen:?}");
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn bodies_of_every_size_go_both_ways() {
    let server = Setup::new()
        .exchange(|limits| {
            limits.request_bytes = 4096;
            limits.reply_bytes = 4096;
        })
        .start();
    let _worker = server.worker_echoing();
    let mut client = Streams::connect(server.address());
    for bytes in [
        0, 1, 16_384, 16_385, 65_535, 65_536, 262_144, 262_145, 5_000_000,
    ] {
        let body: Vec<u8> = (0..=250).cycle().take(bytes).collect();
        let response = client.post("/", &body);
        assert_eq!(response.status, 200);
        assert!(response.body == body, "{bytes} bytes came back changed");
    }
}

#[test]
fn the_requests_of_one_connection_reach_all_workers() {
    let server = Server::start();
    let (sender, both_in) = mpsc::channel();
    let gates = [0, 1].map(|_| {
        let (go, gate) = mpsc::channel::<()>();
        let arrived = sender.clone();
        let worker = server.worker(move |job, received| {
            arrived.send(()).unwrap();
            gate.recv().unwrap();
            let said = received.target.clone();
            reply(job.take().unwrap(), 200, &[], said.as_bytes()).unwrap();
            After::Next
        });
        (go, worker)
    });
    let mut client = Streams::connect(server.address());
    let asked = ["/1", "/2"].map(|target| client.begin(request("GET", target), true).unwrap());
    client.turn();
    for _ in 0..2 {
        both_in.recv_timeout(DEADLINE).unwrap();
    }
    gates.iter().for_each(|(go, _)| go.send(()).unwrap());
    let answers = asked.map(|asked| client.answer(asked).unwrap().text().to_owned());
    assert_eq!(answers, ["/1", "/2"]);
}

#[test]
fn hundreds_of_requests_at_once_are_all_answered() {
    let server = Server::start();
    let _workers = [server.worker_echoing(), server.worker_echoing()];
    let mut client = Streams::connect(server.address());
    let mut asked = Vec::new();
    for n in 0..100 {
        let mut one = client.begin(request("POST", "/"), false).unwrap();
        let body = format!("{n} ").repeat(n);
        client.send(&mut one, body.as_bytes(), true).unwrap();
        asked.push((one, body));
    }
    for (one, body) in asked {
        assert_eq!(client.answer(one).unwrap().text(), body);
    }
}

#[test]
fn a_request_that_is_taken_back_is_cancelled_and_the_others_go_on() {
    let server = Server::start();
    let worker = server.worker(|job, received| {
        let job = job.take().unwrap();
        match received.target.as_str() {
            "/long" => eventually("the client takes it back", || job.cancelled()),
            _ => reply(job, 200, &[], b"short").unwrap(),
        }
        After::Next
    });
    let mut client = Streams::connect(server.address());
    let asked = client.begin(request("GET", "/long"), true).unwrap();
    client.turn();
    eventually("the worker has it", || worker.taken() == 1);
    client.take_back(asked);
    assert_eq!(client.get("/").text(), "short");
}

#[test]
fn early_hints_come_while_php_works() {
    let server = Server::start();
    let (go, gate) = mpsc::channel::<()>();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        let link = [("Link", "</a.css>; rel=preload"), ("Connection", "close")];
        job.write_interim(&encoded_head(103, &link)).unwrap();
        gate.recv().unwrap();
        reply(job, 200, &[], b"done").unwrap();
        After::Next
    });
    let mut client = Streams::connect(server.address());
    for _ in 0..2 {
        let mut asked = client.begin(request("GET", "/"), true).unwrap();
        let hint = client.interim(&mut asked);
        assert_eq!(hint.status(), 103);
        assert_eq!(hint.headers()["link"], "</a.css>; rel=preload");
        assert_eq!(hint.headers().len(), 1);
        go.send(()).unwrap();
        assert_eq!(client.answer(asked).unwrap().text(), "done");
    }
}

#[test]
fn a_client_that_waits_for_a_go_ahead_gets_it() {
    let server = Server::start();
    let _worker = server.worker_echoing();
    let mut client = Streams::connect(server.address());
    let mut expecting = request("POST", "/");
    let headers = expecting.headers_mut();
    headers.insert("expect", "100-continue".parse().unwrap());
    let mut asked = client.begin(expecting, false).unwrap();
    assert_eq!(client.interim(&mut asked).status(), 100);
    client.send(&mut asked, b"abc", true).unwrap();
    assert_eq!(client.answer(asked).unwrap().text(), "abc");
}

#[test]
fn a_stream_that_php_cuts_is_reset_and_the_connection_goes_on() {
    let server = Server::start();
    let (go, gate) = mpsc::channel::<()>();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.write_body(b"half").unwrap();
        job.flush();
        gate.recv().unwrap();
        job.abort();
        After::Next
    });
    let mut client = Frames::connect(server.address());
    client.get(1, "/cut");
    assert_eq!(client.until(kind::DATA).payload, b"half");
    go.send(()).unwrap();
    assert_eq!(client.ending(1), Ending::Reset(INTERNAL_ERROR));
    assert!(client.is_alive());
}

#[test]
fn a_body_longer_than_wanted_is_refused_before_it_is_sent() {
    let server = Setup::new().limits(|limits| limits.body_bytes = 10).start();
    let _worker = server.worker_echoing();
    let mut client = Streams::connect(server.address());
    let mut asked = client.begin(request("POST", "/"), false).unwrap();
    client.send(&mut asked, &[b'a'; 400_000], true).unwrap();
    assert_eq!(client.answer(asked).unwrap().status, 413);
    assert_eq!(client.post("/", "short").text(), "short");
}

#[test]
fn a_drain_lets_streams_finish_and_takes_no_others() {
    let mut server = Server::start();
    let (go, gate) = mpsc::channel::<()>();
    let worker = server.worker(move |job, _| {
        gate.recv().unwrap();
        reply(job.take().unwrap(), 200, &[], b"finished").unwrap();
        After::Next
    });
    let mut idle = Streams::connect(server.address());
    assert_eq!(idle.get("/askr/health").status, 200);
    let mut busy = Streams::connect(server.address());
    let asked = busy.begin(request("GET", "/"), true).unwrap();
    busy.turn();
    eventually("the worker has it", || worker.taken() == 1);

    server.drain(DEADLINE);
    idle.closed();
    go.send(()).unwrap();
    assert_eq!(busy.answer(asked).unwrap().text(), "finished");
    busy.closed();
    drop(worker);
    server.drained();
}

#[test]
fn a_client_that_does_not_hear_of_a_drain_does_not_hold_it_up() {
    let mut server = Server::start();
    // Answers no ping.
    let mut deaf = Frames::connect(server.address());
    deaf.get(1, "/askr/health");
    deaf.ending(1);
    server.drain(Duration::from_secs(60));
    server.drained();
}

#[test]
fn a_request_without_a_host_or_for_a_tunnel_is_refused() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = Streams::connect(server.address());
    let connect = Request::builder().method("CONNECT").uri("test:80");
    let response = client.ask(connect.body(()).unwrap(), b"");
    assert_eq!(response.status, 405);
    assert!(response.header("allow").is_some());
    assert_eq!(worker.taken(), 0);
    assert_eq!(client.get("/").text(), "hello");
}
