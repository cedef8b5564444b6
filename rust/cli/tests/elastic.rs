//! Pools that grow with what waits.

use std::thread;

use askr_testkit::Server;

/// Sends that many requests of a second each at once.
fn ask_together(server: &Server, count: usize) -> Vec<u16> {
    thread::scope(|scope| {
        let asked = |_| scope.spawn(|| server.get("/?ms=1000").status);
        let asked: Vec<_> = (0..count).map(asked).collect();
        let answers = asked.into_iter().map(|one| one.join());
        answers
            .map(|status| status.expect("it is answered"))
            .collect()
    })
}

#[test]
fn workers_come_while_requests_wait_and_no_more_than_allowed() {
    let server = Server::with_script("slow.php")
        .flag("workers", "1..3")
        .start();
    assert_eq!(server.worker_pids().len(), 1);

    assert_eq!(ask_together(&server, 8), [200; 8]);

    assert_eq!(server.worker_pids().len(), 3);
    server.wait_for_log("pool resized");
    assert!(!server.log().contains("workers=4"));
}

#[test]
fn a_burst_that_one_worker_can_take_brings_nobody() {
    let server = Server::with_script("slow.php")
        .flag("workers", "1..3")
        .start();
    let mut client = server.client();

    for _ in 0..200 {
        assert_eq!(client.get("/?ms=1").status, 200);
    }

    assert_eq!(server.worker_pids().len(), 1);
}

#[test]
fn a_pool_of_its_own_grows_by_itself() {
    let server = Server::with_script("slow.php")
        .workers(1)
        .pool("slow paths=/reports workers=1..2")
        .start();
    let before = server.worker_pids().len();

    thread::scope(|scope| {
        let asked = |_| scope.spawn(|| server.get("/reports?ms=1000").status);
        let asked: Vec<_> = (0..4).map(asked).collect();
        assert_eq!(server.get("/").status, 200, "nobody waits for reports");
        asked.into_iter().for_each(|one| {
            assert_eq!(one.join().expect("it is answered"), 200);
        });
    });

    assert_eq!((before, server.worker_pids().len()), (2, 3));
}
