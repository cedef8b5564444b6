//! Laravel's own tests of its cache, in PHP inside the server, with the values in Askr's store.
//!
//! `cargo xtask setup` fetches them for the versions that are installed; they are nobody's but
//! Laravel's and stay out of the repository. `tests/fixtures/laravel-cache` takes the place of what
//! they build on, and its `exceptions.toml` names what does not apply, with the reason.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![expect(
    clippy::print_stderr,
    reason = "how many of them there were is worth knowing"
)]

#[path = "../shared_extensions/engine.rs"]
mod engine;
mod exceptions;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use askr_testkit::{Application, Server};

use crate::exceptions::Exceptions;
use crate::report::{Outcome, Test};

/// Folders of Laravel's tests that are about the cache.
const FOLDERS: &[&str] = &["Cache", "Integration/Cache"];

#[test]
fn the_oldest_laravel_that_is_supported_finds_a_cache_in_the_store() {
    assert!(
        fetched("earliest").is_dir(),
        "run `cargo xtask setup` first"
    );

    judge("earliest");
}

#[test]
fn the_latest_laravel_finds_a_cache_in_the_store() {
    // Setup says so when its tests are not to be had.
    if fetched("latest").is_dir() {
        judge("latest");
    }
}

/// Its source cannot be had everywhere: what only the latest has is written down in our words, too.
#[test]
fn our_own_tests_of_what_laravel_expects_pass_with_the_latest() {
    let application = Application::copy();
    let contract = checkout().join("tests/fixtures/laravel-cache/contract");
    let server = serve(&application, &contract, &checkout().join("vendor"));

    let tests: Vec<Test> = files(&contract, &["Cache"])
        .into_iter()
        .flat_map(|file| run(&server, &file))
        .collect();

    let is_fine = |test: &&Test| test.outcome == Outcome::Passed && test.operations > 0;
    let wrong: Vec<&Test> = tests.iter().filter(|test| !is_fine(test)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tests.len() >= 20);
}

fn checkout() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    checkout.canonicalize().unwrap()
}

/// What setup fetched of a version: `source` with the tests, `vendor` with all packages.
fn fetched(version: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| checkout().join("target"), PathBuf::from);
    target.join("laravel-tests").join(version)
}

/// Runs every file that applies; each test is to end as it should.
fn judge(version: &str) {
    let folder = fetched(version);
    let exceptions = Exceptions::read(&checkout().join("tests/fixtures/laravel-cache"), version);
    let application = Application::copy();
    let source = folder.join("source");
    let server = serve(&application, &source, &folder.join("vendor"));
    let tests: Vec<Test> = files(&source, FOLDERS)
        .into_iter()
        .filter(|file| !exceptions.is_about_another_store(file))
        .flat_map(|file| run(&server, &file))
        .collect();

    let surprises = exceptions.surprises(&tests);

    let summary = report::summary(&tests);
    eprintln!("{summary}");
    assert!(surprises.is_empty(), "{summary}\n{}", surprises.join("\n"));
    // The files are there and their tests reach the store: not everything was left out.
    assert!(tests.iter().filter(|test| test.operations > 0).count() > 40);
}

fn serve(application: &Application, source: &Path, packages: &Path) -> Server {
    let suite = checkout().join("tests/fixtures/laravel-cache/public");
    Server::classic()
        .root(suite)
        .workers(1)
        .variable("COMPOSER_VENDOR_DIR", packages)
        .variable("LARAVEL_SOURCE_DIR", source)
        .variable("ASKR_APP_BASE", application.path(""))
        .flag("ini", extension("igbinary"))
        .flag("ini", extension("redis"))
        .start()
}

/// Setup builds it: values are serialised by the one, and tests about Redis want the other.
fn extension(name: &str) -> String {
    let object = engine::extension(name).expect("`cargo xtask setup` builds it");
    format!("extension={}", object.display())
}

/// Every file of tests, named from the folder of all of them.
fn files(source: &Path, folders: &[&str]) -> Vec<String> {
    let tests = source.join("tests");
    let mut files = Vec::new();
    for below in folders {
        for entry in fs::read_dir(tests.join(below)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with("Test.php") {
                files.push(format!("{below}/{name}"));
            }
        }
    }
    files.sort();
    files
}

fn run(server: &Server, file: &str) -> Vec<Test> {
    let response = server.get(&format!("/index.php?file={file}"));
    assert_eq!(response.status, 200, "{file}: {}", response.text());
    let tests = report::read(response.text());
    assert!(
        tests.iter().any(|test| test.outcome != Outcome::Skipped),
        "{file} ran no test: {}",
        response.text()
    );
    tests
}
