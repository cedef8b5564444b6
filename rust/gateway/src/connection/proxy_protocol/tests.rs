use proptest::prelude::*;

use super::*;

/// What is made of `sent`, and what is left of it.
fn outcome(sent: &[u8]) -> (Result<Announced, String>, Vec<u8>) {
    let mut stream = sent;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let announced = runtime.block_on(read(&mut stream));
    (
        announced.map_err(|fault| fault.to_string()),
        stream.to_vec(),
    )
}

fn binary(version_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let mut header = v2::PROTOCOL_PREFIX.to_vec();
    header.extend([version_command, family]);
    header.extend(u16::try_from(rest.len()).unwrap().to_be_bytes());
    header.extend(rest);
    header
}

fn client(source: &str, destination: &str, is_https: bool) -> Result<Announced, String> {
    Ok(Announced::Client(Announcement {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        is_https,
    }))
}

const IPV4: [u8; 12] = [192, 0, 2, 1, 198, 51, 100, 1, 0x9c, 0x40, 1, 187];

#[test]
fn version_1_names_both_ends_and_nothing_behind_it_is_read() {
    let (announced, rest) =
        outcome(b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\nGET / HTTP/1.1\r\n");
    assert_eq!(
        announced,
        client("192.0.2.1:40000", "198.51.100.1:443", false)
    );
    assert_eq!(rest, b"GET / HTTP/1.1\r\n");

    let (announced, _) = outcome(b"PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n");
    assert_eq!(
        announced,
        client("[2001:db8::1]:1", "[2001:db8::2]:2", false)
    );
}

#[test]
fn version_2_names_both_ends_and_nothing_behind_it_is_read() {
    let mut sent = binary(0x21, 0x11, &IPV4);
    sent.extend(b"GET");
    let (announced, rest) = outcome(&sent);
    assert_eq!(
        announced,
        client("192.0.2.1:40000", "198.51.100.1:443", false)
    );
    assert_eq!(rest, b"GET");

    let mut ends = [0; 36];
    (ends[15], ends[31], ends[33], ends[35]) = (1, 2, 80, 90);
    let (announced, _) = outcome(&binary(0x21, 0x21, &ends));
    assert_eq!(announced, client("[::1]:80", "[::2]:90", false));
}

#[test]
fn a_balancer_that_undoes_tls_says_so() {
    for (flags, is_https) in [(1, true), (0, false), (7, true)] {
        let mut rest = IPV4.to_vec();
        rest.extend([0x01, 0, 2, b'h', b'2']);
        rest.extend([0x20, 0, 5, flags, 0, 0, 0, 0]);
        let (announced, _) = outcome(&binary(0x21, 0x11, &rest));
        assert_eq!(
            announced,
            client("192.0.2.1:40000", "198.51.100.1:443", is_https)
        );
    }
}

#[test]
fn a_balancer_may_speak_for_itself() {
    let headers: [&[u8]; 6] = [
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
        &binary(0x20, 0x00, &[]),
        &binary(0x20, 0x11, &IPV4),
        &binary(0x21, 0x00, &[]),
        &binary(0x21, 0x31, &[0; 216]),
    ];
    for header in headers {
        let (announced, rest) = outcome(header);
        assert_eq!(
            (announced, rest.len()),
            (Ok(Announced::Nothing), 0),
            "{header:?}"
        );
    }
}

#[test]
fn what_is_no_header_ends_the_connection() {
    for sent in [
        &b"GET / HTTP/1.1\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00",
    ] {
        assert_eq!(outcome(sent).0, Err(ProxyFault::Missing.to_string()));
    }
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(100));
    let malformed: [&[u8]; 16] = [
        b"PROXY TCP4 192.0.2.1 198.51.100.1 40000\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 443 1\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 +40000 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 040000 443\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 70000 443\r\n",
        b"PROXY TCP4 192.0.2.256 198.51.100.1 40000 443\r\n",
        b"PROXY TCP4  192.0.2.1 198.51.100.1 40000 443\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 198.51.100.1 1 2\nGET / HTTP/1.1\r\n\r\n",
        b"PROXY UDP4 192.0.2.1 198.51.100.1 40000 443\r\n",
        b"PROXYTCP4 192.0.2.1 198.51.100.1 40000 443\r\n",
        long.as_bytes(),
        &binary(0x31, 0x11, &IPV4),
        &binary(0x22, 0x11, &IPV4),
        &binary(0x21, 0x11, &IPV4[..8]),
        &binary(0x21, 0x12, &IPV4),
    ];
    for sent in malformed {
        let (announced, _) = outcome(sent);
        let text = String::from_utf8_lossy(sent);
        assert_eq!(announced, Err(ProxyFault::Malformed.to_string()), "{text}");
    }
}

#[test]
fn what_follows_the_addresses_must_be_well_formed() {
    for rest in [&[0x20, 0][..], &[0x20, 0, 9, 1], &[0x20, 0, 0]] {
        let rest = [&IPV4[..], rest].concat();
        let (announced, _) = outcome(&binary(0x21, 0x11, &rest));
        assert_eq!(
            announced,
            Err(ProxyFault::Malformed.to_string()),
            "{rest:?}"
        );
    }
}

#[test]
fn no_more_is_kept_than_a_header_may_have() {
    let mut sent = v2::PROTOCOL_PREFIX.to_vec();
    sent.extend([0x21, 0x11, 0xff, 0xff]);
    let (announced, _) = outcome(&sent);
    let limit = PROXY_BYTES_MAX;
    assert_eq!(announced, Err(ProxyFault::TooLong { limit }.to_string()));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(sent in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = outcome(&sent);
        let _ = outcome(&[v2::PROTOCOL_PREFIX, &sent].concat());
        let _ = outcome(&[&b"PROXY TCP4 "[..], &sent].concat());
    }

    #[test]
    fn a_header_that_is_cut_is_refused(at in 0_usize..28) {
        let (announced, _) = outcome(&binary(0x21, 0x11, &IPV4)[..at]);
        prop_assert!(announced.is_err());
    }
}
