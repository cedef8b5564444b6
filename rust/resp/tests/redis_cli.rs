//! `redis-cli` talks to the store as to a Redis.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]
#![allow(dead_code, reason = "each test uses some of the scene")]

mod scene;

use std::io::Write;
use std::process::{Command, Stdio};

use scene::Scene;

fn cli(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = Command::new("redis-cli");
    command.arg("-s").arg(scene.path()).args(arguments);
    command
}

fn said(scene: &Scene, arguments: &[&str]) -> String {
    let output = cli(scene, arguments)
        .output()
        .expect("`cargo xtask setup` installs redis-tools");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_are_given_on_its_command_line() {
    let scene = Scene::new();

    assert_eq!(said(&scene, &["SET", "k", "v", "EX", "100"]), "OK\n");
    assert_eq!(said(&scene, &["GET", "k"]), "v\n");
    assert_eq!(said(&scene, &["-n", "1", "INCR", "k"]), "1\n");
    assert_eq!(said(&scene, &["-n", "1", "GET", "k"]), "1\n");
    assert_eq!(said(&scene, &["ASKR.SET", "n", "0", "i", "5"]), "OK\n");
    assert_eq!(said(&scene, &["ASKR.GET", "n"]), "i\n5\n");
    assert_eq!(said(&scene, &["KEYS", "*"]), "k\nn\n");
    assert_eq!(
        said(&scene, &["LPUSH", "l", "x"]).trim_end(),
        "ERR unknown command 'LPUSH', with args beginning with: 'l' 'x'"
    );
}

#[test]
fn the_third_version_is_spoken_as_well() {
    let scene = Scene::new();

    let figures = said(&scene, &["-3", "--no-raw", "ASKR.STATS"]);
    assert!(
        figures.starts_with("1# \"cache\" => \n   1# \"entries\" => (integer) 0\n"),
        "{figures}"
    );
    assert_eq!(said(&scene, &["-3", "--no-raw", "GET", "none"]), "(nil)\n");
}

#[test]
fn its_walks_and_its_mass_insertion_work() {
    let scene = Scene::new();
    let mut child = cli(&scene, &["--pipe"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for number in 0..5_000 {
        let key = format!("k:{number}");
        let command = scene::command(&[b"SET", key.as_bytes(), b"v"]);
        stdin.write_all(&command).unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("errors: 0, replies: 5000"), "{told}");

    let keys = said(&scene, &["--scan", "--pattern", "k:49*"]);
    assert_eq!(keys.lines().count(), 111);
}

#[test]
fn what_is_typed_into_it_is_answered() {
    let scene = Scene::new();
    let mut child = cli(&scene, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(b"SELECT 2\nSET a \"b c\"\nGET a\nINFO keyspace\n")
        .unwrap();
    drop(stdin);

    let output = child.wait_with_output().unwrap();

    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.starts_with("OK\nOK\nb c\n# Keyspace\r\ndb2:keys=1"),
        "{told}"
    );
}
