//! Workers, and single requests, that are copies of one booted Laravel application: what they share
//! and what they must not.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod connections;
mod deploy;
mod drawn;
mod warm;

use askr_testkit::{Application, Response, Server, ServerBuilder};

/// The ways to serve copies of `application`.
fn ways(application: &Application) -> [(&'static str, ServerBuilder); 2] {
    [
        ("cow", application.booted().cow().workers(2)),
        ("fork", application.booted().isolation("fork").workers(2)),
    ]
}

/// A file of routes, which is read while the application boots.
fn routes(code: &str) -> String {
    format!(
        "<?php\n\nuse Askr\\Laravel\\Events\\TemplateForking;\nuse Askr\\Laravel\\Events\\WorkerForked;\n\
         use Illuminate\\Support\\Facades\\DB;\nuse Illuminate\\Support\\Facades\\Event;\n\
         use Illuminate\\Support\\Facades\\Route;\nuse Illuminate\\Support\\Str;\n\n{code}"
    )
}

/// Two requests at the same time, so that one worker alone does not take both.
#[track_caller]
fn ask_both(server: &Server, target: &str) -> [Response; 2] {
    let mut clients = [server.client(), server.client()];
    for client in &mut clients {
        client.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
    }
    clients.map(|mut client| {
        let response = client.response();
        assert_eq!(response.status, 200, "{}", response.text());
        response
    })
}
