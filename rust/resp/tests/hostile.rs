//! Clients that do not mean well, and those that die.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use askr_store::{Namespace, Ttl, Value};
use redis_protocol::resp2::types::OwnedFrame;

use scene::{Client, Scene, VALUE_MAX, bulk, command};

fn pong() -> OwnedFrame {
    OwnedFrame::SimpleString(b"PONG".to_vec())
}

fn error(text: &str) -> Option<OwnedFrame> {
    Some(OwnedFrame::Error(text.to_owned()))
}

#[test]
fn half_a_command_holds_up_nobody() {
    let scene = Scene::new();
    let mut halves = Vec::new();
    for half in [
        "*",
        "*2\r\n",
        "*2\r\n$3\r\nGE",
        "*2\r\n$3\r\nGET\r\n$500000\r\nx",
        "PIN",
    ] {
        let mut client = scene.client();
        client.stream.write_all(half.as_bytes()).unwrap();
        halves.push(client);
    }

    assert_eq!(scene.client().ask("PING"), pong());

    let mut last = halves.pop().unwrap();
    last.stream.write_all(b"G\r\n").unwrap();
    assert_eq!(last.reply(), Some(pong()));
}

#[test]
fn a_command_may_come_byte_by_byte() {
    let scene = Scene::new();
    let mut client = scene.client();
    for byte in command(&[b"ECHO", b"a\r\nb"]) {
        client.stream.write_all(&[byte]).unwrap();
    }

    assert_eq!(client.reply(), Some(bulk("a\r\nb")));
}

#[test]
fn lengths_that_cannot_be_are_refused_at_once() {
    let scene = Scene::new();
    let cases = [
        ("*1000000000\r\n", "invalid multibulk length"),
        (
            "*2\r\n$3\r\nGET\r\n$99999999999999\r\n",
            "invalid bulk length",
        ),
        ("*2\r\n$3\r\nGET\r\n$-5\r\n", "invalid bulk length"),
        ("*1\r\n:5\r\n", "expected '$', got ':'"),
    ];
    for (bytes, expected) in cases {
        let mut client = scene.client();
        client.stream.write_all(bytes.as_bytes()).unwrap();
        assert_eq!(
            client.reply(),
            error(&format!("ERR Protocol error: {expected}"))
        );
        assert_eq!(client.reply(), None, "{bytes:?}");
    }
    let mut client = scene.client();
    let nested = "*1\r\n".repeat(100_000);
    // What follows the first refusal need not be taken.
    let _ = client.stream.write_all(nested.as_bytes());
    assert_eq!(scene.client().ask("PING"), pong());
}

#[test]
fn announced_values_take_no_memory_before_they_come() {
    let scene = Scene::new();
    let announced: Vec<Client> = (0..200)
        .map(|_| {
            let mut client = scene.client();
            let head = format!("*2\r\n$4\r\nECHO\r\n${}\r\n", VALUE_MAX);
            client.stream.write_all(head.as_bytes()).unwrap();
            client
        })
        .collect();

    assert_eq!(scene.client().ask("PING"), pong());
    drop(announced);
    let value = vec![b'v'; VALUE_MAX];
    let reply = scene.client().ask_words(&[b"SET", b"k", &value]);
    assert_eq!(reply, OwnedFrame::SimpleString(b"OK".to_vec()));
}

#[test]
fn ten_thousand_commands_of_a_client_that_reads_nothing_take_no_memory() {
    let scene = Scene::new();
    let value = vec![b'v'; 20_000];
    let store = &scene.store;
    store
        .set(Namespace::Cache, b"k", Value::Bytes(&value), Ttl::Forever)
        .unwrap();
    let mut client = scene.client();
    let get = command(&[b"GET", b"k"]);
    let commands = get.repeat(10_000);
    client
        .stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();

    let before = resident_bytes();
    let mut sent = 0;
    // The server stops reading, so that not all of them can be sent, or all lie in its socket.
    while sent < commands.len() {
        match client.stream.write(&commands[sent..]) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(scene.client().ask("PING"), pong());
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < 64 << 20,
        "1 GB of replies wait, and {grown} bytes are there for them"
    );

    let expected = OwnedFrame::BulkString(value);
    for _ in 0..sent / get.len() {
        assert_eq!(client.reply().as_ref(), Some(&expected));
    }
}

