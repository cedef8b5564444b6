//! Every process below main is killed again and again while clients ask.

use std::time::{Duration, Instant};

use askr_testkit::{Load, Releases, ServerBuilder};

/// How long it storms.
const STORM: Duration = Duration::from_secs(4);

#[test]
fn no_request_fails_though_workers_and_templates_are_killed() {
    weather(|server| server);
}

#[test]
fn the_same_where_workers_share_a_booted_application() {
    weather(ServerBuilder::cow);
}

#[test]
fn the_same_where_each_request_has_a_process_of_its_own() {
    weather(|server| server.isolation("fork"));
}

/// One process after the other, when some more requests have been answered since the last: a
/// request is given to a second worker, and to no third.
#[track_caller]
fn weather(mode: impl FnOnce(ServerBuilder) -> ServerBuilder) {
    let releases = Releases::new(&["one"]);
    let server = mode(releases.server().workers(2)).start();
    let load = Load::start(server.address(), 4, "/");
    load.wait_for(50);
    let end = Instant::now() + STORM;
    let mut killed = 0;
    while Instant::now() < end {
        let processes = server.descendants();
        if let Some(&pid) = processes.get(killed % processes.len().max(1)) {
            server.kill(pid);
            killed += 1;
        }
        load.wait_for(20);
    }
    assert!(killed > 5, "{killed}");
    load.stop().assert_all(&["one"]);
}
