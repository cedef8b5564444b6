//! The first worker of new code takes real requests, and is judged by what becomes of them.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use askr_testkit::{Server, ServerBuilder};
use tempfile::TempDir;

const HEALTHY: &str = "canary healthy — rolling the rest";
const UNHEALTHY: &str = "canary UNHEALTHY — aborting reload; remaining workers keep old code";
const CLIENTS: usize = 3;

/// A worker script in a folder of its own, whose requests do what its release says.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        site.release("usleep(2000); echo 'old';");
        site
    }

    fn release(&self, code: &str) {
        let code = format!(
            "<?php askr_cow_ready();\n\
             while (askr_handle_request(function () {{ {code} }})) {{ }}"
        );
        let next = self.folder.path().join("next");
        fs::write(&next, code).unwrap();
        fs::rename(next, self.folder.path().join("worker.php")).unwrap();
    }

    fn server(&self, window: &str) -> Server {
        self.server_with(window, |builder| builder)
    }

    /// Whose workers have all booted the code of now.
    fn server_with(
        &self,
        window: &str,
        mode: impl FnOnce(ServerBuilder) -> ServerBuilder,
    ) -> Server {
        let builder = Server::classic()
            .flag("worker-script", self.folder.path().join("worker.php"))
            .flag("health-path", "/")
            .canary_window(window)
            .workers(3);
        let server = mode(builder).start();
        server.wait_for_log_times("worker ready", 3);
        server
    }
}

/// What became of a reload, and of the requests meanwhile.
struct Outcome {
    code: Option<i32>,
    text: String,
    took: Duration,
    answers: Vec<(u16, String)>,
}

impl Outcome {
    fn failures(&self) -> usize {
        self.answers
            .iter()
            .filter(|(status, _)| *status != 200)
            .count()
    }
}

/// Reloads while clients on connections of their own ask again and again.
fn reload_under_load(server: &Server) -> Outcome {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let ask = || {
            let mut client = server.client();
            let mut answers = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let answer = client.get("/");
                answers.push((answer.status, answer.text().to_owned()));
            }
            answers
        };
        let asking: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        let mut outcome = reload(server);
        is_over.store(true, Ordering::Relaxed);
        let answers = asking.into_iter().flat_map(|one| one.join().unwrap());
        outcome.answers = answers.collect();
        outcome
    })
}

fn reload(server: &Server) -> Outcome {
    let since = Instant::now();
    let output = server.command(&["reload"]);
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    Outcome {
        code: output.status.code(),
        text: texts.concat(),
        took: since.elapsed(),
        answers: Vec::new(),
    }
}

fn assert_serves(server: &Server, text: &str) {
    for _ in 0..12 {
        let answer = server.get("/");
        assert_eq!((answer.status, answer.text()), (200, text));
    }
}

#[test]
fn healthy_code_takes_over_after_its_window_and_no_request_fails() {
    let site = Site::new();
    let server = site.server("1s");
    site.release("usleep(2000); echo 'new';");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
    assert!(outcome.took >= Duration::from_secs(1));
    assert!(outcome.text.contains(HEALTHY), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0);
    assert_serves(&server, "new");
}

#[test]
fn code_that_fails_everything_is_found_out_long_before_the_window_ends() {
    let site = Site::new();
    let server = site.server("60s");
    site.release("http_response_code(500); echo 'broken';");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert!(outcome.took < Duration::from_secs(20), "{:?}", outcome.took);
    assert!(
        outcome.text.contains("it fails more often"),
        "{}",
        outcome.text
    );
    server.wait_for_log(UNHEALTHY);
    let by_canary = outcome
        .answers
        .iter()
        .filter(|(_, text)| text == "broken")
        .count();
    assert_eq!(outcome.failures(), by_canary);
    assert_serves(&server, "old");
}

