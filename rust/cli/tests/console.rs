//! `askr reload`, `askr rollback` and `askr status` find the server of this application.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Output};

use askr_testkit::{Server, ServerBuilder};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[track_caller]
fn assert_message(output: &Output, code: i32, message: &str) {
    let words = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words}");
    assert!(
        words.starts_with("askr: ") && words.contains(message),
        "{words}"
    );
    assert_eq!(words.lines().count(), 1, "{words}");
}

fn server() -> ServerBuilder {
    Server::with_script("request.php").workers(1)
}

#[test]
fn status_says_what_runs_for_people_and_for_programs() {
    let server = server().start();
    let _ = server.get("/");

    let page = server.command(&["status"]);
    assert_eq!(page.status.code(), Some(0), "{}", text(&page.stderr));
    let page = text(&page.stdout);
    assert!(page.starts_with("generation 1 of /"), "{page}");
    assert!(page.contains(": 1 workers, 0 requests wait\n"), "{page}");
    let pid = server.worker_pids()[0].as_raw_nonzero().to_string();
    assert!(page.contains(&pid), "{page}");

    let json = server.command(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(status["generation"], 1);
    assert_eq!(status["pools"][0]["workers"][0]["pid"].to_string(), pid);
}

#[test]
fn a_reload_returns_when_no_worker_runs_old_code() {
    let server = server().start();
    let old = server.worker_pids();

    let output = server.command(&["reload", "--no-canary"]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!output.stdout.is_empty());
    assert!(!server.worker_pids().iter().any(|pid| old.contains(pid)));
}

#[test]
fn the_socket_is_found_by_the_folder_of_the_application_and_by_no_other() {
    let runtime = tempfile::tempdir().unwrap();
    let server = server().variable("XDG_RUNTIME_DIR", runtime.path()).start();

    assert_eq!(server.command(&["status"]).status.code(), Some(0));
    let folder = runtime.path().join("askr");
    let mode = std::fs::metadata(&folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    let elsewhere = tempfile::tempdir().unwrap();
    let other = elsewhere.path().to_str().unwrap();
    for command in ["reload", "rollback", "status"] {
        let output = server.command(&[command, "--app-base", other]);
        assert_message(&output, 69, "no server of this application answers at ");
    }
}

#[test]
fn a_folder_that_others_could_write_in_is_not_used() {
    let runtime = tempfile::tempdir().unwrap();
    let folder = runtime.path().join("askr");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let server = server()
        .variable("XDG_RUNTIME_DIR", runtime.path())
        .variable("TMPDIR", runtime.path())
        .start();

    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    assert_eq!(server.command(&["status"]).status.code(), Some(0));
}

#[test]
fn what_a_dead_server_left_behind_is_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    drop(UnixListener::bind(&path).unwrap());
    let server = server()
        .flag("control-socket", folder.path().join("b.sock"))
        .start();
    std::fs::rename(folder.path().join("b.sock"), folder.path().join("c.sock")).unwrap();
    std::fs::rename(&path, folder.path().join("b.sock")).unwrap();

    let output = server.command(&["status"]);

    assert_message(&output, 69, folder.path().join("b.sock").to_str().unwrap());
}

#[test]
fn a_release_that_is_not_there_is_a_wrong_configuration() {
    let server = server().start();

    let output = server.command(&["reload", "--path", "/not/there"]);

    assert_message(
        &output,
        78,
        "--path = /not/there (flag): there is no such folder",
    );
}

#[test]
fn a_wrong_configuration_is_said_as_for_serve() {
    let server = server().start();

    let output = server.command(&["status", "--queue-limit", "many"]);

    assert_message(
        &output,
        64,
        "--queue-limit = \"many\" (flag) cannot be used",
    );
}

#[test]
fn the_socket_lies_where_it_is_wanted_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("control.sock");
    let server = server().flag("control-socket", &path).start();

    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(server.command(&["status"]).status.code(), Some(0));

    assert_eq!(server.stop().code, Some(0));
    assert!(!path.exists());
}

#[test]
fn a_socket_that_cannot_be_where_it_is_wanted_stops_the_start() {
    let ended = server().flag("control-socket", "/not/there/a.sock").fail();

    assert_eq!(ended.code, Some(78), "{}", ended.log);
    let last = ended.log.lines().last().unwrap();
    assert!(
        last.starts_with("askr: no commands can be taken: socket /not/there/a.sock: "),
        "{last}"
    );
}

#[test]
fn a_path_that_is_too_long_is_refused_before_anything_starts() {
    let long = format!("/tmp/{}", "x".repeat(120));
    let ended = server().flag("control-socket", long).fail();

    assert_eq!(ended.code, Some(64), "{}", ended.log);
    assert!(
        ended
            .log
            .contains("the path of a socket cannot be that long"),
        "{}",
        ended.log
    );
}

/// The first line that a command prints, once it is there; then all the rest.
struct Following {
    command: Child,
    lines: BufReader<ChildStdout>,
}

impl Following {
    fn start(server: &Server, words: &[&str]) -> Self {
        let mut command = server.spawn_command(words);
        let lines = BufReader::new(command.stdout.take().unwrap());
        Self { command, lines }
    }

    fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "not said: {text}"
            );
        }
    }

    fn end(self) -> Output {
        self.command.wait_with_output().unwrap()
    }
}

#[test]
fn who_asked_for_a_reload_is_told_when_a_newer_one_takes_its_place() {
    let server = server().flag("canary-window", "1h").start();
    let mut first = Following::start(&server, &["reload"]);
    first.wait_for("generation 2");

    let second = server.command(&["reload", "--no-canary"]);

    assert_message(&first.end(), 1, "newer");
    assert_eq!(second.status.code(), Some(0), "{second:?}");
    let status = server.command(&["status"]);
    assert!(
        text(&status.stdout).starts_with("generation 3 "),
        "{status:?}"
    );
}

#[test]
fn who_asked_for_a_reload_is_told_when_the_server_ends_meanwhile() {
    let server = server().flag("canary-window", "1h").start();
    let mut reload = Following::start(&server, &["reload"]);
    reload.wait_for("generation 2");

    let ended = server.stop();

    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let output = reload.end();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).starts_with("askr: "), "{output:?}");
}
