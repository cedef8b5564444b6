//! Requests that take too long: they are shown, told, and ended.

use std::time::{Duration, Instant};

use askr_testkit::{Response, Server};

const HANGS: &str = "hangs.php";

/// Whether one line of the log has all of that.
fn has_line(log: &str, parts: &[&str]) -> bool {
    let has_all = |line: &str| parts.iter().all(|part| line.contains(part));
    log.lines().any(has_all)
}

fn count(log: &str, text: &str) -> usize {
    log.matches(text).count()
}

/// Sends the request on a connection of its own and waits for the answer.
fn ask(server: &Server, target: &str) -> (Response, Duration) {
    let since = Instant::now();
    let response = server.get(target);
    (response, since.elapsed())
}

#[test]
fn a_request_past_its_time_gets_an_error_that_php_handles_and_the_worker_goes_on() {
    let server = Server::with_script(HANGS)
        .workers(1)
        .flag("request-timeout", "500ms")
        .start();
    let worker = server.worker_pids();

    for how in ["spin", "sleep"] {
        let (response, took) = ask(&server, &format!("/?how={how}"));
        assert_eq!(response.status, 500);
        assert!(response.text().ends_with(" and is cleaned up"), "{how}");
        assert!(took >= Duration::from_millis(400), "{took:?}");
    }

    assert_eq!(server.get("/?how=nowhere").text(), "done and is cleaned up");
    assert_eq!(server.worker_pids(), worker);
    let told = "request timed out, PHP is told";
    server.wait_for_log_times(told, 2);
    let log = server.log();
    assert_eq!(count(&log, told), 2);
    assert!(has_line(
        &log,
        &[
            told,
            "WARN",
            "method=\"GET\"",
            "path=\"/\"",
            "request=",
            "pool="
        ]
    ));
    assert_eq!(count(&log, "its worker is killed"), 0);
}

#[test]
fn what_does_not_hear_the_error_is_killed_and_answered_with_504() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("it is bound");
    let server = Server::with_script(HANGS)
        .workers(1)
        .flag("request-timeout", "500ms")
        .flag("request-timeout-grace", "500ms")
        .start();

    let (response, took) = ask(&server, &format!("/?how=fgets&at=tcp://{address}"));

    assert_eq!(response.status, 504);
    assert!(took < Duration::from_secs(20), "{took:?}");
    server.wait_for_log("request timed out, its worker is killed");
    let log = server.log();
    let killed = "request timed out, its worker is killed";
    assert!(
        has_line(
            &log,
            &[killed, "ERROR", "path=\"/\"", "request=", "fgets()"]
        ),
        "{log}"
    );
    assert_eq!(count(&log, killed), 1);
    assert_eq!(server.get("/?how=nowhere").text(), "done and is cleaned up");
}

#[test]
fn a_slow_request_is_shown_once_with_what_php_does_and_goes_on() {
    let server = Server::with_script("slow.php")
        .workers(1)
        .flag("slow-request", "300ms")
        .start();

    let (response, _) = ask(&server, "/report?ms=1500");

    assert_eq!(response.status, 200);
    server.wait_for_log("slow request");
    let log = server.log();
    assert_eq!(count(&log, "slow request"), 1, "{log}");
    assert!(
        has_line(
            &log,
            &["slow request", "WARN", "path=\"/report\"", "usleep()"]
        ),
        "{log}"
    );
    assert!(!log.contains("timed out"));
}

#[test]
fn a_pool_of_its_own_has_its_own_time() {
    let server = Server::with_script("slow.php")
        .workers(1)
        .flag("request-timeout", "400ms")
        .pool("reports paths=/reports workers=1 request_timeout=60s")
        .start();
    let mut client = server.client();

    assert_eq!(client.get("/reports?ms=1200").status, 200);
    assert_eq!(client.get("/?ms=60000").status, 500);

    let told = "request timed out, PHP is told";
    server.wait_for_log(told);
    assert_eq!(count(&server.log(), told), 1);
}
