//! What Laravel makes of requests that take too long.

use askr_testkit::Server;

fn served() -> Server {
    Server::laravel()
        .workers(1)
        .flag("request-timeout", "1500ms")
        .flag("request-timeout-grace", "60s")
        .start()
}

#[test]
fn the_error_is_reported_and_answered_with_the_page_for_it() {
    let server = served();
    let before = server.get("/deadlines/level");
    assert_eq!(before.status, 200, "{}", before.text());

    for target in ["/deadlines/spin", "/deadlines/transaction"] {
        let response = server.get(target);
        assert_eq!(response.status, 500, "{target}");
        assert!(response.text().contains("Server Error"), "{target}");
    }

    let log = server.application().path("storage/logs/laravel.log");
    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("RequestTimeout(code: 0)").count(), 2, "{log}");
    assert!(log.contains("routes/deadlines.php"), "{log}");
    // The same process, with nothing left open.
    assert_eq!(server.get("/deadlines/level").body, before.body);
}

#[test]
fn terminating_callbacks_have_a_deadline_and_the_response_is_sent() {
    let server = served();

    assert_eq!(server.get("/deadlines/terminating").text(), "answered");

    server.wait_for_log("PHP is told");
    assert_eq!(server.get("/deadlines/level").status, 200);
}

#[test]
fn events_go_on_and_other_streams_are_cut() {
    let server = served();

    let events = server.get("/deadlines/events");
    assert!(events.text().ends_with("data: 24\n\n"), "{}", events.text());

    let cut = server.client().try_get("/deadlines/table");
    assert!(cut.is_err(), "{cut:?}");
    assert_eq!(server.get("/deadlines/level").status, 200);
}

#[test]
fn a_worker_is_recycled_when_the_application_asks() {
    let server = served();

    let before = server.get("/deadlines/recycle").text().to_owned();

    server.eventually("another process answers", |server| {
        let level = server.get("/deadlines/level");
        level.status == 200 && !level.text().contains(&before)
    });
}
