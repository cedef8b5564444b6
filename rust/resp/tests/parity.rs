//! A real Redis is asked the same, and answers the same.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

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
        if our != their {
            differences.push(format!("{line}\n  ours:   {our:?}\n  theirs: {their:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(ours.reply().is_none());
}
