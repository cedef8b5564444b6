use http::Request;

use super::*;
use crate::client::Addresses;

fn encoded(request: http::request::Builder, body_bytes: u64) -> Vec<u8> {
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let addresses = Addresses::new(
        "[::ffff:192.0.2.7]:40000".parse().unwrap(),
        "127.0.0.1:8000".parse().unwrap(),
    );
    let circumstances = Circumstances {
        id: "0123456789abcdef",
        client: &Client::new(&addresses, false, None, &parts),
        variables: &[],
        script: &Script {
            name: "/index.php".into(),
            path_info: "".into(),
        },
        body_bytes,
    };
    let mut out = Vec::new();
    encode(&parts, circumstances, &mut out);
    out
}

fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    let head = RequestHead::decode(encoded).unwrap();
    head.headers
        .iter()
        .map(|(name, value)| {
            (
                (*name).to_owned(),
                String::from_utf8_lossy(value).into_owned(),
            )
        })
        .collect()
}

/// As [`fields`], without the id of the request, which comes last but for a length.
fn fields_as_they_came(encoded: &[u8]) -> Vec<(String, String)> {
    let mut fields = fields(encoded);
    let id = ("x-request-id".to_owned(), "0123456789abcdef".to_owned());
    let at = fields.iter().position(|field| *field == id).unwrap();
    assert!(at + 2 >= fields.len());
    fields.remove(at);
    fields
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn the_request_reaches_php_as_it_came() {
    let request = Request::get("/a%20b?c=d").header("Host", "example.org:8000");
    let encoded = encoded(request.header("Accept", "*/*"), 0);
    let head = RequestHead::decode(&encoded).unwrap();
    assert_eq!((head.id, head.method), ("0123456789abcdef", "GET"));
    assert_eq!(head.target, "/a%20b?c=d");
    assert_eq!(head.version, HttpVersion::Http11);
    assert_eq!((head.remote_ip, head.remote_port), ("192.0.2.7", 40000));
    assert_eq!((head.server_ip, head.server_port), ("127.0.0.1", 8000));
    assert_eq!((head.script_name, head.path_info), ("/index.php", ""));
    assert_eq!(head.body_bytes, 0);
    assert!(head.received_us > 1_600_000_000_000_000);
    assert_eq!(
        fields_as_they_came(&encoded),
        pairs(&[("host", "example.org:8000"), ("accept", "*/*")])
    );
}

#[test]
fn an_absolute_target_gives_the_host() {
    let request = Request::get("http://real.example:81/a?b").header("Host", "other");
    let encoded = encoded(request, 0);
    assert_eq!(RequestHead::decode(&encoded).unwrap().target, "/a?b");
    assert_eq!(
        fields_as_they_came(&encoded),
        pairs(&[("host", "real.example:81")])
    );
}

#[test]
fn dangerous_and_spent_fields_do_not_reach_php() {
    let request = Request::post("/")
        .header("Proxy", "http://evil")
        .header("X_Forwarded_For", "192.0.2.1")
        .header("X-Forwarded-For", "192.0.2.2")
        .header("Transfer-Encoding", "chunked");
    assert_eq!(
        fields_as_they_came(&encoded(request, 12)),
        pairs(&[("x-forwarded-for", "192.0.2.2"), ("content-length", "12")])
    );
}

#[test]
fn several_cookie_fields_become_one() {
    let request = Request::get("/")
        .header("Cookie", "a=1")
        .header("Accept", "x")
        .header("Cookie", "b=2; c=3");
    assert_eq!(
        fields_as_they_came(&encoded(request, 0)),
        pairs(&[("accept", "x"), ("cookie", "a=1; b=2; c=3")])
    );
}

#[test]
fn repeated_fields_and_odd_bytes_are_kept() {
    let value = HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let request = Request::get("/").header("X-A", value).header("X-A", "2");
    let encoded = encoded(request, 0);
    let head = RequestHead::decode(&encoded).unwrap();
    let expected: [(&str, &[u8]); 2] = [("x-a", b"caf\xe9"), ("x-a", b"2")];
    assert_eq!(head.headers[..2], expected);
}

#[test]
fn an_id_of_the_clients_own_does_not_reach_php() {
    let request = Request::get("/")
        .header("X-Request-Id", "a")
        .header("X-Request-Id", "b");
    let ours = [("x-request-id", "0123456789abcdef")];
    assert_eq!(fields(&encoded(request, 0)), pairs(&ours));
}
