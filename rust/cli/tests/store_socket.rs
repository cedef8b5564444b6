//! Programs outside the server reach its store by a socket.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use askr_testkit::{Server, ServerBuilder};
use rustix::process::geteuid;

const WORKER: &str = "<?php
while (askr_handle_request(function (): void {
    match ($_GET['do'] ?? 'nothing') {
        'set' => askr_cache_set($_GET['key'], $_GET['value']),
        'get' => print askr_cache_get($_GET['key']),
        'nothing' => null,
    };
})) {
}
";

/// A folder with a worker script and room for sockets.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("worker.php"), WORKER).unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn server(&self) -> ServerBuilder {
        Server::classic()
            .root(self.folder.path())
            .flag("worker-script", self.path("worker.php"))
            .workers(1)
    }
}

fn cli(socket: &Path, words: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .arg("-s")
        .arg(socket)
        .args(words)
        .output()
        .expect("`cargo xtask setup` installs redis-tools");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Where the server says that its store is reached.
fn socket_of(server: &Server) -> PathBuf {
    let status = status(server);
    status["store"]["socket"].as_str().unwrap().into()
}

fn status(server: &Server) -> serde_json::Value {
    let output = server.command(&["status", "--json"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn php_and_programs_outside_see_the_same_entries() {
    let scene = Scene::new();
    let socket = scene.path("s.sock");
    let server = scene.server().flag("store-socket", &socket).start();

    let _ = server.get("/?do=set&key=inside&value=one");
    assert_eq!(cli(&socket, &["GET", "inside"]), "one");
    assert_eq!(cli(&socket, &["SET", "outside", "two"]), "OK");
    assert_eq!(server.get("/?do=get&key=outside").text(), "two");

    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!socket.exists());
}

#[test]
fn the_status_says_where_it_is_and_what_it_holds() {
    let scene = Scene::new();
    let runtime = scene.path("run");
    fs::create_dir(&runtime).unwrap();
    let server = scene.server().variable("XDG_RUNTIME_DIR", &runtime).start();
    let socket = socket_of(&server);
    assert!(
        socket.starts_with(runtime.join("askr")),
        "{}",
        socket.display()
    );
    assert_eq!(
        fs::metadata(socket.parent().unwrap()).unwrap().mode() & 0o777,
        0o700
    );
    cli(&socket, &["SET", "k", "v"]);
    cli(&socket, &["GET", "k"]);

    let store = &status(&server)["store"];

    let cache = &store["namespaces"][0];
    assert_eq!(cache["name"], "cache");
    assert_eq!((&cache["entries"], &cache["hits"]), (&1.into(), &1.into()));
    let page = server.command(&["status"]).stdout;
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.contains(&format!("store, reached at {}\n", socket.display())),
        "{page}"
    );
    assert!(page.contains("\n  sessions "), "{page}");
}

#[test]
fn without_a_store_there_is_no_socket() {
    let scene = Scene::new();
    let control = scene.path("c.sock");
    let server = scene
        .server()
        .flag("store-size", "0")
        .flag("control-socket", &control)
        .start();

    assert_eq!(status(&server)["store"], serde_json::Value::Null);
    assert!(!scene.path("c.store.sock").exists());
}

#[test]
fn it_lies_beside_a_control_socket_that_was_given() {
    let scene = Scene::new();
    let server = scene
        .server()
        .flag("control-socket", scene.path("c.sock"))
        .start();

    assert_eq!(socket_of(&server), scene.path("c.store.sock"));
    assert_eq!(cli(&scene.path("c.store.sock"), &["PING"]), "PONG");
}

#[test]
fn the_newest_server_has_the_name() {
    let scene = Scene::new();
    let socket = scene.path("s.sock");
    let start = |control: &str| {
        let server = scene.server().flag("control-socket", scene.path(control));
        server.flag("store-socket", &socket).start()
    };
    let old = start("a.sock");
    cli(&socket, &["SET", "k", "old"]);
    let new = start("b.sock");
    assert_eq!(cli(&socket, &["GET", "k"]), "");
    cli(&socket, &["SET", "k", "new"]);

    old.stop();

    assert_eq!(cli(&socket, &["GET", "k"]), "new");
    drop(new);
}

#[test]
fn entries_outlive_reloads_and_workers() {
    let scene = Scene::new();
    let socket = scene.path("s.sock");
    let server = scene
        .server()
        .flag("store-socket", &socket)
        .canary_window("0s")
        .start();
    let mut client = BufReader::new(UnixStream::connect(&socket).unwrap());
    let _ = server.get("/?do=set&key=k&value=kept");

    server.kill(server.worker_pids()[0]);
    server.wait_for_log("worker exited");
    server.reload();

    assert_eq!(server.get("/?do=get&key=k").text(), "kept");
    client.get_mut().write_all(b"GET k\r\n").unwrap();
    let mut line = String::new();
    client.read_line(&mut line).unwrap();
    client.read_line(&mut line).unwrap();
    assert_eq!(line, "$4\r\nkept\r\n");
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let scene = Scene::new();

    let ended = scene
        .server()
        .flag("store-socket", "/not/there/s.sock")
        .fail();

    assert_eq!(ended.code, Some(78), "{}", ended.log);
    let words = "askr: the store cannot be reached from outside: socket /not/there/s.sock: ";
    assert!(ended.log.contains(words), "{}", ended.log);
    assert!(
        ended
            .log
            .contains("; give another path with --store-socket"),
        "{}",
        ended.log
    );
}

#[test]
fn the_user_that_php_runs_as_reaches_it_and_others_do_not() {
    if !geteuid().is_root() {
        return;
    }
    let scene = Scene::new();
    let (runtime, closed) = (scene.path("tmp"), scene.path("closed"));
    fs::create_dir(&runtime).unwrap();
    fs::set_permissions(&runtime, Permissions::from_mode(0o1777)).unwrap();
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let server = || {
        scene
            .server()
            .flag("user", "nobody")
            .variable("TMPDIR", &runtime)
    };

    // In a folder of its own, and in one where only root can put it.
    let found = server()
        .flag("control-socket", closed.join("c.sock"))
        .start();
    let own = socket_of(&found);
    assert!(own.starts_with(&runtime), "{}", own.display());
    let given = server().flag("store-socket", scene.path("s.sock")).start();

    for socket in [own, scene.path("s.sock")] {
        assert_eq!(as_user("nobody", &socket), "PONG");
        assert_ne!(as_user("daemon", &socket), "PONG");
        assert_eq!(cli(&socket, &["PING"]), "PONG");
    }
    drop((found, given));

    let ended = server().flag("store-socket", closed.join("s.sock")).fail();
    assert!(ended.log.contains("Permission denied"), "{}", ended.log);
}

fn as_user(user: &str, socket: &Path) -> String {
    let output = Command::new("setpriv")
        .args(["--reuid", user, "--regid", "nogroup", "--clear-groups"])
        .args(["redis-cli", "-s"])
        .arg(socket)
        .arg("PING")
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}
