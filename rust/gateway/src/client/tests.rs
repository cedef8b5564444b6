use http::Request;

use super::*;

const PROXY: &str = "10.0.0.1:40000";
const STRANGER: &str = "203.0.113.9:40000";

/// What PHP is told of the client.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    remote: (String, u16),
    server: (String, u16),
    https: bool,
    host: Option<String>,
    /// Fields that get through.
    fields: Vec<String>,
}

fn trust() -> Trust {
    Trust {
        proxies: PeerList::of(&["10.0.0.0/8", "unix"]).unwrap(),
        fields: TrustedField::ALL.to_vec(),
    }
}

fn seen(from: &str, trust: Option<&Trust>, fields: &[(&str, &str)]) -> Seen {
    let server = "192.168.0.1:8000".parse().unwrap();
    let addresses = match from {
        "unix" => Addresses::unix(),
        _ => Addresses::new(from.parse().unwrap(), server),
    };
    let mut request = Request::get("/").header("host", "own.example");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let client = Client::new(&addresses, false, trust, &head);
    let names = head.headers.keys().filter(|name| client.lets_through(name));
    Seen {
        remote: (client.remote_ip().to_owned(), client.remote_port()),
        server: (client.server_ip().to_owned(), client.server_port()),
        https: client.is_https(),
        host: client.told_host().map(str::to_owned),
        fields: names.map(|name| name.as_str().to_owned()).collect(),
    }
}

fn as_connected(from: &str) -> Seen {
    let from: SocketAddr = from.parse().unwrap();
    Seen {
        remote: (from.ip().to_string(), from.port()),
        server: ("192.168.0.1".to_owned(), 8000),
        https: false,
        host: None,
        fields: vec!["host".to_owned()],
    }
}

const ALL_OF_IT: [(&str, &str); 7] = [
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "shop.example"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-prefix", "/shop"),
    ("x-real-ip", "203.0.113.7"),
    ("forwarded", "for=203.0.113.7"),
];

#[test]
fn without_trust_nothing_is_believed_and_all_gets_through() {
    let found = seen(PROXY, None, &ALL_OF_IT);
    let all = ALL_OF_IT.iter().map(|(name, _)| (*name).to_owned());
    let fields = std::iter::once("host".to_owned()).chain(all).collect();
    assert_eq!(
        found,
        Seen {
            fields,
            ..as_connected(PROXY)
        }
    );
}

#[test]
fn of_a_stranger_nothing_is_believed_and_nothing_gets_through() {
    let found = seen(STRANGER, Some(&trust()), &ALL_OF_IT);
    assert_eq!(found, as_connected(STRANGER));
    for name in OTHERS {
        assert_eq!(
            seen(STRANGER, Some(&trust()), &[(name, "1.1.1.1")]),
            as_connected(STRANGER)
        );
    }
}

#[test]
fn what_is_believed_of_a_proxy_is_used_up() {
    let expected = Seen {
        remote: ("203.0.113.7".to_owned(), 0),
        server: ("192.168.0.1".to_owned(), 443),
        https: true,
        host: Some("shop.example".to_owned()),
        fields: vec!["host".to_owned(), "x-forwarded-prefix".to_owned()],
    };
    assert_eq!(seen(PROXY, Some(&trust()), &ALL_OF_IT), expected);
}

#[test]
fn fields_that_a_proxy_is_not_believed_do_not_reach_php_either() {
    let trust = Trust {
        fields: vec![TrustedField::For],
        ..trust()
    };
    let found = seen(PROXY, Some(&trust), &ALL_OF_IT);
    assert_eq!(found.remote.0, "203.0.113.7");
    assert_eq!((found.https, found.host), (false, None));
    assert_eq!(found.fields, ["host", "x-forwarded-prefix"]);
}

#[test]
fn a_proxy_that_says_nothing_is_the_client() {
    assert_eq!(seen(PROXY, Some(&trust()), &[]), as_connected(PROXY));
    let found = seen("unix", Some(&trust()), &[]);
    assert_eq!(found.remote, ("unix:".to_owned(), 0));
    let found = seen("unix", Some(&trust()), &ALL_OF_IT);
    assert_eq!(found.remote.0, "203.0.113.7");
}

#[test]
fn the_port_is_the_one_that_the_client_connected_to() {
    type Fields = &'static [(&'static str, &'static str)];
    let cases: [(Fields, u16, Option<&str>); 7] = [
        (&[("x-forwarded-for", "203.0.113.7")], 8000, None),
        (&[("x-forwarded-proto", "https")], 443, None),
        (&[("x-forwarded-proto", "http")], 80, None),
        (
            &[("x-forwarded-host", "a.example:81")],
            81,
            Some("a.example:81"),
        ),
        (
            &[("x-forwarded-port", "8443"), ("x-forwarded-proto", "https")],
            8443,
            Some("own.example:8443"),
        ),
        (
            &[("x-forwarded-port", "443"), ("x-forwarded-proto", "https")],
            443,
            Some("own.example"),
        ),
        (
            &[("x-forwarded-port", "80"), ("x-forwarded-host", "[::1]:9")],
            80,
            Some("[::1]"),
        ),
    ];
    for (fields, port, host) in cases {
        let found = seen(PROXY, Some(&trust()), fields);
        assert_eq!(
            (found.server.1, found.host.as_deref()),
            (port, host),
            "{fields:?}"
        );
    }
}

#[test]
fn the_host_is_the_one_that_the_client_asked_for() {
    let addresses = Addresses::new(PROXY.parse().unwrap(), PROXY.parse().unwrap());
    let host = |request: http::request::Builder| {
        let (head, ()) = request.body(()).unwrap().into_parts();
        let client = Client::new(&addresses, false, Some(&trust()), &head);
        client.host(&head).map(str::to_owned)
    };
    let request = || Request::get("/").header("host", "own.example");
    assert_eq!(host(request()).as_deref(), Some("own.example"));
    assert_eq!(host(Request::get("/")), None);
    let absolute = Request::get("http://a.example:1/").header("host", "own.example");
    assert_eq!(host(absolute).as_deref(), Some("a.example:1"));
    let told = request().header("forwarded", "host=b.example;proto=https");
    assert_eq!(host(told).as_deref(), Some("b.example"));
}
