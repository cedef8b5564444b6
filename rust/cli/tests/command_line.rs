//! `askr php` behaves as PHP's own command line does.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn askr() -> Command {
    let built = env!("CARGO_BIN_EXE_askr");
    Command::new(std::env::var_os("ASKR_BINARY").unwrap_or_else(|| built.into()))
}

fn php(words: &[&str]) -> Output {
    askr()
        .arg("php")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn script(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".php").tempfile().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[test]
fn the_streams_arguments_and_exit_status_are_those_of_a_command() {
    let file = script(
        "#!/usr/bin/env php\n<?php fwrite(STDERR, 'err'); echo PHP_SAPI, json_encode(array_slice($argv, 1)); exit(3);",
    );

    let output = php(&[path(&file), "-v", "--flag"]);

    assert_eq!(text(&output.stdout), "cli[\"-v\",\"--flag\"]");
    assert_eq!(
        (text(&output.stderr), output.status.code()),
        ("err", Some(3))
    );
}

#[test]
fn code_version_modules_and_information_are_printed() {
    assert_eq!(text(&php(&["-r", "echo 1 + 1;"]).stdout), "2");
    assert!(text(&php(&["-v"]).stdout).starts_with("PHP 8."));
    assert!(text(&php(&["-m"]).stdout).contains("\nZend OPcache\n"));
    assert!(text(&php(&["-i"]).stdout).starts_with("phpinfo()\nPHP Version => "));
    assert_eq!(
        text(
            &php(&[
                "-d",
                "memory_limit=77M",
                "-r",
                "echo ini_get('memory_limit');"
            ])
            .stdout
        ),
        "77M"
    );
}

#[test]
fn standard_input_is_a_script_or_its_data() {
    let mut child = askr()
        .arg("php")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"<?php echo 'from ', 'stdin';")
        .unwrap();
    assert_eq!(
        text(&child.wait_with_output().unwrap().stdout),
        "from stdin"
    );

    let file = script("<?php echo strtoupper(fgets(STDIN));");
    let mut command = askr();
    command
        .args(["php", path(&file)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"data").unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), "DATA");
}

#[test]
fn failures_have_phps_exit_statuses() {
    assert_eq!(php(&["/nowhere.php"]).status.code(), Some(1));
    assert_eq!(
        php(&["-r", "throw new Exception;"]).status.code(),
        Some(255)
    );
    assert_eq!(
        php(&["-l", path(&script("<?php function ) {"))])
            .status
            .code(),
        Some(255)
    );
    assert_eq!(
        php(&["-l", path(&script("<?php echo 1;"))]).status.code(),
        Some(0)
    );
    assert_eq!(php(&["-S", "localhost:1"]).status.code(), Some(1));
}

#[test]
fn php_binary_can_be_started_as_php() {
    let home = tempfile::tempdir().unwrap();
    let code = "passthru(escapeshellarg(PHP_BINARY).' -r \"echo PHP_SAPI;\"');";

    let output = askr()
        .args(["php", "-r", code])
        .env("XDG_CACHE_HOME", home.path())
        .output()
        .unwrap();

    assert_eq!(text(&output.stdout), "cli", "{}", text(&output.stderr));
}

#[test]
fn a_binary_called_php_is_php() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("php");
    let binary = askr().get_program().to_owned();
    std::os::unix::fs::symlink(Path::new(&binary).canonicalize().unwrap(), &link).unwrap();

    let output = Command::new(&link)
        .args(["-r", "echo PHP_BINARY;"])
        .output()
        .unwrap();

    assert_eq!(text(&output.stdout), link.to_str().unwrap());
}
