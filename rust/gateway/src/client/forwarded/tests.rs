use http::header::HeaderName;
use proptest::prelude::*;

use super::*;

/// Trusts 10.0.0.0/8 and everything in any field.
fn told(fields: &[(&str, &str)]) -> Told {
    told_in(&TrustedField::ALL, fields)
}

fn told_in(believed: &[TrustedField], fields: &[(&str, &str)]) -> Told {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    let trusted = PeerList::of(&["10.0.0.0/8"]).unwrap();
    read(&headers, &trusted, believed)
}

fn client(fields: &[(&str, &str)]) -> Option<String> {
    let client = told(fields).client?;
    match client.port() {
        0 => Some(client.ip().to_string()),
        _ => Some(client.to_string()),
    }
}

#[test]
fn the_client_is_the_rightmost_address_that_is_no_proxys() {
    let cases = [
        ("192.0.2.1", Some("192.0.2.1")),
        ("192.0.2.1, 10.0.0.1", Some("192.0.2.1")),
        ("6.6.6.6, 192.0.2.1,10.0.0.1 ,\t10.0.0.2", Some("192.0.2.1")),
        ("6.6.6.6, 192.0.2.1", Some("192.0.2.1")),
        ("10.0.0.3, 10.0.0.1", Some("10.0.0.3")),
        ("2001:db8::1", Some("2001:db8::1")),
        ("::ffff:10.0.0.1", Some("10.0.0.1")),
        ("192.0.2.1:4711", Some("192.0.2.1:4711")),
        (
            "[2001:db8::1]:4711, 10.0.0.1:80",
            Some("[2001:db8::1]:4711"),
        ),
        ("6.6.6.6, unknown, 10.0.0.1", Some("10.0.0.1")),
        ("6.6.6.6, unknown", None),
        ("6.6.6.6,", None),
        ("6.6.6.6 7.7.7.7", None),
        ("192.0.2.256", None),
        ("0300.0.2.1", None),
        ("", None),
    ];
    for (value, expected) in cases {
        let found = client(&[("x-forwarded-for", value)]);
        assert_eq!(found.as_deref(), expected, "{value}");
    }
}

#[test]
fn several_fields_are_one_list() {
    let fields = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-for", "192.0.2.1, 10.0.0.1"),
    ];
    assert_eq!(client(&fields).as_deref(), Some("192.0.2.1"));
    let fields = [
        ("forwarded", "for=192.0.2.1"),
        ("forwarded", "for=10.0.0.1"),
    ];
    assert_eq!(client(&fields).as_deref(), Some("192.0.2.1"));
}

#[test]
fn forwarded_is_read_from_the_right_as_well() {
    let cases = [
        ("for=192.0.2.1", Some("192.0.2.1")),
        ("For=\"192.0.2.1:80\"", Some("192.0.2.1:80")),
        (
            "for=\"[2001:db8::1]:80\";proto=https",
            Some("[2001:db8::1]:80"),
        ),
        ("for=\"[2001:db8::1]\"", Some("2001:db8::1")),
        ("for=192.0.2.1;by=10.0.0.9, FOR=10.0.0.1", Some("192.0.2.1")),
        ("for=\"192.0.2.1:_hidden\"", Some("192.0.2.1")),
        ("for=_hidden, for=10.0.0.1", Some("10.0.0.1")),
        ("for=unknown", None),
        ("proto=https", None),
        // What a client sent ahead of what a proxy added.
        ("for=\"6.6.6.6, for=192.0.2.1", Some("192.0.2.1")),
        (
            "for=\"6.6.6.6;proto=\", for=\"192.0.2.1\"",
            Some("192.0.2.1"),
        ),
        ("for=6.6.6.6;;=;\\\", for=192.0.2.1", Some("192.0.2.1")),
        ("for=\"192.0.2.1\\\"\"", None),
        ("192.0.2.1", None),
    ];
    for (value, expected) in cases {
        let found = client(&[("forwarded", value)]);
        assert_eq!(found.as_deref(), expected, "{value}");
    }
}

