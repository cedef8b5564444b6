//! `user`: everything that runs PHP gives up root. There is nothing to see where these tests are
//! not root themselves.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use askr_testkit::{Server, ServerBuilder};
use rustix::process::{Pid, geteuid};
use tempfile::TempDir;

const WORKER: &str = "<?php
while (askr_handle_request(function (): void {
    usleep(1000 * (int) ($_GET['ms'] ?? 0));
    if (isset($_GET['send'])) {
        header('X-Sendfile: ' . $_GET['send']);
    }
    $status = file_get_contents('/proc/self/status');
    preg_match_all('/^(Uid|Gid|Groups|CapEff):\\s*(.*?)\\s*$/m', $status, $found);
    echo json_encode(array_combine($found[1], $found[2]) + [
        'home' => getenv('HOME'),
        'user' => getenv('USER'),
        'upload' => file_put_contents(tempnam(sys_get_temp_dir(), 'askr'), 'x'),
    ]);
})) {
}
";

/// An application that `nobody` can read.
fn application(mode: u32) -> (TempDir, ServerBuilder) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, WORKER).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
    let builder = Server::classic()
        .root(folder.path())
        .flag("worker-script", script)
        .flag("user", "nobody")
        .workers(1);
    (folder, builder)
}

fn is_root() -> bool {
    geteuid().is_root()
}

fn uid_of(pid: Pid) -> String {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_slow_request_is_seen_there_too() {
    if !is_root() {
        return;
    }
    let (_folder, builder) = application(0o755);
    let server = builder.flag("slow-request", "100ms").start();

    assert_eq!(server.get("/?ms=1000").status, 200);

    server.wait_for_log("slow request");
    assert!(
        server.log().contains("usleep() < {closure"),
        "{}",
        server.log()
    );
}

#[test]
fn no_link_and_no_name_shows_what_php_may_not_read() {
    if !is_root() {
        return;
    }
    let (folder, builder) = application(0o755);
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("key.pem"), "SECRET").unwrap();
    fs::set_permissions(secret.path(), Permissions::from_mode(0o700)).unwrap();
    for (name, mode) in [("storage", 0o755), ("closed", 0o700)] {
        let made = folder.path().join(name);
        fs::create_dir(&made).unwrap();
        fs::set_permissions(made, Permissions::from_mode(mode)).unwrap();
    }
    let own = folder.path().join("storage/own.txt");
    fs::write(&own, "SECRET").unwrap();
    fs::set_permissions(&own, Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.path().join("closed/deep.txt"), "SECRET").unwrap();
    fs::write(folder.path().join("storage/open.txt"), "for everybody").unwrap();
    symlink(
        secret.path().join("key.pem"),
        folder.path().join("link.txt"),
    )
    .unwrap();
    let server = builder
        .flag("sendfile-roots", folder.path().join("storage"))
        .start();

    assert_eq!(server.get("/storage/open.txt").text(), "for everybody");
    for target in ["/link.txt", "/storage/own.txt", "/closed/deep.txt"] {
        let shown = server.get(target);
        assert_eq!(shown.status, 403, "{target}");
        assert!(!shown.text().contains("SECRET"), "{target}");
    }
    let named = |path: &Path| server.get(&format!("/?send={}", path.display()));
    let open = named(&folder.path().join("storage/open.txt"));
    assert_eq!((open.status, open.text()), (200, "for everybody"));
    assert_eq!(named(&own).status, 403);
    assert_eq!(uid_of(server.main_pid()), "0", "main is what it was");
}

#[test]
fn php_has_nothing_left_of_root_and_main_keeps_it() {
    if !is_root() {
        return;
    }
    let (_folder, builder) = application(0o755);
    let server = builder.start();

    let page: serde_json::Value = serde_json::from_str(server.get("/").text()).unwrap();

    let nobody = uid_of(server.worker_pids()[0]);
    assert_ne!(nobody, "0");
    assert_eq!(page["Uid"], [nobody.as_str(); 4].join("\t"));
    assert_eq!(page["CapEff"], "0000000000000000");
    assert!(
        !page["Groups"]
            .as_str()
            .unwrap()
            .split(' ')
            .any(|group| group == "0")
    );
    assert!(
        !page["Gid"]
            .as_str()
            .unwrap()
            .split('\t')
            .any(|group| group == "0")
    );
    assert_eq!(
        (page["user"].as_str(), page["upload"].as_u64()),
        (Some("nobody"), Some(1))
    );
    assert_eq!(uid_of(server.template_pid().unwrap()), nobody);
    assert_eq!(uid_of(server.main_pid()), "0");
}

#[test]
fn workers_of_a_reload_have_given_up_root_too_and_end_with_main() {
    if !is_root() {
        return;
    }
    let (_folder, builder) = application(0o755);
    let server = builder.start();

    let output = server.command(&["reload", "--no-canary"]);

    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        server
            .worker_pids()
            .into_iter()
            .all(|pid| uid_of(pid) != "0")
    );
    assert_eq!(server.get("/").status, 200);
    server.die();
}

/// Boots before it is forked, and waits as long as it is told to.
const COPIED: &str = "<?php
function waits(): void { usleep((int) ($_GET['us'] ?? 0)); }
askr_cow_ready();
while (askr_handle_request(function (): void {
    waits();
    echo own_uid();
})) {
}
function own_uid(): string {
    preg_match('/^Uid:\\s*(\\d+)/m', file_get_contents('/proc/self/status'), $found);
    return $found[1];
}
";

#[test]
fn copies_of_a_booted_application_have_given_up_root_and_can_be_looked_into() {
    if !is_root() {
        return;
    }
    let (folder, builder) = application(0o755);
    fs::write(folder.path().join("worker.php"), COPIED).unwrap();
    let server = builder
        .argument("--cow")
        .flag("slow-request", "100ms")
        .start();

    let uid = server.get("/?us=600000").text().to_owned();

    assert_eq!(uid, uid_of(server.template_pid().unwrap()));
    assert_ne!(uid, "0");
    server.wait_for_log("slow request");
    server.wait_for_log("waits()");
}

#[test]
fn workers_that_have_given_up_root_are_put_back_between_requests() {
    if !is_root() {
        return;
    }
    let (folder, builder) = application(0o755);
    let script = "<?php
askr_cow_ready();
while (askr_handle_request(function (): void {
    static $visits = 0;
    echo getmypid(), ' ', ++$visits;
})) {
}
";
    fs::write(folder.path().join("worker.php"), script).unwrap();
    let server = builder.flag("isolation", "fork").start();

    let first = server.get("/").text().to_owned();

    assert!(first.ends_with(" 1"), "{first}");
    assert!((0..20).all(|_| server.get("/").text() == first));
    assert!(!server.log().contains("cannot be put back"));
}

#[test]
fn an_application_that_the_user_cannot_read_is_refused() {
    if !is_root() {
        return;
    }
    let (folder, builder) = application(0o700);

    let ended = builder.fail();

    assert_eq!(ended.code, Some(64), "{}", ended.log);
    let script = folder.path().join("worker.php");
    let problem = format!(
        "--user = nobody (flag): that user cannot read {}: Permission denied",
        script.display()
    );
    assert!(ended.log.contains(&problem), "{}", ended.log);
}

#[test]
fn a_user_that_does_not_exist_is_refused() {
    let ended = Server::classic().flag("user", "no-such-user").fail();

    assert_eq!(ended.code, Some(64), "{}", ended.log);
    assert!(
        ended
            .log
            .contains("--user = no-such-user (flag): there is no such user"),
        "{}",
        ended.log
    );
}
