//! Each reload looks anew where the code lies.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use askr_testkit::Server;
use tempfile::TempDir;

const WORKER: &str = "<?php
$release = basename(dirname(__DIR__)).'/'.basename(__DIR__);
while (askr_handle_request(function () use ($release): void {
    echo $release, ' ', getenv('ASKR_APP_BASE'), ' ', $_SERVER['DOCUMENT_ROOT'];
})) {
}
";

struct Site {
    _folder: TempDir,
    base: PathBuf,
}

impl Site {
    /// Releases `1` and `2`, with `current` as a link to the first.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        for name in ["1", "2"] {
            let release = base.join("releases").join(name);
            fs::create_dir_all(release.join("public")).unwrap();
            fs::write(release.join("worker.php"), WORKER).unwrap();
            fs::write(release.join("public/version.txt"), name).unwrap();
        }
        let site = Self {
            _folder: folder,
            base,
        };
        site.deploy("1");
        site
    }

    fn deploy(&self, name: &str) {
        let next = self.base.join("next");
        symlink(self.release(name), &next).unwrap();
        fs::rename(next, self.base.join("current")).unwrap();
    }

    fn release(&self, name: &str) -> PathBuf {
        self.base.join("releases").join(name)
    }

    fn start(&self) -> Server {
        let current = self.base.join("current");
        Server::classic()
            .root(current.join("public"))
            .flag("app-base", &current)
            .flag("worker-script", current.join("worker.php"))
            .workers(2)
            .start()
    }

    /// What a worker says that runs a release.
    fn page(&self, name: &str) -> String {
        let release = self.release(name);
        let text = Path::display;
        format!(
            "releases/{name} {} {}",
            text(&release),
            text(&release.join("public"))
        )
    }
}

#[track_caller]
fn reload(server: &Server, words: &[&str]) {
    let output = server.command(words);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[track_caller]
fn assert_serves(server: &Server, site: &Site, name: &str) {
    for _ in 0..8 {
        assert_eq!(server.get("/").text(), site.page(name));
    }
    assert_eq!(server.get("/version.txt").text(), name);
}

#[test]
fn a_link_that_has_moved_is_followed_with_the_files_and_back_again() {
    let site = Site::new();
    let server = site.start();
    assert_serves(&server, &site, "1");

    site.deploy("2");
    assert_eq!(server.get("/").text(), site.page("1"));
    reload(&server, &["reload", "--no-canary"]);
    assert_serves(&server, &site, "2");

    reload(&server, &["rollback"]);
    assert_serves(&server, &site, "1");
}

#[test]
fn another_release_can_be_chosen() {
    let site = Site::new();
    let server = site.start();

    let other = site.release("2").display().to_string();
    reload(&server, &["reload", "--no-canary", "--path", &other]);
    assert_serves(&server, &site, "2");

    reload(&server, &["reload", "--no-canary"]);
    assert_serves(&server, &site, "1");
}

#[test]
fn a_folder_that_is_no_release_changes_nothing_and_says_why() {
    let site = Site::new();
    let server = site.start();
    let other = site.release("3");
    fs::create_dir_all(other.join("public")).unwrap();

    let output = server.command(&["reload", "--no-canary", "--path", other.to_str().unwrap()]);

    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let words = String::from_utf8(output.stderr).unwrap();
    let missing = format!("{}: No such file", other.join("worker.php").display());
    assert!(
        words.starts_with("askr: ") && words.contains(&missing),
        "{words}"
    );
    assert_serves(&server, &site, "1");
}