#[test]
fn the_outermost_trusted_proxy_knows_scheme_and_host() {
    let found = told(&[(
        "forwarded",
        "for=6.6.6.6;host=evil.example;proto=http, \
         for=192.0.2.1;host=\"shop.example:8443\";proto=https, for=10.0.0.1;proto=http",
    )]);
    assert_eq!(found.is_https, Some(true));
    assert_eq!(found.host.as_deref(), Some("shop.example:8443"));

    let found = told(&[
        ("x-forwarded-for", "6.6.6.6, 192.0.2.1, 10.0.0.1"),
        ("x-forwarded-proto", "http, https, http"),
        ("x-forwarded-host", "evil.example, shop.example, inner"),
        ("x-forwarded-port", "1, 443, 8000"),
    ]);
    assert_eq!((found.is_https, found.port), (Some(true), Some(443)));
    assert_eq!(found.host.as_deref(), Some("shop.example"));
}

#[test]
fn what_proxies_write_over_needs_no_place_in_a_list() {
    let found = told(&[
        ("x-forwarded-for", "192.0.2.1, 10.0.0.1, 10.0.0.2"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "8443"),
    ]);
    assert_eq!((found.is_https, found.port), (Some(true), Some(8443)));
}

#[test]
fn without_an_address_only_the_nearest_proxy_is_believed() {
    let found = told(&[
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-host", "evil, own"),
    ]);
    assert_eq!((found.client, found.is_https), (None, Some(false)));
    assert_eq!(found.host.as_deref(), Some("own"));
}

#[test]
fn only_fields_that_are_believed_are_looked_at() {
    let fields = [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-port", "666"),
        ("forwarded", "for=6.6.6.6;host=evil.example"),
    ];
    let found = told_in(&[TrustedField::For, TrustedField::Proto], &fields);
    assert_eq!(found.client, Some("192.0.2.1:0".parse().unwrap()));
    assert_eq!(
        (found.is_https, found.host, found.port),
        (Some(true), None, None)
    );

    let found = told_in(&[TrustedField::Forwarded], &fields);
    assert_eq!(found.client, Some("6.6.6.6:0".parse().unwrap()));
    assert_eq!(found.host.as_deref(), Some("evil.example"));
    assert_eq!(found.is_https, None);
}

#[test]
fn forwarded_counts_only_where_none_of_the_others_is() {
    let fields = [
        ("x-forwarded-for", "192.0.2.1"),
        ("forwarded", "for=6.6.6.6;proto=https;host=evil.example"),
    ];
    let found = told(&fields);
    assert_eq!(found.client, Some("192.0.2.1:0".parse().unwrap()));
    assert_eq!((found.is_https, found.host), (None, None));
}

#[test]
fn what_is_no_scheme_host_or_port_says_nothing() {
    for proto in ["", "ftp", "https;", "on"] {
        assert_eq!(
            told(&[("x-forwarded-proto", proto)]).is_https,
            None,
            "{proto}"
        );
    }
    for host in ["", "a/b", "user@a", "<b>", "a b", "\"a\""] {
        assert_eq!(told(&[("x-forwarded-host", host)]).host, None, "{host}");
    }
    for port in ["", "0", "+80", "65536", "80a", "-1"] {
        assert_eq!(told(&[("x-forwarded-port", port)]).port, None, "{port}");
    }
}

proptest! {
    /// Whatever a client sends, what the proxy in front of us adds behind it is what counts.
    #[test]
    fn nothing_that_a_client_sends_outdoes_the_proxy(sent in "[ -~]{0,60}") {
        let own = "192.0.2.1";
        let list = format!("{sent}, {own}");
        prop_assert_eq!(client(&[("x-forwarded-for", &list)]), Some(own.to_owned()));
        let list = format!("{sent}, for={own}");
        prop_assert_eq!(client(&[("forwarded", &list)]), Some(own.to_owned()));
        let fields = [("forwarded", sent.as_str()), ("forwarded", "for=\"192.0.2.1\"")];
        prop_assert_eq!(client(&fields), Some(own.to_owned()));
    }
}
