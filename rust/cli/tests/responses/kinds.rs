//! Whole responses of every kind, all on one worker, forth and back.

use std::fs;

use askr_testkit::{Response, eventually};

use crate::ask::Ask;
use crate::peers::{Peers, SHOWN_BYTES};
use crate::visitor::comparable;

/// What a body has to be.
enum Body {
    Is(Vec<u8>),
    Has(&'static str),
}

/// A request, and what is certain about its answer.
struct Kind {
    ask: Ask,
    since: u32,
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Body,
}

impl Kind {
    fn new(ask: Ask, status: u16, body: Body) -> Self {
        Self {
            ask,
            since: 10,
            status,
            headers: Vec::new(),
            body,
        }
    }

    fn get(target: &str, status: u16, body: Body) -> Self {
        Self::new(Ask::get(target), status, body)
    }

    fn text(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::get(target, 200, Body::Is(body.into()))
    }

    /// With this header, perhaps among others of the name.
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Known to Laravel from this version on.
    fn since(mut self, version: u32) -> Self {
        self.since = version;
        self
    }

    #[track_caller]
    fn assert_is(&self, response: &Response) {
        let asked = &self.ask;
        let shown = &response.body[..response.body.len().min(SHOWN_BYTES)];
        let shown = String::from_utf8_lossy(shown);
        assert_eq!(response.status, self.status, "{asked:?}: {shown}");
        for (name, value) in &self.headers {
            let values = response.headers_called(name);
            // Symfony changed the case of `utf-8`.
            let has = values.iter().any(|other| other.eq_ignore_ascii_case(value));
            assert!(has, "{asked:?} {name}: {values:?}");
        }
        match &self.body {
            Body::Is(body) => {
                assert_eq!(response.body.len(), body.len(), "{asked:?}: {shown}");
                assert!(response.body == *body, "{asked:?}: {shown}");
            }
            Body::Has(text) => assert!(response.text().contains(text), "{asked:?}: {shown}"),
        }
    }
}

#[test]
fn every_kind_of_response_is_what_it_is_under_fpm() {
    let mut kinds = texts();
    kinds.extend(heads());
    kinds.extend(pages());
    kinds.extend(oddities());
    assert_alike(&kinds);
}

#[test]
fn files_and_streams_arrive_whole() {
    let mut kinds = files();
    kinds.extend(streams());
    let peers = assert_alike(&kinds);
    let once = peers.application.path("storage/app/once.bin");
    eventually("a file that was to be sent once is gone", || !once.exists());
}

/// Asks all three servers, the one worker for the heads, too, and again in the opposite order.
#[track_caller]
fn assert_alike(kinds: &[Kind]) -> Peers {
    let peers = Peers::start();
    fs::write(peers.application.path("storage/app/blob.bin"), blob()).unwrap();
    peers.application.write("storage/app/empty.txt", "");
    let laravel = peers.laravel();
    let mut visitors = peers.visitors();
    let mut answers = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.since <= laravel) {
        let answer = visitors.ask(&kind.ask);
        kind.assert_is(&answer);
        // Laravel knows neither ranges nor tags of a HEAD.
        if kind.ask.is_get() && kind.status != 206 && answer.header("etag").is_none() {
            let head = visitors.of_worker_mode().ask(&kind.ask.head());
            let (head, whole) = (comparable(&head), comparable(&answer));
            assert_eq!((head.0, head.1), (whole.0, whole.1), "{:?}", kind.ask);
        }
        answers.push((kind, answer));
    }
    let again = visitors.of_worker_mode();
    for (kind, before) in answers.iter().rev() {
        let after = again.ask(&kind.ask);
        kind.assert_is(&after);
        assert!(comparable(&after) == comparable(before), "{:?}", kind.ask);
    }
    peers
}

