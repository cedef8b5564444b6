//! One kind of state after the other, on one worker: left behind, and looked at by the next.

use askr_testkit::{Client, Cut, Response, Server};

use crate::marker::{assert_no_other, marker};

/// How a request that leaves something ends, and what its client sees.
const ENDS: [(&str, Seen); 8] = [
    ("returned", Seen::Marker(200)),
    ("exited", Seen::Marker(200)),
    ("thrown", Seen::Status(500)),
    ("dumped", Seen::Marker(500)),
    ("streamed", Seen::Marker(200)),
    ("generated", Seen::Marker(200)),
    ("cut", Seen::Cut),
    ("exhausted", Seen::Status(500)),
];

/// What becomes of a request.
#[derive(Clone, Copy)]
enum Seen {
    /// A response with its marker and this status, unless the subject chose another.
    Marker(u16),
    /// A response with this status.
    Status(u16),
    /// The first part of one, or word that there is none: never one that looks whole.
    Cut,
}

/// What a request carries besides its address.
#[derive(Clone, Copy)]
enum Body {
    Nothing,
    Raw,
    Multipart,
}

fn request(target: &str, marker: &str, body: Body) -> String {
    let (kind, body) = match body {
        Body::Nothing => return format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"),
        Body::Raw => ("text/plain", marker.to_owned()),
        Body::Multipart => ("multipart/form-data; boundary=edge", multipart(marker)),
    };
    let bytes = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: test\r\nX-Left: {marker}\r\nCookie: plain={marker}\r\n\
         Content-Type: {kind}\r\nContent-Length: {bytes}\r\n\r\n{body}"
    )
}

fn multipart(marker: &str) -> String {
    format!(
        "--edge\r\nContent-Disposition: form-data; name=\"left\"\r\n\r\n{marker}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{marker}\"\r\n\
         Content-Type: text/plain\r\n\r\n{marker}\r\n--edge--\r\n"
    )
}

fn look(server: &Server, subject: &str) -> Response {
    let response = server.get(&format!("/look/{subject}"));
    assert_eq!(response.status, 200, "{subject}: {}", response.text());
    response
}

#[track_caller]
fn leave(server: &Server, subject: &str, end: (&str, Seen), body: Body) {
    let (name, seen) = end;
    let own = marker(format_args!("{subject}-{name}"));
    let target = format!("/open/leave/{subject}/{name}?marker={own}");
    let mut client = server.client();
    client.send(request(&target, &own, body));
    match (client.try_response(), seen) {
        (Ok(response), Seen::Marker(status)) => {
            assert!(
                [status, 202].contains(&response.status),
                "{name}: {response:?}"
            );
            assert!(response.text().contains(&own), "{name}: {response:?}");
            assert_no_other(&response, &own, name);
        }
        (Ok(response), Seen::Status(status)) => {
            assert_eq!(response.status, status, "{name}: {response:?}");
            assert_no_other(&response, &own, name);
        }
        (Err(Cut::Midway { body }), Seen::Cut) => {
            // What was not on its way yet may be lost with the rest.
            assert!(own.as_bytes().starts_with(&body), "{name}: {body:?}");
        }
        (Ok(response), Seen::Cut) if response.status == 502 => {
            assert_no_other(&response, "", name);
        }
        (other, _) => panic!("{subject} {name}: {other:?}"),
    }
}

/// The client goes while the response is still coming.
fn abandon(server: &Server, subject: &str, body: Body) {
    let own = marker(format_args!("{subject}-abandoned"));
    let target = format!("/open/leave/{subject}/abandoned?marker={own}");
    let mut client: Client = server.client();
    client.send(request(&target, &own, body));
    let _begun = client.bytes(4096);
}

/// Leaves `subject` behind in every way, and has three strangers look after each.
#[track_caller]
fn assert_nothing_stays(subject: &str, body: Body) {
    let server = Server::laravel().workers(1).start();
    assert_nothing_stays_on(&server, subject, body);
}

#[track_caller]
fn assert_nothing_stays_on(server: &Server, subject: &str, body: Body) {
    let fresh = look(server, subject);
    let own = marker("look");
    let mut client = server.client();
    let target = format!("/open/leave-and-look/{subject}?marker={own}");
    client.send(request(&target, &own, body));
    let changed = client.response();
    assert_ne!(
        changed.body, fresh.body,
        "{subject} cannot be left behind at all"
    );

    let assert_fresh = |after: &str| {
        for _ in 0..3 {
            let seen = look(server, subject);
            assert_no_other(&seen, "", after);
            assert_eq!(seen.text(), fresh.text(), "{subject}, {after}");
        }
    };
    assert_fresh("looked at");
    for end in ENDS {
        leave(server, subject, end, body);
        assert_fresh(end.0);
    }
    abandon(server, subject, body);
    assert_fresh("abandoned");
}

