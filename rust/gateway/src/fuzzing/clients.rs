//! What proxies and balancers say of their clients.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Request;
use http::header::HOST;

use crate::client::forwarded::TrustedField;
use crate::client::peers::PeerList;
use crate::client::{Addresses, Client, Trust};
use crate::connection::intake::head::is_authority;
use crate::connection::proxy_protocol::{self, Announced};

pub(super) const FORWARDED_SEEDS: &[&[u8]] = &[
    b"X-Forwarded-For: 192.0.2.1, [2001:db8::1]:80, 10.0.0.1\nX-Forwarded-Proto: https, http\n",
    b"X-Forwarded-Host: shop.example:8443\nX-Forwarded-Port: 443\nHost: [::1]:80\n",
    b"Forwarded: for=\"[2001:db8::1]:80\";proto=https;host=a, For=10.0.0.1;by=_x\n",
    b"Forwarded: for=unknown, for=\"192.0.2.1:_p\nForwarded: ;=;\"\\\";,,\n",
];

pub(super) const PROXY_SEEDS: &[&[u8]] = &[
    b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\nGET",
    b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n",
    b"PROXY UNKNOWN x y\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x9c\x40\x01\xbb",
    b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14abcdefghijkl\x20\0\x05\x01\0\0\0\0",
];

/// Whatever lines a request has, what the nearest proxy adds behind them is what counts.
pub(super) fn forwarded(bytes: &[u8]) {
    let mut request = Request::builder().uri("/");
    for line in bytes.split(|&byte| byte == b'\n') {
        if let Some(colon) = memchr::memchr(b':', line) {
            request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    let request = request.header("x-forwarded-for", "203.0.113.7");
    let Ok(request) = request.body(()) else {
        return;
    };
    let (head, ()) = request.into_parts();
    let mut hosts = head.headers.get_all(HOST).iter();
    if !hosts.all(|host| is_authority(host.as_bytes())) {
        return; // the head was refused
    }
    let end = |text: &str| text.parse().expect("an address and port");
    let addresses = Addresses::new(end("10.0.0.1:40000"), end("10.0.0.2:8000"));
    let trust = |list: &[&str]| Trust {
        proxies: PeerList::of(list).expect("networks"),
        fields: TrustedField::ALL.to_vec(),
    };
    let nearest = trust(&["10.0.0.0/8"]);
    let client = Client::new(&addresses, false, Some(&nearest), &head);
    assert_eq!(client.remote_ip(), "203.0.113.7");
    let host = client.told_host().unwrap_or_default();
    assert!(!host.contains(['/', ' ', '@', '\\', '<']), "host {host:?}");
    let all = trust(&["0.0.0.0/0", "::/0"]);
    let client = Client::new(&addresses, false, Some(&all), &head);
    assert_eq!(
        client.ip().map(|ip| ip.to_string()).as_deref(),
        Some(client.remote_ip())
    );
    let stranger = trust(&["192.0.2.1"]);
    let client = Client::new(&addresses, false, Some(&stranger), &head);
    assert_eq!((client.remote_ip(), client.told_host()), ("10.0.0.1", None));
}

/// Nothing behind a header is taken, and what is taken of it is what was there.
pub(super) fn proxy(bytes: &[u8]) {
    let mut rest = bytes;
    let announced = {
        let reading = pin!(proxy_protocol::read(&mut rest));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(announced) => announced,
            Poll::Pending => unreachable!("a slice has all it will ever have"),
        }
    };
    let taken = &bytes[..bytes.len() - rest.len()];
    if let Ok(announced) = announced {
        assert!(taken.ends_with(b"\r\n") || taken.len() >= 16);
        let mut again = taken;
        let reading = pin!(proxy_protocol::read(&mut again));
        let second = reading.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(second, Poll::Ready(Ok(second)) if second == announced));
        if let Announced::Client(client) = announced {
            assert_eq!(client.source.is_ipv4(), client.destination.is_ipv4());
        }
    }
}
