//! A real Redis is asked the same, and answers the same.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

use redis_protocol::resp2::types::OwnedFrame;
use scene::{Redis, Scene};

/// What both are asked, one after the other.
const CONVERSATION: &str = r#"
PING
PING hello
ping
ECHO x
GET none
SET k v
GET k
SET k 5
INCR k
INCRBY k 10
DECR k
DECRBY k -4
GET k
STRLEN k
INCRBYFLOAT k 0.5
GET k
INCR k
INCRBYFLOAT k 1.5
INCRBYFLOAT k nan
INCRBYFLOAT k inf
INCRBYFLOAT k x
SET t text
INCR t
INCRBYFLOAT t 1
INCRBY k x
INCRBY none 9223372036854775808
SET most 9223372036854775807
INCR most
DECRBY most -9223372036854775808
GET most
SET o 007
INCR o
GET o
SET e ""
GET e
STRLEN e
STRLEN none
SET k v NX
SET fresh v NX
SET k w XX
SET absent w XX
GET absent
SET k x GET
SET absent y GET
SET absent z XX GET
SET k v NX XX
SET k v EX
SET k v EX x
SET k v EX 0
SET k v EX -1
SET k v PX 9223372036854775807
SET k v EX 9223372036854775807
SET k v EX 10 PX 10
SET k v EX 10 KEEPTTL
SET k v BOGUS
SET k
SET
SET k v EX 100
TTL k
SET k v2 KEEPTTL
TTL k
SET k v3
TTL k
PTTL k
TTL none
PTTL none
SETNX k v
SETNX nx v
SETEX s 100 v
TTL s
SETEX s 0 v
SETEX s x v
PSETEX s 100000 v
TTL s
PSETEX s -1 v
GETSET s w
GETSET fresher w
GETDEL s
GETDEL s
SET g v
GETEX g EX 100
TTL g
GETEX g PERSIST
TTL g
GETEX g
GETEX none EX 100
GETEX g EX 0
GETEX g BOGUS
GETEX g EX
GETEX g EXAT 1
GET g
SET k v EXAT 1
GET k
SET k v EXAT 99999999999
SET k v PXAT 0
EXISTS k
MSET a 1 b two c 3
MSET a 1 b
MGET a b none c
MGET
MSETNX a 9 d 9
EXISTS a b d a
MSETNX x 1 y 2
MGET x y
DEL a b none
UNLINK c
DEL
EXISTS
TYPE x
TYPE none
TOUCH x none
EXPIRE x 100
TTL x
EXPIRE x 200 NX
EXPIRE x 50 GT
EXPIRE x 200 GT
TTL x
EXPIRE x 300 LT
EXPIRE x 100 LT
TTL x
EXPIRE x 100 XX
EXPIRE y 100 XX
EXPIRE y 100 GT
EXPIRE y 100 NX GT
EXPIRE y 100 LT GT
EXPIRE none 100
EXPIRE y x
EXPIRE y 9223372036854775807
PEXPIRE y 100000
TTL y
PERSIST y
PERSIST y
PERSIST none
EXPIREAT y 99999999999
PEXPIREAT y 99999999999000
EXPIRE y 0
EXISTS y
EXPIRE x -1
EXISTS x
SELECT 1
GET k
SET k one
SELECT 0
SELECT 99
SELECT x
SELECT -1
FLUSHDB
DBSIZE
SET only 1
DBSIZE
KEYS *
KEYS o?ly
KEYS x*
KEYS [m-o]nly
SCAN 0 COUNT 100
SCAN 0 MATCH on* COUNT 100
SCAN x
SCAN 0 COUNT 0
SCAN 0 BOGUS
SCAN 0 TYPE
FLUSHALL ASYNC
FLUSHALL BOGUS
DBSIZE
CLIENT SETNAME me
CLIENT GETNAME
CLIENT SETNAME ""
CLIENT GETNAME
CLIENT ID x
CLIENT BOGUS
COMMAND BOGUS
COMMAND DOCS nosuch
INFO bogus
EXPIRE y 10 BOGUS
AUTH secret
AUTH default x
AUTH other x
HELLO 4
HELLO x
HELLO 2 BOGUS
NOSUCH
NOSUCH a b
nosuch some very long arguments that are more than what redis repeats in its reply to a command which it does not know at all, really, so that it is cut
QUIT
"#;

