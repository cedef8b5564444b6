//! Every request is one line, whatever becomes of it.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use askr_gateway::{
    AccessField, AccessFormat, AccessLog, AccessLogPlace, PeerList, Trust, TrustedField,
};
use askr_testkit::streams::{Streams, request};
use askr_testkit::{After, DEADLINE, encoded_head, eventually, reply};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A log and where it is written.
struct Log {
    log: AccessLog,
    path: PathBuf,
    _folder: TempDir,
}

impl Log {
    fn new(format: AccessFormat) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let log = AccessLog::open(&AccessLogPlace::File(path.clone()), format).unwrap();
        Log {
            log,
            path,
            _folder: folder,
        }
    }

    fn of(fields: &[&str]) -> Log {
        let fields = fields.iter().map(|name| AccessField::named(name).unwrap());
        Log::new(AccessFormat::Json(fields.collect()))
    }

    /// All lines, once the server is gone.
    fn text(self, server: Server) -> String {
        drop(server);
        self.log.finish(DEADLINE);
        std::fs::read_to_string(&self.path).unwrap()
    }

    fn lines(self, server: Server) -> Vec<Value> {
        let text = self.text(server);
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn setup(log: &Log) -> Setup {
    Setup::new().logging(log.log.clone())
}

fn now_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.unsigned_abs() * 1_000_000 + now.tv_nsec.unsigned_abs() / 1000
}

#[test]
fn who_answered_what_stands_in_the_line() {
    let log = Log::of(&[
        "method",
        "path",
        "query",
        "host",
        "status",
        "end",
        "source",
        "sent_bytes",
        "pool",
        "user_agent",
        "referer",
        "received_bytes",
        "protocol",
    ]);
    let server = setup(&log).file("a.txt", "12345").file("dir/b", "").start();
    let _worker = server.worker_echoing();
    let mut client = server.client();
    client.send(
        "POST /p?q=1 HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: t\"\r\nReferer: r\r\n\
         Content-Length: 3\r\n\r\nabc",
    );
    assert_eq!(client.response().text(), "abc");
    assert_eq!(client.get("/a.txt").text(), "12345");
    assert_eq!(client.get("/askr/health").status, 200);
    client.send("HEAD /a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.head_response().status, 200);
    client.send("HEAD /askr/health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.head_response().status, 200);
    client.send("GET /a.txt HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().status, 200);

    let lines = log.lines(server);
    assert_eq!(
        lines[0],
        json!({
            "method": "POST", "path": "/p", "query": "q=1", "host": "shop.example", "status": 200,
            "end": "whole", "source": "php", "sent_bytes": 3, "pool": "default",
            "user_agent": "t\"", "referer": "r", "received_bytes": 3, "protocol": "HTTP/1.1",
        })
    );
    let facts = |line: &Value| {
        let sent = line["sent_bytes"].as_u64().unwrap();
        let of = |name: &str| line[name].as_str().unwrap().to_owned();
        (of("source"), of("method"), of("end"), sent, of("protocol"))
    };
    let fact = |source: &str, method: &str, sent: u64, protocol: &str| {
        let owned = str::to_owned;
        (
            owned(source),
            owned(method),
            owned("whole"),
            sent,
            owned(protocol),
        )
    };
    let facts: Vec<_> = lines[1..].iter().map(facts).collect();
    assert_eq!(
        facts,
        [
            fact("file", "GET", 5, "HTTP/1.1"),
            fact("server", "GET", 3, "HTTP/1.1"),
            fact("file", "HEAD", 0, "HTTP/1.1"),
            fact("server", "HEAD", 0, "HTTP/1.1"),
            fact("file", "GET", 5, "HTTP/1.0"),
        ]
    );
}

#[test]
fn the_wait_for_a_worker_and_its_time_are_two_things() {
    let log = Log::of(&[
        "request",
        "wait_ms",
        "php_ms",
        "duration_ms",
        "worker",
        "generation",
    ]);
    let server = setup(&log).config(|config| config.debug = true).start();
    let mut client = server.client();
    client.send(GET);
    let asked_us = now_us();
    let (taken, at) = mpsc::channel();
    let worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        let taken_us = now_us() + 2_000;
        job.begin(taken_us, 7);
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.close(taken_us + 1_500);
        job.end();
        taken.send(taken_us).unwrap();
        After::Next
    });
    let response = client.response();
    let waited_us = at.recv_timeout(DEADLINE).unwrap() - asked_us;
    let timing = response.header("server-timing").unwrap().to_owned();
    let id = response.header("x-request-id").unwrap().to_owned();
    let name = worker.worker().to_string();
    drop(worker);

    let line = &log.lines(server)[0];
    let ms = |name: &str| line[name].as_f64().unwrap();
    assert_eq!(line["request"], id);
    assert_eq!(
        (&line["worker"], &line["generation"]),
        (&json!(name), &json!(7))
    );
    assert!(ms("wait_ms") * 1000.0 <= f64::from(u32::try_from(waited_us).unwrap()) + 1e6);
    assert!(ms("wait_ms") >= 2.0, "{line}");
    assert!((ms("php_ms") - 1.5).abs() < 1e-9, "{line}");
    assert!(timing.starts_with("wait;dur=") && timing.contains(", php;dur=1.500, total;dur="));
}

#[test]
fn a_file_that_is_in_memory_is_a_hit() {
    let log = Log::of(&["cache", "encoding"]);
    let setup = setup(&log);
    // Young files are not kept: a change in the same moment would not be seen.
    let old = concat!(env!("CARGO_MANIFEST_DIR"), "/../../LICENSE");
    std::os::unix::fs::symlink(old, setup.root().join("a.txt")).unwrap();
    let server = setup.start();
    for _ in 0..2 {
        assert_eq!(server.client().get("/a.txt").status, 200);
    }
    server.client().get("/askr/health");

    let lines = log.lines(server);
    assert_eq!(
        lines,
        [json!({"cache": "miss"}), json!({"cache": "hit"}), json!({})]
    );
}

#[test]
fn a_refused_head_is_a_line_without_what_it_asked() {
    let log = Log::of(&["status", "end", "source", "method", "path", "host"]);
    let server = setup(&log)
        .limits(|limits| limits.head_read = Duration::from_millis(50))
        .start();
    let long = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "a".repeat(70_000)
    );
    for (sent, status) in [
        ("nonsense\r\n\r\n", 400),
        (&long, 431),
        ("GET / HTTP/1.1\r\nHost", 408),
    ] {
        let mut client = server.client();
        client.send(sent);
        assert_eq!(client.response().status, status);
    }

    let line = |status: u16| json!({"status": status, "end": "whole", "source": "server"});
    assert_eq!(log.lines(server), [line(400), line(431), line(408)]);
}

