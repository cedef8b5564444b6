//! What PHP prints and the headers it sets, on their way to the client.

use crate::case::{Ask, Case};
use crate::compare::check;

const HEADERS: &[&str] = &[
    "two-lines",
    "bare-line-feed",
    "nul",
    "other-case",
    "twice",
    "spaces",
    "empty",
    "latin",
    "status-line",
    "status-line-of-http-2",
    "status-line-and-code",
    "status",
    "code",
    "response-code",
    "location",
    "location-created",
    "location-after-code",
    "location-absolute",
    "authenticate",
    "remove",
    "remove-all",
    "type",
    "type-with-charset",
    "type-of-json",
    "type-removed",
    "type-empty",
    "charset",
    "cookies",
    "connection",
    "date",
    "server",
    "cache",
    "callback",
    "callback-that-removes",
    "callback-twice",
];

const OUTPUT: &[&str] = &[
    "echo",
    "nothing",
    "buffers-left-open",
    "buffer-thrown-away",
    "buffer-that-drops",
    "buffer-in-pieces",
    "buffer-flushed",
    "levels",
    "implicit-flush",
    "flush",
    "sent",
    "header-after-flush",
    "stream",
    "file",
    "program",
    "shutdown",
    "rewritten",
    "length",
    "length-too-short",
    "length-too-short-streamed",
    "length-twice",
    "no-content",
    "not-modified",
    "reset-content",
    "large",
    "large-in-pieces",
    "large-flushed",
    "binary",
];

fn ask(method: &'static str, by: &str) -> Ask {
    Ask::new(method, &format!("/output.php?by={by}"))
}

#[test]
fn headers_reach_the_client_alike() {
    let get = |set: &&'static str| Case::get(set, &format!("/set-headers.php?set={set}"));
    let mut cases: Vec<Case> = HEADERS.iter().map(get).collect();
    cases.push(get(&"trailer").differs("`Trailer`"));
    check(&cases);
}

#[test]
fn output_reaches_the_client_alike() {
    let ways = |method| move |by: &&'static str| Case::new(by, ask(method, by));
    let cases = OUTPUT.iter().map(ways("GET"));
    let heads = OUTPUT.iter().map(ways("HEAD"));
    check(&cases.chain(heads).collect::<Vec<_>>());
}

#[test]
fn settings_of_the_output_work_alike() {
    let settings = [
        ("zlib.output_compression", "1"),
        ("output_handler", "ob_gzhandler"),
        ("output_buffering", "16"),
        ("output_buffering", "0"),
        ("implicit_flush", "1"),
    ];
    let ways = [
        "echo",
        "nothing",
        "flush",
        "buffers-left-open",
        "levels",
        "sent",
        "length",
        "no-content",
        "large",
        "large-flushed",
    ];
    let mut cases = Vec::new();
    for (key, value) in settings {
        for (way, method) in ways.iter().flat_map(|way| [(way, "GET"), (way, "HEAD")]) {
            let plain = ask(method, way);
            let zipped = plain.clone().header("Accept-Encoding", "gzip");
            cases.push(Case::new(way, plain).then(zipped).ini(key, value));
        }
    }
    check(&cases);
}
