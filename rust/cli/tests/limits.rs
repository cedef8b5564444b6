//! Limits of a whole server: counted once for all workers and generations, in every spelling.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};
use std::thread;

use askr_testkit::{Releases, Response, Server};

/// How many of the answers have this status.
fn count(answers: &[Response], status: u16) -> usize {
    let same = answers.iter().filter(|answer| answer.status == status);
    same.count()
}

/// Each asks once, on a connection of its own, all at the same moment.
fn at_once(server: &Server, clients: usize, target: &'static str) -> Vec<Response> {
    let start = Arc::new(Barrier::new(clients));
    let ask = |_| {
        let (mut client, start) = (server.client(), start.clone());
        thread::spawn(move || {
            start.wait();
            client.get(target)
        })
    };
    let asking: Vec<_> = (0..clients).map(ask).collect();
    let answers = asking.into_iter().map(|it| it.join().expect("it answers"));
    answers.collect()
}

#[test]
fn of_a_hundred_clients_at_once_exactly_the_burst_passes() {
    let releases = Releases::new(&["one"]);
    let server = releases
        .server()
        .workers(2)
        .flag("limit", "login paths=/login rate=1/24h burst=10")
        .start();

    let answers = at_once(&server, 100, "/login");

    assert_eq!((count(&answers, 200), count(&answers, 429)), (10, 90));
    let refused = server.get("/login");
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"login\";q=10;w=864000")
    );
    let wait = refused.header("retry-after").and_then(|it| it.parse().ok());
    assert!(
        wait.is_some_and(|seconds: u32| (86_000..=86_400).contains(&seconds)),
        "{wait:?}"
    );
    assert_eq!(server.get("/").text(), "one");
    let status: serde_json::Value = serde_json::from_str(&server.status()).expect("JSON");
    let login = serde_json::json!({"name": "login", "passed": 10, "refused": 91, "uncounted": 0});
    assert_eq!(status["store"]["limits"], serde_json::json!([login]));
}

#[test]
fn a_reload_gives_nobody_new_tokens() {
    let releases = Releases::new(&["one", "two"]);
    let server = releases
        .server()
        .flag("canary-window", "0")
        .flag("limit", "all rate=1/24h burst=3")
        .start();
    for _ in 0..3 {
        assert_eq!(server.get("/").text(), "one");
    }
    releases.switch_to("two");
    server.reload();
    assert_eq!(server.get("/").status, 429);
}

/// What may stand before and behind the name of a route, between slashes or not.
const PIECES: &[&str] = &[
    "",
    "/",
    "//",
    "/.",
    "/./",
    "/..",
    "/x/..",
    ".",
    "..",
    ";",
    ";a=b",
    ":",
    "@",
    ",",
    "*",
    "~",
    "+",
    "?",
    "??",
    "&",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "%20",
    "%09",
    "%0a",
    "%0d",
    "%2e",
    "%2e%2e",
    "%3f",
    "%3b",
    "%23",
    "%25",
    "%ff",
    "%c0%af",
    "/index.php",
    "/index.php/",
    "index.php",
    "//index.php/",
    "/index.php//",
    "/index.php%2f",
    "/%69ndex.php",
    "/INDEX.PHP",
    "/index.php.",
    "/index.php;",
    "/index.phpindex.php/",
    "/index.php/index.php/",
    "/public/",
    "/index.php?",
];

#[test]
fn no_spelling_that_laravel_takes_for_a_path_escapes_its_limit() {
    let server = Server::laravel()
        .workers(1)
        .flag("limit", "one paths=/json rate=1000000/1s")
        .start();
    let (mut answered, mut escaped) = (0, Vec::new());
    let mut client = server.client();
    for before in PIECES {
        for behind in PIECES {
            for name in ["json", "/%6aso%6e"] {
                let target = format!("{before}{name}{behind}");
                let target = if target.starts_with('/') {
                    target
                } else {
                    format!("/{target}")
                };
                let Ok(answer) = client.try_get(&target) else {
                    client = server.client();
                    continue;
                };
                if answer.text().contains("\"path\":") {
                    answered += 1;
                    if answer.header("ratelimit").is_none() {
                        escaped.push(target);
                    }
                }
            }
        }
    }
    assert!(escaped.is_empty(), "{escaped:?}");
    assert!(answered > 25, "only {answered} were the route");
}

