//! The commands that look rather than serve.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::Path;
use std::process::{Command, Output};

/// Runs `askr` in `folder`, without any configuration of this test's own environment.
fn askr(folder: &Path, words: &[&str]) -> Output {
    let built = env!("CARGO_BIN_EXE_askr");
    let binary = std::env::var_os("ASKR_BINARY").unwrap_or_else(|| built.into());
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("ASKR_")) {
            command.env_remove(name);
        }
    }
    command.args(words).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A folder that looks like an application.
fn application(composer: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["public", "storage", "bootstrap/cache"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("composer.json"), composer).unwrap();
    folder
}

#[test]
fn the_version_names_the_engine_too() {
    let output = askr(Path::new("/"), &["--version"]);

    let words: Vec<&str> = text(&output.stdout).split([' ', '(', ')', '\n']).collect();
    assert!(
        matches!(words[..], ["askr", _, "", "PHP", php, ..] if php.starts_with("8.")),
        "{words:?}"
    );
}

#[test]
fn config_prints_values_and_where_they_came_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("askr.toml"),
        "max_requests = 7\nroot = 'web'",
    )
    .unwrap();

    let output = askr(folder.path(), &["config", "--workers", "3"]);

    let lines: Vec<Vec<&str>> = text(&output.stdout)
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let file = folder.path().join("askr.toml").display().to_string();
    let root = folder.path().join("web").display().to_string();
    assert!(
        lines.contains(&vec!["workers", "3", "flag", "--workers"]),
        "{lines:?}"
    );
    assert!(
        lines.contains(&vec!["max_requests", "7", &file]),
        "{lines:?}"
    );
    assert!(lines.contains(&vec!["root", &root, &file]), "{lines:?}");
    assert!(
        lines.contains(&vec!["queue_timeout", "30s", "default"]),
        "{lines:?}"
    );
}

#[test]
fn config_refuses_what_serve_would_refuse() {
    let output = askr(Path::new("/"), &["config", "--workers", "0"]);

    assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0));
}

#[test]
fn doctor_is_content_with_a_good_application() {
    let folder = application(r#"{"require": {"ext-mbstring": "*", "ext-zend-opcache": "*"}}"#);

    let output = askr(folder.path(), &["doctor", "--app-base", "."]);

    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{page}");
    assert!(page.contains("ok    opcache"), "{page}");
    assert!(
        page.contains("all 2 required are there: mbstring, zend-opcache"),
        "{page}"
    );
}

#[test]
fn doctor_fails_for_an_extension_that_is_missing() {
    let folder = application(r#"{"require": {"ext-ash_tree": "*"}}"#);

    let output = askr(folder.path(), &["doctor", "--app-base", "."]);

    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{page}");
    assert!(
        page.contains("not in this engine: ash_tree (required by composer.json)"),
        "{page}"
    );
}

#[test]
fn artisan_of_the_application_runs_with_its_arguments() {
    let folder = application("{}");
    let script = "<?php echo json_encode(array_slice($argv, 1)), PHP_SAPI; exit(5);";
    std::fs::write(folder.path().join("artisan"), script).unwrap();

    let here = askr(folder.path(), &["artisan", "migrate", "--force"]);
    assert_eq!(
        (text(&here.stdout), here.status.code()),
        ("[\"migrate\",\"--force\"]cli", Some(5))
    );

    let elsewhere = askr(Path::new("/"), &["artisan", "migrate"]);
    assert_eq!(elsewhere.status.code(), Some(78));
    assert!(text(&elsewhere.stderr).starts_with("askr: /artisan is not there; "));
}
