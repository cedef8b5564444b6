//! Limits: who is answered 429, before PHP is woken, and what the connection is good for then.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use askr_gateway::{LimitRule, LimitTally};
use askr_store::{Clock, Namespace, Rate, Sizes, Store};
use askr_testkit::{Client, Response};

use crate::server::{Server, Setup};

/// A store whose time stands still unless it is moved.
struct Counted {
    now_ms: Arc<AtomicU64>,
    store: Arc<Store>,
}

impl Counted {
    fn new() -> Counted {
        let now_ms = Arc::new(AtomicU64::new(1_000_000));
        let sizes = Sizes {
            namespaces: [64 * 1024; 5],
            value_max: 1024,
        };
        let store = Store::create(&sizes).unwrap();
        let store = store.with_clock(Clock::Manual(now_ms.clone()));
        Counted {
            now_ms,
            store: Arc::new(store),
        }
    }

    fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap();
        self.now_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// How many clients have taken tokens.
    fn clients(&self) -> u64 {
        self.store.statistics(Namespace::Limits).entries
    }
}

/// `name paths key tokens/seconds burst`, as the option has it.
fn rule(
    name: &str,
    paths: &[&str],
    key: &str,
    (tokens, seconds, burst): (u32, u64, u32),
) -> LimitRule {
    LimitRule {
        name: name.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        key: key.parse().unwrap(),
        rate: Rate {
            tokens,
            period: Duration::from_secs(seconds),
            burst,
        },
    }
}

fn setup(rules: Vec<LimitRule>) -> (Counted, Setup) {
    let counted = Counted::new();
    let setup = Setup::new().limiting(counted.store.clone(), rules);
    (counted, setup)
}

/// A server with one rule for `/login`, of `burst` requests at once and one more every 10 seconds.
fn login(burst: u32) -> (Counted, Server) {
    let (counted, setup) = setup(vec![rule("login", &["/login"], "address", (6, 60, burst))]);
    (counted, setup.start())
}

fn seconds(response: &Response, name: &str) -> u64 {
    let value = response.header(name).expect("the field is there");
    value.parse().expect("it is a number of seconds")
}

fn ask(client: &mut Client, target: &str, fields: &str) -> Response {
    client.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    client.response()
}

#[test]
fn of_a_hundred_clients_at_once_exactly_the_burst_passes() {
    let (_, server) = login(10);
    let worker = server.worker_saying("hello");
    let start = Arc::new(Barrier::new(100));
    let clients: Vec<_> = (0..100)
        .map(|_| {
            let mut client = server.client();
            let start = start.clone();
            thread::spawn(move || {
                start.wait();
                client.get("/login").status
            })
        })
        .collect();
    let statuses: Vec<u16> = clients.into_iter().map(|it| it.join().unwrap()).collect();
    let count = |status| statuses.iter().filter(|&&it| it == status).count();
    assert_eq!((count(200), count(429)), (10, 90));
    assert_eq!(worker.taken(), 10);
    let tally = LimitTally {
        name: "login".to_owned(),
        passed: 10,
        refused: 90,
        uncounted: 0,
    };
    assert_eq!(server.limit_counts().now(), [tally]);
}

#[test]
fn a_refusal_says_which_limit_and_until_when() {
    let (_, server) = login(2);
    let _worker = server.worker_saying("hello");
    let mut client = server.client();

    let first = client.get("/login");
    assert_eq!(first.header("ratelimit-policy"), Some("\"login\";q=2;w=20"));
    assert_eq!(first.header("ratelimit"), Some("\"login\";r=1;t=10"));
    assert_eq!(first.header("retry-after"), None);
    let second = client.get("/login");
    assert_eq!(second.header("ratelimit"), Some("\"login\";r=0;t=10"));

    let refused = client.get("/login");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("10"));
    assert_eq!(refused.header("ratelimit"), Some("\"login\";r=0;t=10"));
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"login\";q=2;w=20")
    );
    assert_eq!(
        refused.text(),
        "429 too many requests (limit login); the next may come in 10 s\n"
    );
    assert_eq!(refused.header("connection"), None);

    let other = client.get("/");
    assert_eq!(other.text(), "hello");
    assert_eq!(other.header("ratelimit"), None);
}

#[test]
fn who_comes_again_when_told_to_passes_once() {
    let (counted, server) = login(3);
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    for _ in 0..3 {
        assert_eq!(client.get("/login").status, 200);
    }
    for _ in 0..5 {
        let refused = client.get("/login");
        assert_eq!(refused.status, 429);
        let wait = Duration::from_secs(seconds(&refused, "retry-after"));
        counted.advance(wait.saturating_sub(Duration::from_millis(1)));
        assert_eq!(client.get("/login").status, 429, "a millisecond before");
        counted.advance(Duration::from_millis(1));
        assert_eq!(client.get("/login").status, 200, "then");
        assert_eq!(client.get("/login").status, 429, "and one more");
    }
    counted.advance(Duration::from_secs(30));
    for expected in [200, 200, 200, 429] {
        assert_eq!(client.get("/login").status, expected);
    }
}

