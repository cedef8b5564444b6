//! The store that all processes of a Laravel application share: its workers, however they are
//! made, and artisan outside.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod limits;
mod locks;
mod outside;
mod sessions;
mod workers;

use std::thread;

use askr_testkit::{Application, Response, Server};

/// The application with routes and commands that use the store.
fn application() -> Application {
    let application = Application::copy();
    let routes = include_str!("../../../../tests/fixtures/laravel/store-routes.php");
    application.write("routes/store.php", routes);
    application
}

/// Runs artisan outside the server; what it prints.
#[track_caller]
fn artisan(server: &Server, application: &Application, words: &[&str]) -> String {
    let output = server.artisan_command(application, words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What a field of an answer holds, as JSON.
#[track_caller]
fn field(response: &Response, name: &str) -> serde_json::Value {
    assert_eq!(response.status, 200, "{}", response.text());
    let fields: serde_json::Value = serde_json::from_str(response.text()).unwrap();
    fields[name].clone()
}

/// Sends all requests before it waits for any answer.
fn ask_at_once(server: &Server, targets: &[String], cookies: &str) -> Vec<Response> {
    let ask = |target: &String| {
        let mut client = server.client();
        client.send(format!(
            "GET {target} HTTP/1.1\r\nHost: test\r\nCookie: {cookies}\r\n\r\n"
        ));
        client.response()
    };
    thread::scope(|scope| {
        let asked: Vec<_> = targets
            .iter()
            .map(|target| scope.spawn(move || ask(target)))
            .collect();
        let answered = asked.into_iter().map(|client| client.join().unwrap());
        answered.collect()
    })
}
