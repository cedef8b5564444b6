//! Our own commands, and what becomes of them in the store.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

use askr_store::{Namespace, Number, OwnedValue, Ttl, Value};
use redis_protocol::resp2::types::OwnedFrame;

use scene::{Client, Scene, VALUE_MAX, bulk};

/// Asks each line, and compares the replies as words.
fn converse(client: &mut Client, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        assert_eq!(words(&client.ask(line)), *expected, "{line}");
    }
}

fn words(frame: &OwnedFrame) -> String {
    match frame {
        OwnedFrame::Null => "null".to_owned(),
        OwnedFrame::Integer(number) => number.to_string(),
        OwnedFrame::Error(text) => format!("-{text}"),
        OwnedFrame::SimpleString(bytes) | OwnedFrame::BulkString(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        OwnedFrame::Array(items) => {
            let items: Vec<String> = items.iter().map(words).collect();
            format!("[{}]", items.join(" "))
        }
    }
}

#[test]
fn values_keep_their_types() {
    let scene = Scene::new();
    let mut client = scene.client();

    converse(
        &mut client,
        &[
            ("ASKR.GET a", "null"),
            ("ASKR.SET a 0 i 5", "OK"),
            ("ASKR.GET a", "[i 5]"),
            ("ASKR.SET b 60000 s 5", "OK"),
            ("ASKR.GET b", "[s 5]"),
            ("ASKR.SET c 0 f 5", "OK"),
            ("ASKR.GET c", "[f 5.0]"),
            ("ASKR.MGET a none c b", "[[i 5] null [f 5.0] [s 5]]"),
            ("ASKR.MSET 0 x s one y i 2 z f 1e300", "OK"),
            ("ASKR.MGET x y z", "[[s one] [i 2] [f 1e300]]"),
            ("ASKR.INCR a 0 i -7", "[i -2]"),
            ("ASKR.INCR a 0 f 0.5", "[f -1.5]"),
            ("ASKR.INCR new 60000 i 1", "[i 1]"),
            ("TTL new", "60"),
            (
                "ASKR.INCR b 0 i 1",
                "-ERR value is not an integer or out of range",
            ),
            ("ASKR.ADD a 0 i 1", "0"),
            ("ASKR.ADD free 0 i 1", "1"),
            ("ASKR.REPLACE free 0 i 2 i 3", "0"),
            ("ASKR.REPLACE free 0 s 1 i 3", "0"),
            ("ASKR.REPLACE free 0 i 1 i 3", "1"),
            ("ASKR.DELIF free i 1", "0"),
            ("ASKR.DELIF free i 3", "1"),
            ("ASKR.TAKE x", "[s one]"),
            ("ASKR.TAKE x", "null"),
            ("ASKR.TOUCH y 60000", "1"),
            ("TTL y", "60"),
            ("ASKR.TOUCH y 0", "1"),
            ("TTL y", "-1"),
            ("ASKR.TOUCH none 0", "0"),
            ("ASKR.SET a 0 x 1", "-ERR a type is s, i or f"),
            (
                "ASKR.SET a 0 i x",
                "-ERR value is not an integer or out of range",
            ),
            (
                "ASKR.SET a -1 i 1",
                "-ERR invalid expire time in 'askr.set' command",
            ),
            (
                "ASKR.MSET 0 a s",
                "-ERR wrong number of arguments for 'askr.mset' command",
            ),
        ],
    );
    let found = scene.store.get(Namespace::Cache, b"c").unwrap();
    assert_eq!(found, Some(OwnedValue::Number(Number::Float(5.0))));
}

#[test]
fn what_php_writes_is_what_others_read_and_the_other_way_round() {
    let scene = Scene::new();
    let mut client = scene.client();
    let forever = Ttl::Forever;
    let write = |space, key: &str, value| {
        scene
            .store
            .set(space, key.as_bytes(), value, forever)
            .unwrap();
    };
    write(Namespace::Cache, "k", Value::Bytes(b"cached"));
    write(Namespace::Sessions, "k", Value::Bytes(b"session"));
    write(Namespace::Counters, "k", Value::Number(Number::Integer(7)));

    converse(
        &mut client,
        &[
            ("GET k", "cached"),
            ("SELECT 1", "OK"),
            ("INCR k", "8"),
            ("SELECT 2", "OK"),
            ("GET k", "session"),
            ("SET number 42", "OK"),
            (
                "ASKR.SET tagged 0 s x tag",
                "-ERR only entries of database 0 have tags",
            ),
            ("FLUSHDB", "OK"),
            ("GET k", "null"),
            ("SELECT 0", "OK"),
            ("GET k", "cached"),
        ],
    );
    let counter = scene.store.get(Namespace::Counters, b"k").unwrap();
    assert_eq!(counter, Some(OwnedValue::Number(Number::Integer(8))));
}

#[test]
fn values_of_the_largest_kind_go_in_and_out_and_larger_ones_are_refused() {
    let scene = Scene::new();
    let mut client = scene.client();
    let value: Vec<u8> = (0_u8..=255).cycle().take(VALUE_MAX).collect();

    assert_eq!(words(&client.ask_words(&[b"SET", b"k", &value])), "OK");
    assert_eq!(client.ask("GET k"), OwnedFrame::BulkString(value.clone()));
    assert_eq!(client.ask("STRLEN k"), OwnedFrame::Integer(1 << 20));
    let typed = OwnedFrame::Array(vec![bulk("s"), OwnedFrame::BulkString(value.clone())]);
    assert_eq!(client.ask("ASKR.MGET k"), OwnedFrame::Array(vec![typed]));

    let larger = [&value[..], b"x"].concat();
    let refused = words(&client.ask_words(&[b"SET", b"k", &larger]));
    assert!(
        refused.contains("more than the store takes (1048576)"),
        "{refused}"
    );
    let huge = value.repeat(8);
    let refused = words(&client.ask_words(&[b"SET", b"k", &huge]));
    assert!(refused.contains("an argument of 8388608"), "{refused}");
    let long = vec![b'k'; 1025];
    let refused = words(&client.ask_words(&[b"GET", &long]));
    assert_eq!(refused, "-ERR a key has 1 to 1024 bytes, this one has 1025");
    assert_eq!(client.ask("GET k"), OwnedFrame::BulkString(value));
}

#[test]
fn all_keys_are_met_by_a_walk() {
    let scene = Scene::new();
    let mut client = scene.client();
    for index in 0..2_500 {
        let key = format!("key:{index}");
        let value = Value::Bytes(b"v");
        scene
            .store
            .set(Namespace::Cache, key.as_bytes(), value, Ttl::Forever)
            .unwrap();
    }
    let mut met = std::collections::BTreeSet::new();
    let mut cursor = "0".to_owned();
    loop {
        let reply = client.ask(&format!("SCAN {cursor} MATCH key:*"));
        let OwnedFrame::Array(parts) = reply else {
            panic!()
        };
        let OwnedFrame::Array(keys) = &parts[1] else {
            panic!()
        };
        met.extend(keys.iter().map(words));
        cursor = words(&parts[0]);
        if cursor == "0" {
            break;
        }
    }
    assert_eq!(met.len(), 2_500);
    let OwnedFrame::Array(keys) = client.ask("KEYS key:1?") else {
        panic!()
    };
    assert_eq!(keys.len(), 10);
    assert_eq!(client.ask("DBSIZE"), OwnedFrame::Integer(2_500));
}

#[test]
fn the_figures_of_each_namespace_are_told() {
    let scene = Scene::new();
    let mut client = scene.client();
    client.ask("SET k v");
    client.ask("GET k");
    client.ask("GET none");

    let OwnedFrame::Array(all) = client.ask("ASKR.STATS") else {
        panic!()
    };

    let names: Vec<String> = all.iter().step_by(2).map(words).collect();
    assert_eq!(names, ["cache", "counters", "sessions", "locks", "limits"]);
    let cache = words(&all[1]);
    assert!(cache.starts_with("[entries 1 bytes "), "{cache}");
    assert!(
        cache.ends_with("hits 1 misses 1 evictions 0 refused 0]"),
        "{cache}"
    );
    let info = words(&client.ask("INFO"));
    assert!(info.contains("redis_version:7"), "{info}");
    assert!(info.contains("db0:keys=1"), "{info}");
    let section = words(&client.ask("INFO clients"));
    assert_eq!(section, "# Clients\r\nconnected_clients:1\r\n");
}

#[test]
fn entries_with_tags_end_when_one_of_them_is_forgotten() {
    let scene = Scene::new();
    let mut client = scene.client();

    converse(
        &mut client,
        &[
            ("ASKR.SET a 0 s x red round", "OK"),
            ("ASKR.SET b 0 s y red", "OK"),
            ("ASKR.ADD c 0 s z round", "1"),
            ("ASKR.ADD c 0 s w round", "0"),
            ("ASKR.MGET a b c", "[[s x] [s y] [s z]]"),
            ("ASKR.FORGETTAG round", "OK"),
            ("ASKR.MGET a b c", "[null [s y] null]"),
            ("ASKR.FORGETTAG red blue", "OK"),
            ("ASKR.GET b", "null"),
        ],
    );
}

#[test]
fn locks_are_the_same_in_each_database_and_can_be_looked_at_in_their_own() {
    let scene = Scene::new();
    let mut client = scene.client();

    converse(
        &mut client,
        &[
            ("ASKR.LOCK l me 60000 0", "1"),
            ("ASKR.LOCK l me 60000 0", "0"),
            ("ASKR.LOCK l you 60000 10", "0"),
            ("SELECT 1", "OK"),
            ("ASKR.OWNER l", "me"),
            ("ASKR.UNLOCK l you", "0"),
            ("ASKR.REFRESH l you 1000", "0"),
            ("ASKR.REFRESH l me 100000", "1"),
            ("SELECT 3", "OK"),
            ("GET l", "me"),
            ("TTL l", "100"),
            ("EXISTS l none", "1"),
            ("TYPE l", "string"),
            ("KEYS *", "[l]"),
            ("DBSIZE", "1"),
            (
                "SET l x",
                "-ERR there are only locks in this database; SELECT another, or use ASKR.LOCK",
            ),
            ("DEL l none", "1"),
            ("ASKR.OWNER l", "null"),
            ("ASKR.LOCK l you 0 0", "1"),
            ("PTTL l", "-1"),
            ("FLUSHALL", "OK"),
            ("ASKR.OWNER l", "you"),
            ("ASKR.UNLOCK l you", "1"),
            ("ASKR.LOCK a x 0 0", "1"),
            ("ASKR.FORCEUNLOCK a", "1"),
            ("ASKR.FORCEUNLOCK a", "0"),
            ("ASKR.LOCK b x 0 0", "1"),
            ("ASKR.UNLOCKALL", "OK"),
            ("ASKR.OWNER b", "null"),
            (
                "ASKR.LOCK b x 0 -1",
                "-ERR value is not an integer or out of range",
            ),
            (
                "ASKR.LOCK b x -1 0",
                "-ERR invalid expire time in 'askr.lock' command",
            ),
        ],
    );
}

#[test]
fn more_keys_than_a_reply_may_have_are_refused() {
    let scene = Scene::new();
    let mut client = scene.client();
    for index in 0..9_000 {
        let key = format!("{index:01000}");
        let value = Value::Bytes(b"");
        let written = scene
            .store
            .set(Namespace::Cache, key.as_bytes(), value, Ttl::Forever);
        written.unwrap();
    }

    converse(
        &mut client,
        &[
            ("DBSIZE", "9000"),
            ("KEYS *", "-ERR KEYS finds too many; use SCAN"),
            ("KEYS none*", "[]"),
        ],
    );
}
