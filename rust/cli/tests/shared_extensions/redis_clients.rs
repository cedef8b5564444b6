//! phpredis and Predis talk to the store of a running server as to a Redis, from `askr php`.

use std::fs;
use std::path::{Path, PathBuf};

use askr_testkit::Server;

use crate::engine::{extension, php, series};

/// What both clients say, `$redis` being either of them; each line is one answer.
const CONVERSATION: &str = r#"
function says(mixed $value): void
{
    echo json_encode($value), "\n";
}
says((string) $redis->set('k', 'v') === (string) $ok);
says($redis->get('k'));
says($redis->get('none') === $nothing);
says((string) $redis->setex('timed', 100, 'v') === (string) $ok);
says($redis->ttl('timed'));
says($redis->incr('n'));
says($redis->incrby('n', 41));
says($redis->decr('n'));
says((float) $redis->incrbyfloat('f', 1.5));
says($redis->get('n'));
says((string) $redis->mset(['a' => '1', 'b' => "\0two"]) === (string) $ok);
says($redis->mget(['a', 'b']));
says((int) $redis->setnx('k', 'w'));
says($redis->getset('k', 'x'));
says((int) $redis->expire('k', 50));
says((int) $redis->persist('k'));
says((int) $redis->exists('k'));
says($redis->del('k', 'none'));
says(strlen($redis->set('large', str_repeat('x', 3_000_000)) ? $redis->get('large') : ''));
$keys = $redis->keys('*');
sort($keys);
says($keys);
says($redis->dbsize());
$replies = pipelined($redis);
says(array_slice($replies, 0, 2));
says(count($replies));
says((string) $redis->select(1) === (string) $ok);
says($redis->get('n') === $nothing);
says(refused($redis));
says((string) $redis->flushdb() === (string) $ok);
"#;

const ANSWERS: &str = r#"true
"v"
true
true
100
1
42
41
1.5
"41"
true
["1","\u0000two"]
0
"v"
1
1
1
1
3000000
["a","b","f","large","n","timed"]
6
["1","\u0000two"]
2000
true
true
"ERR unknown command 'LPUSH', with args beginning with: 'l' 'x' "
true
"#;

const PHPREDIS: &str = r#"
$redis = new Redis();
$redis->connect($argv[1]);
[$ok, $nothing] = [true, false];
function pipelined(Redis $redis): array
{
    $redis->multi(Redis::PIPELINE);
    for ($i = 0; $i < 1000; $i++) {
        $redis->get('a');
        $redis->get('b');
    }

    return $redis->exec();
}
function refused(Redis $redis): string
{
    return $redis->rawCommand('LPUSH', 'l', 'x') === false ? $redis->getLastError() : '';
}
"#;

const PREDIS: &str = r#"
error_reporting(E_ALL & ~E_DEPRECATED);
require '/usr/share/php/Predis/autoload.php';
$redis = new Predis\Client(['scheme' => 'unix', 'path' => $argv[1]]);
[$ok, $nothing] = ['OK', null];
function pipelined(Predis\Client $redis): array
{
    return $redis->pipeline(function ($pipe): void {
        for ($i = 0; $i < 1000; $i++) {
            $pipe->get('a');
            $pipe->get('b');
        }
    });
}
function refused(Predis\Client $redis): string
{
    try {
        $redis->lpush('l', ['x']);
    } catch (Predis\Response\ServerException $error) {
        return $error->getMessage();
    }

    return '';
}
"#;

/// What a client is told by the store of a server that has nothing in it yet.
fn answers(client: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (socket, script) = (folder.path().join("s.sock"), folder.path().join("c.php"));
    fs::write(&script, format!("<?php\n{client}\n{CONVERSATION}")).unwrap();
    let _server = Server::with_script("request.php")
        .workers(1)
        .flag("store-socket", &socket)
        .start();
    let words = [options, &[text(&script), text(&socket)]].concat();
    php(&words)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn phpredis_is_content() {
    let Some(object) = extension("redis") else {
        assert_ne!(series(), "8.4", "`cargo xtask setup` builds phpredis");
        return;
    };
    let option = format!("extension={}", object.display());

    assert_eq!(answers(PHPREDIS, &["-d", &option]), ANSWERS);
}

#[test]
fn predis_is_content() {
    let library = PathBuf::from("/usr/share/php/Predis/autoload.php");
    assert!(library.is_file(), "`cargo xtask setup` installs php-predis");

    assert_eq!(answers(PREDIS, &[]), ANSWERS);
}
