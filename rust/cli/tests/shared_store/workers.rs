//! Workers see one store, whatever way they are made.

use std::collections::BTreeSet;

use askr_testkit::{Application, Server, ServerBuilder};
use serde_json::json;

use crate::{application, ask_at_once, field};

fn ways(application: &Application) -> [(&'static str, ServerBuilder); 4] {
    [
        ("worker", application.booted()),
        ("cow", application.booted().cow()),
        ("fork", application.booted().isolation("fork")),
        ("classic", application.classic()),
    ]
}

/// Asks until two workers have answered; all of their answers.
fn asked_of_two(server: &Server, target: &str) -> Vec<serde_json::Value> {
    let mut pids = BTreeSet::new();
    let mut values = Vec::new();
    server.eventually("two workers have answered", |server| {
        for response in ask_at_once(server, &[target.to_owned(), target.to_owned()], "") {
            pids.insert(field(&response, "pid").to_string());
            values.push(field(&response, "value"));
        }
        pids.len() > 1
    });
    values
}

#[test]
fn what_one_worker_writes_all_read() {
    let application = application();
    for (way, server) in ways(&application) {
        let server = server.workers(2).start();

        assert_eq!(
            field(&server.get("/store/put/tree/ash"), "put"),
            true,
            "{way}"
        );

        let read = asked_of_two(&server, "/store/get/tree");
        let kept = json!({ "kept": "ash" });
        assert!(read.iter().all(|value| *value == kept), "{way}: {read:?}");
    }
}

#[test]
fn what_the_application_writes_while_it_boots_is_there() {
    let application = application();
    for (way, server) in ways(&application) {
        let server = server.workers(2).start();

        let read = asked_of_two(&server, "/store/get/booted");
        assert!(
            read.iter().all(|value| value == "before all requests"),
            "{way}: {read:?}"
        );
    }
}

#[test]
fn no_increment_is_lost() {
    let application = application();
    let server = application.booted().workers(2).start();
    let targets = vec!["/store/increment/count".to_owned(); 20];

    for _ in 0..5 {
        let _ = ask_at_once(&server, &targets, "");
    }

    assert_eq!(field(&server.get("/store/get/count"), "value"), 100);
}

#[test]
fn entries_survive_a_reload() {
    let application = application();
    let server = application.booted().cow().workers(2);
    let server = server.canary_window("100ms").start();
    let _ = server.get("/store/put/tree/ash");

    server.reload();

    let value = field(&server.get("/store/get/tree"), "value");
    assert_eq!(value, json!({ "kept": "ash" }));
}

#[test]
fn what_a_request_does_to_the_drivers_is_gone_with_it() {
    let application = application();
    for server in [application.booted(), application.booted().cow()] {
        let server = server.workers(1).variable("CACHE_STORE", "askr").start();
        let _ = server.get("/store/put/settled/ash");

        for _ in 0..3 {
            assert!(field(&server.get("/store/disturb"), "value").is_null());
            let value = field(&server.get("/store/get/settled"), "value");
            assert_eq!(value, json!({ "kept": "ash" }));
        }
    }
}

#[test]
fn what_the_store_refuses_it_refuses_by_a_code() {
    let application = application();
    let server = application.booted().workers(1).start();

    let answer = server.get("/store/refusals");

    let answer: serde_json::Value = serde_json::from_str(answer.text()).unwrap();
    assert_eq!(answer, refusals());
}

/// The codes of `Askr\StoreException`, and what is taken.
pub(crate) fn refusals() -> serde_json::Value {
    json!({
        "long key": 1, "large value": 2, "no number": "false", "overflow": 6, "number as text": "true",
        "many": "true", "large": "true", "float": "true",
    })
}
