//! Whatever a request changes, the next one finds it as it was, in the same process or in another.

use std::collections::HashSet;
use std::path::Path;

use askr_testkit::Server;
use serde_json::Value;

use crate::{json, pid_of, server};

/// Requests that leave their process such that it can be put back.
const PUT_BACK: &[&str] = &[
    "nothing",
    "write",
    "release",
    "variables",
    "code",
    "include",
    "ini",
    "environment",
    "folder",
    "umask",
    "signals",
    "alarm",
    "handlers",
    "locale",
    "wrapper",
    "open",
    "lock",
    "memory",
    "depth",
    "random",
    "buffer",
    "collector",
    "shutdown",
    "exit",
    "run",
    "process",
];

/// Requests whose process ends.
const REPLACED: &[(&str, &str)] = &[
    ("fork", "it forked"),
    ("child", "it forked"),
    ("daemon", "it forked"),
    ("running", "it left a child behind"),
    ("blocked", "it blocked signals"),
    ("limits", "it changed its limits or its priority"),
    ("priority", "it changed its limits or its priority"),
    ("session", "it changed what kind of process it is"),
];

/// Asks for a change, and for what is found afterwards. Twice: what is put back once must be right
/// to be put back again.
#[track_caller]
fn change(server: &Server, what: &str, file: &str) -> (Value, Value) {
    let changed = json(server, &format!("/?do={what}&file={file}"));
    let (found, again) = (json(server, "/"), json(server, "/"));
    assert_eq!(found, again, "{what}");
    (changed, found)
}

#[test]
fn what_a_request_changes_is_put_back_in_the_same_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.php");
    let server = server("rewind.php", 1).start();
    let first = json(&server, "/");

    for what in PUT_BACK.iter().chain(PUT_BACK) {
        if *what == "exit" {
            assert_eq!(server.get("/?do=exit").text(), "out");
            assert_eq!(json(&server, "/"), first, "{what}");
            continue;
        }
        let target = format!("/?do={what}&file={}", file.display());
        let response = server.get(&target);
        assert_eq!(response.status, 200, "{what}: {}", response.text());
        assert_eq!(json(&server, "/"), first, "{what}");
        assert_eq!(json(&server, "/"), first, "{what}");
    }
    assert!(!server.log().contains("changed more than memory"));
}

#[test]
fn who_changes_more_than_can_be_put_back_is_replaced() {
    let server = server("rewind.php", 1).start();
    let first = json(&server, "/");

    for (what, reason) in REPLACED {
        let (changed, found) = change(&server, what, "");
        assert_ne!(found["pid"], changed["pid"], "{what}");
        assert_eq!(found["found"], first["found"], "{what}");
        server.wait_for_log(&format!("reason=\"{reason}\""));
    }
    // Told once, however often it happens.
    let (changed, found) = change(&server, "fork", "");
    assert_ne!(pid_of(&found), pid_of(&changed));
    assert_eq!(server.log().matches("reason=\"it forked\"").count(), 1);
}

#[test]
fn files_that_go_with_their_handles_go() {
    let folder = tempfile::tempdir().unwrap();
    let setting = format!("sys_temp_dir={}", folder.path().display());
    let server = server("rewind.php", 1).flag("ini", setting).start();

    for _ in 0..3 {
        json(&server, "/?do=open");
    }

    json(&server, "/");
    let left = |path: &Path| {
        let entries = std::fs::read_dir(path).unwrap().flatten();
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        files.count()
    };
    server.eventually("none is left", |_| left(folder.path()) == 0);
}

#[test]
fn errors_leave_nothing() {
    let server = server("rewind.php", 1).start();
    let first = json(&server, "/");

    assert_eq!(server.get("/?do=exception").status, 500);
    assert_eq!(json(&server, "/"), first);

    assert_eq!(server.get("/?do=fatal").status, 500);
    let found = json(&server, "/");
    assert_ne!(found["pid"], first["pid"]);
    assert_eq!(found["found"], first["found"]);
}

#[test]
fn a_user_that_changed_does_not_stay() {
    if !rustix::process::geteuid().is_root() {
        return; // Nobody else can change it.
    }
    let server = server("rewind.php", 1).start();

    let (changed, found) = change(&server, "user", "");

    assert_ne!(found["pid"], changed["pid"]);
    server.wait_for_log("reason=\"it changed who it is to the system\"");
}

#[test]
fn who_can_never_be_put_back_serves_one_request_each() {
    let server = server("many-descriptors.php", 1).start();

    let said: Vec<Value> = (0..5).map(|_| json(&server, "/")).collect();

    let pids: HashSet<String> = said.iter().map(|said| said["pid"].to_string()).collect();
    assert_eq!(pids.len(), 5);
    let log = server.log();
    let told = "workers cannot be put back after a request: each serves one and ends";
    assert_eq!(log.matches(told).count(), 1, "{log}");
    assert!(
        log.contains("it has more descriptors than are watched"),
        "{log}"
    );
}

#[test]
fn a_worker_that_asks_to_be_recycled_is() {
    let server = server("rewind.php", 1).start();
    let first = json(&server, "/");

    json(&server, "/?do=recycle");

    server.eventually("another takes over", |server| {
        json(server, "/")["pid"] != first["pid"]
    });
    assert_eq!(json(&server, "/")["found"], first["found"]);
}

#[test]
fn requests_count_until_the_worker_has_served_its_share() {
    let builder = server("rewind.php", 1);
    let server = builder.flag("max-requests", "4").start();
    let first = json(&server, "/");

    let same = (0..3).map(|_| json(&server, "/")["pid"] == first["pid"]);
    assert!(same.into_iter().all(|same| same));
    server.eventually("another takes over", |server| {
        json(server, "/")["pid"] != first["pid"]
    });
}
