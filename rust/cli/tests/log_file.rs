//! `log_file`: what main and PHP say goes there, and goes on in a new file after a rotation.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use askr_testkit::{Server, ServerBuilder};
use rustix::process::Signal;
use tempfile::TempDir;

/// Says what it is asked to, to the log and to standard error itself.
const WORKER: &str = "<?php
while (askr_handle_request(function (): void {
    error_log('logged '.$_GET['text']);
    file_put_contents('php://stderr', 'raw '.$_GET['text'].PHP_EOL);
})) {
}
";

fn application() -> (TempDir, PathBuf, ServerBuilder) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, WORKER).unwrap();
    let log = folder.path().join("askr.log");
    let builder = Server::classic()
        .flag("worker-script", script)
        .flag("log-file", &log)
        .workers(1);
    (folder, log, builder)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn main_and_php_write_to_the_file_and_starting_is_also_said_on_standard_error() {
    let (_folder, log, builder) = application();
    let server = builder.start();

    let _ = server.get("/?text=hello");

    server.eventually("everything is in the file", |_| {
        let text = text(&log);
        text.contains("worker ready")
            && text.contains("logged hello")
            && text.contains("raw hello\n")
    });
    assert!(text(&log).contains(&format!("askr: serving http://{}\n", server.address())));
    let errors = server.log();
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn after_a_rotation_everybody_writes_to_the_new_file() {
    let (folder, log, builder) = application();
    let server = builder.start();
    let _ = server.get("/?text=one");
    server.eventually("the first is there", |_| text(&log).contains("raw one"));
    let workers = server.worker_pids();

    let moved = folder.path().join("askr.log.1");
    fs::rename(&log, &moved).unwrap();
    server.signal(Signal::USR1);
    server.eventually("the file is there again", |_| {
        text(&log).contains("log file opened anew")
    });
    let _ = server.get("/?text=two");

    server.eventually("the second is there", |_| text(&log).contains("raw two"));
    assert!(text(&log).contains("logged two"));
    assert!(!text(&moved).contains("two"));
    assert_eq!(server.worker_pids(), workers);
}

#[test]
fn the_last_words_are_on_standard_error_and_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("askr.log");

    let ended = Server::with_script("syntax-error.php")
        .flag("log-file", &log)
        .fail();

    let last = ended.log.lines().last().unwrap();
    assert!(
        last.starts_with("askr: ") && last.contains("Unmatched ')'"),
        "{last}"
    );
    assert!(text(&log).ends_with(&format!("{last}\n")), "{}", text(&log));
    assert!(text(&log).contains("worker did not boot"), "{}", text(&log));
}

#[test]
fn a_file_that_cannot_be_written_stops_the_start() {
    let ended = Server::classic()
        .flag("log-file", "/not/there/askr.log")
        .fail();

    assert_eq!(ended.code, Some(78), "{}", ended.log);
    assert_eq!(
        ended.log,
        "askr: log file /not/there/askr.log: No such file or directory (os error 2); give a file that can be written with --log-file\n"
    );
}

#[test]
fn without_a_file_the_signal_does_nothing() {
    let server = Server::with_script("request.php").workers(1).start();

    server.signal(Signal::USR1);

    assert_eq!(server.get("/").status, 200);
    assert_eq!(server.stop().code, Some(0));
}