#[test]
fn many_commands_of_a_client_that_reads_later_are_all_answered() {
    let scene = Scene::new();
    let mut client = scene.client();
    let mut writer = client.stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || {
        for number in 0..10_000 {
            let number = number.to_string();
            writer
                .write_all(&command(&[b"ECHO", number.as_bytes()]))
                .unwrap();
        }
    });

    for number in 0..10_000 {
        assert_eq!(client.reply(), Some(bulk(&number.to_string())));
    }
    writing.join().unwrap();
}

/// As Predis does. A socket's own room is gone after some hundred replies, however short.
#[test]
fn a_client_may_send_all_of_a_pipeline_before_it_reads() {
    let scene = Scene::new();
    let mut client = scene.client();
    let text = "t".repeat(200);
    let echo = command(&[b"ECHO", text.as_bytes()]);

    for _ in 0..4_000 {
        client.stream.write_all(&echo).unwrap();
    }

    for _ in 0..4_000 {
        assert_eq!(client.reply(), Some(bulk(&text)));
    }
}

#[test]
fn clients_that_die_leave_nothing_behind() {
    let scene = Scene::new();
    let value = vec![b'v'; VALUE_MAX];
    for round in 0..600 {
        let mut client = scene.client();
        let whole = command(&[b"SET", b"k", &value[..200_000]]);
        let cut = whole.len() * (round % 7) / 7;
        client.stream.write_all(&whole[..cut]).unwrap();
        client
            .stream
            .write_all(&command(&[b"GET", b"k"])[..round % 9])
            .unwrap();
    }

    let mut client = scene.client();
    loop {
        let OwnedFrame::BulkString(info) = client.ask("INFO clients") else {
            panic!()
        };
        if info.ends_with(b"connected_clients:1\r\n") {
            break;
        }
    }
    assert_eq!(client.ask("EXISTS k"), OwnedFrame::Integer(0));
}

#[test]
fn a_client_too_many_is_told_so_and_there_is_room_again_when_one_leaves() {
    let scene = Scene::new();
    let mut clients: Vec<Client> = (0..256).map(|_| scene.client()).collect();
    for client in &mut clients {
        assert_eq!(client.ask("PING"), pong());
    }

    let mut late = scene.client();
    assert_eq!(late.reply(), error("ERR max number of clients reached"));
    assert_eq!(late.reply(), None);

    let mut leaving = clients.pop().unwrap();
    leaving.ask("QUIT");
    assert_eq!(leaving.reply(), None);
    // The server may still be putting the place back.
    let served = (0..1_000).any(|_| {
        let mut client = scene.client();
        client.stream.write_all(b"PING\r\n").is_ok() && client.reply() == Some(pong())
    });
    assert!(served);
}

#[test]
fn the_end_of_the_server_is_the_end_of_its_clients() {
    let mut scene = Scene::new();
    let mut idle = scene.client();
    assert_eq!(idle.ask("PING"), pong());
    let mut stuck = scene.client();
    stuck.stream.write_all(b"*2\r\n$3\r\n").unwrap();

    scene.server.take().unwrap().stop();

    assert_eq!(idle.reply(), None);
    assert_eq!(stuck.reply(), None);
    assert!(UnixStream::connect(scene.path()).is_err());
    assert_eq!(std::sync::Arc::strong_count(&scene.store), 1);
}

fn resident_bytes() -> usize {
    let mut text = String::new();
    let mut file = std::fs::File::open("/proc/self/statm").unwrap();
    file.read_to_string(&mut text).unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
