//! APCu keeps what one request stored for the next, in workers that share its memory.

use std::fs;

use askr_testkit::Server;

use crate::engine::{extension, series};

const HANDLER: &str = "<?php
$handler = static function (): void {
    match ($_GET['do']) {
        'store' => print var_export(apcu_store('left', $_GET['value']), true),
        'fetch' => print apcu_fetch('left') . ' by ' . askr_worker_id(),
    };
};
while (askr_handle_request($handler)) {
}
";

#[test]
fn what_one_request_stores_all_workers_fetch() {
    if series() == "8.2" {
        return; // Debian's PHP is there for Xdebug; APCu is built for ours.
    }
    let object = extension("apcu").expect("`cargo xtask setup` builds APCu");
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("worker.php");
    fs::write(&script, HANDLER).unwrap();
    let server = Server::classic()
        .root(folder.path())
        .flag("worker-script", &script)
        .flag("ini", format!("extension={}", object.display()))
        .workers(2)
        .start();

    assert_eq!(server.get("/?do=store&value=first").text(), "true");
    let mut workers = std::collections::BTreeSet::new();
    server.eventually("both workers have answered", |server| {
        let text = server.get("/?do=fetch").text().to_owned();
        let (value, worker) = text.split_once(" by ").unwrap();
        assert_eq!(value, "first");
        workers.insert(worker.to_owned());
        workers.len() == 2
    });
    assert_eq!(server.get("/?do=store&value=second").text(), "true");
    assert!(server.get("/?do=fetch").text().starts_with("second by "));
}
