//! Several pools: who runs what, and that a full one is nobody else's business.

use std::sync::mpsc;

use askr_testkit::{After, eventually, reply};

use crate::server::{Server, Setup};

/// The index of the pool for `/slow`.
const SLOW: usize = 1;

fn setup() -> Setup {
    Setup::new().pool("/slow", |pool| pool.queue_waiting = 1)
}

fn saying(server: &Server, pool: usize, body: &'static str) -> askr_testkit::FakeWorker {
    server.worker_of(pool, move |job, _| {
        let _ = reply(job.take().unwrap(), 200, &[], body.as_bytes());
        After::Next
    })
}

#[test]
fn each_pool_runs_its_paths_in_every_spelling() {
    let server = setup().start();
    let _default = server.worker_saying("default");
    let _slow = saying(&server, SLOW, "slow");
    let mut client = server.client();
    let table = [
        ("/", "default"),
        ("/slow", "slow"),
        ("//slow", "slow"),
        ("/%73low/x", "slow"),
        ("/index.php/slow/x", "slow"),
        ("/slower", "default"),
    ];
    for (path, expected) in table {
        assert_eq!(client.get(path).text(), expected, "{path}");
    }
}

#[test]
fn workers_of_every_pool_wake_the_gateway() {
    let server = setup().start();
    let _default = server.worker_saying("default");
    let _slow = saying(&server, SLOW, "slow");
    let mut client = server.client();
    for _ in 0..200 {
        assert_eq!(client.get("/").text(), "default");
        assert_eq!(client.get("/slow").text(), "slow");
    }
}

#[test]
fn a_full_pool_refuses_its_own_requests_only() {
    let server = setup().exchange(|limits| limits.slot_count = 1).start();
    let (go, gone) = mpsc::channel::<()>();
    let busy = server.worker_of(SLOW, move |job, _| {
        gone.recv().unwrap();
        let _ = reply(job.take().unwrap(), 200, &[], b"slow");
        After::Next
    });
    let mut running = server.client();
    running.send("GET /slow/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually("it runs", || busy.taken() == 1);
    let mut waiting = server.client();
    waiting.send("GET /slow/2 HTTP/1.1\r\nHost: a\r\n\r\n");
    let queue = &server.exchanges()[SLOW];
    eventually("one waits", || queue.waiting() == 1);

    let mut client = server.client();
    let refused = client.get("/slow/3");
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").is_some());
    let _default = server.worker_saying("default");
    for _ in 0..20 {
        assert_eq!(client.get("/").text(), "default");
    }

    go.send(()).unwrap();
    go.send(()).unwrap();
    assert_eq!(running.response().text(), "slow");
    assert_eq!(waiting.response().text(), "slow");
}

#[test]
fn the_server_is_ready_when_every_pool_is() {
    let server = setup().start();
    let mut client = server.client();
    let _default = server.worker_saying("default");
    assert_eq!(client.get("/askr/ready").status, 503);
    let _slow = saying(&server, SLOW, "slow");
    assert_eq!(client.get("/askr/ready").status, 200);
}
