//! Artisan outside the server sees the same store, or says why it sees none.

use askr_testkit::Application;
use serde_json::json;

use crate::sessions::{assert_is, log_in, serve};
use crate::workers::refusals;
use crate::{application, artisan, ask_at_once, field};

#[test]
fn artisan_reads_and_writes_what_workers_do() {
    let application = application();
    let server = application.booted().workers(2).start();

    let _ = server.get("/store/put/inside/ash");
    let inside = artisan(&server, &application, &["store:get", "inside"]);
    assert_eq!(inside, r#"{"kept":"ash"}"#);

    assert_eq!(
        artisan(&server, &application, &["store:put", "outside", "yew"]),
        "true"
    );
    assert_eq!(field(&server.get("/store/get/outside"), "value"), "yew");

    let _ = artisan(&server, &application, &["cache:forget", "outside", "askr"]);
    assert!(field(&server.get("/store/get/outside"), "value").is_null());
}

#[test]
fn artisan_is_refused_what_workers_are() {
    let application = application();
    let server = application.booted().workers(1).start();

    let said = artisan(&server, &application, &["store:refusals"]);

    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said, refusals());
}

#[test]
fn both_add_to_one_number() {
    let application = application();
    let server = application.booted().workers(2).start();
    let words = ["store:increment", "count", "500"];
    let mut outside = server
        .artisan_command(&application, &words)
        .spawn()
        .unwrap();

    for _ in 0..100 {
        let _ = server.get("/store/increment/count");
    }

    assert!(outside.wait().unwrap().success());
    assert_eq!(field(&server.get("/store/get/count"), "value"), 600);
}

#[test]
fn clearing_the_cache_leaves_locks_and_what_lasts() {
    let application = application();
    let server = application.booted().workers(2).start();
    let _ = server.get("/store/put/tree/ash");
    assert_eq!(field(&server.get("/store/lock/kept"), "taken"), true);

    let _ = artisan(&server, &application, &["cache:clear", "askr"]);

    assert!(field(&server.get("/store/get/tree"), "value").is_null());
    assert_eq!(field(&server.get("/store/lock/kept"), "taken"), false);
}

#[test]
fn tagged_entries_end_for_all_workers() {
    let application = application();
    let server = application.booted().workers(2).start();
    let _ = server.get("/store/tags/put");
    assert_eq!(field(&server.get("/store/tags/get"), "value"), 1);

    let words = ["cache:clear", "askr", "--tags=b"];
    let _ = artisan(&server, &application, &words);

    assert!(field(&server.get("/store/tags/get"), "value").is_null());
}

#[test]
fn clearing_the_cache_logs_nobody_out() {
    let application = application();
    let server = serve(&application);
    let mine = log_in(&server, "user-1");

    let _ = artisan(&server, &application, &["cache:clear", "askr"]);

    assert_is(&server, &mine, Some("user-1"));
}

#[test]
fn clearing_the_cache_gives_nobody_another_try() {
    let application = application();
    let server = application.booted().variable("CACHE_STORE", "askr").start();
    let targets = vec!["/store/throttled".to_owned(); 6];
    let _ = ask_at_once(&server, &targets, "");

    let _ = artisan(&server, &application, &["cache:clear", "askr"]);

    assert_eq!(server.get("/store/throttled").status, 429);
}

#[test]
fn maintenance_is_noticed_by_all_workers_and_outlasts_a_cleared_cache() {
    let application = application();
    let variables = [
        ("APP_MAINTENANCE_DRIVER", "cache"),
        ("APP_MAINTENANCE_STORE", "askr-lasting"),
    ];
    let mut server = application.booted().workers(2);
    for (name, value) in variables {
        server = server.variable(name, value);
    }
    let server = server.start();
    let run = |words: &[&str]| {
        let mut command = server.artisan_command(&application, words);
        let output = command.envs(variables).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
    };
    let targets = vec!["/".to_owned(); 8];
    let statuses = || {
        let responses = ask_at_once(&server, &targets, "");
        let mut statuses: Vec<u16> = responses.iter().map(|response| response.status).collect();
        statuses.dedup();
        statuses
    };
    assert_eq!(statuses(), [200]);

    run(&["down"]);
    run(&["cache:clear", "askr"]);
    assert_eq!(statuses(), [503]);

    run(&["up"]);
    assert_eq!(statuses(), [200]);
}

