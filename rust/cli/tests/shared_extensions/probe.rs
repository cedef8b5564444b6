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

#[test]
fn an_upload_that_an_extension_stops_is_an_upload_error() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_script("cases.php")
        .flag(
            "ini",
            format!("extension={}", build_probe(folder.path()).display()),
        )
        .start();
    let mut client = server.client();
    let mut upload = |content: &str| {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n\
             {content}\r\n--b--\r\n"
        );
        client.send(format!(
            "POST /uploads.php HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\
             Content-Type: multipart/form-data; boundary=b\r\n\r\n{body}",
            body.len()
        ));
        client.response().text().to_owned()
    };

    assert!(upload("virus").contains(r#""error": 8"#));
    assert!(upload("fine").contains(r#""error": 0"#));
}
