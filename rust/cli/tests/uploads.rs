//! Where uploads lie, how long, and what they cost.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use askr_testkit::{Client, Gate, Server, ServerBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// A parent of upload folders, and the files that lie somewhere in it.
struct Parent(TempDir);

impl Parent {
    fn new() -> Parent {
        Parent(tempfile::tempdir().unwrap())
    }

    /// A server of one worker that puts its uploads here.
    fn server(&self, mode: Mode) -> ServerBuilder {
        let builder = match mode {
            Mode::Worker => Server::with_script("cases.php"),
            Mode::Classic => Server::classic(),
        };
        let setting = format!("upload_tmp_dir={}", self.0.path().display());
        builder.root(cases()).workers(1).flag("ini", setting)
    }

    fn files(&self) -> Vec<PathBuf> {
        files_below(self.0.path())
    }

    fn is_empty(&self) -> bool {
        fs::read_dir(self.0.path()).unwrap().next().is_none()
    }
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Worker,
    Classic,
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new(); // It was removed meanwhile.
    };
    let entries = entries.flatten().map(|entry| entry.path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => files_below(&path),
            false => vec![path],
        })
        .collect()
}

const HEAD: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
const TAIL: &str = "\r\n--b--\r\n";

/// Sends the head of an upload to `target`, whose file has `bytes` bytes, up to those.
fn begin(client: &mut Client, target: &str, bytes: u64) {
    let length = (HEAD.len() + TAIL.len()) as u64 + bytes;
    client.send(format!(
        "POST {target} HTTP/1.1\r\nHost: t\r\nContent-Length: {length}\r\n\
         Content-Type: multipart/form-data; boundary=b\r\n\r\n{HEAD}"
    ));
}

fn upload(client: &mut Client, target: &str) {
    begin(client, target, 5);
    client.send(format!("hello{TAIL}"));
}

fn parsed(client: &mut Client) -> Value {
    serde_json::from_slice(&client.response().body).unwrap()
}

/// Uploads to a script that keeps the file until the gate opens; returns once it is there.
fn keep(server: &Server, gate: &Gate) -> Client {
    let mut client = server.client();
    let target = format!("/uploaded.php?gate={}", gate.path().display());
    upload(&mut client, &target);
    server.wait_for_log("keeps /");
    client
}

#[test]
fn an_upload_lies_in_a_private_folder_and_is_gone_after_its_request() {
    for mode in [Mode::Worker, Mode::Classic] {
        let parent = Parent::new();
        let server = parent.server(mode).start();
        let mut client = server.client();

        upload(&mut client, "/uploaded.php");

        let seen = parsed(&mut client);
        let file = Path::new(seen["file"].as_str().unwrap());
        assert_eq!((&seen["size"], &seen["mode"]), (&5.into(), &"700".into()));
        assert_eq!(file.parent().unwrap().to_str(), seen["folder"].as_str());
        assert!(file.starts_with(parent.0.path()), "{mode:?}: {seen}");
        server.eventually("the upload is gone", |_| parent.files().is_empty());
    }
}

#[test]
fn an_upload_is_gone_after_its_worker_was_killed() {
    let (parent, gate) = (Parent::new(), Gate::new());
    let server = parent.server(Mode::Worker).start();
    let mut client = keep(&server, &gate);
    assert_eq!(parent.files().len(), 1);

    server.kill(server.worker_pids()[0]);

    assert_eq!(client.response().status, 502);
    server.eventually("the upload is gone", |_| parent.files().is_empty());
    upload(&mut client, "/uploaded.php");
    assert_eq!(
        parsed(&mut client)["size"],
        5,
        "the next worker has a folder"
    );
}

#[test]
fn what_a_killed_server_left_is_swept_by_the_next_and_a_living_ones_is_not() {
    let (parent, gate) = (Parent::new(), Gate::new());
    let dead = parent.server(Mode::Worker).start();
    keep(&dead, &gate);
    dead.die();
    assert_eq!(parent.files().len(), 1, "nobody was left to remove it");
    let living = parent.server(Mode::Worker).start();
    assert_eq!(parent.files(), [] as [PathBuf; 0]);
    let mut client = keep(&living, &gate);

    let _other = parent.server(Mode::Worker).start();

    assert_eq!(parent.files().len(), 1);
    gate.open();
    assert_eq!(parsed(&mut client)["size"], 5);
}

