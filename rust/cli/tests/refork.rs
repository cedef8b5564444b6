//! `refork_after`: the warmest worker becomes the template of the others.

use std::fs;

use askr_testkit::Server;

/// Says how many requests it knows of: its own, and those of the worker that it was forked from.
const WORKER: &str = "<?php
$count = 0;
askr_cow_ready();
while (askr_handle_request(function () use (&$count): void {
    echo ++$count;
})) {
}
";

const AFTER: u32 = 30;

#[test]
fn workers_know_what_the_worker_has_learned_that_they_are_forked_from() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, WORKER).unwrap();
    let server = Server::classic()
        .flag("worker-script", script)
        .argument("--cow")
        .flag("refork-after", AFTER.to_string())
        .workers(2)
        .start();
    let booted = server.worker_pids();
    let mut client = server.client();

    server.eventually("a worker becomes the template", |server| {
        let _ = client.get("/");
        server
            .log()
            .contains("worker becomes the template of the others")
    });
    server.wait_for_log_times("worker left", 1);
    server.eventually("the others are its forks", |server| {
        let pids = server.worker_pids();
        !pids.iter().any(|pid| booted.contains(pid))
    });

    for _ in 0..2 * AFTER {
        let count: u32 = client.get("/").text().parse().unwrap();
        assert!(count > AFTER, "{count}");
    }
}