#[test]
fn no_spelling_of_a_path_gets_around_its_limit() {
    let (_, server) = login(1);
    let worker = server.worker_saying("hello");
    let mut client = server.client();
    assert_eq!(client.get("/login").status, 200);
    for target in [
        "/login",
        "/login/",
        "//login",
        "/./login",
        "/%6cogin",
        "/%6Cog%69n",
        "/%2flogin",
        "/login%2f",
        "/index.php/login",
        "/index.php//login",
        "//index.php/login",
        "/index.phplogin",
        "/%69ndex.php%6Cogin",
        "/index.php%2Flogin",
        "/login?a=b",
        "/login/./x",
        "/login/x",
        "http://elsewhere/login",
    ] {
        assert_eq!(client.get(target).status, 429, "{target}");
    }
    assert_eq!(worker.taken(), 1);
    for target in ["/logins", "/Login", "/x/login", "/"] {
        assert_eq!(client.get(target).status, 200, "{target}");
    }
    // What is no path is not counted, and not answered by PHP either.
    for target in ["/x/../login", "/login%00", "/login%zz"] {
        assert_eq!(client.get(target).status, 400, "{target}");
    }
}

#[test]
fn every_method_counts_and_each_is_answered_its_way() {
    let (_, server) = login(3);
    let worker = server.worker_saying("hello");
    let mut client = server.client();
    client.send("HEAD /login HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        client.head_response().header("ratelimit"),
        Some("\"login\";r=2;t=10")
    );
    client.send("OPTIONS /login HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    assert_eq!(client.post("/login", "name=a").status, 200);

    client.send("HEAD /login HTTP/1.1\r\nHost: a\r\n\r\n");
    let refused = client.head_response();
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("10"));
    client.send("OPTIONS /login HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 429);
    assert_eq!(client.get("/login").status, 429);
    assert_eq!(worker.taken(), 3);
    assert_eq!(client.get("/").text(), "hello");
}

#[test]
fn a_small_body_does_not_cost_the_connection() {
    let (_, server) = login(1);
    let _worker = server.worker_echoing();
    let mut client = server.client();
    assert_eq!(client.post("/login", "a").text(), "a");
    for body in ["", "b", &"c".repeat(60_000)] {
        let refused = client.post("/login", body);
        assert_eq!((refused.status, refused.header("connection")), (429, None));
    }
    assert_eq!(client.post("/", "d").text(), "d");

    // Two at once, of which one is refused.
    client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\ne");
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nf");
    assert_eq!(client.response().status, 429);
    assert_eq!(client.response().text(), "f");
}

#[test]
fn a_large_upload_is_refused_before_it_is_sent() {
    let (_, server) = login(1);
    let worker = server.worker_saying("hello");
    assert_eq!(server.client().get("/login").status, 200);
    for head in [
        "Content-Length: 1000000\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
    ] {
        let mut client = server.client();
        client.send(format!("POST /login HTTP/1.1\r\nHost: a\r\n{head}\r\n"));
        let refused = client.response();
        assert_eq!(refused.status, 429, "{head}");
        assert_eq!(refused.header("connection"), Some("close"), "{head}");
        client.finish();
        client.closed();
    }
    assert_eq!(worker.taken(), 1);
}

#[test]
fn a_client_that_keeps_sending_still_reads_its_429() {
    let (_, server) = login(1);
    let _worker = server.worker_saying("hello");
    assert_eq!(server.client().get("/login").status, 200);
    let mut client = server.client();
    client.send("POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    let _ = client.try_send(vec![b'a'; 500_000]);
    assert_eq!(client.response().status, 429);
}

#[test]
fn a_refused_request_does_not_wait_for_a_worker() {
    let (_, setup) = setup(vec![rule("all", &[], "address", (1, 60, 1))]);
    let server = setup.queue(|pool| pool.queue_waiting = 0).start();
    let mut waiting = server.client();
    waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // Nobody runs PHP: what is answered now was not handed to it.
    askr_testkit::eventually("it is counted", || {
        server.limit_counts().now()[0].passed == 1
    });
    assert_eq!(server.client().get("/").status, 429);
    let _worker = server.worker_saying("hello");
    assert_eq!(waiting.response().text(), "hello");
}

#[test]
fn clients_are_told_apart_by_header() {
    let (counted, setup) = setup(vec![rule("api", &["/api"], "header:X-Api-Key", (1, 60, 1))]);
    let server = setup.start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let table = [
        ("X-Api-Key: one\r\n", 200),
        ("X-Api-Key: one\r\n", 429),
        ("x-api-KEY:   one  \r\n", 429),
        ("X-Api-Key: two\r\n", 200),
        // Without one the address counts.
        ("", 200),
        ("X-Api-Key:\r\n", 429),
        ("X-Api-Keys: three\r\n", 429),
    ];
    for (fields, status) in table {
        assert_eq!(ask(&mut client, "/api", fields).status, status, "{fields}");
    }
    assert_eq!(counted.clients(), 3);
}

#[test]
fn clients_are_told_apart_by_cookie() {
    let (_, setup) = setup(vec![rule("all", &[], "cookie:id", (1, 60, 1))]);
    let server = setup.start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let table = [
        ("Cookie: id=one\r\n", 200),
        ("Cookie: a=b; id=%6fne\r\n", 429),
        ("Cookie: a=b\r\nCookie: id=one; id=other\r\n", 429),
        ("Cookie: id=two\r\n", 200),
        ("Cookie: a=b\r\n", 200),
        ("", 429),
    ];
    for (fields, status) in table {
        assert_eq!(ask(&mut client, "/", fields).status, status, "{fields}");
    }
}

#[test]
fn hostile_values_are_only_values() {
    let rules = vec![
        rule("key", &["/api"], "header:X-Api-Key", (1, 60, 1)),
        rule("id", &["/app"], "cookie:id", (1, 60, 1)),
    ];
    let (counted, setup) = setup(rules);
    let server = setup.start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let long = "x".repeat(20_000);
    let values = [
        long.as_str(),
        "\"; DROP TABLE",
        "a,b,c,,,",
        "%00%ff%zz%",
        "\u{e9}\u{fffd}",
        "=;=;",
        "\t \t.",
    ];
    for (index, value) in values.iter().enumerate() {
        let api = format!("X-Api-Key: {value}\r\n");
        for status in [200, 429] {
            let response = ask(&mut client, "/api", &api);
            assert_eq!(response.status, status, "{index}");
            let told = response.header("ratelimit");
            assert_eq!(told, Some("\"key\";r=0;t=60"), "{index}");
        }
        let cookie = format!("Cookie: id=c{index}{value}\r\n");
        for status in [200, 429] {
            assert_eq!(ask(&mut client, "/app", &cookie).status, status, "{index}");
        }
    }
    assert_eq!(counted.clients(), 2 * values.len() as u64);
}

#[test]
fn several_limits_are_told_together_and_the_first_that_refuses_answers() {
    let (counted, setup) = setup(vec![
        rule("all", &[], "address", (1, 1, 4)),
        rule("login", &["/login"], "address", (1, 60, 2)),
    ]);
    let server = setup.start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    let passed = client.get("/login");
    assert_eq!(
        passed.header("ratelimit-policy"),
        Some("\"login\";q=2;w=120, \"all\";q=4;w=4")
    );
    assert_eq!(
        passed.header("ratelimit"),
        Some("\"login\";r=1;t=60, \"all\";r=3;t=1")
    );
    assert_eq!(client.get("/login").status, 200);
    for _ in 0..20 {
        let refused = client.get("/login");
        assert_eq!(refused.header("ratelimit"), Some("\"login\";r=0;t=60"));
    }
    for expected in [200, 200, 429] {
        assert_eq!(client.get("/").status, expected);
    }
    counted.advance(Duration::from_secs(60));
    assert_eq!(client.get("/login").status, 200);
}

#[test]
fn files_and_own_endpoints_count_where_a_path_names_them() {
    let (_, setup) = setup(vec![
        rule("all", &[], "address", (1, 60, 1)),
        rule("films", &["/films", "/askr/ready"], "address", (1, 60, 2)),
    ]);
    let server = setup.file("films/a.txt", "film").file("b.txt", "b").start();
    let _worker = server.worker_saying("hello");
    let mut client = server.client();
    for _ in 0..5 {
        assert_eq!(client.get("/b.txt").text(), "b");
        assert_eq!(client.get("/askr/health").status, 200);
    }
    let film = client.get("/films/a.txt");
    assert_eq!(
        (film.text(), film.header("ratelimit")),
        ("film", Some("\"films\";r=1;t=60"))
    );
    assert_eq!(client.get("/askr/ready").status, 200);
    for target in [
        "/films/a.txt",
        "/films//%61.txt",
        "/films",
        "/askr/ready",
        "/films/none",
    ] {
        assert_eq!(client.get(target).status, 429, "{target}");
    }
    assert_eq!(client.get("/").text(), "hello");
    assert_eq!(client.get("/").status, 429);
}

#[test]
fn the_limits_of_the_application_are_told_beside_those_of_the_server() {
    let (_, setup) = setup(vec![rule("all", &[], "address", (1, 60, 9))]);
    let server = setup.start();
    let _worker = server.worker(|job, _| {
        let own = [("RateLimit", "\"own\";r=7")];
        askr_testkit::reply(job.take().unwrap(), 200, &own, b"").unwrap();
        askr_testkit::After::Next
    });
    let response = server.client().get("/");
    let told = response
        .headers
        .iter()
        .filter(|(name, _)| name == "ratelimit");
    let told: Vec<&str> = told.map(|(_, value)| value.as_str()).collect();
    assert_eq!(told, ["\"own\";r=7", "\"all\";r=8;t=60"]);
}
