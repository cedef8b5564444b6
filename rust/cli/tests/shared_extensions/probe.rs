//! An extension of our own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use askr_testkit::Server;

use crate::engine::{cache, php};

/// The PHP the binary was linked with, where `php-sys` finds it.
fn php_config() -> PathBuf {
    env::var_os("ASKR_PHP_CONFIG").map_or_else(
        || cache().join("libphp/current/bin/php-config"),
        PathBuf::from,
    )
}

pub(crate) fn build_probe(folder: &Path) -> PathBuf {
    let includes = Command::new(php_config())
        .arg("--includes")
        .output()
        .unwrap();
    let includes = String::from_utf8(includes.stdout).unwrap();
    let object = folder.join("probe.so");
    let source =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/extension/probe.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1"])
        .args(includes.split_whitespace())
        .arg(source)
        .arg("-o")
        .arg(&object)
        .status();
    assert!(built.unwrap().success());
    object
}

#[test]
fn a_shared_extension_works_in_a_worker_and_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let setting = format!("extension={}", build_probe(folder.path()).display());
    std::fs::write(
        folder.path().join("index.php"),
        "<?php echo probe_answer();",
    )
    .unwrap();

    let server = Server::classic()
        .root(folder.path())
        .flag("ini", &setting)
        .start();
    assert_eq!(server.get("/").text(), "fpm-fcgi knows many functions");

    assert_eq!(
        php(&["-d", &setting, "-r", "echo probe_answer();"]),
        "cli knows many functions"
    );
}
