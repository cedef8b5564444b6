//! What the first worker of a reload is judged by can be set.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use askr_testkit::{Server, ServerBuilder};
use tempfile::TempDir;

/// Behaves as the release says: waits, and fails for every so many requests and for one path.
const WORKER: &str = "<?php
$release = require __DIR__.'/release.php';
$count = 0;
while (askr_handle_request(function () use ($release, &$count): void {
    $count++;
    usleep($release['us'] ?? 0);
    $fails = ($release['every'] ?? 0) > 0 && $count % $release['every'] === 0;
    if ($fails || $_SERVER['REQUEST_URI'] === ($release['broken'] ?? null)) {
        http_response_code(500);
    }
    echo 'done';
})) {
}
";

struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("worker.php"), WORKER).unwrap();
        let site = Self { folder };
        site.release("[]");
        site
    }

    fn release(&self, behaviour: &str) {
        let code = format!("<?php return {behaviour};");
        fs::write(self.folder.path().join("release.php"), code).unwrap();
    }

    fn server(&self, window: &str) -> ServerBuilder {
        Server::classic()
            .flag("worker-script", self.folder.path().join("worker.php"))
            .flag("canary-window", window)
            .workers(2)
    }
}

/// Reloads while two clients ask for pages.
fn reload_under_load(server: &Server) -> Output {
    let is_over = AtomicBool::new(false);
    let ask = || {
        let mut client = server.client();
        while !is_over.load(Ordering::Relaxed) {
            assert_eq!(client.get("/").text(), "done");
        }
    };
    thread::scope(|scope| {
        scope.spawn(ask);
        scope.spawn(ask);
        let output = server.command(&["reload"]);
        is_over.store(true, Ordering::Relaxed);
        output
    })
}

#[track_caller]
fn assert_judged(output: &Output, code: i32, evidence: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let words = [&output.stdout[..], &output.stderr[..]].concat();
    let words = String::from_utf8(words).unwrap();
    assert!(words.contains(evidence), "{words}");
}

#[test]
fn a_share_of_failures_is_too_much_or_not_as_canary_failures_says() {
    let site = Site::new();
    let strict = site.server("1s").start();
    let lenient = site.server("1s").flag("canary-failures", "0.9").start();
    site.release("['every' => 3]");

    assert_judged(&reload_under_load(&strict), 1, "fail");
    assert_judged(&reload_under_load(&lenient), 0, "generation 2 serves");
}

#[test]
fn a_slow_release_is_too_slow_or_not_as_canary_latency_says() {
    let site = Site::new();
    site.release("['us' => 500]");
    let strict = site.server("1s").start();
    let lenient = site.server("1s").flag("canary-latency", "500").start();
    site.release("['us' => 9000]");

    assert_judged(&reload_under_load(&strict), 1, "slow");
    assert_judged(&reload_under_load(&lenient), 0, "generation 2 serves");
}

#[test]
fn without_clients_the_health_path_decides() {
    let site = Site::new();
    let [good, bad] = ["/fine", "/broken"].map(|path| {
        let builder = site.server("200ms");
        builder.flag("health-path", path).start()
    });
    site.release("['broken' => '/broken']");

    assert_judged(&good.command(&["reload"]), 0, "generation 2 serves");
    assert_judged(&bad.command(&["reload"]), 1, "500");
}

#[test]
fn the_generation_before_is_kept_as_long_as_rollback_keep_says() {
    let site = Site::new();
    let [long, short] =
        ["1h", "0"].map(|time| site.server("0").flag("rollback-keep", time).start());

    for server in [&long, &short] {
        assert_judged(&server.command(&["reload"]), 0, "generation 2 serves");
    }

    short.eventually("generation 1 is let go", |server| {
        let status = server.command(&["status"]).stdout;
        !String::from_utf8(status)
            .unwrap()
            .contains("askr rollback returns")
    });
    assert_judged(
        &short.command(&["rollback"]),
        1,
        "no earlier generation is kept",
    );
    assert_judged(&long.command(&["rollback"]), 0, "generation 1 serves");
}