fn texts() -> Vec<Kind> {
    let html = ("content-type", "text/html; charset=utf-8");
    let escaped = concat!(
        r#"{"text":"Gr\u00fc\u00dfe, \u4e16\u754c \ud83d\udc4b","#,
        r#""html":"<b>&\"'","float":0.1}"#
    );
    vec![
        Kind::text("/responses/text", "text").with(html.0, html.1),
        Kind::text("/responses/folder", "public"),
        Kind::text("/responses/json", escaped).with("content-type", "application/json"),
        Kind::text(
            "/responses/json/plain",
            r#"{"text":"Grüße, 世界 👋","path":"/a/b"}"#,
        ),
        Kind::text("/responses/jsonp", "/**/call({\"a\":1});")
            .with("content-type", "text/javascript; charset=utf-8"),
        Kind::text("/responses/empty", "").with(html.0, html.1),
        Kind::get("/responses/nothing", 204, Body::Is(Vec::new())),
        Kind::text("/responses/large", "0123456789abcdef".repeat(1 << 20))
            .with("content-type", "text/plain; charset=utf-8"),
        Kind::text("/responses/macro?word=hey", "HEY"),
        Kind::get("/responses/view", 200, Body::Has("Größe &amp; &lt;b&gt;")),
        Kind::get("/responses/status/201", 201, Body::Is(b"status 201".into())),
        Kind::get("/responses/status/418", 418, Body::Is(b"status 418".into())),
        Kind::get("/responses/status/599", 599, Body::Is(b"status 599".into())),
        Kind::get("/responses/status/204", 204, Body::Is(Vec::new())),
        Kind::get("/responses/status/304", 304, Body::Is(Vec::new())),
    ]
}

fn heads() -> Vec<Kind> {
    // Of Laravel 13, and of Laravel 10.
    let etag = r#""98fec6a2ad8aa7e83017fe9a28358b5d", "dad21dc71cce603df1219b730563ea2f""#;
    let cors = |method, origin| Ask::new(method, "/cors/answer").header("Origin", origin);
    vec![
        Kind::text("/responses/headers", "headers")
            .with("x-one", "1")
            .with("x-twice", "a")
            .with("x-twice", "b")
            .with("x-empty", "")
            .with("content-language", "de"),
        Kind::text("/responses/cookies", "cookies")
            .with("set-cookie", "plain=p; path=/; httponly; samesite=lax"),
        Kind::text(
            "/responses/cookies/read",
            r#"{"queued":"q","attached":"\u00e4; =","plain":"p"}"#,
        ),
        Kind::text("/responses/cached", "cached text").with("cache-control", "max-age=60, public"),
        Kind::new(
            Ask::get("/responses/cached").header("If-None-Match", etag),
            304,
            Body::Is(Vec::new()),
        ),
        Kind::get("/responses/redirect", 302, Body::Has("Redirecting to"))
            .with("location", "http://fixture.test/responses/text"),
        Kind::get("/responses/redirect/away", 307, Body::Has("Redirecting to")),
        Kind::new(
            cors("GET", "http://friend.test"),
            200,
            Body::Is(b"shared".into()),
        )
        .with("access-control-allow-origin", "http://friend.test")
        .with("access-control-expose-headers", "X-Kind"),
        Kind::new(
            cors("GET", "http://foe.test"),
            200,
            Body::Is(b"shared".into()),
        ),
        Kind::new(
            cors("OPTIONS", "http://friend.test").header("Access-Control-Request-Method", "PUT"),
            204,
            Body::Is(Vec::new()),
        )
        .with("access-control-max-age", "60"),
    ]
}

fn pages() -> Vec<Kind> {
    let json = |target| Ask::get(target).wants_json();
    let message = |text: &str| Body::Is(format!("{{\n    \"message\": \"{text}\"\n}}").into());
    vec![
        Kind::get("/responses/abort/403", 403, Body::Has("Forbidden")),
        Kind::get("/responses/abort/404", 404, Body::Has("Not Found")),
        Kind::get("/responses/abort/500", 500, Body::Has("Server Error")),
        Kind::get("/nowhere", 404, Body::Has("Not Found")),
        Kind::get(
            "/responses/abort-with-headers",
            429,
            Body::Has("Too Many Requests"),
        )
        .with("retry-after", "7"),
        Kind::new(json("/responses/abort/404"), 404, message("")),
        Kind::new(
            json("/responses/abort-with-headers"),
            429,
            message("Slow down"),
        ),
        Kind::new(json("/responses/abort/500"), 500, message("")),
        Kind::new(
            Ask::new("DELETE", "/responses/text"),
            405,
            Body::Has("Method Not Allowed"),
        )
        .with("allow", "GET, HEAD"),
    ]
}

