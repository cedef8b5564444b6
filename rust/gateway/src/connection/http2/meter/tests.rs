use std::time::Duration;

use super::*;

const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;

fn frame(kind: u8, flags: u8, payload_bytes: usize) -> Vec<u8> {
    let length = u32::try_from(payload_bytes).expect("short").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, 1];
    frame.resize(FRAME_HEAD_BYTES + payload_bytes, 0);
    frame
}

/// A meter behind the preface.
fn meter(now: Instant) -> Meter {
    let mut meter = Meter::new(now);
    assert_eq!(meter.receive(&[b'P'; PREFACE_BYTES], now), Ok(()));
    meter
}

/// How many of these frames pass, up to a bound far above every allowance.
fn passing(meter: &mut Meter, frame: &[u8], now: Instant) -> u32 {
    let floods = (0..100_000).take_while(|_| meter.receive(frame, now).is_ok());
    u32::try_from(floods.count()).expect("few")
}

#[test]
fn frames_that_cost_the_client_nothing_are_bounded() {
    let now = Instant::now();
    for (kind, payload_bytes) in [
        (PING, 8),
        (4, 0),
        (2, 5),
        (WINDOW_UPDATE, 4),
        (DATA, 0),
        (0xbb, 3),
    ] {
        let passed = passing(&mut meter(now), &frame(kind, 0, payload_bytes), now);
        assert_eq!(passed, HTTP2_ALLOWANCE_MAX, "type {kind}");
    }
    let resets = passing(&mut meter(now), &frame(RST_STREAM, 0, 4), now);
    assert_eq!(resets, HTTP2_ALLOWANCE_MAX / HTTP2_RESET_COST);
}

#[test]
fn requests_and_bodies_cost_nothing() {
    let now = Instant::now();
    let mut meter = meter(now);
    for _ in 0..10_000 {
        assert_eq!(meter.receive(&frame(HEADERS, END_HEADERS, 20), now), Ok(()));
        assert_eq!(meter.receive(&frame(DATA, 0, 1), now), Ok(()));
        assert_eq!(meter.receive(&frame(DATA, END_STREAM, 0), now), Ok(()));
    }
}

#[test]
fn the_allowance_grows_with_time_with_bodies_and_with_replies() {
    let now = Instant::now();
    let mut meter = meter(now);
    // Without a payload: of a frame that is refused nothing more is looked at.
    let ping = frame(PING, 0, 0);
    assert_eq!(passing(&mut meter, &ping, now), HTTP2_ALLOWANCE_MAX);
    assert_eq!(passing(&mut meter, &ping, now), 0);

    let later = now + Duration::from_secs(3);
    assert_eq!(passing(&mut meter, &ping, later), 3 * HTTP2_ALLOWANCE_PER_S);

    meter.send(7 * HTTP2_BYTES_PER_ALLOWANCE - 1);
    assert_eq!(passing(&mut meter, &ping, later), 6);
    meter.send(1);
    assert_eq!(passing(&mut meter, &ping, later), 1);
    assert_eq!(
        meter.receive(&frame(DATA, 0, HTTP2_BYTES_PER_ALLOWANCE), later),
        Ok(())
    );
    assert_eq!(passing(&mut meter, &ping, later), 1);
}

#[test]
fn frames_are_told_apart_in_pieces_of_any_size() {
    let now = Instant::now();
    let mut bytes = vec![b'P'; PREFACE_BYTES];
    for _ in 0..HTTP2_ALLOWANCE_MAX {
        bytes.extend(frame(DATA, 0, 30));
        bytes.extend(frame(PING, 0, 8));
    }
    // The bodies have earned some.
    let earned = u32::try_from(30 * HTTP2_ALLOWANCE_MAX as usize / HTTP2_BYTES_PER_ALLOWANCE);
    for step in [1, 2, 8, 9, 10, 47, 1000] {
        let mut meter = Meter::new(now);
        for piece in bytes.chunks(step) {
            assert_eq!(meter.receive(piece, now), Ok(()), "pieces of {step}");
        }
        let left = passing(&mut meter, &frame(PING, 0, 8), now);
        assert!(
            left <= earned.expect("few"),
            "pieces of {step} leave {left}"
        );
    }
}

#[test]
fn a_header_block_that_goes_on_is_timed_from_its_start() {
    let now = Instant::now();
    let mut meter = meter(now);
    assert_eq!(meter.block_since(), None);
    assert_eq!(meter.receive(&frame(HEADERS, 0, 10), now), Ok(()));
    let later = now + Duration::from_secs(1);
    assert_eq!(meter.receive(&frame(CONTINUATION, 0, 10), later), Ok(()));
    assert_eq!(meter.block_since(), Some(now));
    assert_eq!(
        meter.receive(&frame(CONTINUATION, END_HEADERS, 10), later),
        Ok(())
    );
    assert_eq!(meter.block_since(), None);
}
