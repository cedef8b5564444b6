//! Document roots that change while they are served.

use std::path::PathBuf;

use askr_testkit::eventually;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::server::{Server, Setup};

/// A release with an asset of its own name, and one that all have.
fn release(name: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join(format!("{name}.css")), name).unwrap();
    std::fs::write(root.path().join("same.css"), name).unwrap();
    root
}

fn paths(releases: &[&TempDir]) -> Vec<PathBuf> {
    let paths = releases.iter().map(|root| root.path().to_owned());
    paths.collect()
}

fn serves(server: &Server, path: &str, text: &str) {
    let mut client = server.client();
    eventually(path, || {
        let response = client.get(path);
        response.status == 200 && response.text() == text
    });
}

#[test]
fn files_come_from_the_newest_release_and_then_from_the_one_before() {
    let (old, new) = (release("old"), release("new"));
    let (publish, roots) = watch::channel(paths(&[&old]));
    let server = Setup::new().following(roots).start();
    let _worker = server.worker_saying("php");
    serves(&server, "/old.css", "old");
    serves(&server, "/same.css", "old");
    assert_eq!(server.client().get("/new.css").text(), "php");

    publish.send(paths(&[&new, &old])).unwrap();
    serves(&server, "/new.css", "new");
    serves(&server, "/same.css", "new");
    serves(&server, "/old.css", "old");

    publish.send(paths(&[&new])).unwrap();
    serves(&server, "/old.css", "php");
}

#[test]
fn a_file_of_the_release_before_counts_before_a_directory_of_the_newest() {
    let (old, new) = (release("old"), release("new"));
    std::fs::write(old.path().join("docs"), "a file").unwrap();
    std::fs::create_dir(new.path().join("docs")).unwrap();
    std::fs::write(new.path().join("docs/index.html"), "a page").unwrap();
    let (_publish, roots) = watch::channel(paths(&[&new, &old]));
    let server = Setup::new().following(roots).start();
    let _worker = server.worker_saying("php"); // until the roots are known
    serves(&server, "/docs/", "a page");
    serves(&server, "/docs", "a file");
}

#[test]
fn scripts_are_looked_for_in_the_newest_release_only() {
    let (old, new) = (release("old"), release("new"));
    for (root, script) in [(&old, "gone.php"), (&new, "come.php"), (&new, "index.php")] {
        std::fs::write(root.path().join(script), "<?php").unwrap();
    }
    let (_publish, roots) = watch::channel(paths(&[&new, &old]));
    let server = Setup::new().classic().following(roots).start();
    let _worker = server.worker_naming_the_script();
    serves(&server, "/come.php", "/come.php []");
    assert_eq!(server.client().get("/gone.php").text(), "/index.php []");
}

#[test]
fn a_root_that_is_not_there_is_left_out() {
    let (old, new) = (release("old"), release("new"));
    let missing = old.path().join("missing");
    let (publish, roots) = watch::channel(vec![missing.clone(), old.path().to_owned()]);
    let server = Setup::new().following(roots).start();
    let _worker = server.worker_saying("php"); // until the roots are known
    serves(&server, "/old.css", "old");
    publish.send(vec![missing]).unwrap();
    publish.send(paths(&[&new, &old])).unwrap();
    serves(&server, "/new.css", "new");
}