/// Fields of which PHP takes some for the same value, and some for none.
const COOKIES: &[&str] = &[
    "plain=one",
    " plain=one",
    "plain=one;",
    "plain=%6fne",
    "plain=%6F%6e%65",
    "pl%61in=one",
    "plain=one ",
    "plain= one",
    "plain=\"one\"",
    "plain=one,",
    "plain=one+",
    "plain=one%20",
    "a=b; plain=one",
    "a=b;plain=one; c",
    "a=b, plain=one",
    "plain=two; plain=one",
    "plain =one",
    "plain=one; plain=two",
    "PLAIN=one",
    "plain",
    "plain=",
    "=one",
    "; ;plain=one",
    "plain;=one",
    "plain==one",
    "plain=one=",
    "plain[]=one",
    "plain[a]=one; plain=two",
    "plain.=one",
    ".plain=one",
    "_plain=one",
    "plain=%zzone",
    "plain=%",
    "plain=one%",
    "plain=%00one",
    "\tplain=one",
    "a=\"; plain=one; \"",
    "plain=one\r\nCookie: plain=two",
    "a=b\r\nCookie: plain=one",
    "plain=one\r\ncookie: plain=one",
    "plain=%C3%A9",
    "plain=\u{e9}",
    "__Host-plain=one",
];

const MARKERS: &[&str] = &[
    "one",
    " one",
    "one ",
    "\tone\t",
    "One",
    "on e",
    "\"one\"",
    "",
    " ",
    "one,two",
    "one, two",
    "one\r\nX-Marker: two",
    "two\r\nX-Marker: one",
    "one\r\nX-Marker: one",
    "one, one",
    "one\r\nX_Marker: two",
    "one\r\nX-Marker:",
    "\r\nX-Marker: one",
    "%6fne",
    "\u{e9}",
];

/// Asks with each of the fields, and gives what each bucket was called by PHP: as many values as
/// PHP saw must be as many buckets.
#[track_caller]
fn check_buckets(server: &Server, field: &str, values: &[&str], shown: &str) {
    let mut tokens: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for value in values {
        let mut client = server.client();
        client.send(format!(
            "GET /open/echo HTTP/1.1\r\nHost: a\r\n{field}:{value}\r\n\r\n"
        ));
        let answer = client.response();
        let left = answer
            .header("ratelimit")
            .and_then(|it| it.split_once(";r=")?.1.split_once(';'));
        let left = left
            .and_then(|(left, _)| left.parse().ok())
            .expect("it was counted");
        let echoed: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        // Nothing, an empty value and an array are no client of their own.
        let seen = match &echoed[shown] {
            serde_json::Value::String(text) => text.clone(),
            _ => String::new(),
        };
        tokens.entry(seen).or_default().push(left);
    }
    for (seen, left) in &tokens {
        let expected: Vec<u32> = (0..100).rev().take(left.len()).collect();
        assert_eq!(left, &expected, "{seen:?} of {tokens:?}");
    }
    assert!(tokens.len() > 4, "{tokens:?}");
}

#[test]
fn clients_are_the_cookies_that_php_sees() {
    let server = Server::laravel()
        .workers(1)
        .flag(
            "limit",
            "cookie paths=/open key=cookie:plain rate=1/1h burst=100",
        )
        .start();
    check_buckets(&server, "Cookie", COOKIES, "cookie");
}

#[test]
fn clients_are_the_headers_that_php_sees() {
    let server = Server::laravel()
        .workers(1)
        .flag(
            "limit",
            "marker paths=/open key=header:X-Marker rate=1/1h burst=100",
        )
        .start();
    check_buckets(&server, "X-Marker", MARKERS, "header");
}
