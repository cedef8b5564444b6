//! SIGHUP: every worker is replaced by one that boots the code of now, and no request notices.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use askr_testkit::{Server, ServerBuilder};
use rustix::process::Signal;
use tempfile::TempDir;

/// Boots one file, and loads the other when a request first needs it.
const WORKER: &str = "<?php
$booted = require __DIR__.'/booted.php';
while (askr_handle_request(function () use ($booted): void {
    static $loaded = require __DIR__.'/loaded.php';
    echo $booted, ' ', $loaded;
})) {
}
";

/// A release of both files; each is a minute younger than the one before.
fn release(folder: &Path, number: u64) {
    for name in ["booted", "loaded"] {
        write(folder, name, number, &format!("<?php return '{number}';"));
    }
}

fn write(folder: &Path, name: &str, number: u64, code: &str) {
    let next = folder.join("next");
    fs::write(&next, code).unwrap();
    let file = File::options().write(true).open(&next).unwrap();
    let age = Duration::from_secs(60 * (100 - number));
    file.set_modified(SystemTime::now() - age).unwrap();
    fs::rename(next, folder.join(name).with_extension("php")).unwrap();
}

fn application() -> (TempDir, ServerBuilder) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, WORKER).unwrap();
    release(folder.path(), 1);
    let builder = Server::classic()
        .flag("worker-script", script)
        // So that nothing but the boot looks at a file again.
        .flag("ini", "opcache.validate_timestamps=0")
        .flag("canary-window", "0")
        .workers(2);
    (folder, builder)
}

fn reload(server: &Server, workers_left: usize) {
    server.signal(Signal::HUP);
    server.wait_for_log_times("worker left", workers_left);
}

#[test]
fn new_code_is_served_by_new_workers_and_no_request_fails() {
    let (folder, builder) = application();
    let server = builder.start();
    server.wait_for_log_times("worker ready", 2); // or one boots between the two files
    let is_over = AtomicBool::new(false);

    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = server.client();
            while !is_over.load(Ordering::Relaxed) {
                let text = client.get("/").text().to_owned();
                // An old worker that has not loaded the second file yet loads what is there.
                assert!(["1 1", "1 2", "2 2"].contains(&text.as_str()), "{text}");
            }
        });
        let _over = Over(&is_over);
        assert_eq!(server.get("/").text(), "1 1");
        release(folder.path(), 2);
        reload(&server, 2);
        for _ in 0..20 {
            assert_eq!(server.get("/").text(), "2 2");
        }
    });
}

/// Says so also when an assertion fails, or the other thread would go on for ever.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn code_that_does_not_boot_replaces_nobody_and_mended_code_does() {
    let (folder, builder) = application();
    let server = builder.start();
    server.wait_for_log_times("worker ready", 2);
    write(folder.path(), "booted", 2, "<?php return ;;);");

    server.signal(Signal::HUP);
    server.wait_for_log("reload aborted");

    for _ in 0..10 {
        assert_eq!(server.get("/").text(), "1 1");
    }
    release(folder.path(), 3);
    reload(&server, 2);
    assert_eq!(server.get("/").text(), "3 3");
}