/// All of them on one server, whatever else its requests have in common.
#[track_caller]
fn assert_nothing_stays_anywhere(server: &Server) {
    for (subject, body) in SUBJECTS {
        let fresh = look(server, subject);
        if fresh.text() != "\"Laravel has no Context\"" {
            assert_nothing_stays_on(server, subject, body);
        }
    }
}

/// What can be left behind, and with which request.
const SUBJECTS: [(&str, Body); 21] = [
    ("login", Body::Nothing),
    ("locale", Body::Nothing),
    ("configuration", Body::Nothing),
    ("shared-view-data", Body::Nothing),
    ("session-data", Body::Nothing),
    ("queued-cookies", Body::Nothing),
    ("headers", Body::Raw),
    ("input", Body::Raw),
    ("uploads", Body::Multipart),
    ("timezone", Body::Nothing),
    ("ini-settings", Body::Nothing),
    ("error-handlers", Body::Nothing),
    ("log-context", Body::Nothing),
    ("context-data", Body::Nothing),
    ("addresses", Body::Nothing),
    ("bindings", Body::Nothing),
    ("process-state", Body::Nothing),
    ("output-buffers", Body::Nothing),
    ("database", Body::Nothing),
    ("array-cache", Body::Nothing),
    ("pages", Body::Nothing),
];

#[test]
fn nothing_stays_in_workers_that_were_forked_from_the_booted_application() {
    assert_nothing_stays_anywhere(&Server::laravel().cow().workers(1).start());
}

#[test]
fn nothing_stays_where_each_request_has_a_copy_of_the_booted_application() {
    assert_nothing_stays_anywhere(&Server::laravel().isolation("fork").workers(1).start());
}

#[test]
fn nobody_is_logged_in_as_the_visitor_before() {
    assert_nothing_stays("login", Body::Nothing);
}

#[test]
fn the_application_speaks_its_own_language_again() {
    assert_nothing_stays("locale", Body::Nothing);
}

#[test]
fn the_configuration_is_what_it_was() {
    assert_nothing_stays("configuration", Body::Nothing);
}

#[test]
fn views_are_given_nothing_of_another_request() {
    assert_nothing_stays("shared-view-data", Body::Nothing);
}

#[test]
fn a_visitor_without_a_cookie_has_an_empty_session() {
    assert_nothing_stays("session-data", Body::Nothing);
}

#[test]
fn queued_cookies_go_to_nobody_else() {
    assert_nothing_stays("queued-cookies", Body::Nothing);
}

#[test]
fn headers_go_to_nobody_else() {
    assert_nothing_stays("headers", Body::Raw);
}

#[test]
fn the_body_is_that_of_the_request() {
    assert_nothing_stays("input", Body::Raw);
}

#[test]
fn uploads_are_seen_by_one_request() {
    assert_nothing_stays("uploads", Body::Multipart);
}

#[test]
fn the_time_zone_is_what_it_was() {
    assert_nothing_stays("timezone", Body::Nothing);
}

#[test]
fn settings_of_php_are_what_they_were() {
    assert_nothing_stays("ini-settings", Body::Nothing);
}

#[test]
fn error_handlers_are_those_of_the_application() {
    assert_nothing_stays("error-handlers", Body::Nothing);
}

#[test]
fn log_lines_carry_nothing_of_another_request() {
    assert_nothing_stays("log-context", Body::Nothing);
}

#[test]
fn the_context_is_empty_again() {
    let fresh = Server::laravel().start().get("/look/context-data");
    if fresh.text() != "\"Laravel has no Context\"" {
        assert_nothing_stays("context-data", Body::Nothing);
    }
}

#[test]
fn addresses_are_made_as_before() {
    assert_nothing_stays("addresses", Body::Nothing);
}

#[test]
fn the_container_holds_what_it_held_after_booting() {
    assert_nothing_stays("bindings", Body::Nothing);
}

#[test]
fn environment_folder_mask_and_locale_are_what_they_were() {
    assert_nothing_stays("process-state", Body::Nothing);
}

#[test]
fn open_buffers_and_what_they_add_end_with_their_request() {
    assert_nothing_stays("output-buffers", Body::Nothing);
}

#[test]
fn transactions_and_the_query_log_end_with_their_request() {
    assert_nothing_stays("database", Body::Nothing);
}

#[test]
fn the_array_cache_is_empty_again() {
    assert_nothing_stays("array-cache", Body::Nothing);
}

#[test]
fn a_paginator_starts_at_its_own_page() {
    assert_nothing_stays("pages", Body::Nothing);
}
