//! Xdebug stops in the handler of a worker script, request after request.
//!
//! It runs where there is an Xdebug for the PHP inside the binary: always on Debian's PHP 8.2, and on
//! our own where the source can be had.

use std::fs;
use std::thread;

use askr_testkit::{Server, ServerBuilder};

use crate::debugger::Debugger;
use crate::engine::{extension, series};

/// The breakpoint is on line 4.
const HANDLER: &str = "<?php
$handler = static function (): void {
    $asked = $_GET['n'];
    $answer = xdebug_info('mode')[0] . ' ' . $asked;
    echo $answer;
};
while (askr_handle_request($handler)) {
}
";

fn debugged(folder: &std::path::Path, mode: &str) -> Option<ServerBuilder> {
    let Some(object) = extension("xdebug") else {
        assert_ne!(
            series(),
            "8.2",
            "`cargo xtask setup` unpacks Debian's Xdebug"
        );
        return None;
    };
    let script = folder.join("worker.php");
    fs::write(&script, HANDLER).unwrap();
    let server = Server::classic()
        .root(folder)
        .flag("worker-script", &script)
        .flag("ini", format!("zend_extension={}", object.display()))
        .flag("ini", format!("xdebug.mode={mode}"));
    Some(server.workers(1))
}

#[test]
fn xdebug_loads_into_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = debugged(folder.path(), "develop") else {
        return;
    };
    let server = server.start();

    assert_eq!(server.get("/?n=1").text(), "develop 1");
    assert_eq!(server.get("/?n=2").text(), "develop 2");
}

#[test]
fn a_breakpoint_stops_every_request_of_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let debugger = Debugger::listen();
    let Some(server) = debugged(folder.path(), "debug") else {
        return;
    };
    let server = server
        .flag("ini", "xdebug.start_with_request=yes")
        .flag("ini", "xdebug.client_host=127.0.0.1")
        .flag("ini", format!("xdebug.client_port={}", debugger.port()));
    let starting = thread::spawn(move || server.start());
    let mut session = debugger.accept();
    let script = folder.path().join("worker.php");
    let breakpoint = format!("breakpoint_set -t line -f file://{} -n 4", script.display());
    assert!(session.ask(&breakpoint).contains("id="));
    session.tell("run");
    let server = starting.join().unwrap();

    for number in ["1", "2", "3"] {
        let mut client = server.client();
        client.send(format!("GET /?n={number} HTTP/1.1\r\nHost: test\r\n\r\n"));
        let stopped = session.response();
        assert!(stopped.contains("status=\"break\""), "{stopped}");
        let value = session.ask("property_get -n $asked");
        let encoded = ["MQ==", "Mg==", "Mw=="][number.parse::<usize>().unwrap() - 1];
        assert!(value.contains(encoded), "{value}");
        session.tell("run");
        assert_eq!(client.response().text(), format!("debug {number}"));
    }
}