#[test]
fn a_server_that_was_stopped_leaves_nothing() {
    let parent = Parent::new();
    let server = parent.server(Mode::Worker).start();
    upload(&mut server.client(), "/uploaded.php");

    assert_eq!(server.stop().code, Some(0));

    assert!(parent.is_empty());
}

#[test]
fn a_folder_that_is_not_there_is_said_and_the_systems_is_used() {
    let server = Server::with_script("cases.php")
        .root(cases())
        .flag("ini", "upload_tmp_dir=/nonexistent")
        .start();
    let mut client = server.client();

    upload(&mut client, "/uploaded.php");

    let folder = parsed(&mut client)["folder"].as_str().unwrap().to_owned();
    assert!(folder.starts_with(std::env::temp_dir().to_str().unwrap()));
    server.wait_for_log("no folder for uploads can be made here");
}

#[test]
fn a_full_disk_is_answered_and_logged_and_costs_nothing_else() {
    let parent = Parent::new();
    let server = parent.server(Mode::Worker).start();
    server.limit_file_size(server.main_pid(), 1 << 20);
    let mut client = server.client();
    begin(&mut client, "/uploaded.php", 4 << 20);
    // The answer may come before all of it is sent.
    let _ = client.try_send(vec![b'x'; 4 << 20]);

    let answer = client.response();

    assert_eq!(answer.status, 507, "{}", answer.text());
    server.wait_for_log("the request body cannot be kept in a temporary file");
    let mut client = server.client();
    upload(&mut client, "/uploaded.php");
    assert_eq!(parsed(&mut client)["size"], 5);
}

#[test]
fn the_paths_of_uploads_do_not_fill_the_cache_of_paths() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("paths.php");
    fs::write(&script, PATHS).unwrap();
    let server = Server::classic().workers(1).flag("worker-script", &script);
    let server = server.start();
    let mut client = server.client();

    let seen = [(); 3].map(|()| {
        upload(&mut client, "/");
        client.response().text().to_owned()
    });

    assert_eq!(seen, ["0 then 1", "0 then 1", "0 then 1"]);
}

/// How many uploads PHP knows the path of, before and after asking for one.
const PATHS: &str = "<?php
$known = static fn (): int => count(preg_grep('~/php[^/]+$~', array_keys(realpath_cache_get())));
while (askr_handle_request(static function () use ($known): void {
    $before = $known();
    is_file(realpath($_FILES['file']['tmp_name']));
    echo $before, ' then ', $known();
})) {
}
";

#[test]
fn a_file_that_php_cannot_write_is_an_upload_error_and_the_next_one_is_fine() {
    let parent = Parent::new();
    let server = parent.server(Mode::Worker).start();
    server.limit_file_size(server.worker_pids()[0], 1000);
    let mut client = server.client();

    begin(&mut client, "/uploaded.php", 5000);
    client.send(format!("{}{TAIL}", "x".repeat(5000)));

    let seen = parsed(&mut client);
    assert_eq!((&seen["error"], &seen["file"]), (&7.into(), &"".into()));
    assert_eq!(parent.files(), [] as [PathBuf; 0]);
    upload(&mut client, "/uploaded.php");
    assert_eq!(parsed(&mut client)["error"], 0);
}

#[test]
fn memory_stays_flat_while_a_large_upload_passes() {
    const BYTES: u64 = 256 << 20;
    const ALLOWANCE: u64 = 24 << 20;
    let parent = Parent::new();
    let server = parent
        .server(Mode::Worker)
        .flag("body-limit", "1G")
        .flag("ini", "post_max_size=1G")
        .flag("ini", "upload_max_filesize=1G")
        .start();
    let mut client = server.client();
    upload(&mut client, "/uploaded.php");
    assert_eq!(parsed(&mut client)["size"], 5);
    let processes = [server.main_pid(), server.worker_pids()[0]];
    let before = processes.map(|pid| server.peak_bytes(pid));

    begin(&mut client, "/uploaded.php", BYTES);
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..BYTES >> 20 {
        client.send(&piece);
    }
    client.send(TAIL);

    assert_eq!(parsed(&mut client)["size"], BYTES);
    for (pid, before) in processes.into_iter().zip(before) {
        let grown = server.peak_bytes(pid) - before;
        assert!(grown < ALLOWANCE, "{pid:?} grew by {grown} bytes");
    }
}