#[test]
fn code_that_fails_now_and_then_is_found_out_too() {
    let site = Site::new();
    let server = site.server("3s");
    site.release("usleep(2000); if (random_int(1, 4) === 1) http_response_code(503);");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert_serves(&server, "old");
}

#[test]
fn code_that_never_comes_back_costs_nobody_a_request() {
    let site = Site::new();
    let server = site.server("1s");
    site.release("for (;;) { }");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert!(
        outcome.text.contains("it is stuck in a request"),
        "{}",
        outcome.text
    );
    assert_eq!(outcome.failures(), 0);
    assert_serves(&server, "old");
}

#[test]
fn code_that_is_several_times_slower_is_not_taken() {
    let site = Site::new();
    let server = site.server("3s");
    site.release("usleep(40000); echo 'slow';");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert!(outcome.text.contains("it is slower"), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0);
    assert_serves(&server, "old");
}

#[test]
fn code_that_kills_its_worker_costs_nobody_a_request() {
    let site = Site::new();
    let server = site.server("60s");
    site.release("posix_kill(getmypid(), 9);");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0);
    assert_serves(&server, "old");
}

#[test]
fn code_that_nobody_asks_is_probed() {
    let site = Site::new();
    let server = site.server("300ms");
    site.release("echo 'new';");
    let outcome = reload(&server);
    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
    server.wait_for_log("it answered a probe with status 200");
    assert_serves(&server, "new");

    site.release("http_response_code(500);");
    let outcome = reload(&server);
    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert!(
        outcome.text.contains("it answered a probe with status 500"),
        "{}",
        outcome.text
    );
    assert_serves(&server, "new");
}

#[test]
fn code_that_mends_what_fails_for_everybody_is_taken() {
    let site = Site::new();
    site.release("usleep(2000); http_response_code(500);");
    let server = site.server("1s");
    site.release("usleep(2000); echo 'mended';");

    let outcome = reload_under_load(&server);

    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
    assert_serves(&server, "mended");
}

#[test]
fn a_few_requests_that_take_long_anyway_hold_up_no_reload() {
    let site = Site::new();
    let code =
        |name: &str| format!("usleep(isset($_GET['long']) ? 1_500_000 : 2000); echo '{name}';");
    site.release(&code("old"));
    let server = site.server("1s");
    site.release(&code("new"));

    let outcome = thread::scope(|scope| {
        let long = || server.get("/?long").status;
        let long: Vec<_> = (0..2).map(|_| scope.spawn(long)).collect();
        let outcome = reload_under_load(&server);
        long.into_iter()
            .for_each(|one| assert_eq!(one.join().unwrap(), 200));
        outcome
    });

    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0);
    assert_serves(&server, "new");
}

/// New code under load: taken when it is as good, else found out without harm.
fn tries(mode: impl Fn(ServerBuilder) -> ServerBuilder) {
    let site = Site::new();
    let server = site.server_with("1s", mode);

    site.release("http_response_code(500); echo 'broken';");
    let outcome = reload_under_load(&server);
    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    let by_canary = outcome.answers.iter().filter(|(_, text)| text == "broken");
    assert_eq!(outcome.failures(), by_canary.count());

    site.release("for (;;) { }");
    let outcome = reload_under_load(&server);
    assert_eq!(outcome.code, Some(1), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0, "{:?}", outcome.answers);
    assert_serves(&server, "old");

    site.release("usleep(2000); echo 'new';");
    let outcome = reload_under_load(&server);
    assert_eq!(outcome.code, Some(0), "{}", outcome.text);
    assert_eq!(outcome.failures(), 0, "{:?}", outcome.answers);
    assert_serves(&server, "new");
}

#[test]
fn code_is_tried_in_copies_of_the_booted_application() {
    tries(ServerBuilder::cow);
}

#[test]
fn code_is_tried_where_each_request_has_a_copy_of_its_own() {
    tries(|builder| builder.isolation("fork").flag("log-level", "debug"));
}
