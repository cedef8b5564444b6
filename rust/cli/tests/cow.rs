//! Workers that are forked from a booted application, served by the whole server.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use askr_testkit::{Response, Server, ServerBuilder};
use serde_json::Value;

fn json(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.text());
    serde_json::from_str(response.text()).unwrap()
}

fn cases() -> ServerBuilder {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    Server::with_script("cases.php").root(cases)
}

#[test]
fn workers_share_one_boot() {
    let server = Server::with_script("copies.php").cow().workers(2).start();

    let answers: Vec<Value> = (0..20).map(|_| json(&server.get("/"))).collect();

    let parents: HashSet<u64> = answers
        .iter()
        .map(|said| said["parent"].as_u64().unwrap())
        .collect();
    assert_eq!(parents.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|said| said["pid"] != said["parent"]));
}

#[test]
fn a_worker_that_was_killed_is_forked_anew_from_the_same_boot() {
    let server = Server::with_script("copies.php").cow().workers(1).start();
    let before = json(&server.get("/"));

    let pid = i32::try_from(before["pid"].as_i64().unwrap()).unwrap();
    server.kill(rustix::process::Pid::from_raw(pid).unwrap());
    let after = json(&server.get("/"));

    assert_ne!(after["pid"], before["pid"]);
    assert_eq!(after["parent"], before["parent"]);
}

#[test]
fn a_fatal_error_costs_a_fork_and_no_boot() {
    let server = Server::with_script("copies.php").cow().workers(1).start();
    let before = json(&server.get("/"));

    assert_eq!(server.get("/fatal").status, 500);
    let after = json(&server.get("/"));

    assert_ne!(after["pid"], before["pid"]);
    assert_eq!(after["parent"], before["parent"]);
    assert_eq!(after["served"], 1);
}

#[test]
fn each_request_has_a_process_of_its_own_with_isolation_fork_and_one_request() {
    let server = Server::with_script("copies.php")
        .isolation("fork")
        .flag("max-requests", "1")
        .workers(2)
        .start();

    let answers: Vec<Value> = (0..30).map(|_| json(&server.get("/"))).collect();

    let pids: HashSet<u64> = answers
        .iter()
        .map(|said| said["pid"].as_u64().unwrap())
        .collect();
    assert_eq!(pids.len(), 30);
    assert!(
        answers
            .iter()
            .all(|said| said["served"] == 1 && said["parent"] == answers[0]["parent"])
    );
}

fn multipart(content: &[u8]) -> Vec<u8> {
    let head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.bin\"\r\n\
                Content-Type: application/octet-stream\r\n\r\n";
    [head.as_bytes(), content, b"\r\n--b--\r\n"].concat()
}

/// Also those that do not fit into memory, and one after the other: each in a folder that the next
/// fork does not have.
#[test]
fn uploads_arrive_and_leave_nothing_with_isolation_fork() {
    let folder = tempfile::tempdir().unwrap();
    let setting = format!("upload_tmp_dir={}", folder.path().display());
    let server = cases()
        .isolation("fork")
        .flag("ini", setting)
        .workers(1)
        .start();

    for bytes in [10, 3_000_000, 20] {
        let body = multipart(&vec![b'x'; bytes]);
        let mut client = server.client();
        client.send(format!(
            "POST /uploaded.php HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\n\r\n",
            body.len(),
        ));
        client.send(&body);
        let response = client.response();
        let said = json(&response);
        assert_eq!(said["size"], bytes);
        assert_eq!(said["mode"], "700");
        assert!(said["file"].as_str().unwrap().contains("/askr-uploads-"));
        server.eventually("the upload is gone", |_| {
            files_below(folder.path()).is_empty()
        });
    }
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

/// Its own pool runs a script for each request, beside copies of an application that has booted.
#[test]
fn a_pool_of_isolation_request_runs_scripts_beside_a_worker_script() {
    let server = cases()
        .cow()
        .workers(1)
        .pool("scripts paths=/plain.php workers=1 isolation=request")
        .flag("debug", "on")
        .start();

    let by_script = server.get("/plain.php");
    let by_worker = server.get("/arguments.php");

    let worker = |response: &Response| response.header("askr-worker").unwrap().to_owned();
    assert_eq!((by_script.status, by_worker.status), (200, 200));
    assert_ne!(worker(&by_script), worker(&by_worker));
    assert_eq!(by_script.header("askr-generation"), Some("1"));
}