#[test]
fn a_redis_answers_the_same() {
    let (scene, redis) = (Scene::new(), Redis::start());
    let (mut ours, mut theirs) = (scene.client(), redis.client());
    let mut differences = Vec::new();
    for line in CONVERSATION.lines().filter(|line| !line.is_empty()) {
        let (our, their) = (ours.ask(line), theirs.ask(line));
        if !is_same(&our, &their, line) {
            differences.push(format!("{line}\n  ours:   {our:?}\n  theirs: {their:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(ours.reply().is_none());
}

/// Times are asked for one after the other, and rounded.
fn is_same(our: &OwnedFrame, their: &OwnedFrame, line: &str) -> bool {
    const SECONDS_APART_MAX: u64 = 5;
    match (our, their) {
        (OwnedFrame::Integer(our), OwnedFrame::Integer(their)) if *our > 0 && *their > 0 => {
            let apart = our.abs_diff(*their);
            let most = match line.split(' ').next() {
                Some("TTL") => SECONDS_APART_MAX,
                Some("PTTL") => SECONDS_APART_MAX * 1000,
                _ => 0,
            };
            apart <= most
        }
        _ => our == their,
    }
}

/// Any command about few keys and few values, and some that make no sense.
fn any_command() -> impl Strategy<Value = String> {
    let key = || select(vec!["a", "b", "c"]);
    let value = select(vec!["1", "-3", "07", "2.5", "text", "\"\"", "4000000000"]);
    let ttl = select(vec![
        "",
        "EX 100",
        "PX 100000",
        "EXAT 99999999999",
        "EXAT 5",
        "KEEPTTL",
        "EX 0",
        "PX x",
    ]);
    let when = select(vec!["", "NX", "XX", "GET", "XX GET"]);
    let number = select(vec!["1", "-5", "0.5", "x", "4000000000"]);
    let seconds = select(vec![
        "100", "200 NX", "50 GT", "500 LT", "100 XX", "0", "-1", "x",
    ]);
    let alone = select(vec![
        "GET", "STRLEN", "GETDEL", "INCR", "DECR", "TTL", "PERSIST", "TYPE", "EXISTS", "DEL",
        "TOUCH", "MGET", "GETEX",
    ]);
    let counted = select(vec!["INCRBY", "DECRBY", "INCRBYFLOAT"]);
    let written = select(vec!["SETNX", "GETSET"]);
    prop_oneof![
        3 => (key(), value.clone(), ttl, when)
            .prop_map(|(key, value, ttl, when)| format!("SET {key} {value} {ttl} {when}")),
        3 => (alone, key()).prop_map(|(name, key)| format!("{name} {key}")),
        2 => (counted, key(), number).prop_map(|(name, key, by)| format!("{name} {key} {by}")),
        1 => (written, key(), value.clone()).prop_map(|(name, key, value)| format!("{name} {key} {value}")),
        1 => (select(vec!["EXPIRE", "EXPIREAT"]), key(), seconds)
            .prop_map(|(name, key, seconds)| format!("{name} {key} {seconds}")),
        1 => (key(), key(), value).prop_map(|(one, two, value)| format!("MSETNX {one} {value} {two} 5")),
        1 => (key(), key()).prop_map(|(one, two)| format!("MGET {one} {two} {one}")),
        1 => select(vec!["SELECT 0", "SELECT 1", "FLUSHDB"]).prop_map(str::to_owned),
    ]
}

#[test]
fn a_redis_answers_the_same_whatever_it_is_asked() {
    let (scene, redis) = (Scene::new(), Redis::start());
    let mut runner = TestRunner::new(Config {
        cases: 100,
        failure_persistence: None,
        ..Config::default()
    });
    let lines = prop::collection::vec(any_command(), 1..80);
    let outcome = runner.run(&lines, |lines| {
        let (mut ours, mut theirs) = (scene.client(), redis.client());
        for line in std::iter::once("FLUSHALL".to_owned()).chain(lines) {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            let (our, their) = (ours.ask(&line), theirs.ask(&line));
            prop_assert!(is_same(&our, &their, &line), "{line}: {our:?}, {their:?}");
        }
        Ok(())
    });
    outcome.unwrap();
}
