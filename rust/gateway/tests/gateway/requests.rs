//! Requests that are answered, in all the ways HTTP/1 has of sending them.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use askr_testkit::{After, eventually, reply};

use crate::server::{Server, Setup, read_body};

#[test]
fn health_and_readiness_need_no_php() {
    let server = Server::start();
    let mut client = server.client();
    let health = client.get("/askr/health");
    assert_eq!((health.status, health.text()), (200, "ok\n"));
    assert_eq!(health.header("server"), Some("askr"));
    assert!(health.header("date").is_some());
    let not_ready = client.get("/askr/ready");
    assert_eq!(not_ready.status, 503);
    assert!(not_ready.header("retry-after").is_some());

    let _worker = server.worker_saying("hello");
    assert_eq!(client.get("/askr/ready").text(), "ready\n");
}

#[test]
fn a_request_is_answered_by_a_worker_with_its_length() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let response = server.client().get("/greeting?loud=1");
    assert_eq!((response.status, response.text()), (200, "hello"));
    assert_eq!(response.header("content-length"), Some("5"));
    assert_eq!(response.header("transfer-encoding"), None);
    assert_eq!(worker.taken(), 1);
}

#[test]
fn the_worker_sees_the_request_as_it_came() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let seen = format!(
            "{} {} {} [{}] {:?} {}",
            received.method,
            received.target,
            received.script_name,
            received.path_info,
            received.header("host"),
            received.remote_port,
        );
        reply(job.take().unwrap(), 200, &[], seen.as_bytes()).unwrap();
        After::Next
    });
    let mut client = server.client();
    let port = client.address().port();
    assert_eq!(
        client.get("/index.php/a%20b?c").text(),
        format!("GET /index.php/a%20b?c /index.php [/a b] Some(\"test\") {port}")
    );
    client.send("GET http://other:81/x HTTP/1.1\r\nHost: test\r\nProxy: evil\r\n\r\n");
    assert_eq!(
        client.response().text(),
        format!("GET /x /index.php [] Some(\"other:81\") {port}")
    );
}

#[test]
fn connections_are_kept_and_pipelined_requests_answered_in_order() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        reply(job.take().unwrap(), 200, &[], received.target.as_bytes()).unwrap();
        After::Next
    });
    let mut client = server.client();
    assert_eq!(client.get("/1").text(), "/1");
    let pipelined = (2..40).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: a\r\n\r\n"));
    client.send(pipelined.collect::<String>());
    for n in 2..40 {
        assert_eq!(client.response().text(), format!("/{n}"));
    }
}

#[test]
fn pipelined_requests_in_pieces_of_any_size_are_answered() {
    let server = Server::start();
    let _worker = server.worker_echoing();
    let requests = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc\
        GET /askr/health HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n";
    for step in [1, 2, 7, 30, 61, 200] {
        let mut client = server.client();
        for piece in requests.as_bytes().chunks(step) {
            client.send(piece);
        }
        assert_eq!(client.response().text(), "abc");
        assert_eq!(client.response().text(), "ok\n");
        assert_eq!(client.response().text(), "de");
    }
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let server = Server::start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("GET / HTTP/1.0\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.text()), (200, "hello"));
    assert_eq!(response.version, "HTTP/1.0");
    client.closed();
}

#[test]
fn head_has_the_headers_and_no_body() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        assert_eq!(received.method, "HEAD");
        let headers = [("Content-Length", "1234"), ("X-A", "b")];
        reply(job.take().unwrap(), 200, &headers, b"").unwrap();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..3 {
        client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
        let response = client.head_response();
        assert_eq!(response.header("content-length"), Some("1234"));
        assert_eq!(response.header("x-a"), Some("b"));
    }
}

#[test]
fn bodies_arrive_whole_whatever_their_size() {
    let server = Setup::new()
        .exchange(|limits| {
            limits.request_bytes = 4096;
            limits.reply_bytes = 4096;
        })
        .start();
    let _worker = server.worker_echoing();
    let mut client = server.client();
    for bytes in [0, 1, 4096, 100_000, 128 * 1024, 128 * 1024 + 1, 5_000_000] {
        let body = noise(bytes);
        let response = client.post("/", &body);
        assert_eq!(response.status, 200);
        assert!(response.body == body, "{bytes} bytes came back changed");
    }
}

