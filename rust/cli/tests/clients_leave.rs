//! Clients that leave before they have their answer, on a server with one worker.

use std::path::Path;

use askr_testkit::{Client, Gate, Server, ServerBuilder};

fn builders() -> [ServerBuilder; 2] {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/cases");
    [Server::with_script("cases.php"), Server::classic()]
        .map(|builder| builder.root(&cases).workers(1))
}

fn servers() -> [Server; 2] {
    builders().map(ServerBuilder::start)
}

/// Asks for `how`; the script's steps wait for the gate.
fn ask(server: &Server, how: &str, gate: &Gate) -> Client {
    let mut client = connect(server);
    let gate = gate.path().display();
    client.send(format!(
        "GET /client-leaves.php?how={how}&gate={gate} HTTP/1.1\r\nHost: t\r\n\r\n"
    ));
    client
}

/// A connection that the server has accepted.
fn connect(server: &Server) -> Client {
    let before = connections(server);
    let client = server.client();
    server.eventually("it is accepted", |server| connections(server) > before);
    client
}

/// Reads until the event called `id` has come.
fn read_event(client: &mut Client, id: u32) {
    let event = format!("id: {id}\n\n");
    let mut seen = Vec::new();
    while !seen.ends_with(event.as_bytes()) {
        seen.extend(client.bytes(1));
    }
}

/// The worker is free, and nothing of the request before is left.
#[track_caller]
fn assert_clean(server: &Server) {
    assert_eq!(server.get("/client-leaves.php?how=well").text(), "[0,0,0]");
    server.wait_for_log("ended with status 0, aborted 0");
}

/// Until the gateway has seen that the client left, which PHP learns from it.
fn leave(server: &Server, client: Client) {
    let before = connections(server);
    drop(client);
    server.eventually("the connection is gone", |server| {
        connections(server) < before
    });
}

/// Sockets of main; the listeners are among them.
fn connections(server: &Server) -> usize {
    let open = server.descriptors_of(server.main_pid());
    let sockets = open
        .values()
        .filter(|target| target.to_string_lossy().starts_with("socket:"));
    sockets.count()
}

#[test]
fn an_endless_event_stream_ends_at_its_next_event() {
    for server in servers() {
        let gate = Gate::new();
        let mut client = ask(&server, "events", &gate);
        read_event(&mut client, 1);
        gate.open();
        read_event(&mut client, 2);

        leave(&server, client);
        gate.open();

        server.wait_for_log("ended with status 1, aborted 1");
        assert_clean(&server);
    }
}

#[test]
fn a_script_that_waits_for_room_is_released() {
    for server in servers() {
        let gate = Gate::new();
        let mut client = ask(&server, "writes", &gate);
        client.bytes(1 << 20);

        leave(&server, client);

        server.wait_for_log("ended with status 1, aborted 1");
        assert_clean(&server);
    }
}

#[test]
fn a_script_that_ignores_it_works_to_its_end() {
    for server in servers() {
        let gate = Gate::new();
        let mut client = ask(&server, "three&ignore=1", &gate);
        read_event(&mut client, 1);

        leave(&server, client);
        (0..3).for_each(|_| gate.open());

        server.wait_for_log("all three, aborted 1");
        server.wait_for_log("ended with status 1, aborted 1");
        assert_clean(&server);
    }
}

#[test]
fn php_finds_out_when_it_writes_and_not_before() {
    for server in servers() {
        let gate = Gate::new();
        let client = ask(&server, "asks", &gate);
        server.wait_for_log("waits");

        leave(&server, client);
        gate.open();

        server.wait_for_log("before writing 0");
        server.wait_for_log("ended with status 1, aborted 1");
        assert!(!server.log().contains("never reached"));
        assert_clean(&server);
    }
}

#[test]
fn a_reader_that_stops_holds_the_worker_as_long_as_it_may_stall() {
    for builder in builders() {
        let server = builder.flag("write-timeout", "1s").start();
        let gate = Gate::new();
        let mut client = ask(&server, "writes", &gate);
        client.bytes(1);

        server.wait_for_log("ended with status 1, aborted 1");
        assert_clean(&server);
    }
}

#[test]
fn an_upload_that_is_cut_never_reaches_php() {
    for server in servers() {
        let mut client = server.client();
        client.send(
            "POST /client-leaves.php?how=well HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nhalf",
        );
        client.finish();
        client.rest();

        assert_clean(&server);
        let ends = server.log().matches("ended with status").count();
        assert_eq!(ends, 1, "only the clean request has run");
    }
}

#[test]
fn a_request_whose_client_left_while_it_waited_is_never_run() {
    for server in servers() {
        let gate = Gate::new();
        let mut busy = ask(&server, "events", &gate);
        read_event(&mut busy, 1);
        let mut waiting = connect(&server);
        waiting.send("GET /client-leaves.php?how=well HTTP/1.1\r\nHost: t\r\n\r\n");

        leave(&server, waiting);
        leave(&server, busy);
        gate.open();

        server.wait_for_log("ended with status 1, aborted 1");
        assert_clean(&server);
        assert_eq!(server.log().matches("ended with status 0").count(), 1);
    }
}
