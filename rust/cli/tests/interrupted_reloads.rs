//! Reloads that something comes in between of: each ends in one generation.

use std::process::Output;

use askr_testkit::{Load, Releases, Server};
use rustix::process::Pid;
use serde_json::Value;

/// A server whose reloads try their canary for long.
fn server(releases: &Releases) -> Server {
    let server = releases.server().workers(2).canary_window("60s").start();
    server.wait_for_log_times("worker ready", 2);
    server
}

fn template_of(server: &Server, generation: u32) -> Pid {
    let text = format!("template ready generation={generation} pid=");
    server.wait_for_log(&text);
    let log = server.log();
    let (_, rest) = log.split_once(&text).expect("it was waited for");
    let pid = rest
        .split_whitespace()
        .next()
        .and_then(|pid| pid.parse().ok());
    pid.and_then(Pid::from_raw).expect("a process has a number")
}

/// Every worker is of this generation, and nothing is under way.
#[track_caller]
fn assert_one_generation(server: &Server, generation: u64) {
    server.eventually("one generation is left", |server| {
        let status: Value = serde_json::from_str(&server.status()).expect("it is JSON");
        let workers = status["pools"][0]["workers"].as_array().cloned();
        let workers = workers.unwrap_or_default();
        status["generation"] == generation
            && status["change"] == Value::Null
            && workers.len() == 2
            && workers
                .iter()
                .all(|worker| worker["generation"] == generation)
    });
}

fn ended(child: std::process::Child) -> Output {
    child.wait_with_output().expect("it was started")
}

#[test]
fn a_generation_on_trial_that_loses_its_template_is_given_up() {
    let releases = Releases::new(&["one", "two"]);
    let server = server(&releases);
    let load = Load::start(server.address(), 2, "/");
    releases.switch_to("two");
    let reload = server.spawn_command(&["reload"]);
    let template = template_of(&server, 2);
    server.wait_for_log_times("worker ready", 3);

    server.kill(template);

    assert_eq!(ended(reload).status.code(), Some(1));
    assert_one_generation(&server, 1);
    load.wait_for(50);
    load.stop().assert_all(&["one", "two"]);
    assert_eq!(server.get("/").text(), "one");
}

#[test]
fn the_generation_that_serves_may_lose_its_template_while_another_is_tried() {
    let releases = Releases::new(&["one", "two"]);
    let server = server(&releases);
    let template = template_of(&server, 1);
    let load = Load::start(server.address(), 2, "/");
    releases.switch_to("two");
    let reload = server.spawn_command(&["reload"]);
    server.wait_for_log_times("worker ready", 3);

    server.kill(template);

    load.wait_for(200);
    load.stop().assert_all(&["one", "two"]);
    server.eventually("both workers are back", |server| {
        let status: Value = serde_json::from_str(&server.status()).expect("it is JSON");
        let workers = status["pools"][0]["workers"].as_array().cloned();
        let workers = workers.unwrap_or_default();
        let ready = workers.iter().filter(|worker| worker["state"] != "booting");
        ready.count() >= 2
    });
    server.stop();
    let _ = ended(reload);
}

#[test]
fn the_newest_of_two_reloads_counts() {
    let releases = Releases::new(&["one", "two", "three"]);
    let server = server(&releases);
    releases.switch_to("two");
    let first = server.spawn_command(&["reload"]);
    server.wait_for_log_times("worker ready", 3);
    releases.switch_to("three");

    let second = server.command(&["reload", "--no-canary"]);

    assert_eq!(second.status.code(), Some(0), "{second:?}");
    assert_eq!(ended(first).status.code(), Some(1));
    assert_one_generation(&server, 3);
    assert_eq!(server.get("/").text(), "three");
}

#[test]
fn a_stop_in_the_middle_of_a_reload_leaves_nothing_behind() {
    let releases = Releases::new(&["one", "two"]);
    let server = server(&releases);
    releases.switch_to("two");
    let reload = server.spawn_command(&["reload"]);
    server.wait_for_log_times("worker ready", 3);

    let end = server.stop();

    assert_eq!(end.code, Some(0), "{}", end.log);
    assert_ne!(ended(reload).status.code(), Some(0));
}
