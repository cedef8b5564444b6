//! Clients that break the rules, on purpose or not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use askr_testkit::{After, Client, Response, eventually, reply};

use crate::server::{Server, Setup};

/// What `bytes` get; nothing of them may reach a worker, and the connection ends.
#[track_caller]
fn refused(server: &Server, bytes: &str) -> Response {
    let mut client = server.client();
    client.send(bytes);
    let response = client.response();
    assert_eq!(response.header("connection"), Some("close"), "{bytes:?}");
    client.closed();
    response
}

#[test]
fn malformed_requests_get_400_and_never_reach_php() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    for request in [
        "nonsense\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
    ] {
        let response = refused(&server, request);
        assert_eq!(response.status, 400, "{request:?}");
        assert!(response.text().starts_with("400 "), "{request:?}");
    }
    assert_eq!(worker.taken(), 0);
    assert_eq!(server.client().get("/").text(), "hello");
}

#[test]
fn what_hyper_refuses_after_the_intake_is_refused_too() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\nA\u{1}: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n",
    ] {
        let mut client = server.client();
        client.send(request);
        assert_eq!(client.response().status, 400, "{request:?}");
        client.closed();
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_request_hidden_in_a_body_is_a_body() {
    let server = Server::start();
    let worker = server.worker_echoing();
    let hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut client = server.client();
    assert_eq!(client.post("/", hidden).text(), hidden);
    assert_eq!(client.get("/askr/health").text(), "ok\n");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_refused_request_behind_good_ones_is_answered_in_its_turn() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n\r\n");
    assert_eq!(client.response().text(), "hello");
    assert_eq!(client.response().text(), "hello");
    assert_eq!(client.response().status, 400);
    client.closed();
    assert_eq!(worker.taken(), 2);
}

#[test]
fn head_limits_are_answered_by_name() {
    let server = Setup::new()
        .limits(|limits| {
            limits.head_bytes = 1000;
            limits.head_fields = 5;
            limits.request_line_bytes = 200;
        })
        .start();
    let worker = server.worker_saying("hello");
    let long = "a".repeat(300);
    let line = refused(&server, &format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_eq!(line.status, 414);
    assert!(line.text().contains("200 bytes"), "{}", line.text());

    let large = "A: ".to_owned() + &"b".repeat(1000);
    let head = refused(
        &server,
        &format!("GET / HTTP/1.1\r\nHost: a\r\n{large}\r\n\r\n"),
    );
    assert_eq!(head.status, 431);
    assert!(head.text().contains("1000 bytes"), "{}", head.text());

    let fields = "A: b\r\n".repeat(5);
    let many = refused(
        &server,
        &format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"),
    );
    assert_eq!(many.status, 431);
    assert!(many.text().contains("5 header fields"), "{}", many.text());
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_slow_head_gets_408() {
    let server = Setup::new()
        .limits(|limits| limits.head_read = Duration::from_millis(50))
        .start();
    let response = refused(&server, "GET / HTTP/1.1\r\nHos");
    assert_eq!(response.status, 408);
    assert!(response.text().contains("head"), "{}", response.text());
}

#[test]
fn a_slow_second_head_gets_408_too() {
    let server = Setup::new()
        .limits(|limits| limits.head_read = Duration::from_millis(50))
        .start();
    let mut client = server.client();
    assert_eq!(client.get("/askr/health").status, 200);
    client.send("GET /");
    assert_eq!(client.response().status, 408);
    client.closed();
}

#[test]
fn a_slow_body_gets_408_and_never_reaches_php() {
    let server = Setup::new()
        .limits(|limits| limits.body_read = Duration::from_millis(50))
        .start();
    let worker = server.worker_saying("hello");
    let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let response = refused(&server, &format!("{head}abc"));
    assert_eq!(response.status, 408);
    assert!(response.text().contains("body"), "{}", response.text());
    assert_eq!(worker.taken(), 0);
}

/// Sends a byte again and again, each after the server has answered somebody else, and returns
/// what it says to that before it ends.
fn drip(server: &Server, start: &str, byte: u8) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(askr_testkit::DEADLINE))
        .unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let mut dripping = stream.try_clone().unwrap();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut other = server.client();
            while !over.load(Ordering::Relaxed) {
                // The server may have closed.
                let _ = dripping.write_all(&[byte]);
                assert_eq!(other.get("/askr/health").status, 200);
            }
        });
        let mut answer = [0; 12];
        let read = stream.read_exact(&mut answer);
        over.store(true, Ordering::Relaxed);
        read.unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    })
}

