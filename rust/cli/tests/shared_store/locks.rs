//! Locks hold between processes of the server and others.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use askr_testkit::{Application, Server};
use rustix::process::Pid;

use crate::{application, artisan, field};

/// Artisan with a lock, which it keeps until it is written a line.
struct Holder {
    process: Child,
}

impl Holder {
    #[track_caller]
    fn take(server: &Server, application: &Application, name: &str) -> Self {
        let mut command = server.artisan_command(application, &["store:hold", name]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut said = String::new();
        let mut output = BufReader::new(process.stdout.as_mut().unwrap());
        output.read_line(&mut said).unwrap();
        assert_eq!(said.trim(), "held");
        Self { process }
    }

    fn release(mut self) {
        self.process.stdin.take().unwrap().write_all(b"\n").unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn a_lock_that_artisan_has_no_worker_gets() {
    let application = application();
    let server = application.booted().workers(2).start();
    let holder = Holder::take(&server, &application, "door");

    assert_eq!(field(&server.get("/store/lock/door"), "taken"), false);
    assert_eq!(field(&server.get("/store/block/door/0"), "got"), false);

    holder.release();
    assert_eq!(field(&server.get("/store/lock/door"), "taken"), true);
}

#[test]
fn a_worker_that_waits_is_let_in_when_artisan_is_done() {
    let application = application();
    let server = application.booted().workers(2).start();
    let holder = Holder::take(&server, &application, "door");
    let mut client = server.client();
    client.send("GET /store/block/door/60 HTTP/1.1\r\nHost: test\r\n\r\n");
    // Others are served meanwhile, and whoever tries does not get in.
    assert_eq!(field(&server.get("/store/lock/door"), "taken"), false);

    let began = Instant::now();
    holder.release();

    assert_eq!(field(&client.response(), "got"), true);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "it was told, not timed out"
    );
}

#[test]
fn artisan_waits_for_a_worker() {
    let application = application();
    let server = application.booted().workers(2).start();
    assert_eq!(field(&server.get("/store/lock/door"), "taken"), true);
    let words = ["store:block", "door", "60"];
    let mut command = server.artisan_command(&application, &words);
    let waiting = command.stdout(Stdio::piped()).spawn().unwrap();

    let _ = artisan(&server, &application, &["cache:clear", "askr"]);
    let _ = server.get("/store/release/door");

    let output = waiting.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "true");
}

#[test]
fn a_lock_until_death_is_free_when_its_worker_is_killed() {
    let application = application();
    let server = application.booted().workers(2).start();
    let holder = server.get("/store/lock-until-death/door");
    assert_eq!(field(&holder, "taken"), true);
    assert_eq!(field(&server.get("/store/lock/door"), "taken"), false);

    let pid = field(&holder, "pid").as_i64().unwrap();
    server.kill(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap());

    server.eventually("the lock is free", |server| {
        field(&server.get("/store/lock/door"), "taken") == true
    });
}
