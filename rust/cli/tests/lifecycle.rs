//! Workers, templates and the server come and go; requests do not notice.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use askr_testkit::{Response, Server};
use rustix::process::Signal;

/// The answer of a script that prints its process's number.
fn pid_of(response: &Response) -> i32 {
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().trim().parse().unwrap()
}

#[test]
fn askr_toml_configures_a_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("public")).unwrap();
    std::fs::write(
        folder.path().join("public/index.php"),
        "<?php echo ini_get('user_agent');",
    )
    .unwrap();
    let text = "root = 'public'\nlisten = '127.0.0.1:0'\nworkers = 1\n[ini]\nuser_agent = 'ash'\n";
    std::fs::write(folder.path().join("askr.toml"), text).unwrap();

    let server = Server::classic().bare().folder(folder.path()).start();

    assert_eq!(server.get("/").text(), "ash");
    assert_eq!(server.worker_pids().len(), 1);
}

#[test]
fn the_line_that_start_scripts_wait_for_is_there_in_json_too() {
    let server = Server::classic()
        .flag("log-format", "json")
        .flag("log-level", "error")
        .start();

    assert!(
        server
            .log()
            .contains("\"message\":\"askr: serving http://127.0.0.1:")
    );
}

#[test]
fn sigterm_finishes_the_request_that_runs() {
    let server = Server::with_script("slow.php").workers(1).start();
    let mut client = server.client();
    let worker = client.get("/").text().to_owned();
    client.send("GET /?ms=700 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.eventually("the request runs", is_asleep);

    server.signal(Signal::TERM);

    assert_eq!(client.response().text(), worker);
    let ended = server.wait();
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{}", ended.log);
}

/// Whether the worker sleeps in `usleep` rather than waits for a request.
fn is_asleep(server: &Server) -> bool {
    let pid = server.worker_pids()[0].as_raw_nonzero();
    let call = std::fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().unwrap_or_default().to_owned();
    number
        == if cfg!(target_arch = "x86_64") {
            "230"
        } else {
            "115"
        }
}

#[test]
fn a_second_signal_ends_everything_at_once() {
    let server = Server::with_script("slow.php").workers(1).start();
    let mut client = server.client();
    client.get("/");
    client.send("GET /?ms=60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.eventually("the request runs", is_asleep);
    server.signal(Signal::INT);
    server.wait_for_log("shutting down");

    server.signal(Signal::INT);

    assert_eq!(server.wait().code, Some(130));
}

#[test]
fn a_signal_that_start_scripts_pass_on_is_no_second_one() {
    for (first, second) in [(Signal::TERM, Signal::QUIT), (Signal::QUIT, Signal::TERM)] {
        let server = Server::with_script("slow.php").workers(1).start();
        let mut client = server.client();
        let worker = client.get("/").text().to_owned();
        client.send("GET /?ms=700 HTTP/1.1\r\nHost: test\r\n\r\n");
        server.eventually("the request runs", is_asleep);
        server.signal(first);
        server.wait_for_log("shutting down");

        server.signal(second);

        assert_eq!(client.response().text(), worker);
        assert_eq!(server.wait().code, Some(0));
    }
}

#[test]
fn requests_that_outlast_the_shutdown_timeout_are_cut() {
    let server = Server::with_script("slow.php")
        .workers(1)
        .flag("shutdown-timeout", "200ms")
        .start();
    let mut client = server.client();
    client.get("/");
    client.send("GET /?ms=60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.eventually("the request runs", is_asleep);

    let ended = server.stop();

    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(client.try_response().is_err());
}

#[test]
fn a_killed_worker_is_replaced() {
    let server = Server::with_script("slow.php").workers(2).start();
    server.eventually("two workers", |server| server.worker_pids().len() == 2);
    let victim = server.worker_pids()[0];

    server.kill(victim);

    server.wait_for_log("worker exited");
    server.eventually("two other workers", |server| {
        let pids = server.worker_pids();
        pids.len() == 2 && !pids.contains(&victim)
    });
    pid_of(&server.get("/"));
}

#[test]
fn a_killed_template_is_replaced_with_its_workers() {
    let server = Server::with_script("slow.php").workers(1).start();
    let before = pid_of(&server.get("/"));

    server.kill(server.template_pid().unwrap());

    server.wait_for_log("template ended");
    let after = pid_of(&server.get("/"));
    assert_ne!(before, after);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn killing_the_server_leaves_nobody_behind() {
    let server = Server::with_script("slow.php").workers(2).start();

    server.kill(server.main_pid());

    assert_eq!(server.wait().signal, Some(9));
}

#[test]
fn a_server_whose_log_nobody_reads_any_more_serves_on() {
    let server = Server::with_script("slow.php").workers(1).start();
    server.stop_listening();
    for _ in 0..4 {
        let victim = pid_of(&server.get("/"));
        server.kill(rustix::process::Pid::from_raw(victim).unwrap());
        assert_ne!(pid_of(&server.get("/")), victim);
    }
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn what_the_server_inherited_or_listens_on_does_not_reach_php() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    rustix::io::fcntl_setfd(&secret, rustix::io::FdFlags::empty()).unwrap();

    let server = Server::with_script("slow.php").workers(1).start();

    let is_secret = |path: &PathBuf| path == secret.path();
    assert!(
        server
            .descriptors_of(server.main_pid())
            .values()
            .any(is_secret)
    );
    let fds = server.descriptors_of(server.worker_pids()[0]);
    assert!(!fds.values().any(is_secret), "{fds:?}");
    let is_socket = |path: &&PathBuf| path.to_string_lossy().starts_with("socket:");
    let sockets: BTreeSet<&PathBuf> = fds.values().filter(is_socket).collect();
    assert_eq!(sockets.len(), 1, "the control socket and no other: {fds:?}");
}

#[test]
fn workers_are_recycled_without_a_failed_request() {
    let server = Server::with_script("slow.php")
        .workers(1)
        .flag("max-requests", "5")
        .start();
    let mut client = server.client();

    let mut pids = BTreeSet::new();

    // A worker that has served its share serves on until its successor has booted.
    for _ in 0..5 {
        server.eventually("another worker", |_| pids.insert(pid_of(&client.get("/"))));
    }

    server.wait_for_log_times("worker left", 4);
}

#[test]
fn gets_survive_workers_that_are_killed_again_and_again() {
    let server = Server::with_script("slow.php").workers(2).start();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = server.client();
                while !is_over.load(Ordering::Relaxed) {
                    pid_of(&client.get("/?ms=1"));
                }
            });
        }
        let _over = Over(&is_over);
        for killed in 1..=10 {
            let victim = pid_of(&server.get("/"));
            server.kill(rustix::process::Pid::from_raw(victim).unwrap());
            // A request is given to another worker once: nobody may lose the same one twice.
            server.wait_for_log_times("worker exited", killed);
        }
    });
    assert_eq!(server.stop().code, Some(0));
}

/// Tells the other threads when this one is done, or has failed.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_server_that_crashes_at_every_request_does_not_spin() {
    let server = Server::with_script("exits.php").workers(1).start();
    for _ in 0..4 {
        assert_eq!(server.client().post("/?how=crash", "").status, 502);
    }
    assert_eq!(server.get("/?how=well").text(), "1");
    assert_eq!(
        server.log().matches("worker exited").count(),
        4,
        "{}",
        server.log()
    );
}
