//! What bad input gets: one message, an exit code by kind, and nothing left running.

use std::net::TcpListener;

use askr_testkit::{Ended, Server};

const USAGE: Option<i32> = Some(64);
const UNAVAILABLE: Option<i32> = Some(69);
const INTERNAL: Option<i32> = Some(70);
const CONFIGURATION: Option<i32> = Some(78);

/// The last line that was written, which is the message.
#[track_caller]
fn assert_message(ended: &Ended, code: Option<i32>, message: &str) {
    assert_eq!(ended.code, code, "{}", ended.log);
    let last = ended.log.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("askr: ") && last.contains(message),
        "{}",
        ended.log
    );
}

#[test]
fn a_port_in_use_is_unavailable() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();

    let ended = Server::classic().listen(&address).fail();

    assert_message(
        &ended,
        UNAVAILABLE,
        &format!("address {address}: Address already in use"),
    );
    assert_eq!(
        ended.log.lines().count(),
        1,
        "nothing was started before: {}",
        ended.log
    );
}

#[test]
fn a_root_that_is_not_there_is_a_wrong_configuration() {
    let ended = Server::classic().root("/not/there").fail();

    assert_message(
        &ended,
        CONFIGURATION,
        "--root = /not/there (flag): there is no such folder",
    );
}

#[test]
fn a_worker_script_that_is_not_there_is_a_wrong_configuration() {
    let ended = Server::with_script("not-there.php").fail();

    assert_message(&ended, CONFIGURATION, "there is no such file");
}

#[test]
fn flags_that_cannot_be_understood_are_wrong_usage() {
    let unknown = Server::classic().flag("wrokers", "2").fail();
    assert_message(
        &unknown,
        USAGE,
        "unknown flag or argument --wrokers; did you mean --workers?",
    );

    let wrong_type = Server::classic().flag("workers", "many").fail();
    assert_message(
        &wrong_type,
        USAGE,
        "--workers = \"many\" (flag) cannot be used",
    );

    let out_of_range = Server::classic().flag("head-limit", "1GB").fail();
    assert_message(
        &out_of_range,
        USAGE,
        "--head-limit = \"1GB\" (flag) cannot be used",
    );
}

#[test]
fn a_file_that_cannot_be_understood_is_a_wrong_configuration() {
    let cases = [
        ("wokers = 2", "unknown key wokers = 2 in "),
        ("workers = \"2\"", "workers = \"2\" ("),
        (
            "workers = 0",
            "give a whole number from 1 to 120, a range such as 2..16 or auto..16, or auto",
        ),
        ("workers = ", "askr.toml line 1: "),
    ];
    for (text, message) in cases {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("askr.toml"), text).unwrap();

        let ended = Server::classic().folder(folder.path()).fail();

        assert_message(&ended, CONFIGURATION, message);
    }
}

#[test]
fn an_environment_that_cannot_be_understood_is_a_wrong_configuration() {
    let ended = Server::classic()
        .variable("ASKR_QUEUE_TIMEOUT", "soon")
        .fail();

    assert_message(
        &ended,
        CONFIGURATION,
        "ASKR_QUEUE_TIMEOUT = \"soon\" (environment)",
    );
}

#[test]
fn a_worker_script_with_a_syntax_error_ends_the_server_with_phps_message() {
    let ended = Server::with_script("syntax-error.php").fail();

    assert_eq!(ended.code, INTERNAL, "{}", ended.log);
    let (_, words) = ended.log.rsplit_once("askr: ").unwrap();
    assert!(words.contains("Unmatched ')' in "), "{words}");
    assert!(words.contains("syntax-error.php on line "), "{words}");
}

#[test]
fn an_application_that_throws_while_booting_ends_the_server_with_its_message() {
    let ended = Server::with_script("throws-while-booting.php").fail();

    assert_eq!(ended.code, INTERNAL, "{}", ended.log);
    let (_, words) = ended.log.rsplit_once("askr: ").unwrap();
    assert!(
        words.contains("no worker became ready in 3 attempts"),
        "{words}"
    );
    assert!(
        words.contains("Uncaught ") && words.contains("throws-while-booting.php"),
        "{words}"
    );
}

#[test]
fn a_worker_script_that_never_asks_for_a_request_is_given_up() {
    let ended = Server::with_script("never-asks.php")
        .flag("boot-timeout", "1s")
        .fail();

    assert_eq!(ended.code, INTERNAL, "{}", ended.log);
}
