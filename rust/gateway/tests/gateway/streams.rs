//! Replies that are sent while they are produced.

use std::sync::mpsc;
use std::time::Duration;

use askr_exchange::JobError;
use askr_testkit::{After, Cut, DEADLINE, encoded_head, eventually};

use crate::server::{Server, Setup};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn what_php_flushes_arrives_before_php_is_done() {
    let server = Server::start();
    let (more, next) = mpsc::channel::<&'static [u8]>();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[("X-A", "b")])).unwrap();
        while let Ok(part) = next.recv() {
            job.write_body(part).unwrap();
            job.flush();
        }
        job.end();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    more.send(b"one").unwrap();
    let head = client.head_response();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("x-a"), Some("b"));
    assert_eq!(client.bytes(8), b"3\r\none\r\n");
    more.send(b"three").unwrap();
    assert_eq!(client.bytes(10), b"5\r\nthree\r\n");
    drop(more);
    assert_eq!(client.bytes(5), b"0\r\n\r\n");
    assert_eq!(client.get("/askr/health").text(), "ok\n");
}

#[test]
fn a_stream_of_announced_length_is_not_chunked() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[("Content-Length", "600000")]))
            .unwrap();
        for _ in 0..600 {
            job.write_body(&[b'a'; 1000]).unwrap();
        }
        job.end();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..3 {
        let response = client.get("/");
        assert_eq!(response.header("content-length"), Some("600000"));
        assert_eq!(response.body, vec![b'a'; 600_000]);
    }
}

#[test]
fn a_stream_for_http_1_0_ends_with_the_connection() {
    let server = Server::start();
    let _worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.flush();
        for _ in 0..600 {
            job.write_body(&[b'a'; 1000]).unwrap();
        }
        job.end();
        After::Next
    });
    // Often, because the end can come at any moment of hyper's own work.
    for _ in 0..100 {
        let mut client = server.client();
        client.send("GET / HTTP/1.0\r\n\r\n");
        let response = client.response();
        assert_eq!(response.header("transfer-encoding"), None);
        assert_eq!(response.body.len(), 600_000);
    }
}

#[test]
fn a_slow_reader_does_not_hold_the_worker() {
    let server = Setup::new()
        .exchange(|limits| limits.reply_bytes = 4096)
        .start();
    let (done, finished) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        for _ in 0..900 {
            job.write_body(&[b'a'; 1000]).unwrap();
        }
        job.end();
        done.send(()).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    // Nothing is read until the worker has finished with almost a megabyte.
    finished.recv_timeout(DEADLINE).unwrap();
    assert_eq!(client.response().body.len(), 900_000);
}

#[test]
fn a_client_that_does_not_read_costs_a_file_and_not_a_worker() {
    let server = Setup::new()
        .limits(|limits| {
            limits.reply_buffer_bytes = 64 * 1024;
            limits.reply_patience = Duration::from_millis(50);
        })
        .start();
    let (done, finished) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        for piece in 0..=255 {
            job.write_body(&[piece; 100_000]).unwrap();
        }
        job.end();
        done.send(()).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    // Sockets take some megabytes, memory 64 KB, and the file the rest of 25 megabytes.
    finished.recv_timeout(DEADLINE).unwrap();
    let body = client.response().body;
    assert_eq!(body.len(), 25_600_000);
    let is_in_order =
        |(at, piece): (usize, &[u8])| piece.iter().all(|&byte| usize::from(byte) == at);
    assert!(body.chunks(100_000).enumerate().all(is_in_order));
    assert_eq!(client.get("/askr/health").text(), "ok\n");
}

#[test]
fn a_file_that_is_full_holds_the_worker_until_the_client_reads() {
    let server = Setup::new()
        .limits(|limits| {
            limits.reply_buffer_bytes = 64 * 1024;
            limits.reply_file_bytes = 1024 * 1024;
            limits.reply_patience = Duration::from_millis(1);
        })
        .start();
    let worker = server.worker(|job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        for piece in 0..=255 {
            job.write_body(&[piece; 100_000]).unwrap();
        }
        job.end();
        After::Next
    });
    for _ in 0..3 {
        assert_eq!(server.client().get("/").body.len(), 25_600_000);
    }
    assert_eq!(worker.taken(), 3);
}

