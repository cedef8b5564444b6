//! `$_SERVER`, entry by entry, against a golden file that shows both servers.
//!
//! `ASKR_WRITE_GOLDEN=1` writes `tests/fixtures/golden/server-variables.txt` anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use askr_testkit::{Client, Fpm, Server, ServerBuilder};

use crate::differences;

/// Entries by name; the values as `variables/index.php` prints them.
type Variables = BTreeMap<String, String>;

#[test]
fn the_servers_variables_are_those_of_the_golden_file() {
    let servers = Servers::start();
    let mut found = String::from(HEADER);
    let mut differing = BTreeSet::new();
    for question in QUESTIONS {
        let seen = servers.ask(question);
        writeln!(found, "\n# {}", question.name).unwrap();
        for name in seen.names() {
            let lines = seen.lines(&name);
            if !lines.starts_with(' ') {
                differing.insert(name);
            }
            found.push_str(&lines);
        }
    }

    let path = fixture("golden/server-variables.txt");
    if std::env::var_os("ASKR_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(golden == found, "{}", first_difference(&golden, &found));
    let documented = differences::variables();
    assert_eq!(documented, differing, "docs/fpm.md lists what differs");
}

/// One request, as bytes: `PORT` stands for the server's.
struct Question {
    name: &'static str,
    request: &'static str,
    v6: bool,
}

const fn ask(name: &'static str, request: &'static str) -> Question {
    Question {
        name,
        request,
        v6: false,
    }
}

const QUESTIONS: &[Question] = &[
    ask(
        "a host with its port",
        "GET /a/b?x=1&y[]=2 HTTP/1.1\r\nHost: shop.test:8080\r\n\r\n",
    ),
    ask(
        "the server's own address as its host",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    ),
    Question {
        name: "an IPv6 host and an IPv6 listener",
        request: "GET / HTTP/1.1\r\nHost: [::1]:PORT\r\n\r\n",
        v6: true,
    },
    ask("HTTP/1.0 without a host", "GET /old HTTP/1.0\r\n\r\n"),
    ask(
        "HTTP/1.0 with a host",
        "GET /old HTTP/1.0\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a target that begins with two slashes",
        "GET //host/a//b HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "encoded bytes in the target",
        "GET /a%2Fb/%C3%A9%20?q=%2F+%26 HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a query that is empty",
        "GET /a? HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a query with a question mark",
        "GET /a?b?c HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a target in absolute form",
        "GET http://other.test:81/a?b=1 HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "the front controller by its name",
        "GET /index.php?x=1 HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a path behind the script",
        "GET /index.php/a%20b/c?x=1 HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a form",
        "POST /form HTTP/1.1\r\nHost: shop.test\r\nContent-Type: \
         application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1",
    ),
    ask(
        "a body in chunks",
        "POST /form HTTP/1.1\r\nHost: shop.test\r\nContent-Type: text/plain\r\n\
         Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    ),
    ask(
        "a body without a type",
        "PUT /form HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nab",
    ),
    ask(
        "an empty body",
        "POST /form HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n",
    ),
    ask(
        "a method of no standard",
        "PURGE /cache HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "basic authentication",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nAuthorization: Basic dXNlcjpwYTpzcw==\r\n\r\n",
    ),
    ask(
        "digest authentication",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nAuthorization: Digest username=\"u\", \
         realm=\"r\"\r\n\r\n",
    ),
    ask(
        "a bearer's token",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nAuthorization: Bearer abc\r\n\r\n",
    ),
    ask(
        "headers that come twice",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Twice: 1\r\nX-Other: 2\r\nx-twice: 3\r\n\
         X-Forwarded-For: 10.0.0.1\r\n\
         X-Forwarded-For: 10.0.0.2\r\n\r\n",
    ),
    ask(
        "cookies in two lines",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
    ),
    ask(
        "bytes that are not ASCII in a header",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Name: J\u{f6}rg \u{2713}\r\n\r\n",
    ),
    ask(
        "names that PHP could confuse",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX_Under: 1\r\nX-Real: 2\r\nX.Dot: 3\r\n\
         X-1: 4\r\n\r\n",
    ),
    ask(
        "a header called Proxy",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nProxy: http://evil.test\r\n\r\n",
    ),
    ask(
        "headers without a value",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Empty:\r\nX-Spaces:   \r\nAccept:\r\n\r\n",
    ),
    ask(
        "space around a value",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Padded:   a  b  \r\n\r\n",
    ),
    ask(
        "what a proxy in front says",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-Proto: https\r\n\
         X-Forwarded-Host: www.shop.test\r\nForwarded: for=10.0.0.1\r\n\r\n",
    ),
    ask(
        "a query that looks like a command line",
        "GET /?a+b+-s HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
    ask(
        "a script beside the front controller",
        "GET /other.php/tail?x=1 HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ),
];

/// What the three servers say of one request.
struct Seen {
    fpm: Variables,
    classic: Variables,
    worker: Variables,
}

impl Seen {
    fn names(&self) -> BTreeSet<String> {
        let all = [&self.fpm, &self.classic, &self.worker];
        all.into_iter().flat_map(|of| of.keys().cloned()).collect()
    }

    /// A line marked with nothing is all three servers'.
    fn lines(&self, name: &str) -> String {
        let by_server = [
            ('-', self.fpm.get(name)),
            ('+', self.classic.get(name)),
            ('*', self.worker.get(name)),
        ];
        let values = by_server.map(|(_, value)| value);
        let [fpm, classic, worker] = values;
        if classic == worker && fpm == classic {
            return format!("  {name} = {}\n", fpm.unwrap());
        }
        let shown = if classic == worker { 2 } else { 3 };
        let mut lines = String::new();
        for (mark, value) in by_server.iter().take(shown) {
            if let Some(value) = value {
                writeln!(lines, "{mark} {name} = {value}").unwrap();
            }
        }
        lines
    }
}

struct Servers {
    fpm: Fpm,
    classic: Server,
    worker: Server,
}

impl Servers {
    fn start() -> Self {
        let root = fixture("php/variables");
        let askr = |builder: ServerBuilder| {
            let builder = builder.root(&root).also_listen("[::1]:0");
            let given = GIVEN.iter();
            given
                .fold(builder, |builder, (name, value)| {
                    builder.variable(name, value)
                })
                .start()
        };
        Self {
            fpm: GIVEN
                .iter()
                .fold(Fpm::over(&root), |builder, (name, value)| {
                    builder.variable(name, value)
                })
                .start(),
            classic: askr(Server::classic()),
            worker: askr(Server::with_script("variables.php")),
        }
    }

    fn ask(&self, question: &Question) -> Seen {
        let at = usize::from(question.v6);
        Seen {
            fpm: variables(question, self.fpm.addresses()[at]),
            classic: variables(question, self.classic.addresses()[at]),
            worker: variables(question, self.worker.addresses()[at]),
        }
    }
}

fn variables(question: &Question, server: SocketAddr) -> Variables {
    let mut client = Client::connect(server);
    let port = server.port().to_string();
    client.send(question.request.replace("PORT", &port));
    let response = client.response();
    assert_eq!(response.status, 200, "{}", question.name);
    let ports = Ports {
        server: server.port(),
        client: client.address().port(),
    };
    let entries = response.text().lines().map(|line| {
        let (name, value) = line.split_once(" = ").unwrap();
        (name.to_owned(), ports.comparable(name, value))
    });
    entries.filter(|(name, _)| !is_inherited(name)).collect()
}

/// Of the test's own environment.
fn is_inherited(name: &str) -> bool {
    let is_shown = GIVEN.iter().any(|(given, _)| *given == name);
    name == "TEST_SERVER_MARK" || (!is_shown && std::env::var_os(name).is_some())
}

struct Ports {
    server: u16,
    client: u16,
}

impl Ports {
    /// The value without what another run would have otherwise.
    fn comparable(&self, name: &str, value: &str) -> String {
        let checkout = fixture("").display().to_string();
        let value = value.replace(&checkout, "…/");
        match name {
            "HTTP_HOST" | "SERVER_PORT" => value.replace(&self.server.to_string(), "PORT"),
            "REMOTE_PORT" => value.replace(&self.client.to_string(), "the client's port"),
            "SERVER_SOFTWARE" => value.split('/').next().unwrap().to_owned() + "/…\"",
            "HOME" | "USER" if !value.contains("outside") => "of the pool's user".to_owned(),
            "REQUEST_ID" | "HTTP_X_REQUEST_ID" if value.len() == 18 => "16 digits".to_owned(),
            "REQUEST_TIME" | "REQUEST_TIME_FLOAT" => without_moment(&value),
            _ => value,
        }
    }
}

/// `float 1700000000.12` is `float now` if that was within the last minute.
fn without_moment(value: &str) -> String {
    let (kind, number) = value.split_once(' ').unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - number.parse::<f64>().unwrap();
    if (0.0..60.0).contains(&age) {
        format!("{kind} now")
    } else {
        value.to_owned()
    }
}

fn first_difference(golden: &str, found: &str) -> String {
    let mut lines = golden.lines().zip(found.lines());
    let first = lines.find(|(golden, found)| golden != found);
    format!("the golden file differs, first in {first:#?}; ASKR_WRITE_GOLDEN=1 writes it anew")
}

fn fixture(path: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    fixtures.canonicalize().unwrap().join(path)
}

/// Given to both servers from outside.
const GIVEN: &[(&str, &str)] = &[
    ("FROM_OUTSIDE", "yes"),
    ("HTTP_FROM_OUTSIDE", "yes"),
    ("HOME", "/outside"),
    ("USER", "outside"),
];

const HEADER: &str = "\
# What $_SERVER holds, request by request. Marks: nothing, the same in all servers;
# - nginx + FPM; + Askr; * Askr in worker mode where that differs from classic mode.
";