#[test]
fn chunked_bodies_reach_php_with_their_length() {
    let server = Server::start();
    let _worker = server.worker(|job, received| {
        let body = read_body(job.as_mut().unwrap(), received);
        let length = received.header("content-length").unwrap_or("none");
        assert_eq!(received.header("transfer-encoding"), None);
        let said = format!("{length} {}", String::from_utf8_lossy(&body));
        reply(job.take().unwrap(), 200, &[], said.as_bytes()).unwrap();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..2 {
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send("5;ext=1\r\nhello\r\n6\r\n, you \r\n0\r\nTrailer: x\r\n\r\n");
        assert_eq!(client.response().text(), "11 hello, you ");
    }
}

#[test]
fn a_large_chunked_body_goes_through_a_file() {
    let server = Server::start();
    let _worker = server.worker_echoing();
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let body = noise(1_000_000);
    for chunk in body.chunks(33_333) {
        client.send(format!("{:x}\r\n", chunk.len()));
        client.send(chunk);
        client.send("\r\n");
    }
    client.send("0\r\n\r\n");
    assert!(client.response().body == body, "the body came back changed");
}

#[test]
fn expect_100_continue_gets_its_go_ahead() {
    let server = Server::start();
    let _worker = server.worker_echoing();
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.bytes(25), b"HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    assert_eq!(client.response().text(), "abc");
}

#[test]
fn several_cookies_are_set_in_order() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let headers = [
            ("Set-Cookie", "a=1"),
            ("Server", "mine"),
            ("Set-Cookie", "b=2"),
        ];
        reply(job.take().unwrap(), 201, &headers, b"").unwrap();
        After::Next
    });
    let response = server.client().get("/");
    assert_eq!(response.status, 201);
    assert_eq!(response.headers_called("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(response.headers_called("server"), ["mine"]);
    assert_eq!(response.header("content-length"), Some("0"));
}

/// Bytes without a pattern a copying mistake could hide in.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[test]
fn an_upgrade_nobody_offers_is_ignored() {
    let server = Server::start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    for _ in 0..3 {
        client
            .send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        assert_eq!(client.response().text(), "hello");
    }
}

#[test]
fn a_body_nobody_asked_for_is_passed_over() {
    let server = Server::start();
    let mut client = server.client();
    for _ in 0..3 {
        client.send("GET /askr/health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
        assert_eq!(client.response().text(), "ok\n");
    }
}

#[test]
fn a_client_that_asks_to_close_is_closed() {
    let server = Server::start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let response = client.response();
    assert_eq!(response.header("connection"), Some("close"));
    client.closed();
}

#[test]
fn requests_wait_for_the_workers_to_come() {
    let server = Server::start();
    let mut clients: Vec<_> = (0..8).map(|_| server.client()).collect();
    for client in &mut clients {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    eventually("four of them wait for a slot", || {
        server.exchange().waiting() == 4
    });
    let _workers = [server.worker_saying("hello"), server.worker_saying("hello")];
    for client in &mut clients {
        assert_eq!(client.response().text(), "hello");
    }
}

#[test]
fn many_connections_and_workers_lose_nothing() {
    let server = Server::start();
    let _workers = [server.worker_echoing(), server.worker_echoing()];
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                for n in 0..200 {
                    let body = format!("{thread} {n} ").repeat(n);
                    assert_eq!(client.post("/", &body).text(), body);
                }
            });
        }
    });
}

#[test]
fn a_flood_of_other_requests_does_not_starve_those_that_wait_for_php() {
    let server = Server::start();
    let _worker = server.worker_saying("hello");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut clients: Vec<_> = (0..40).map(|_| server.client()).collect();
                while !over.load(Relaxed) {
                    for client in &mut clients {
                        client.send("GET /askr/health HTTP/1.1\r\nHost: a\r\n\r\n".repeat(4));
                    }
                    for client in &mut clients {
                        for _ in 0..4 {
                            assert_eq!(client.response().text(), "ok\n");
                        }
                    }
                }
            });
        }
        let mut client = server.client();
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20));
        let answered = (0..20).all(|_| client.try_response().is_ok());
        over.store(true, Relaxed);
        assert!(answered, "php was not heard");
    });
}
