//! What the store holds at a clean stop is there again after the next start.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use askr_testkit::{Server, ServerBuilder};
use rustix::process::Signal;

/// A folder for a store's file and its socket.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("kept")).unwrap();
        Self { folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("kept/store")
    }

    fn server(&self) -> ServerBuilder {
        Server::with_script("slow.php")
            .workers(1)
            .flag("store-file", self.file())
            .flag("store-socket", self.folder.path().join("s.sock"))
    }

    /// What is answered to a command in a database.
    fn cli(&self, database: &str, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .arg("-s")
            .arg(self.folder.path().join("s.sock"))
            .args(["-n", database])
            .args(words)
            .output()
            .expect("`cargo xtask setup` installs redis-tools");
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end().replace('\n', " ")
    }
}

#[test]
fn a_clean_stop_keeps_entries_with_their_times_and_types() {
    let scene = Scene::new();
    let server = scene.server().start();
    scene.cli("0", &["SET", "text", "kept"]);
    scene.cli("0", &["SET", "short", "v", "PX", "1"]);
    scene.cli("1", &["SET", "number", "7", "EX", "1000"]);
    scene.cli("2", &["SET", "session", "data"]);
    scene.cli("0", &["ASKR.LOCK", "lock", "me", "600000", "0"]);

    let ended = server.stop();

    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(ended.log.contains("store written"), "{}", ended.log);
    assert_eq!(fs::metadata(scene.file()).unwrap().mode() & 0o777, 0o600);

    let server = scene.server().start();
    server.wait_for_log("store read");
    assert_eq!(scene.cli("0", &["GET", "text"]), "kept");
    assert_eq!(scene.cli("0", &["EXISTS", "short"]), "0");
    assert_eq!(scene.cli("1", &["ASKR.GET", "number"]), "i 7");
    let seconds: u64 = scene.cli("1", &["TTL", "number"]).parse().unwrap();
    assert!((900..=1000).contains(&seconds), "{seconds}");
    assert_eq!(scene.cli("2", &["GET", "session"]), "data");
    assert_eq!(scene.cli("0", &["ASKR.OWNER", "lock"]), "me");
}

#[test]
fn after_a_crash_nothing_comes_back_that_was_deleted_since() {
    let scene = Scene::new();
    let server = scene.server().start();
    scene.cli("2", &["SET", "session", "data"]);
    server.stop();
    let server = scene.server().start();
    assert_eq!(scene.cli("2", &["DEL", "session"]), "1");
    assert!(!scene.file().exists());

    server.die();

    let server = scene.server().start();
    assert_eq!(scene.cli("2", &["EXISTS", "session"]), "0");
    assert!(!server.log().contains("store read"), "{}", server.log());
}

#[test]
fn a_damaged_file_is_named_and_ignored() {
    let scene = Scene::new();
    let server = scene.server().start();
    scene.cli("0", &["SET", "text", "kept"]);
    server.stop();
    let mut bytes = fs::read(scene.file()).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(scene.file(), &bytes).unwrap();

    let server = scene.server().start();

    server.wait_for_log("the store begins empty: its file is not used");
    assert!(
        server.log().contains(scene.file().to_str().unwrap()),
        "{}",
        server.log()
    );
    assert!(server.log().contains("damaged"), "{}", server.log());
    assert_eq!(scene.cli("0", &["DBSIZE"]), "0");
    assert_eq!(fs::read(scene.file()).unwrap(), bytes);
    scene.cli("0", &["SET", "text", "new"]);
    server.stop();
    let _server = scene.server().start();
    assert_eq!(scene.cli("0", &["GET", "text"]), "new");
}

#[test]
fn a_place_that_cannot_be_written_any_more_is_told_and_the_stop_goes_on() {
    let scene = Scene::new();
    let server = scene.server().start();
    fs::remove_dir(scene.folder.path().join("kept")).unwrap();

    let ended = server.stop();

    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(
        ended.log.contains("the store is not written and is lost"),
        "{}",
        ended.log
    );
}

#[test]
fn who_is_impatient_keeps_the_store_all_the_same() {
    let scene = Scene::new();
    let server = scene.server().start();
    scene.cli("0", &["SET", "text", "kept"]);
    let mut busy = server.client();
    busy.send("GET /?ms=60000 HTTP/1.1\r\nHost: test\r\n\r\n");

    server.signal(Signal::TERM);
    server.wait_for_log("shutting down");
    server.signal(Signal::TERM);
    let ended = server.wait();

    assert_eq!(ended.code, Some(143), "{}", ended.log);
    let _server = scene.server().start();
    assert_eq!(scene.cli("0", &["GET", "text"]), "kept");
}
