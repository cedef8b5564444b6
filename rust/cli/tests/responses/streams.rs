//! Responses that come piece by piece.

use std::fs;

use askr_testkit::{Application, Server, eventually};

use crate::ask::Ask;
use crate::differences::differs;
use crate::gate::Gate;
use crate::visitor::Visitor;

/// Server-sent events of Laravel came with version 11.
fn knows_events(server: &Server) -> bool {
    !server.get("/").text().contains("\"10.")
}

#[test]
fn events_arrive_one_by_one() {
    let server = Server::laravel().workers(1).start();
    if !knows_events(&server) {
        return;
    }
    let mut gate = Gate::at(server.application().path("gate"));
    let mut client = server.client();
    let target = format!("/streams/events/gated?pipe={}", gate.path().display());
    client.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));

    // Each is read before the next one is made.
    let mut read = String::new();
    for (word, event) in [("", "open"), ("a", "a"), ("b", "b")] {
        if !word.is_empty() {
            gate.pass(word);
        }
        while !read.contains(&format!("data: {event}\n\n")) {
            read.push_str(&String::from_utf8(client.bytes(1)).unwrap());
        }
    }
    let (head, events) = read.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("text/event-stream"), "{head}");
    assert_eq!(events.matches("event: update").count(), 3, "{events}");
    gate.close();
    let end = "data: </stream>\n\n\r\n0\r\n\r\n";
    while !read.ends_with(end) {
        read.push_str(&String::from_utf8(client.bytes(1)).unwrap());
    }
    assert_eq!(client.get("/responses/text").text(), "text");
}

#[test]
fn a_stream_that_flushes_phps_buffers_arrives_piece_by_piece() {
    let server = Server::laravel().workers(1).start();
    let mut gate = Gate::at(server.application().path("gate"));
    let mut client = server.client();
    let target = format!("/streams/flushed?pipe={}", gate.path().display());
    client.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));

    let mut read = String::new();
    for letter in ["a", "b"] {
        gate.pass(letter);
        while !read.ends_with(&format!("1\r\n{letter}\r\n")) {
            read.push_str(&String::from_utf8(client.bytes(1)).unwrap());
        }
    }
    gate.close();
    while !read.ends_with("\r\n0\r\n\r\n") {
        read.push_str(&String::from_utf8(client.bytes(1)).unwrap());
    }
    assert_eq!(client.get("/responses/text").text(), "text");
}

#[test]
fn a_stream_may_flush_a_buffer_of_phps_that_nobody_has_opened() {
    let application = Application::copy();
    let file = application.path("letters");
    fs::write(&file, "ab").unwrap();
    let target = format!("/streams/flushed?pipe={}", file.display());

    let booted = application.booted().start().get(&target);
    let fpm = application.fpm().start().get(&target);

    differs("`ob_flush()` in a streamed response while `output_buffering` is off");
    assert_eq!(booted.text(), "ab");
    assert_ne!(fpm.text(), "ab");
}

#[test]
fn an_endless_stream_ends_when_its_client_leaves() {
    let server = Server::laravel().workers(1).start();
    if !knows_events(&server) {
        return;
    }
    let note = server.application().path("storage/app/ended");
    for _ in 0..2 {
        let mut client = server.client();
        client.send("GET /streams/events/endless HTTP/1.1\r\nHost: test\r\n\r\n");
        assert!(client.bytes(10_000).starts_with(b"HTTP/1.1 200 OK\r\n"));
        drop(client);
        eventually("the script notes the end", || {
            fs::read_to_string(&note).is_ok_and(|text| text == "left")
        });
        fs::remove_file(&note).unwrap();
        assert_eq!(server.get("/responses/text").text(), "text");
    }
    assert_eq!(server.worker_pids().len(), 1);
}

#[test]
fn a_generator_that_laravel_leaves_to_the_server_is_sent() {
    // What Laravel from version 12 on does where it believes that it runs under Octane.
    let server = Server::laravel().workers(1);
    let server = server.variable("LARAVEL_OCTANE", "1").start();
    let mut visitor = Visitor::new(server.client());
    if !knows_events(&server) {
        return;
    }
    for _ in 0..2 {
        let response = visitor.ask(&Ask::get("/streams/generated"));
        assert_eq!(
            (response.status, response.text()),
            (203, "first second third")
        );
        let head = visitor.ask(&Ask::get("/streams/generated").head());
        assert_eq!(head.status, 203);
        let broken = Visitor::new(server.client()).try_ask(&Ask::get("/streams/broken/generated"));
        assert!(!broken.is_ok_and(|response| response.status == 200));
        assert_eq!(server.get("/responses/text").text(), "text");
    }
}
