//! Pools of their own for slow paths: what they do is nobody else's business.

use std::fs;
use std::time::Duration;

use askr_testkit::{Client, Load, Releases, Server, eventually};
use serde_json::Value;

const DEFAULT: usize = 0;
const SLOW: usize = 1;

/// Two workers, and one more for what sleeps.
fn server(releases: &Releases) -> Server {
    releases
        .server()
        .workers(2)
        .pool("slow paths=/slow workers=1 queue_limit=1 queue_timeout=30s")
        .start()
}

/// Fills the pool for slow paths: requests that are served, wait, or are refused.
fn fill(server: &Server, count: usize) -> Vec<Client> {
    let ask = |_| {
        let mut client = server.client();
        client.send("GET /slow/sleep?ms=3000 HTTP/1.1\r\nHost: test\r\n\r\n");
        client
    };
    (0..count).map(ask).collect()
}

#[test]
fn a_pool_full_of_sleeping_requests_does_not_touch_the_others() {
    let releases = Releases::new(&["one"]);
    let server = server(&releases);
    let alone = Load::start(server.address(), 4, "/");
    alone.wait_for(500);
    alone.stop().assert_all(&["one"]);

    // More than it has slots for, and more than may wait for one.
    let mut slow = fill(&server, 40);
    let refused = slow.pop().map(|mut client| client.response());
    assert_eq!(refused.map(|response| response.status), Some(503));
    let beside = Load::start(server.address(), 4, "/");
    beside.wait_for(500);
    let beside = beside.stop();

    beside.assert_all(&["one"]);
    let longest = beside.within(1.0);
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}

#[test]
fn a_pool_can_boot_for_every_request_while_the_others_do_not() {
    let releases = Releases::new(&["one"]);
    let server = releases
        .server()
        .workers(1)
        .pool("legacy paths=/legacy isolation=request workers=1")
        .start();
    let file = releases.path("one").join("public/legacy/own.php");
    fs::create_dir(file.with_file_name("")).unwrap();
    fs::write(file, "<?php echo 'a script of its own';").unwrap();
    let release = releases.path("one").join("release.php");
    fs::write(release, "<?php return 'booted anew';").unwrap();

    assert_eq!(server.get("/legacy/own.php").text(), "a script of its own");
    assert_eq!(server.get("/legacy/page").text(), "booted anew");
    assert_eq!(server.get("/page").text(), "one");
    assert_eq!(server.get("/own.php").text(), "one");
}

#[test]
fn no_spelling_of_a_path_is_served_by_another_pool() {
    let releases = Releases::new(&["one"]);
    let server = server(&releases);
    let taken = |pool: usize| {
        let status: Value = serde_json::from_str(&server.status()).expect("JSON");
        let workers = status["pools"][pool]["workers"].as_array().expect("a list");
        let replies = workers
            .iter()
            .filter_map(|worker| worker["replies"].as_u64());
        replies.sum::<u64>()
    };
    let spellings = [
        "/slow/x",
        "//slow",
        "/%73low",
        "/%2Fslow",
        "/./slow",
        "/index.php/slow",
        "/index%2ephp//slow",
    ];
    for path in spellings {
        let (before, others) = (taken(SLOW), taken(DEFAULT));
        assert_eq!(server.get(path).text(), "one", "{path}");
        eventually("it is counted", || taken(SLOW) > before);
        assert_eq!(taken(DEFAULT), others, "{path}");
    }
    assert_eq!(server.get("/slower").text(), "one");
    eventually("it is counted", || taken(DEFAULT) > 0);
}
