//! New code is right and nobody crashes, while opcache is told to forget under many requests.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use askr_testkit::{Server, ServerBuilder};

const ROUNDS: u64 = 12;
const CLIENTS: usize = 4;
const REQUESTS_PER_CLIENT: usize = 60;

#[test]
fn every_worker_has_the_new_code_after_one_of_them_invalidated_it() {
    assert_new_code_is_seen("file");
}

#[test]
fn every_worker_has_the_new_code_after_one_of_them_reset_opcache() {
    assert_new_code_is_seen("everything");
}

#[test]
fn what_is_preloaded_is_there_in_worker_mode_and_in_classic_mode() {
    let preloaded = fixtures().join("preload/Preloaded.php");
    for builder in [worker(), classic()] {
        let server = builder
            .flag("ini", format!("opcache.preload={}", preloaded.display()))
            .flag("ini", "opcache.preload_user=root")
            .start();
        for _ in 0..3 {
            assert_eq!(server.get("/opcache-preload.php").text(), "preloaded");
        }
    }
}

fn assert_new_code_is_seen(forget: &str) {
    for builder in [worker(), classic()] {
        let server = builder.start();
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("said.php");
        let plain = format!("/opcache-include.php?file={}", script.display());
        write_script(&script, 0);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| hammer(&server, &plain));
            }
            for round in 1..=ROUNDS {
                write_script(&script, round);
                let forgetting = format!("{plain}&forget={forget}");
                assert_eq!(server.get(&forgetting).status, 200);
                for _ in 0..CLIENTS {
                    assert_eq!(server.get(&plain).text(), format!("round {round}"));
                }
            }
        });
        assert!(!server.log().contains("died"), "{}", server.log());
    }
}

fn hammer(server: &Server, target: &str) {
    let mut client = server.client();
    for _ in 0..REQUESTS_PER_CLIENT {
        let answer = client.get(target);
        assert_eq!(answer.status, 200);
        assert!(answer.text().starts_with("round "), "{}", answer.text());
    }
}

/// By renaming, as a deployment does; old enough for opcache to keep it, and each a second younger
/// than the one before.
fn write_script(path: &Path, round: u64) {
    let next = path.with_extension("next");
    fs::write(&next, format!("<?php return 'round {round}';")).unwrap();
    let file = File::options().write(true).open(&next).unwrap();
    let age = Duration::from_secs(100 - round);
    file.set_modified(SystemTime::now() - age).unwrap();
    fs::rename(next, path).unwrap();
}

fn worker() -> ServerBuilder {
    Server::with_script("cases.php").workers(3)
}

fn classic() -> ServerBuilder {
    Server::classic().root(fixtures().join("cases")).workers(3)
}

fn fixtures() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php");
    fixtures.canonicalize().unwrap()
}