#[test]
fn a_reply_that_breaks_off_is_cut_and_a_client_that_goes_has_left() {
    let log = Log::of(&["path", "status", "end", "sent_bytes"]);
    let server = setup(&log).start();
    let (go, goes) = mpsc::channel::<()>();
    let (saw, seen) = mpsc::channel();
    let _worker = server.worker(move |job, received| {
        let mut job = job.take().unwrap();
        if received.target != "/silent" {
            job.write_head(&encoded_head(200, &[])).unwrap();
            job.write_body(b"half").unwrap();
            job.flush();
        }
        saw.send(()).unwrap();
        if received.target == "/cut" {
            goes.recv_timeout(DEADLINE).unwrap();
            job.abort();
        } else {
            eventually("the client has left", || job.cancelled());
        }
        After::Next
    });
    for path in ["/cut", "/left", "/silent"] {
        let mut client = server.client();
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        seen.recv_timeout(DEADLINE).unwrap();
        if path != "/silent" {
            client.head_response();
            assert_eq!(client.bytes(9), b"4\r\nhalf\r\n");
        }
        if path == "/cut" {
            go.send(()).unwrap();
            client.closed();
        }
    }

    let line = |path: &str, status: u16, end: &str, sent: u64| json!({"path": path, "status": status, "end": end, "sent_bytes": sent});
    let mut lines = log.lines(server);
    lines.sort_by_key(|line| line["path"].as_str().unwrap().to_owned());
    assert_eq!(
        lines,
        [
            line("/cut", 200, "cut", 4),
            line("/left", 200, "left", 4),
            line("/silent", 499, "left", 0),
        ]
    );
}

#[test]
fn pipelined_requests_are_a_line_each() {
    let log = Log::of(&["request", "status"]);
    let server = setup(&log).start();
    let _worker = server.worker(|job, _| {
        let _ = reply(job.take().unwrap(), 201, &[], b"x");
        After::Next
    });
    let mut client = server.client();
    client.send(GET.repeat(50));
    let ids: Vec<String> = (0..50)
        .map(|_| client.response().header("x-request-id").unwrap().to_owned())
        .collect();

    let lines = log.lines(server);
    let logged: Vec<&str> = lines
        .iter()
        .map(|line| line["request"].as_str().unwrap())
        .collect();
    assert_eq!(logged, ids);
    assert!(lines.iter().all(|line| line["status"] == 201));
}

