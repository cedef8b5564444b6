//! `askr php -m` and a worker have the same modules, with a shared one among them.

use std::fs;

use askr_testkit::Server;

use crate::engine::php;
use crate::probe::build_probe;

/// As `php -m` prints it, without looking at the order.
const LIST: &str = "<?php
foreach (['PHP' => false, 'Zend' => true] as $kind => $zend) {
    echo \"[{$kind} Modules]\\n\", implode(\"\\n\", get_loaded_extensions($zend)), \"\\n\\n\";
}
";

#[test]
fn the_command_line_and_a_worker_list_the_same_modules() {
    let folder = tempfile::tempdir().unwrap();
    let probe = build_probe(folder.path());
    let setting = format!("extension={}", probe.display());
    fs::write(folder.path().join("index.php"), LIST).unwrap();
    let server = Server::classic()
        .root(folder.path())
        .flag("ini", &setting)
        .start();

    let mut worker = sorted(server.get("/").text());
    worker.retain(|name| name != "askr"); // the functions that only a worker has
    let command_line = sorted(&php(&["-d", &setting, "-m"]));

    assert!(worker.contains(&"probe".to_owned()), "{worker:?}");
    assert_eq!(command_line, worker);
}

/// The lines, in an order that does not depend on who prints them.
fn sorted(list: &str) -> Vec<String> {
    let mut names: Vec<String> = list.lines().map(str::to_owned).collect();
    names.sort();
    names
}
