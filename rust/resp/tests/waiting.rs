//! Clients that wait for locks, and what they do not hold up.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

use std::io::Write;
use std::time::{Duration, Instant};

use redis_protocol::resp2::types::OwnedFrame;

use scene::{Client, Scene, command};

/// Begins to wait, and leaves the reply for later.
fn wait_for_lock(scene: &Scene, owner: &str, wait_ms: &str) -> Client {
    let mut client = scene.client();
    let words = ["ASKR.LOCK", "l", owner, "60000", wait_ms].map(str::as_bytes);
    client.stream.write_all(&command(&words)).unwrap();
    client
}

/// Asks something that is answered behind what was sent before.
fn is_served(scene: &Scene) {
    let pong = OwnedFrame::SimpleString(b"PONG".to_vec());
    assert_eq!(scene.client().ask("PING"), pong);
}

#[test]
fn a_lock_that_is_given_back_is_had_by_who_waits() {
    let scene = Scene::new();
    let mut holder = scene.client();
    assert_eq!(
        holder.ask("ASKR.LOCK l holder 60000 0"),
        OwnedFrame::Integer(1)
    );
    let mut waiting = wait_for_lock(&scene, "waiter", "20000");
    is_served(&scene);
    let since = Instant::now();

    assert_eq!(holder.ask("ASKR.UNLOCK l holder"), OwnedFrame::Integer(1));

    assert_eq!(waiting.reply(), Some(OwnedFrame::Integer(1)));
    assert!(since.elapsed() < Duration::from_secs(10));
    assert_eq!(holder.ask("ASKR.OWNER l"), scene::bulk("waiter"));
}

#[test]
fn a_wait_ends_in_time() {
    let scene = Scene::new();
    scene.client().ask("ASKR.LOCK l holder 60000 0");
    let since = Instant::now();

    let reply = wait_for_lock(&scene, "waiter", "700").reply();

    assert_eq!(reply, Some(OwnedFrame::Integer(0)));
    let took = since.elapsed();
    assert!((700..10_000).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn many_that_wait_hold_up_nobody() {
    let scene = Scene::new();
    let mut holder = scene.client();
    holder.ask("ASKR.LOCK l holder 60000 0");
    let mut waiting: Vec<Client> = (0..100)
        .map(|number| wait_for_lock(&scene, &format!("waiter_{number}"), "60000"))
        .collect();

    for _ in 0..100 {
        is_served(&scene);
    }

    holder.ask("ASKR.UNLOCK l holder");
    let owner = holder.ask("ASKR.OWNER l");
    assert_ne!(owner, scene::bulk("holder"));
    // Each that has it gives it to the next.
    for _ in 0..100 {
        let index = owner_index(&mut holder);
        let mut client = std::mem::replace(&mut waiting[index], scene.client());
        assert_eq!(client.reply(), Some(OwnedFrame::Integer(1)));
        client.ask(&format!("ASKR.UNLOCK l waiter_{index}"));
    }
}

/// Whose turn it is, once it is somebody's.
fn owner_index(client: &mut Client) -> usize {
    loop {
        if let OwnedFrame::BulkString(owner) = client.ask("ASKR.OWNER l") {
            let owner = String::from_utf8(owner).unwrap();
            return owner.split('_').nth(1).unwrap().parse().unwrap();
        }
    }
}

#[test]
fn who_dies_while_waiting_does_not_get_the_lock() {
    let scene = Scene::new();
    let mut holder = scene.client();
    holder.ask("ASKR.LOCK l holder 60000 0");
    let dead: Vec<Client> = (0..40)
        .map(|number| wait_for_lock(&scene, &format!("dead_{number}"), "60000"))
        .collect();
    is_served(&scene);
    drop(dead);

    holder.ask("ASKR.UNLOCK l holder");

    let reply = wait_for_lock(&scene, "alive", "20000").reply();
    assert_eq!(reply, Some(OwnedFrame::Integer(1)));
    assert_eq!(holder.ask("ASKR.OWNER l"), scene::bulk("alive"));
}

#[test]
fn the_end_of_the_server_waits_for_nobody() {
    let mut scene = Scene::new();
    scene.client().ask("ASKR.LOCK l holder 60000 0");
    let mut waiting = wait_for_lock(&scene, "waiter", "60000");
    is_served(&scene);
    let since = Instant::now();

    scene.server.take().unwrap().stop();

    assert!(since.elapsed() < Duration::from_secs(8));
    assert_eq!(waiting.reply(), None);
}
