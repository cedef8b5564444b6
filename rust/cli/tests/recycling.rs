//! Workers that are worn out are replaced, and nobody notices.

use askr_testkit::Server;

fn pid(server: &Server, target: &str) -> String {
    let response = server.get(target);
    assert_eq!(response.status, 200);
    response.text().to_owned()
}

/// Whether the status says what each worker holds.
fn has_weighed(server: &Server) -> bool {
    let status = server.status().replace(' ', "");
    assert!(status.contains("\"private_bytes\":"), "{status}");
    !status.contains("\"private_bytes\":null")
}

#[test]
fn a_worker_that_holds_too_much_memory_is_replaced() {
    let server = Server::with_script("grows.php")
        .workers(1)
        .flag("max-memory", "128M")
        .start();
    let first = pid(&server, "/?mb=32");

    server.eventually("the worker has been weighed", has_weighed);
    assert_eq!(pid(&server, "/?mb=32"), first);
    pid(&server, "/?mb=128");

    server.eventually("another worker answers", |server| pid(server, "/") != first);
    server.wait_for_log("worker is worn out");
    let log = server.log();
    assert!(
        log.contains("MiB of private memory, above 128 (max_memory)"),
        "{log}"
    );
}

#[test]
fn a_limit_below_what_the_application_needs_does_not_fork_all_the_time() {
    let server = Server::with_script("grows.php")
        .workers(1)
        .flag("max-memory", "1M")
        .start();
    let first = pid(&server, "/");

    server.eventually("the worker has been weighed", has_weighed);

    assert_eq!(pid(&server, "/"), first);
    assert!(!server.log().contains("worker is worn out"));
}

#[test]
fn workers_grow_old_one_after_the_other_and_every_request_is_answered() {
    let server = Server::with_script("grows.php")
        .workers(4)
        .flag("max-age", "4s")
        .start();
    let first = server.worker_pids();

    server.eventually("all workers are others", |server| {
        pid(server, "/");
        server.worker_pids().iter().all(|pid| !first.contains(pid))
    });

    server.wait_for_log_times("s old (max_age)", 4);
    let log = server.log();
    assert!(!log.contains("worker exited"), "{log}");
}
