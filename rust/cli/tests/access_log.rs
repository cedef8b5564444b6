//! `access_log`: a line for each request, with what only real PHP and a whole server can tell.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use askr_testkit::{DEADLINE, Server, ServerBuilder};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

/// Says what it is called, after as many milliseconds as it is asked to take.
const WORKER: &str = "<?php
while (askr_handle_request(function (): void {
    usleep(1000 * (int) ($_GET['ms'] ?? 0));
    if (isset($_GET['die'])) {
        posix_kill(getmypid(), 9);
    }
    echo $_SERVER['HTTP_X_REQUEST_ID'] === $_SERVER['REQUEST_ID'] ? $_SERVER['REQUEST_ID'] : 'two names';
})) {
}
";

struct Scene {
    _folder: TempDir,
    log: PathBuf,
    builder: ServerBuilder,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, WORKER).unwrap();
    let log = folder.path().join("access.log");
    let builder = Server::classic()
        .flag("worker-script", script)
        .flag("access-log", &log)
        .workers(1);
    Scene {
        _folder: folder,
        log,
        builder,
    }
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_line_says_which_worker_took_how_long() {
    let scene = scene();
    let server = scene.builder.flag("debug", "on").start();

    let answer = server.get("/p?ms=30");

    let id = answer.header("x-request-id").unwrap();
    assert_eq!(answer.text(), id);
    let timing = answer.header("server-timing").unwrap();
    assert!(
        timing.starts_with("wait;dur=") && timing.contains("php;dur=3"),
        "{timing}"
    );
    let worker = answer.header("askr-worker").unwrap();
    server.eventually("the line is there", |_| !lines(&scene.log).is_empty());
    let line = &lines(&scene.log)[0];
    assert_eq!(
        (&line["request"], &line["worker"]),
        (&id.into(), &worker.into())
    );
    assert_eq!(
        (&line["generation"], &line["path"]),
        (&1.into(), &"/p".into())
    );
    let ms = |name: &str| line[name].as_f64().unwrap();
    assert!(ms("php_ms") >= 30.0 && ms("wait_ms") >= 0.0, "{line}");
    assert!(ms("duration_ms") >= ms("php_ms") + ms("wait_ms"), "{line}");
    assert_eq!(line["sent_bytes"], id.len());
}

#[test]
fn a_request_whose_worker_dies_names_it() {
    let scene = scene();
    let server = scene.builder.start();
    let mut client = server.client();
    client.send("POST /?die=1 HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.response().status, 502);

    server.eventually("the line is there", |_| !lines(&scene.log).is_empty());
    let line = &lines(&scene.log)[0];
    assert_eq!(
        (&line["status"], &line["worker"]),
        (&502.into(), &"0#1".into())
    );
    assert_eq!(
        (&line["source"], &line["generation"]),
        (&"php".into(), &1.into())
    );
    assert!(line["php_ms"].is_number(), "{line}");
}

#[test]
fn a_rotation_begins_a_new_file_and_loses_nothing() {
    let scene = scene();
    let server = scene.builder.start();
    let first = server.get("/").text().to_owned();
    let moved = scene.log.with_extension("1");
    server.eventually("the first is there", |_| lines(&scene.log).len() == 1);
    fs::rename(&scene.log, &moved).unwrap();
    let second = server.get("/").text().to_owned();
    server.signal(Signal::USR1);
    server.wait_for_log("access log opened anew");
    let third = server.get("/").text().to_owned();
    assert_eq!(server.stop().code, Some(0));

    let ids = |path: &Path| -> Vec<String> {
        let lines = lines(path).into_iter();
        lines
            .map(|line| line["request"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&moved), [first, second]);
    assert_eq!(ids(&scene.log), [third]);
}

#[test]
fn what_is_cut_off_at_the_end_has_its_line_as_well() {
    let scene = scene();
    let server = scene.builder.flag("shutdown-timeout", "0s").start();
    let mut client = server.client();
    client.send("GET /slow?ms=30000 HTTP/1.1\r\nHost: t\r\n\r\n");
    server.eventually("a worker has it", |server| server.status().contains("busy"));
    server.stop();

    let lines = lines(&scene.log);
    let line = &lines[0];
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (&line["path"], &line["end"]),
        (&"/slow".into(), &"left".into())
    );
}

#[test]
fn the_log_of_the_system_gets_a_message_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let server = Server::classic()
        .flag("access-log", format!("syslog:{}", path.display()))
        .flag("access-log-format", "combined")
        .start();

    assert_eq!(server.get("/askr/health").status, 200);

    let mut message = [0; 1024];
    let bytes = socket.recv(&mut message).unwrap();
    let text = String::from_utf8_lossy(&message[..bytes]);
    assert!(text.starts_with("<190>"), "{text}");
    assert!(
        text.contains(" \"GET /askr/health HTTP/1.1\" 200 3 "),
        "{text}"
    );
}

#[test]
fn a_log_that_cannot_be_opened_is_named() {
    let ended = Server::classic()
        .flag("access-log", "/nowhere/access.log")
        .fail();
    assert_eq!(ended.code, Some(78));
    let said = "askr: access log /nowhere/access.log: No such file or directory (os error 2); give another place with --access-log";
    assert!(ended.log.contains(said), "{}", ended.log);
}
