use http::{HeaderValue, request};
use proptest::prelude::*;

use super::*;
use crate::client::forwarded::TrustedField;
use crate::client::peers::PeerList;
use crate::client::{Addresses, Client, Trust};

fn keys() -> Keys {
    Keys::new(RandomState::new())
}

fn of(keys: &Keys, key: &str, fields: &[(&'static str, &str)], client: &str) -> BucketKey {
    let mut request = http::Request::new(());
    for &(name, value) in fields {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request.headers_mut().append(name, value);
    }
    let (head, ()) = request.into_parts();
    asked(keys, key, &head, client)
}

fn asked(keys: &Keys, key: &str, head: &request::Parts, client: &str) -> BucketKey {
    let addresses = Addresses::between(client, "192.0.2.99");
    let candidate = Candidate {
        head,
        client: &Client::new(&addresses, false, None, head),
        is_for_php: true,
    };
    keys.of(0, &key.parse().unwrap(), &candidate)
}

#[test]
fn an_ipv6_client_is_its_network_and_an_ipv4_client_its_address() {
    let keys = keys();
    let of = |client| of(&keys, "address", &[], client);
    assert_eq!(
        of("2001:db8:1:2::1"),
        of("2001:db8:1:2:ffff:ffff:ffff:ffff")
    );
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    // The same bytes in both families.
    assert_ne!(of("32.1.13.184"), of("2001:db8::"));
}

#[test]
fn a_header_is_what_php_sees_of_it() {
    let keys = keys();
    let of = |fields| of(&keys, "header:X-Key", fields, "192.0.2.1");
    assert_eq!(of(&[("x-key", "a")]), of(&[("x-key", "a"), ("other", "b")]));
    assert_ne!(of(&[("x-key", "a")]), of(&[("x-key", "b")]));
    assert_ne!(of(&[("x-key", "a")]), of(&[("x-key", "A")]));
    // Repeated fields are one.
    assert_eq!(
        of(&[("x-key", "a"), ("x-key", "b")]),
        of(&[("x-key", "a, b")])
    );
    assert_ne!(of(&[("x-key", "a"), ("x-key", "b")]), of(&[("x-key", "b")]));
}

#[test]
fn a_host_is_that_of_the_target_if_it_has_one() {
    let keys = keys();
    let of = |target: &str, host: &str| {
        let request = http::Request::get(target).header("host", host);
        let (head, ()) = request.body(()).unwrap().into_parts();
        asked(&keys, "header:host", &head, "192.0.2.1")
    };
    assert_eq!(of("http://a/", "b"), of("/", "a"));
    assert_eq!(of("http://a/", "b"), of("http://a/", "c"));
    assert_ne!(of("/", "a"), of("/", "b"));
}

#[test]
fn a_cookie_is_what_php_sees_of_it() {
    let keys = keys();
    let of = |fields| of(&keys, "cookie:app_id", fields, "192.0.2.1");
    let plain = of(&[("cookie", "app_id=a=1")]);
    for fields in [
        &[("cookie", "x=y; app_id=a=1")][..],
        &[("cookie", "x=y;app_id=a=1;z")],
        &[("cookie", "x=y"), ("cookie", "app_id=a=1")],
        // One value has many spellings, and one name has several.
        &[("cookie", "app_id=%61%3d%31")],
        &[("cookie", "app_id=a%3D1")],
        &[("cookie", "app.id=a=1")],
        &[("cookie", "app id=a=1")],
        // The first counts.
        &[("cookie", "app_id=a=1; app_id=b")],
        &[("cookie", "app_id=a=1"), ("cookie", "app.id=b")],
    ] {
        assert_eq!(of(fields), plain, "{fields:?}");
    }
    for fields in [
        &[("cookie", "app_id=A=1")][..],
        &[("cookie", "app_id=b; app_id=a=1")],
        &[("cookie", "App_id=a=1")],
        &[("cookie", "xapp_id=a=1")],
        &[("cookie", "app_id=a+1")],
    ] {
        assert_ne!(of(fields), plain, "{fields:?}");
    }
}

#[test]
fn who_has_no_header_or_cookie_is_known_by_address() {
    let keys = keys();
    let address = of(&keys, "address", &[], "192.0.2.1");
    for (key, fields) in [
        ("header:X-Key", &[][..]),
        ("header:X-Key", &[("x-key", "")]),
        ("header:X-Key", &[("x-keys", "a")]),
        ("cookie:id", &[]),
        ("cookie:id", &[("cookie", "id=")]),
        ("cookie:id", &[("cookie", "id")]),
        ("cookie:id", &[("cookie", "id[]=a; id=b")]),
        ("cookie:id", &[("cookie", ";;=; ; =a")]),
    ] {
        assert_eq!(
            of(&keys, key, fields, "192.0.2.1"),
            address,
            "{key} {fields:?}"
        );
    }
    // What a client writes never makes it another one's address.
    let spoofed = of(
        &keys,
        "header:X-Key",
        &[("x-key", "192.0.2.2")],
        "192.0.2.1",
    );
    assert_ne!(spoofed, of(&keys, "address", &[], "192.0.2.2"));
}

#[test]
fn rules_and_servers_have_buckets_of_their_own() {
    let (head, ()) = http::Request::new(()).into_parts();
    let addresses = Addresses::between("192.0.2.1", "192.0.2.99");
    let candidate = Candidate {
        head: &head,
        client: &Client::new(&addresses, false, None, &head),
        is_for_php: true,
    };
    let keys = keys();
    let of = |index| keys.of(index, &LimitKey::Address, &candidate);
    assert_ne!(of(0), of(1));
    assert_ne!(of(1), of(256));
    let fields = &[("x-key", "a")][..];
    let of = |keys: &Keys| super::tests::of(keys, "header:x-key", fields, "192.0.2.1");
    assert_ne!(
        of(&Keys::new(RandomState::new())),
        of(&Keys::new(RandomState::new()))
    );
}

proptest! {
    #[test]
    fn whatever_a_cookie_field_holds_there_is_a_key(field in "[ -~]{0,200}") {
        let keys = keys();
        let fields = [("cookie", field.as_str())];
        let one = of(&keys, "cookie:id", &fields, "192.0.2.1");
        prop_assert_eq!(one, of(&keys, "cookie:id", &fields, "192.0.2.1"));
        prop_assert!(matches!(one[2], b'c' | b'4'));
    }
}

#[test]
fn what_a_stranger_says_of_itself_tells_it_apart_from_nobody() {
    let keys = keys();
    let trust = Trust {
        proxies: PeerList::of(&["10.0.0.1"]).unwrap(),
        fields: TrustedField::ALL.to_vec(),
    };
    let of = |from: &str, field: (&str, &str), key: &str| {
        let request = http::Request::get("/").header("host", "own.example");
        let (head, ()) = request
            .header(field.0, field.1)
            .body(())
            .unwrap()
            .into_parts();
        let addresses = Addresses::between(from, "192.0.2.99");
        let candidate = Candidate {
            head: &head,
            client: &Client::new(&addresses, false, Some(&trust), &head),
            is_for_php: true,
        };
        keys.of(0, &key.parse().unwrap(), &candidate)
    };
    let told = |from, address| of(from, ("x-forwarded-for", address), "address");
    assert_ne!(told("10.0.0.1", "192.0.2.1"), told("10.0.0.1", "192.0.2.2"));
    assert_eq!(
        told("10.0.0.1", "192.0.2.1"),
        told("192.0.2.1", "192.0.2.2")
    );
    let hidden = |address| of("192.0.2.1", ("x-real-ip", address), "header:x-real-ip");
    assert_eq!(hidden("192.0.2.3"), hidden("192.0.2.4"));
    let host = |host| of("10.0.0.1", ("x-forwarded-host", host), "header:host");
    assert_ne!(host("a.example"), host("b.example"));
}
