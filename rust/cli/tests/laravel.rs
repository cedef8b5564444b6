//! The demo application, served as its users would serve it.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::path::{Path, PathBuf};

use askr_testkit::{Response, Server, ServerBuilder};

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn demo() -> PathBuf {
    let demo = checkout().join("laravel/demo");
    assert!(
        demo.join("vendor/autoload.php").exists(),
        "run `cargo xtask setup` first"
    );
    demo
}

fn demo_with(script: &Path) -> ServerBuilder {
    Server::classic()
        .root(demo().join("public"))
        .variable("ASKR_APP_BASE", demo())
        .flag("worker-script", script)
}

fn booted() -> ServerBuilder {
    demo_with(&checkout().join("laravel/worker.php"))
}

fn cookie(response: &Response) -> String {
    let cookies = response.headers_called("set-cookie");
    let pairs = cookies.iter().filter_map(|cookie| cookie.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

#[test]
fn the_worker_script_of_the_story_runs_unmodified() {
    let server = demo_with(&checkout().join("tests/fixtures/php/worker/seed.php")).start();

    let response = server.get("/json");

    assert_eq!(response.status, 200, "{}", response.text());
    assert!(response.text().contains("\"stack\":\"laravel\""));
}

#[test]
fn every_page_of_the_demo_answers() {
    let server = booted().start();

    for (path, status) in [
        ("/", 200),
        ("/json", 200),
        ("/page", 200),
        ("/form", 200),
        ("/upload", 200),
        ("/download", 200),
        ("/stream", 200),
        ("/slow?ms=1", 200),
        ("/up", 200),
        ("/fail", 500),
        ("/nowhere", 404),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, status, "{path}");
        assert!(!response.body.is_empty(), "{path}");
    }
}

#[test]
fn what_the_application_logs_names_the_request() {
    let worker = booted();
    let classic = Server::classic().root(demo().join("public"));
    for builder in [worker, classic] {
        let server = builder.variable("LOG_CHANNEL", "stderr").start();

        let answer = server.get("/fail");

        let id = answer.header("x-request-id").unwrap();
        server.wait_for_log(&format!("{{\"request_id\":\"{id}\"}}"));
    }
}

#[test]
fn the_application_answers_in_classic_mode_too() {
    let server = Server::classic().root(demo().join("public")).start();

    assert_eq!(server.get("/json").status, 200);
    assert_eq!(server.get("/page").status, 200);
}

#[test]
fn a_session_belongs_to_its_visitor() {
    let server = booted().workers(1).start();
    let mut client = server.client();
    let form = client.get("/form");
    let token = form
        .text()
        .split("name=\"_token\" value=\"")
        .nth(1)
        .unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    let body = format!("_token={token}&name=&height=");
    client.send(format!(
        "POST /form HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nReferer: http://{}/form\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        server.address(),
        cookie(&form),
        server.address(),
        body.len(),
    ));
    let refused = client.response();
    assert_eq!(refused.status, 302, "validation sends the visitor back");

    let stranger = client.get("/form");
    assert!(
        !stranger.text().contains("required"),
        "errors of another visitor are shown"
    );
    client.send(format!(
        "GET /form HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
        server.address(),
        cookie(&refused),
    ));
    assert!(
        client.response().text().contains("required"),
        "the visitor sees the errors"
    );
}

#[test]
fn a_form_without_its_token_is_refused() {
    let server = booted().start();

    let response = server.client().post("/form", "name=x");

    assert_eq!(response.status, 419);
}