#[test]
fn a_reply_that_no_file_can_take_is_cut() {
    let server = Setup::new()
        .limits(|limits| {
            limits.reply_buffer_bytes = 64 * 1024;
            limits.reply_patience = Duration::from_millis(1);
        })
        .spool_folder("/not/there")
        .start();
    let (ended, end) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        while job.write_body(&[b'a'; 100_000]).is_ok() {}
        ended.send(()).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    end.recv_timeout(DEADLINE).unwrap();
    assert!(matches!(client.try_response(), Err(Cut::Midway { .. })));
}

#[test]
fn an_endless_reply_to_a_client_that_does_not_read_is_held_back_and_ends_with_it() {
    let server = Setup::new()
        .limits(|limits| limits.reply_buffer_bytes = 64 * 1024)
        .start();
    let (ended, end) = mpsc::channel();
    let worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        let mut written = 0_usize;
        while job.write_body(&[b'a'; 1000]).is_ok() {
            written += 1000;
        }
        let error = job.write_body(b"a").unwrap_err();
        ended.send((written, error)).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    assert_eq!(worker.taken(), 1);
    drop(client);
    let (_, error) = end.recv_timeout(DEADLINE).unwrap();
    assert_eq!(error, JobError::Cancelled);
}

#[test]
fn a_client_that_takes_nothing_is_cut_off() {
    let server = Setup::new()
        .limits(|limits| {
            limits.reply_buffer_bytes = 64 * 1024;
            limits.write_stall = std::time::Duration::from_millis(100);
        })
        .start();
    let (ended, end) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        while job.write_body(&[b'a'; 100_000]).is_ok() {}
        ended.send(()).unwrap();
        After::Next
    });
    let mut client = server.client();
    client.send(GET);
    end.recv_timeout(DEADLINE).unwrap();
    assert!(client.rest().len() > 1000);
}

#[test]
fn a_body_nobody_reads_does_not_hold_up_the_reply() {
    let server = Setup::new()
        .exchange(|limits| limits.request_bytes = 4096)
        .start();
    let _worker = server.worker(|job, _| {
        askr_testkit::reply(job.take().unwrap(), 200, &[], b"did not look").unwrap();
        After::Next
    });
    let mut client = server.client();
    for _ in 0..3 {
        assert_eq!(client.post("/", vec![b'a'; 500_000]).text(), "did not look");
    }
}

#[test]
fn a_script_that_goes_on_after_a_head_request_is_not_told_that_the_client_left() {
    let server = Server::start();
    let (ended, end) = mpsc::channel();
    let _worker = server.worker(move |job, _| {
        let mut job = job.take().unwrap();
        job.write_head(&encoded_head(200, &[])).unwrap();
        job.flush();
        let written = (0..600).try_for_each(|_| job.write_body(&[b'a'; 1000]));
        ended.send(written).unwrap();
        job.end();
        After::Next
    });
    let mut client = server.client();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.head_response().status, 200);
    assert_eq!(end.recv_timeout(DEADLINE).unwrap(), Ok(()));
    eventually("the worker is idle", || {
        server.exchange().idle_workers() == 1
    });
}

#[test]
fn many_streams_at_once_arrive_whole() {
    let server = Setup::new()
        .exchange(|limits| {
            limits.reply_bytes = 4096;
            limits.request_bytes = 4096;
        })
        .start();
    let stream = || {
        server.worker(|job, received| {
            let mut job = job.take().unwrap();
            let bytes: usize = received.target[1..].parse().unwrap();
            job.write_head(&encoded_head(200, &[])).unwrap();
            for part in vec![b'a'; bytes].chunks(3000) {
                job.write_body(part).unwrap();
                if bytes.is_multiple_of(2) {
                    job.flush();
                }
            }
            job.end();
            After::Next
        })
    };
    let _workers = [stream(), stream(), stream()];
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                for n in 0..60 {
                    let bytes = n * 2111 + thread;
                    assert_eq!(client.get(&format!("/{bytes}")).body.len(), bytes);
                }
            });
        }
    });
}
