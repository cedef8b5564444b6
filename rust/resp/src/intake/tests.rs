//! What is a command, in whatever pieces, and what is none.

use proptest::prelude::*;

use super::*;

const VALUE_MAX: usize = 1 << 20;

/// Everything that comes of these bytes when they come in pieces of that size.
fn taken(bytes: &[u8], piece: usize) -> Result<Vec<Request>, ProtocolError> {
    let mut intake = Intake::new(VALUE_MAX);
    let mut requests = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        intake.room().extend_from_slice(piece);
        while let Some(request) = intake.next()? {
            requests.push(request);
        }
    }
    Ok(requests)
}

fn command(words: &[&[u8]]) -> Request {
    let words = words.iter().map(|word| Bytes::copy_from_slice(word));
    Request::Command(words.collect())
}

fn written(words: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend(word);
        bytes.extend(b"\r\n");
    }
    bytes
}

proptest! {
    #[test]
    fn commands_come_whole_in_whatever_pieces(
        commands in prop::collection::vec(
            prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..5), 0..5),
        piece in 1..50_usize,
    ) {
        let bytes: Vec<u8> = commands.iter().flat_map(|words| written(words)).collect();
        let expected: Vec<Request> = commands
            .into_iter()
            .map(|words| Request::Command(words.into_iter().map(Bytes::from).collect()))
            .collect();

        prop_assert_eq!(taken(&bytes, piece), Ok(expected));
    }

    #[test]
    fn no_bytes_make_it_panic_or_hoard(bytes in prop::collection::vec(
        prop_oneof![any::<u8>(), Just(b'*'), Just(b'$'), Just(b'\r'), Just(b'\n'), b'0'..=b'9'], 0..300)) {
        let mut intake = Intake::new(VALUE_MAX);
        intake.room().extend_from_slice(&bytes);
        while let Ok(Some(_)) = intake.next() {}
        prop_assert!(intake.arguments.capacity() <= 512);
    }
}

#[test]
fn what_is_typed_is_understood() {
    let requests = taken(b"PING\r\n\r\n  get  a b\n*0\r\n*-1\r\nECHO x\r\n", 3);

    let expected = vec![
        command(&[b"PING"]),
        command(&[b"get", b"a", b"b"]),
        command(&[b"ECHO", b"x"]),
    ];
    assert_eq!(requests, Ok(expected));
}

#[test]
fn who_does_not_speak_the_protocol_is_told_what_is_wrong() {
    let long = "1".repeat(40);
    let line = "x".repeat(INLINE_BYTES_MAX);
    let cases: [(&str, &str); 14] = [
        ("*x\r\n", "invalid multibulk length"),
        ("*\r\n", "invalid multibulk length"),
        ("*+1\r\n", "invalid multibulk length"),
        ("*65537\r\n", "invalid multibulk length"),
        ("*99999999999999999999\r\n", "invalid multibulk length"),
        ("*1\n", "invalid multibulk length"),
        (&format!("*{long}"), "too big mbulk count string"),
        ("*1\r\n*1\r\n", "expected '$', got '*'"),
        ("*1\r\n$-1\r\n", "invalid bulk length"),
        ("*1\r\n$536870913\r\n", "invalid bulk length"),
        ("*1\r\n$1\r\nabcd", "invalid bulk length"),
        (&format!("*1\r\n${long}"), "too big bulk count string"),
        (&line, "too big inline request"),
        ("set a \"b c\"\r\n", "quotes in an inline request"),
    ];
    for (bytes, expected) in cases {
        let error = taken(bytes.as_bytes(), 7).unwrap_err();
        assert_eq!(error.to_string(), expected, "{bytes:.40}");
    }
}

#[test]
fn a_command_that_is_too_large_is_read_to_its_end_and_not_kept() {
    let value = vec![b'v'; VALUE_MAX + COMMAND_SPARE_BYTES];
    let large = written(&[b"SET".to_vec(), b"k".to_vec(), value.clone()]);
    let mut bytes = large.clone();
    bytes.extend(written(&[b"PING".to_vec()]));

    let requests = taken(&bytes, 10_000);

    let expected = vec![Request::TooLarge(value.len()), command(&[b"PING"])];
    assert_eq!(requests, Ok(expected));

    let mut intake = Intake::new(VALUE_MAX);
    for piece in large.chunks(10_000) {
        intake.room().extend_from_slice(piece);
        while intake.next().unwrap().is_some() {}
        assert!(intake.buffer.capacity() <= 4 * CHUNK_BYTES);
        assert!(intake.claimed() <= intake.claimed_max);
    }
}

#[test]
fn the_room_for_a_large_value_does_not_stay() {
    let mut intake = Intake::new(VALUE_MAX);
    let bytes = written(&[b"SET".to_vec(), vec![b'v'; VALUE_MAX]]);
    for piece in bytes.chunks(CHUNK_BYTES) {
        intake.room().extend_from_slice(piece);
        if let Some(request) = intake.next().unwrap() {
            drop(request);
        }
    }

    assert!(intake.is_idle());
    assert!(intake.room().capacity() <= 2 * CHUNK_BYTES);
}
