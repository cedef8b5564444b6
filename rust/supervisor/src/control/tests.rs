//! What comes off the socket when the other side misbehaves.

use askr_exchange::WorkerId;
use rustix::net::send;

use super::*;

fn ready(seat: u16) -> ToMain {
    ToMain::Ready {
        worker: WorkerId {
            seat,
            incarnation: 1,
        },
    }
}

fn put(socket: &OwnedFd, bytes: &[u8]) {
    assert_eq!(
        send(socket, bytes, SendFlags::empty()).unwrap(),
        bytes.len()
    );
}

#[tokio::test]
async fn a_message_carries_the_process_that_sent_it() {
    let (mut control, theirs) = Control::pair().unwrap();
    put(&theirs, &serde_json::to_vec(&ready(3)).unwrap());

    let Received::Message {
        message, sender, ..
    } = control.receive().await
    else {
        panic!()
    };

    assert_eq!(message, ready(3));
    assert_eq!(sender, Some(std::process::id()));
}

#[tokio::test]
async fn empty_malformed_and_oversize_packets_are_skipped() {
    let (mut control, theirs) = Control::pair().unwrap();
    put(&theirs, b"");
    put(&theirs, b"\xff\xfe{");
    put(
        &theirs,
        b"{\"Ready\":{\"worker\":{\"seat\":70000,\"incarnation\":1}}}",
    );
    put(&theirs, b"{\"Explode\":{}}");
    put(&theirs, &vec![b' '; CONTROL_BYTES_MAX + 1]);
    put(&theirs, &serde_json::to_vec(&ready(4)).unwrap());

    let Received::Message { message, .. } = control.receive().await else {
        panic!()
    };

    assert_eq!(message, ready(4));
}

#[tokio::test]
async fn the_end_is_seen_after_the_last_message() {
    let (mut control, theirs) = Control::pair().unwrap();
    put(&theirs, &serde_json::to_vec(&ready(5)).unwrap());
    drop(theirs);

    assert!(matches!(control.receive().await, Received::Message { .. }));
    assert!(matches!(control.receive().await, Received::Closed));
}

#[tokio::test]
async fn a_message_that_does_not_fit_is_not_sent() {
    let (control, _theirs) = Control::pair().unwrap();
    let template = askr_exchange::control::TemplateConfig {
        script: None,
        pools: vec![askr_exchange::control::Isolation::Request],
        root: "/".into(),
        ini: vec![("a".to_owned(), "x".repeat(CONTROL_BYTES_MAX))],
        generation: 1,
        debug: false,
    };

    let error = control.send(&ToTemplate::Boot(template)).await.unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}
