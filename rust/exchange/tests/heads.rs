//! Heads of every shape survive the round trip, and no bytes make the decoders panic.
#![cfg(not(loom))]
#![forbid(unsafe_code)]

use askr_exchange::{HttpVersion, ReplyHead, RequestHead};
use proptest::prelude::*;

type Named = Vec<(String, Vec<u8>)>;

fn named() -> impl Strategy<Value = Named> {
    let value = prop::collection::vec(any::<u8>(), 0..40);
    prop::collection::vec(("[a-z-]{1,20}", value), 0..20)
}

fn version() -> impl Strategy<Value = HttpVersion> {
    prop::sample::select(vec![
        HttpVersion::Http10,
        HttpVersion::Http11,
        HttpVersion::Http2,
    ])
}

proptest! {
    #[test]
    fn every_request_head_survives_the_round_trip(
        (method, target, path) in ("[A-Z]{1,10}", "/\\PC{0,200}", "\\PC{0,50}"),
        (version, https, port, body_bytes) in (version(), any::<bool>(), any::<u16>(), any::<u64>()),
        headers in named(),
    ) {
        let head = RequestHead {
            id: "0123456789abcdef",
            method: &method,
            target: &target,
            version,
            https,
            headers: headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
            variables: headers.iter().map(|(name, value)| (&**name, &**value)).collect(),
            remote_ip: "::1",
            remote_port: port,
            server_ip: "127.0.0.1",
            server_port: port,
            script_name: "/index.php",
            path_info: &path,
            body_bytes,
            received_us: body_bytes,
        };
        let mut bytes = Vec::new();
        head.encode(&mut bytes);
        prop_assert_eq!(RequestHead::decode(&bytes), Ok(head));
    }

    #[test]
    fn every_reply_head_survives_the_round_trip(status: u16, headers in named()) {
        let headers = headers.iter().map(|(name, value)| (name.as_bytes(), &**value)).collect();
        let head = ReplyHead { status, headers };
        let mut bytes = Vec::new();
        head.encode(&mut bytes);
        prop_assert_eq!(ReplyHead::decode(&bytes), Ok(head));
    }

    /// Any bytes behind a length that fits them, so that the document itself is reached.
    #[test]
    fn no_bytes_make_a_decoder_panic(mut bytes in prop::collection::vec(any::<u8>(), 4..300)) {
        let length = u32::try_from(bytes.len()).expect("it is short");
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        let _ = RequestHead::decode(&bytes);
        let _ = ReplyHead::decode(&bytes);
    }
}
