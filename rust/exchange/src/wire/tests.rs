use super::*;

fn request() -> RequestHead<'static> {
    RequestHead {
        id: "0123456789abcdef",
        method: "POST",
        target: "/a?b=%20",
        version: HttpVersion::Http11,
        https: true,
        headers: vec![("host", b"x.test:8000"), ("x-latin", b"\xe9\x00")],
        variables: vec![("SSL_CLIENT_VERIFY", b"NONE".as_slice())],
        remote_ip: "127.0.0.1",
        remote_port: 40_000,
        server_ip: "127.0.0.1",
        server_port: 8000,
        script_name: "/index.php",
        path_info: "/a",
        body_bytes: 5_000_000_000,
        received_us: 1_700_000_000_000_000,
    }
}

#[test]
fn a_request_head_survives_the_round_trip() {
    let mut bytes = b"before".to_vec();
    request().encode(&mut bytes);
    assert_eq!(RequestHead::decode(&bytes[6..]), Ok(request()));
    assert_eq!(body_bytes_of(&bytes[6..]), 5_000_000_000);
}

#[test]
fn a_reply_head_survives_the_round_trip() {
    let head = ReplyHead {
        status: 302,
        headers: vec![(b"Location", b"/"), (b"X", b"")],
    };
    let mut bytes = Vec::new();
    head.encode(&mut bytes);
    assert_eq!(ReplyHead::decode(&bytes), Ok(head));
}

#[test]
fn a_cut_head_is_refused_at_every_length() {
    let mut bytes = Vec::new();
    request().encode(&mut bytes);
    for end in 0..bytes.len() {
        let cut = RequestHead::decode(&bytes[..end]);
        assert!(
            matches!(cut, Err(DecodeError::Length { .. })),
            "{end}: {cut:?}"
        );
    }
}

#[test]
fn an_oversize_head_is_refused() {
    let large = vec![0; HEAD_BYTES_MAX + 1];
    let refused = DecodeError::TooLarge {
        bytes: HEAD_BYTES_MAX + 1,
        limit: HEAD_BYTES_MAX,
    };
    assert_eq!(RequestHead::decode(&large), Err(refused.clone()));
    assert_eq!(ReplyHead::decode(&large), Err(refused));
}

#[test]
fn a_flipped_byte_never_panics() {
    let mut bytes = Vec::new();
    request().encode(&mut bytes);
    for index in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[index] ^= 0xff;
        let _: Result<RequestHead<'_>, DecodeError> = RequestHead::decode(&bent);
    }
}
