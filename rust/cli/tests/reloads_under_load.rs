//! Releases that replace one another while clients ask without a pause on connections that stay.

use std::time::Instant;

use askr_testkit::{Load, Releases, ServerBuilder};

/// Each release in turn.
const RELOADS: usize = 6;

#[test]
fn no_request_fails_and_what_is_asked_after_a_reload_comes_from_the_new_code() {
    alternate(|server| server);
}

#[test]
fn the_same_where_workers_share_a_booted_application() {
    alternate(ServerBuilder::cow);
}

#[test]
fn the_same_where_each_request_has_a_process_of_its_own() {
    alternate(|server| server.isolation("fork"));
}

#[test]
fn the_same_where_every_request_boots() {
    let releases = Releases::new(&["one", "two"]);
    alternate_with(&releases, releases.classic());
}

#[test]
fn a_rollback_brings_the_release_before_back() {
    let releases = Releases::new(&["one", "two"]);
    let server = releases.server().workers(2).canary_window("0s").start();
    let load = Load::start(server.address(), 4, "/");
    load.wait_for(50);
    releases.switch_to("two");
    server.reload();
    assert_eq!(server.get("/").text(), "two");

    server.rollback();

    let since = Instant::now();
    load.wait_for(50);
    let answers = load.stop();
    answers.assert_all(&["one", "two"]);
    answers.since(since).assert_all(&["one"]);
}

fn alternate(mode: impl FnOnce(ServerBuilder) -> ServerBuilder) {
    let releases = Releases::new(&["one", "two"]);
    alternate_with(&releases, mode(releases.server()));
}

#[track_caller]
fn alternate_with(releases: &Releases, server: ServerBuilder) {
    let server = server.workers(2).canary_window("0s").start();
    let load = Load::start(server.address(), 4, "/");
    load.wait_for(50);
    let mut taken_over = Vec::new();
    for name in ["two", "one"].into_iter().cycle().take(RELOADS) {
        releases.switch_to(name);
        let asked = Instant::now();
        server.reload();
        taken_over.push((name, asked, Instant::now()));
        load.wait_for(20);
    }

    let answers = load.stop();
    answers.assert_all(&["one", "two"]);
    let ends = taken_over.iter().skip(1).map(|&(_, asked, _)| asked);
    let ends = ends.chain([Instant::now()]);
    for (&(name, _, since), until) in taken_over.iter().zip(ends) {
        answers.since(since).until(until).assert_all(&[name]);
    }
}