#[test]
fn the_combined_format_has_what_tools_look_for() {
    let log = Log::new(AccessFormat::Combined);
    let server = setup(&log).file("a.txt", "12345").start();
    let mut client = server.client();
    client.send("GET /a.txt?x HTTP/1.1\r\nHost: a\r\nReferer: \"yÃ\r\n\r\n");
    assert_eq!(client.response().status, 200);

    let text = log.text(server);
    let (before, rest) = text.split_once('[').unwrap();
    let (time, after) = rest.split_once(']').unwrap();
    assert_eq!(before, "127.0.0.1 - - ");
    assert_eq!(time.len(), "22/Nov/2026:12:21:56 +0000".len());
    assert_eq!(
        after,
        " \"GET /a.txt?x HTTP/1.1\" 200 5 \"\\x22y\\xC3\\x83\" \"-\"\n"
    );
}

#[test]
fn a_trusted_proxy_tells_the_client_and_names_the_request() {
    let log = Log::of(&["request", "client", "peer", "host", "scheme"]);
    let trust = Trust {
        proxies: PeerList::of(&["127.0.0.1"]).unwrap(),
        fields: vec![TrustedField::For, TrustedField::Proto, TrustedField::Host],
    };
    let server = setup(&log)
        .config(|config| config.trust = Some(trust))
        .start();
    let _worker = server.worker(|job, received| {
        let id = received.header("x-request-id").unwrap().to_owned();
        let _ = reply(job.take().unwrap(), 200, &[], id.as_bytes());
        After::Next
    });
    let mut client = server.client();
    client.send(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\
         X-Forwarded-Host: shop.example\r\nX-Request-Id: from-the-proxy\r\n\r\n",
    );
    let response = client.response();
    assert_eq!(response.text(), "from-the-proxy");
    assert_eq!(response.header("x-request-id"), Some("from-the-proxy"));

    assert_eq!(
        log.lines(server),
        [json!({
            "request": "from-the-proxy", "client": "192.0.2.7", "peer": "127.0.0.1",
            "host": "shop.example", "scheme": "https",
        })]
    );
}

#[test]
fn nobody_else_names_a_request() {
    let log = Log::of(&["request"]);
    let server = setup(&log).start();
    let mut client = server.client();
    client.send("GET /askr/health HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n");
    let response = client.response();
    let id = response.header("x-request-id").unwrap().to_owned();
    assert_eq!(id.len(), 16);

    assert_eq!(log.lines(server), [json!({ "request": id })]);
}

#[test]
fn each_stream_of_http_2_is_a_line_also_one_that_was_taken_back() {
    let log = Log::of(&["path", "protocol", "status", "end", "sent_bytes"]);
    let server = setup(&log).start();
    let (saw, seen) = mpsc::channel();
    let _worker = server.worker(move |job, received| {
        let job = job.take().unwrap();
        if received.target == "/back" {
            saw.send(()).unwrap();
            eventually("the client has left", || job.cancelled());
        } else {
            let _ = reply(job, 200, &[], b"abc");
        }
        After::Next
    });
    let mut client = Streams::connect(server.address());
    assert_eq!(client.get("/whole").text(), "abc");
    assert_eq!(client.get("/%zz").status, 400);
    let asked = client.begin(request("GET", "/back"), true).unwrap();
    client.turn();
    seen.recv_timeout(DEADLINE).unwrap();
    client.take_back(asked);
    assert_eq!(client.get("/askr/health").status, 200);
    drop(client);

    let line = |path: &str, status: u16, end: &str, sent: u64| {
        json!({
            "path": path, "protocol": "HTTP/2.0", "status": status, "end": end, "sent_bytes": sent,
        })
    };
    let mut lines = log.lines(server);
    lines.sort_by_key(|line| line["path"].as_str().unwrap().to_owned());
    let refused = lines.remove(0);
    assert_eq!(
        (&refused["path"], &refused["status"]),
        (&json!("/%zz"), &json!(400))
    );
    assert_eq!(
        lines,
        [
            line("/askr/health", 200, "whole", 3),
            line("/back", 499, "left", 0),
            line("/whole", 200, "whole", 3),
        ]
    );
}
