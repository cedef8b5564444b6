//! Workers of fork isolation are put back to their birth: no request finds what another has left.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod chance;
mod originals;
mod state;

use askr_testkit::{Server, ServerBuilder};
use rustix::process::Pid;
use serde_json::Value;

fn server(script: &str, workers: u16) -> ServerBuilder {
    let server = Server::with_script(script).isolation("fork");
    server.workers(workers)
}

#[track_caller]
fn json(server: &Server, target: &str) -> Value {
    let response = server.get(target);
    assert_eq!(response.status, 200, "{target}: {}", response.text());
    serde_json::from_str(response.text()).unwrap()
}

fn pid_of(said: &Value) -> Pid {
    let pid = i32::try_from(said["pid"].as_i64().unwrap()).unwrap();
    Pid::from_raw(pid).unwrap()
}