#[test]
fn a_head_that_keeps_coming_bit_by_bit_gets_408() {
    let server = Setup::new()
        .limits(|limits| limits.head_read = Duration::from_millis(100))
        .start();
    let worker = server.worker_saying("hello");
    for start in ["G", "GET / HTTP/1.1\r\nHost: a\r\nA: "] {
        assert_eq!(drip(&server, start, b'E'), "HTTP/1.1 408");
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_body_that_keeps_coming_bit_by_bit_gets_408() {
    let server = Setup::new()
        .limits(|limits| {
            limits.body_read = Duration::from_millis(100);
            limits.body_rate_bytes_min = 1_000_000;
        })
        .start();
    let worker = server.worker_saying("hello");
    let head = "POST / HTTP/1.1\r\nHost: a\r\n";
    let sized = format!("{head}Content-Length: 1000000\r\n\r\n");
    assert_eq!(drip(&server, &sized, b'a'), "HTTP/1.1 408");
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\nfffff\r\n");
    assert_eq!(drip(&server, &chunked, b'a'), "HTTP/1.1 408");
    assert_eq!(worker.taken(), 0);
}

#[test]
fn slow_senders_and_slow_readers_hold_no_worker() {
    let server = Server::start();
    let worker = server.worker(|job, received| {
        let bytes = if received.target == "/large" {
            900_000
        } else {
            5
        };
        let _ = reply(job.take().unwrap(), 200, &[], &vec![b'a'; bytes]);
        After::Next
    });
    let mut slow: Vec<Client> = Vec::new();
    for start in [
        "GET / HT",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab",
        "GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /large HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
    ] {
        for _ in 0..20 {
            let mut client = server.client();
            client.send(start);
            slow.push(client);
        }
    }
    eventually("the worker has all that can be worked on", || {
        worker.taken() == 40
    });
    eventually("it is free", || server.exchange().idle_workers() == 1);
    for client in &mut slow[60..] {
        assert_eq!(client.bytes(12), b"HTTP/1.1 200");
        assert_eq!(server.client().get("/").text(), "aaaaa");
    }
    assert_eq!(worker.taken(), 80);
}

#[test]
fn an_idle_connection_is_closed() {
    let server = Setup::new()
        .limits(|limits| limits.keep_alive = Duration::from_millis(300))
        .start();
    let mut client = server.client();
    assert_eq!(client.get("/askr/health").status, 200);
    client.closed();
    server.client().closed();
}

#[test]
fn a_long_request_is_not_idle() {
    let server = Setup::new()
        .limits(|limits| limits.keep_alive = Duration::from_millis(300))
        .start();
    let (held, hold) = std::sync::mpsc::channel::<()>();
    let _worker = server.worker(move |job, _| {
        hold.recv().unwrap();
        reply(job.take().unwrap(), 200, &[], b"late").unwrap();
        After::Next
    });
    let mut slow = server.client();
    slow.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // An idle connection opened now ends after the bound; the busy one must outlive it.
    server.client().closed();
    server.client().closed();
    held.send(()).unwrap();
    assert_eq!(slow.response().text(), "late");
}

#[test]
fn an_oversize_body_gets_413_before_it_is_sent() {
    let server = Setup::new()
        .limits(|limits| limits.body_bytes = 1000)
        .start();
    let worker = server.worker_saying("hello");
    let announced = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n";
    let response = refused(&server, announced);
    assert_eq!(response.status, 413);
    assert!(
        response.text().contains("1000 bytes"),
        "{}",
        response.text()
    );

    let expecting =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(refused(&server, expecting).status, 413);
    assert_eq!(worker.taken(), 0);
}

#[test]
fn an_oversize_chunked_body_gets_413_while_it_is_sent() {
    let server = Setup::new()
        .limits(|limits| limits.body_bytes = 1000)
        .start();
    let worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("1f4\r\n{}\r\n", "a".repeat(500));
    client.send(chunk.repeat(3));
    assert_eq!(client.response().status, 413);
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_client_that_keeps_sending_still_reads_its_413() {
    let server = Setup::new()
        .limits(|limits| limits.body_bytes = 1000)
        .start();
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    let _ = client.try_send(vec![b'a'; 500_000]);
    assert_eq!(client.response().status, 413);
}

#[test]
fn malformed_chunks_get_400_and_never_reach_php() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    for body in [
        "zz\r\n",
        "-1\r\na\r\n",
        "1\r\nabc\r\n0\r\n\r\n",
        "1\na\n0\n\n",
    ] {
        let mut client = server.client();
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send(body);
        assert_eq!(client.response().status, 400, "{body:?}");
        client.closed();
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn a_truncated_body_never_reaches_php() {
    let server = Server::start();
    let worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    client.finish();
    assert_eq!(client.response().status, 400);
    client.closed();
    assert_eq!(server.client().get("/").text(), "hello");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_client_that_leaves_in_any_phase_of_its_request_costs_nothing() {
    let server = Server::start();
    let worker = server.worker_echoing();
    let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for end in 0..request.len() - 1 {
        let mut client = server.client();
        client.send(&request[..end]);
    }
    assert_eq!(server.client().post("/", "abc").text(), "abc");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_client_that_leaves_while_waiting_is_never_served() {
    let server = Setup::new()
        .exchange(|limits| limits.slot_count = 2)
        .start();
    let mut waiting: Vec<Client> = (0..4).map(|_| server.client()).collect();
    for client in &mut waiting {
        client.send("GET /abandoned HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    eventually("two wait for a slot", || server.exchange().waiting() == 2);
    drop(waiting);
    eventually("nobody waits", || server.exchange().waiting() == 0);
    let worker = server.worker(|job, received| {
        reply(job.take().unwrap(), 200, &[], received.target.as_bytes()).unwrap();
        After::Next
    });
    assert_eq!(server.client().get("/wanted").text(), "/wanted");
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_client_that_leaves_while_php_runs_is_reported_to_php() {
    let server = Server::start();
    let (noticed, notice) = std::sync::mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let job = job.take().unwrap();
        eventually("the worker hears that the client left", || job.cancelled());
        noticed.send(()).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually("the worker is busy", || {
        server.exchange().idle_workers() == 0
    });
    drop(client);
    notice.recv_timeout(askr_testkit::DEADLINE).unwrap();
}

#[test]
fn when_all_places_are_taken_whoever_asked_nothing_for_longest_makes_room() {
    let server = Setup::new().limits(|limits| limits.connections = 3).start();
    let mut clients = [(); 3].map(|()| server.client());
    for client in &mut clients {
        assert_eq!(client.get("/askr/health").status, 200);
    }
    let [mut first, mut second, mut third] = clients;
    assert_eq!(first.get("/askr/health").status, 200);
    let mut late = server.client();
    assert_eq!(late.get("/askr/health").status, 200);
    second.closed();
    third.closed();
    assert_eq!(first.get("/askr/health").status, 200);
}

#[test]
fn connections_beyond_the_limit_wait_for_replies_that_are_under_way() {
    let server = Setup::new().limits(|limits| limits.connections = 2).start();
    let (finish, finished) = std::sync::mpsc::channel();
    let finished = std::sync::Arc::new(std::sync::Mutex::new(finished));
    let _workers = [(); 2].map(|()| {
        let finished = finished.clone();
        server.worker(move |job, _| {
            let finished = finished.lock().unwrap();
            finished.recv_timeout(askr_testkit::DEADLINE).unwrap();
            reply(job.take().unwrap(), 200, &[], b"late").unwrap();
            After::Next
        })
    });
    let mut busy = [server.client(), server.client()];
    for client in &mut busy {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    eventually("the workers are busy", || {
        server.exchange().idle_workers() == 0
    });
    let mut third = server.client();
    third.send("GET /askr/health HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in &busy {
        finish.send(()).unwrap();
    }
    for client in &mut busy {
        // Whole, whoever waits.
        assert_eq!(client.response().text(), "late");
    }
    assert_eq!(third.response().status, 200);
}

#[test]
fn half_a_request_makes_room_as_well() {
    let server = Setup::new().limits(|limits| limits.connections = 1).start();
    let mut slow = server.client();
    slow.send("GET / HTTP/1.1\r\nHo");
    let mut other = server.client();
    assert_eq!(other.get("/askr/health").status, 200);
    slow.closed();
}

#[test]
fn options_of_the_server_itself_and_connect_do_no_harm() {
    let server = Server::start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "hello");
    let connect = refused(&server, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(connect.status, 405);
    assert!(connect.header("allow").is_some());
}

#[test]
fn the_first_words_of_http_2_are_no_request_where_it_is_off() {
    let server = Setup::new().without_http2().start();
    let preface = refused(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(preface.status, 505);
}

#[test]
fn half_of_the_first_words_of_http_2_is_a_bad_request_of_http_1() {
    let server = Server::start();
    assert_eq!(refused(&server, "PRI * HTTP/2.0\r\n\r\n").status, 505);
    assert_eq!(refused(&server, "PRI / HTTP/1.1\r\n\r\n").status, 400);
}
