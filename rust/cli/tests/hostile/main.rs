//! Requests that are malformed or hostile, with real PHP behind the server: each has its answer or
//! ends its connection, and none is ever seen by PHP, which counts.

mod frames;
mod http1;
mod http2;
mod line;

use askr_testkit::{Server, ServerBuilder};

/// A server whose one worker counts the requests that reach it.
fn counting() -> ServerBuilder {
    Server::with_script("counter.php").workers(1)
}

/// The requests that PHP has seen, this one among them.
#[track_caller]
fn seen_by_php(server: &Server) -> u64 {
    let answer = server.get("/count");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let digits = text
        .strip_prefix("{\"count\":")
        .and_then(|rest| rest.split(',').next());
    let count = digits.and_then(|digits| digits.parse().ok());
    count.unwrap_or_else(|| panic!("no count in {text}"))
}

/// Runs `attack`, of which PHP is not to see anything, and nobody is to panic.
#[track_caller]
fn unseen(server: &Server, attack: impl FnOnce()) {
    let before = seen_by_php(server);
    attack();
    assert_eq!(seen_by_php(server), before + 1, "something reached PHP");
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}
