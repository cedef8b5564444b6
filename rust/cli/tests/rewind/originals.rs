//! The twins that keep what their workers are put back to.

use std::fs;

use askr_testkit::{Answer, Load, Server};
use rustix::process::Pid;
use serde_json::Value;

use crate::{json, pid_of, server};

fn name_of(pid: Pid) -> String {
    let name = fs::read_to_string(format!("/proc/{}/comm", pid.as_raw_nonzero()));
    name.unwrap_or_default().trim_end().to_owned()
}

fn originals(server: &Server) -> Vec<Pid> {
    let all = server.descendants().into_iter();
    all.filter(|pid| name_of(*pid) == "askr original").collect()
}

fn private_kb(pid: Pid) -> u64 {
    let path = format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero());
    let rollup = fs::read_to_string(path).unwrap();
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Private_Dirty:"));
    let words = line.unwrap().split_whitespace();
    words.rev().nth(1).unwrap().parse().unwrap()
}

#[test]
fn without_its_original_a_worker_is_replaced() {
    let server = server("rewind.php", 1).start();
    let first = json(&server, "/");

    // One that is killed while its worker reads from it takes the worker along.
    server.eventually("a worker says that its twin is gone", |server| {
        for original in originals(server) {
            server.kill(original);
        }
        json(server, "/?do=variables");
        assert_eq!(json(server, "/")["found"], first["found"]);
        server.log().contains("reason=\"its twin is gone\"")
    });

    let pid = |said: Value| said["pid"].clone();
    server.eventually("another process answers", |server| {
        pid(json(server, "/")) != first["pid"]
    });
}

#[test]
fn thousands_of_requests_leave_no_process_no_descriptor_and_no_memory() {
    let server = server("rewind.php", 2).start();
    let load = Load::start(server.address(), 4, "/?do=open");
    load.wait_for(200);
    server.eventually("both have an original", |server| {
        originals(server).len() == 2
    });
    let count = server.descendants().len();
    let worker = pid_of(&json(&server, "/"));
    let (before, open) = (private_kb(worker), server.descriptors_of(worker).len());

    load.wait_for(2_000);
    let _ = load.stop();

    assert_eq!(server.descendants().len(), count);
    server.eventually("its descriptors are those it was born with", |server| {
        server.descriptors_of(worker).len() <= open
    });
    assert!(private_kb(worker) < before + 1024, "{before} KiB before");
    server.stop(); // This sees that nothing is left.
}

#[test]
fn originals_end_with_a_server_that_is_killed() {
    let server = server("rewind.php", 2).start();
    server.eventually("both have one", |server| originals(server).len() == 2);

    server.die(); // This sees that nothing is left.
}

#[test]
fn every_request_is_answered_while_workers_and_originals_are_killed() {
    let server = server("rewind.php", 2).start();
    let load = Load::start(server.address(), 4, "/?do=nothing");
    for at in 0..60 {
        load.wait_for(20);
        // Not the templates, which come first: the others die with them.
        let all = server.descendants();
        server.kill(all[2 + at % (all.len() - 2)]);
    }
    let failed = |answer: &&Answer| !matches!(answer.outcome, Ok((200, _)));
    let tally = load.stop();
    let failed: Vec<&Answer> = tally.answers.iter().filter(failed).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