/// Requests that are refused, or understood only in part.
fn oddities() -> Vec<Kind> {
    let form = |body| Ask::form("/open/form", body);
    let json = |body: &str| Ask::new("PUT", "/open/form").body("application/json", body);
    let nothing = r#""name":null,"nested":null,"file":null}"#;
    vec![
        Kind::new(json(r#"{"name":"#), 200, Body::Has(nothing)),
        Kind::new(json(r#""text""#), 200, Body::Has(nothing)),
        Kind::new(
            json("{\"name\":\"\\u00e4\"}"),
            200,
            Body::Has(r#""name":"\u00e4""#),
        ),
        Kind::new(form("_method=no+method!"), 400, Body::Has("Bad Request")).since(11),
        Kind::new(
            form("_method=UNKNOWN"),
            405,
            Body::Has("Method Not Allowed"),
        ),
        Kind::new(
            form("name=+trimmed+&a[b][c]="),
            200,
            Body::Has(r#""name":"trimmed","nested":null"#),
        ),
        Kind::new(
            Ask::new("PROPFIND", "/open/form"),
            405,
            Body::Has("Method Not Allowed"),
        ),
        Kind::new(Ask::new("OPTIONS", "/open/form"), 200, Body::Is(Vec::new()))
            .with("allow", "POST,PUT,PATCH,DELETE"),
        Kind::get("/nowhere/%C3%A4%20/%2F", 404, Body::Has("Not Found")),
        Kind::get(
            "/responses/macro?word=%FF%00x",
            200,
            Body::Is(b"\xff\0X".into()),
        ),
    ]
}

fn files() -> Vec<Kind> {
    let range = |range| Ask::get("/files/shown").header("Range", range);
    let blob = blob();
    let bytes = |range: std::ops::Range<usize>| Body::Is(blob[range].to_vec());
    vec![
        Kind::text("/files/shown", blob.clone()).with("accept-ranges", "bytes"),
        Kind::text("/files/shown", blob.clone()).with("content-length", "300000"),
        Kind::text("/files/downloaded", blob.clone()).with(
            "content-disposition",
            "attachment; filename=\"Ubergrosse - ete.bin\"; \
             filename*=utf-8''%C3%9Cbergr%C3%B6%C3%9Fe%20%E2%80%93%20%C3%A9t%C3%A9.bin",
        ),
        Kind::text("/files/empty", ""),
        Kind::new(range("bytes=1-3"), 206, bytes(1..4)).with("content-range", "bytes 1-3/300000"),
        Kind::new(range("bytes=299999-"), 206, bytes(299_999..300_000)),
        Kind::new(range("bytes=-5"), 206, bytes(299_995..300_000)),
        Kind::text("/files/once", blob.clone()),
        Kind::new(
            Ask::get("/files/once").header("Range", "bytes=7-8"),
            206,
            bytes(7..9),
        ),
        Kind::get("/files/missing", 500, Body::Has("Server Error")),
        Kind::text("/files/shown", blob.clone()),
    ]
}

fn streams() -> Vec<Kind> {
    let numbers = |end: &str| {
        (1..=1000)
            .map(|number| format!("{number}{end}"))
            .collect::<String>()
    };
    let listed: Vec<_> = (1..=100).map(|number| number.to_string()).collect();
    let json = format!(
        "{{\"fixed\":\"\\u00fc\",\"numbers\":[{}]}}",
        listed.join(",")
    );
    let events = "event: update\ndata: one\n\nevent: update\ndata: {\"two\":2}\n\n\
                  event: update\ndata: </stream>\n\n";
    vec![
        Kind::text("/streams/echoed", numbers("\n")).with("x-kind", "echoed"),
        Kind::get(
            "/streams/generated",
            203,
            Body::Is(b"first second third".into()),
        )
        .since(12),
        Kind::text("/streams/downloaded", "streamed ".repeat(10_000)).with(
            "content-disposition",
            "attachment; filename=grosse.txt; filename*=utf-8''gr%C3%B6%C3%9Fe.txt",
        ),
        Kind::text("/streams/json", json).since(11),
        Kind::text("/streams/nothing", ""),
        Kind::text("/streams/events", events)
            .with("content-type", "text/event-stream; charset=utf-8")
            .since(12),
    ]
}

/// 300,000 bytes of all values.
fn blob() -> Vec<u8> {
    (0..=255).cycle().take(300_000).collect()
}