#[test]
fn a_task_for_one_server_is_run_by_one_scheduler() {
    let application = application();
    let server = application
        .booted()
        .workers(1)
        .variable("CACHE_STORE", "askr")
        .start();
    let run = || {
        let mut command = server.artisan_command(&application, &["schedule:run"]);
        command.envs([
            ("CACHE_STORE", "askr"),
            ("FIXTURE_MINUTE", "2026-11-22 12:30:00"),
        ]);
        command.spawn().unwrap()
    };

    for mut scheduler in [run(), run(), run()] {
        assert!(scheduler.wait().unwrap().success());
    }

    assert_eq!(field(&server.get("/store/get/ran"), "value"), 1);
}

#[test]
fn about_says_what_is_in_the_store() {
    let application = application();
    let server = application.booted().workers(1).start();
    let _ = server.get("/store/put/tree/ash");

    let about = artisan(&server, &application, &["about", "--only=askr", "--json"]);

    let about: serde_json::Value = serde_json::from_str(&about).unwrap();
    let store = about["askr"]["store"].as_str().unwrap();
    // The other is written while the application boots.
    assert!(store.starts_with("cache 2, "), "{about}");
}

#[test]
fn artisan_finds_a_server_that_was_told_of_no_socket() {
    let application = application();
    let folder = tempfile::tempdir().unwrap();
    let server = application.booted().workers(1);
    let server = server.variable("XDG_RUNTIME_DIR", folder.path()).start();
    let _ = server.get("/store/put/tree/ash");

    let mut command = application.artisan_command(&["store:get", "tree"]);
    let output = command.env("XDG_RUNTIME_DIR", folder.path()).output();

    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), r#"{"kept":"ash"}"#, "{output:?}");
}

#[test]
fn artisan_asks_the_server_where_its_store_is() {
    let application = application();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("elsewhere.sock");
    let server = application.booted().workers(1);
    let server = server.flag("store-socket", &socket).start();
    let _ = server.get("/store/put/tree/ash");

    let said = artisan(&server, &application, &["store:get", "tree"]);

    assert_eq!(said, r#"{"kept":"ash"}"#);
}

#[test]
fn without_a_store_there_is_none_to_be_found() {
    let application = application();
    let server = application.booted().workers(1).flag("store-size", "0");
    let server = server.variable("ASKR_STORE_FALLBACK", "array").start();

    assert_eq!(field(&server.get("/store/put/tree/ash"), "put"), true);
    assert!(
        field(&server.get("/store/get/tree"), "value").is_null(),
        "it was an array"
    );
}

#[test]
fn without_a_server_there_is_one_clear_error() {
    let application = application();

    let output = read_without_server(&application, "");

    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("The askr store cannot be reached"), "{said}");
    assert!(said.contains("php artisan askr:start"), "{said}");
}

#[test]
fn without_a_server_the_store_that_is_named_is_used() {
    let application = application();

    let output = read_without_server(&application, "file");

    assert!(output.status.success(), "{output:?}");
    let put = String::from_utf8(output.stdout).unwrap();
    assert_eq!(put.trim(), json!(true).to_string());
}

fn read_without_server(application: &Application, fallback: &str) -> std::process::Output {
    let mut command = application.artisan_command(&["store:put", "tree", "ash"]);
    let socket = application.path("nobody.sock");
    command.env("ASKR_STORE_SOCKET", socket);
    command.env("ASKR_STORE_FALLBACK", fallback);
    command.output().unwrap()
}
