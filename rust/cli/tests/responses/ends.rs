//! Requests that end in another way than by returning a response.

use std::fs;

use askr_testkit::{Application, Client, Cut, Response};

use crate::ask::Ask;
use crate::differences::differs;
use crate::peers::Peers;

/// How each ends at first: the target, the status and what its page shows.
const ENDS: [(&str, u16, &str); 23] = [
    ("/ends/dd", 500, "sf-dump"),
    ("/ends/dump", 200, "after the dump"),
    ("/ends/exit", 200, "part of a page"),
    ("/ends/exit/silent", 200, ""),
    ("/ends/die", 402, "the last words"),
    ("/ends/exit/view", 200, "buffered"),
    ("/ends/exit/buffers", 200, "outer INNER"),
    ("/ends/sent/exit", 202, "sent by hand"),
    ("/ends/sent", 202, "sent by hand"),
    ("/ends/sent/stream", 200, "a,\"b c\"\n"),
    ("/ends/sent/file", 200, "{{ $title }}"),
    ("/ends/sent/headers", 200, "and returned"),
    ("/ends/sent/redirect", 302, ""),
    ("/ends/sent/status", 404, "not here"),
    ("/ends/sent/events", 200, "data: one\n\ndata: two\n\n"),
    ("/ends/buffered", 200, "PRINTED, RETURNED"),
    ("/ends/buffered/twice", 200, "first, [second, RETURNED]"),
    ("/ends/buffered/for-good", 200, "printed, returned"),
    ("/ends/printed", 200, "printed, then returned"),
    ("/ends/thrown", 500, "Server Error"),
    ("/ends/thrown/view", 500, "Server Error"),
    ("/ends/type-error", 500, "Server Error"),
    ("/ends/rendered", 200, "an exception that renders itself"),
];

/// The ends whose head is sent before Laravel has one to send.
const PRINTING: [&str; 3] = ["/ends/dump", "/ends/printed", "/ends/buffered/twice"];

#[test]
fn each_end_shows_what_it_shows_under_fpm_and_the_next_request_is_clean() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    let next = peers.booted.get("/responses/text");
    for (target, status, shown) in ENDS.iter().chain(ENDS.iter().rev()) {
        let response = visitors.each(&Ask::get(target), |response| {
            unnumber_dumps(response);
            if PRINTING.contains(target) {
                response.headers.clear();
            }
        });
        assert_eq!(response.status, *status, "{target}");
        assert!(
            response.text().contains(shown),
            "{target}: {}",
            response.text()
        );
        for _ in 0..3 {
            let clean = peers.booted.get("/responses/text");
            assert_eq!(
                (clean.status, clean.text()),
                (200, "text"),
                "after {target}"
            );
            assert_eq!(names(&clean), names(&next), "after {target}");
        }
    }
    differs("what a controller or `dump()` prints while `output_buffering` is off");
    for target in PRINTING {
        assert_eq!(visitors.headers(&Ask::get(target), "cache-control"), (1, 0));
    }
    assert_eq!(peers.booted.worker_pids().len(), 1);
    assert!(
        !peers.booted.log().contains("WARN"),
        "the worker was replaced"
    );
}

#[test]
fn what_an_application_reports_is_in_its_log_and_not_in_the_page() {
    let application = Application::copy();
    let server = application.booted().workers(1).start();

    assert_eq!(server.get("/ends/reported").text(), "reported");
    assert_eq!(server.get("/ends/thrown").status, 500);

    for message in ["reported by hand", "thrown in a route"] {
        assert_eq!(entries(&application, message), 1, "{message}");
    }
}

#[test]
fn in_debug_mode_an_exception_is_shown_with_what_belongs_to_its_request() {
    let application = Application::copy();
    let server = application.booted().workers(1);
    let server = server.variable("APP_DEBUG", "true").start();
    let lists = server.get("/ends/queries/none").text() != "[]"; // from Laravel 11 on

    for name in ["first", "second", "third"] {
        let response = server.get("/ends/thrown");
        assert_eq!(response.status, 500);
        assert!(response.text().contains("thrown in a route"), "{name}");
        let queries = server.get(&format!("/ends/queries/{name}"));
        let own = format!(r#"["select '{name}' as name"]"#);
        assert!(!lists || queries.text() == own, "{}", queries.text());
    }
}

#[test]
fn a_stream_that_breaks_off_is_cut_and_logged_with_its_place() {
    let application = Application::copy();
    let server = application.booted().workers(1).start();

    for _ in 0..2 {
        for target in [
            "/streams/broken",
            "/streams/broken/generated",
            "/ends/exhausted/begun",
        ] {
            match ask(&mut server.client(), target) {
                Err(Cut::Midway { body }) => assert!(body.starts_with(b"begun"), "{target}"),
                // Nothing had gone to the client.
                Ok(response) => assert_eq!(response.status, 502, "{target}"),
                other => panic!("{target}: {other:?}"),
            }
            assert_eq!(server.get("/responses/text").text(), "text");
        }
    }
    server.wait_for_log_times("RuntimeException: in mid-stream in ", 2);
    server.wait_for_log_times("routes/streams.php:", 2);
    assert_eq!(entries(&application, "in mid-stream"), 2);
    assert_eq!(entries(&application, "in mid-generator"), 2);
    assert_eq!(server.worker_pids().len(), 1);
}

#[test]
fn a_stream_that_fails_before_its_first_byte_is_the_error_page() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();

    for _ in 0..2 {
        let broken = Ask::get("/streams/broken/at-once");
        differs("a streamed response that fails before its first byte");
        assert_eq!(visitors.headers(&broken, "cache-control"), (1, 2));
        let response = visitors.each(&broken, |response| {
            response.headers.retain(|(name, _)| name != "cache-control");
        });
        assert_eq!(response.status, 500);
        assert!(response.text().contains("Server Error"));
        assert_eq!(visitors.ask(&Ask::get("/responses/text")).text(), "text");
    }
}

#[test]
fn a_fatal_error_is_the_error_page_and_in_the_log_of_the_application() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();

    for _ in 0..2 {
        let response = visitors.ask(&Ask::get("/ends/exhausted"));
        assert_eq!(response.status, 500);
        assert!(
            response.text().contains("Server Error"),
            "{}",
            response.text()
        );
        assert_eq!(visitors.ask(&Ask::get("/responses/text")).text(), "text");
    }
    let log = fs::read_to_string(peers.application.path("storage/logs/laravel.log")).unwrap();
    assert_eq!(
        log.matches("production.ERROR: Allowed memory size of")
            .count(),
        2 * visitors.count()
    );
}

/// How many entries with this message the application has logged.
fn entries(application: &Application, message: &str) -> usize {
    let log = fs::read_to_string(application.path("storage/logs/laravel.log")).unwrap();
    log.matches(&format!("production.ERROR: {message} "))
        .count()
}

fn ask(client: &mut Client, target: &str) -> Result<Response, Cut> {
    client.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
    client.try_response()
}

/// The names of the headers.
fn names(response: &Response) -> Vec<&str> {
    response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Each dump has a number drawn by lot.
fn unnumber_dumps(response: &mut Response) {
    let mut text = String::new();
    for piece in response.text().split("sf-dump-") {
        if !text.is_empty() {
            text.push_str("sf-dump-");
        }
        text.push_str(piece.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    response.body = text.into();
}
