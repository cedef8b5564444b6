//! The same extensions in a worker, on the command line and under FPM.

use std::collections::BTreeSet;
use std::process::Command;

use askr_testkit::{Fpm, Server};

use crate::compare::folder;

#[test]
fn a_worker_and_the_command_line_have_the_same_extensions_as_fpm() {
    let worker = Server::with_script("cases.php").workers(1).start();
    let classic = Server::classic().root(folder()).workers(1).start();
    let fpm = Fpm::over(folder()).start();

    let in_worker = names(worker.get("/extensions.php").text());
    let in_classic_mode = names(classic.get("/extensions.php").text());
    let mut on_the_command_line = names(&php_m());
    let mut under_fpm = names(fpm.get("/extensions.php").text());

    assert_eq!(in_worker, in_classic_mode);
    assert!(
        on_the_command_line.insert("askr".to_owned()),
        "the functions of askr belong to the server"
    );
    assert_eq!(in_worker, on_the_command_line);
    assert!(under_fpm.remove("cgi-fcgi"));
    assert!(under_fpm.insert("askr".to_owned()));
    assert_eq!(in_worker, under_fpm);
}

fn php_m() -> String {
    let binary = std::env::var_os("ASKR_BINARY");
    let binary = binary.unwrap_or_else(|| env!("CARGO_BIN_EXE_askr").into());
    let output = Command::new(binary).args(["php", "-m"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// One a line; `php -m` has headings in brackets.
fn names(list: &str) -> BTreeSet<String> {
    let lines = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('['));
    lines.map(str::to_owned).collect()
}
