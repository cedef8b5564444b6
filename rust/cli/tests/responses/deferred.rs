//! Work that is left when the response has gone.

use std::fs;

use askr_testkit::{Application, Server, eventually};

use crate::gate::Gate;

/// Every way to leave work for later; `defer()` came with Laravel 11.
const WAYS: [&str; 7] = [
    "middleware",
    "terminating",
    "job",
    "bus",
    "closure",
    "server",
    "defer",
];

fn ways(server: &Server) -> &'static [&'static str] {
    let is_laravel_10 = server.get("/").text().contains("\"10.");
    &WAYS[..WAYS.len() - usize::from(is_laravel_10)]
}

#[test]
fn the_client_does_not_wait_for_work_that_is_left() {
    let application = Application::copy();
    let modes = [application.booted(), application.classic()];
    for server in modes.map(|mode| mode.workers(1).start()) {
        let mut client = server.client();
        for way in ways(&server) {
            let mut gate = Gate::at(application.path(&format!("gate-{way}")));
            let note = application.path(&format!("storage/app/{way}"));

            // The connection goes on, too, once the response is complete.
            let response = client.get(&format!("/deferred/{way}?gate={}", gate.path().display()));
            assert_eq!((response.status, response.text()), (200, "answered"));
            assert!(!note.exists(), "{way} was done before its response");
            gate.pass("after");
            gate.close();
            assert_eq!(client.get("/responses/text").text(), "text", "{way}");
            assert_eq!(fs::read_to_string(&note).unwrap(), "after", "{way}");
            fs::remove_file(note).unwrap();
            fs::remove_file(gate.path()).unwrap();
        }
        assert_eq!(server.worker_pids().len(), 1);
    }
}

#[test]
fn a_streamed_response_is_complete_before_the_work_that_it_left() {
    let server = Server::laravel().workers(1).start();
    let mut gate = Gate::at(server.application().path("gate"));

    let response = server.get(&format!(
        "/deferred/streamed?gate={}",
        gate.path().display()
    ));
    assert_eq!(response.text(), "answered");
    gate.pass("after");
    gate.close();

    let note = server.application().path("storage/app/middleware");
    eventually("the work is done", || note.exists());
}

#[test]
fn an_exception_in_work_that_is_left_is_reported_and_costs_nobody_a_response() {
    let server = Server::laravel().workers(1).start();

    for way in ways(&server) {
        for _ in 0..2 {
            assert_eq!(
                server.get(&format!("/deferred/{way}")).text(),
                "answered",
                "{way}"
            );
            let next = server.get("/responses/text");
            assert_eq!((next.status, next.text()), (200, "text"), "after {way}");
        }
        // Laravel itself catches what `defer()` was given, and `askr_defer()` is not Laravel's.
        if *way != "defer" {
            server.wait_for_log_times(&format!("{way} failed in "), 2);
        }
        if *way != "server" {
            let log = server.application().path("storage/logs/laravel.log");
            let log = fs::read_to_string(log).unwrap();
            let entry = format!("production.ERROR: {way} failed ");
            assert_eq!(log.matches(&entry).count(), 2, "{way}");
        }
    }
    assert_eq!(server.worker_pids().len(), 1);
}

#[test]
fn nothing_that_comes_of_work_that_is_left_reaches_a_client() {
    let server = Server::laravel().workers(1).start();
    let mut client = server.client();
    let clean = client.get("/responses/text").headers;

    for end in ["exits", "dumps", "prints", "exhausts"] {
        for _ in 0..2 {
            let response = client.get(&format!("/deferred/end/{end}"));
            assert_eq!(
                (response.status, response.text()),
                (200, "answered"),
                "{end}"
            );
            for _ in 0..3 {
                let next = client.get("/responses/text");
                assert_eq!((next.status, next.text()), (200, "text"), "after {end}");
                assert_eq!(next.headers.len(), clean.len(), "after {end}: {next:?}");
            }
        }
    }
    server.wait_for_log_times("Allowed memory size", 2);
    assert_eq!(server.worker_pids().len(), 1);
}
