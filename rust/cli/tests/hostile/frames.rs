//! Frames of HTTP/2 as they are written down here, and what becomes of them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use askr_testkit::DEADLINE;

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;

/// A frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("frames are short");
    let mut bytes = length.to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Fields as they are, neither indexed nor compressed.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in fields {
        bytes.push(0);
        for text in [name, value] {
            length(text.len(), &mut bytes);
            bytes.extend(text.as_bytes());
        }
    }
    bytes
}

/// A number with a prefix of seven bits.
fn length(mut number: usize, bytes: &mut Vec<u8>) {
    if number < 127 {
        bytes.push(u8::try_from(number).expect("it is small"));
        return;
    }
    bytes.push(127);
    number -= 127;
    while number >= 128 {
        bytes.push(u8::try_from(number % 128).expect("it is small") | 128);
        number /= 128;
    }
    bytes.push(u8::try_from(number).expect("it is small"));
}

/// How the server has ended something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// An answer.
    Status(u16),
    /// The stream, with its reason.
    Reset(u32),
    /// The connection, with its reason.
    GoAway(u32),
    /// The connection, without a word.
    Closed,
}

/// Sends `bytes` behind the preface and our settings, and tells how it first ended.
pub(crate) fn sent(address: SocketAddr, bytes: &[u8]) -> End {
    let settings = frame(SETTINGS, 0, 0, &[]);
    sent_raw(address, &[PREFACE, &settings, bytes].concat())
}

/// Sends `bytes` and nothing else.
pub(crate) fn sent_raw(address: SocketAddr, bytes: &[u8]) -> End {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        set(&stream, Some(DEADLINE)).expect("a deadline is not zero");
    }
    // It may close before all of it is taken.
    let _ = stream.write_all(bytes);
    let end = first_end(&mut stream);
    let _ = stream.shutdown(Shutdown::Both);
    end
}

fn first_end(stream: &mut TcpStream) -> End {
    loop {
        let mut head = [0; 9];
        if let Err(error) = stream.read_exact(&mut head) {
            let is_end = matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
            );
            assert!(is_end, "nothing comes of it: {error}");
            return End::Closed;
        }
        if &head[..5] == b"HTTP/" {
            return old_status(stream);
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("it is small")];
        if stream.read_exact(&mut payload).is_err() {
            return End::Closed;
        }
        match head[3] {
            HEADERS => return End::Status(status(&payload)),
            RST_STREAM => return End::Reset(word(&payload)),
            GOAWAY => return End::GoAway(word(&payload[4..])),
            _ => {}
        }
    }
}

/// Of an answer in HTTP/1.1, of which the first nine bytes are gone.
fn old_status(stream: &mut TcpStream) -> End {
    let mut digits = [0; 3];
    stream.read_exact(&mut digits).expect("a status");
    let text = std::str::from_utf8(&digits).expect("digits");
    End::Status(text.parse().expect("digits"))
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(*bytes.first_chunk().expect("four bytes"))
}

/// The first field of a block, which is the status: indexed, or with an indexed name.
fn status(block: &[u8]) -> u16 {
    match block {
        [0x88, ..] => 200,
        [0x89, ..] => 204,
        [0x8a, ..] => 206,
        [0x8b, ..] => 304,
        [0x8c, ..] => 400,
        [0x8d, ..] => 404,
        [0x8e, ..] => 500,
        [_, length, rest @ ..] if length & 0x80 != 0 => {
            huffman(&rest[..usize::from(length & 0x7f)])
        }
        [_, 3, digits @ ..] => {
            let text = std::str::from_utf8(&digits[..3]).expect("digits");
            text.parse().expect("digits")
        }
        other => panic!("no status in {other:x?}"),
    }
}

/// Three digits: `0` to `2` have five bits, the others six.
fn huffman(bytes: &[u8]) -> u16 {
    let mut bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |at| u16::from(byte >> at & 1)));
    let mut take = |count: usize| bits.by_ref().take(count).fold(0, |sum, bit| sum * 2 + bit);
    let mut number = 0;
    for _ in 0..3 {
        let five = take(5);
        let digit = if five < 3 {
            five
        } else {
            (five * 2 + take(1)) - 0x19 + 3
        };
        number = number * 10 + digit;
    }
    number
}
