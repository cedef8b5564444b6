//! A client of HTTP/2 that sends the frames it is told, however wrong they are.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::deadline::DEADLINE;

/// What a client sends first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Types of frames.
#[expect(missing_docs, reason = "named as in RFC 9113 §6")]
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// Flags of frames.
#[expect(missing_docs, reason = "named as in RFC 9113 §6")]
pub mod flag {
    pub const ACK: u8 = 1;
    pub const END_STREAM: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    pub const PADDED: u8 = 8;
    pub const PRIORITY: u8 = 0x20;
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// One of [`kind`].
    pub kind: u8,
    /// Some of [`flag`].
    pub flags: u8,
    /// The stream, 0 for the connection.
    pub stream: u32,
    /// The rest.
    pub payload: Vec<u8>,
}

/// How a server ends a stream or a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// RST_STREAM with this code.
    Reset(u32),
    /// GOAWAY with this code, or only the end of the connection.
    Connection(Option<u32>),
    /// A reply to the end.
    Reply,
}

/// One connection.
#[derive(Debug)]
pub struct Frames(BufReader<TcpStream>);

impl Frame {
    /// As it goes over the wire.
    ///
    /// # Panics
    /// When the payload is longer than a frame can say.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        let bytes = u32::try_from(self.payload.len()).expect("a frame");
        let mut encoded = bytes.to_be_bytes()[1..].to_vec();
        encoded.extend([self.kind, self.flags]);
        encoded.extend(self.stream.to_be_bytes());
        encoded.extend(&self.payload);
        encoded
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = self.payload[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(bytes)
    }
}

impl Frames {
    /// Connects and says nothing.
    ///
    /// # Panics
    /// When the server cannot be reached.
    #[must_use]
    pub fn silent(address: SocketAddr) -> Frames {
        let stream = TcpStream::connect(address).expect("the server under test listens");
        for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            set(&stream, Some(DEADLINE)).expect("a deadline is not zero");
        }
        stream.set_nodelay(true).expect("a socket");
        Frames(BufReader::new(stream))
    }

    /// Connects and begins properly, with the defaults for settings.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Frames {
        let mut frames = Frames::silent(address);
        frames.bytes(PREFACE);
        frames.frame(kind::SETTINGS, 0, 0, b"");
        frames
    }

    /// Sends `bytes` as they are, to a server that may have closed.
    pub fn bytes(&mut self, bytes: &[u8]) {
        // What the server makes of it is read.
        let _ = self.0.get_mut().write_all(bytes);
    }

    /// Sends as much of `bytes` again and again as the server takes until it closes, which it is
    /// asked to look at before it has read all.
    ///
    /// # Panics
    /// When it takes more than `times`.
    pub fn flood(&mut self, bytes: &[u8], times: usize) {
        for _ in 0..times {
            if self.0.get_mut().write_all(bytes).is_err() {
                return;
            }
        }
    }

    /// Sends a frame.
    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let payload = payload.to_vec();
        let frame = Frame {
            kind,
            flags,
            stream,
            payload,
        };
        self.bytes(&frame.encoded());
    }

    /// Sends a whole head; `ends` if nothing follows.
    pub fn head(&mut self, stream: u32, fields: &[(&str, &str)], ends: bool) {
        let ends = if ends { flag::END_STREAM } else { 0 };
        let block = block(fields);
        self.frame(kind::HEADERS, flag::END_HEADERS | ends, stream, &block);
    }

    /// Sends a GET without a body.
    pub fn get(&mut self, stream: u32, path: &str) {
        self.head(stream, &get_fields(path), true);
    }

    /// The next frame, `None` at the end of the connection.
    ///
    /// # Panics
    /// When nothing comes in time.
    #[track_caller]
    pub fn read(&mut self) -> Option<Frame> {
        match self.try_read() {
            Ok(frame) => frame,
            Err(error) => panic!("no frame: {error}"),
        }
    }

    /// Reads up to the first frame of that kind which is no acknowledgement.
    ///
    /// # Panics
    /// When it does not come.
    #[track_caller]
    pub fn until(&mut self, kind: u8) -> Frame {
        loop {
            match self.read() {
                Some(frame) if frame.kind == kind && !is_ack(&frame) => return frame,
                Some(_) => {}
                None => panic!("closed before a frame of type {kind}"),
            }
        }
    }

    /// Reads up to what ends `stream`, on which the server may be told to go on.
    ///
    /// # Panics
    /// When nothing does.
    #[track_caller]
    pub fn ending(&mut self, stream: u32) -> Ending {
        let mut code = None;
        loop {
            let Some(frame) = self.read() else {
                return Ending::Connection(code);
            };
            let ours = frame.stream == stream;
            match frame.kind {
                kind::GOAWAY if frame.word(4) != 0 => code = Some(frame.word(4)),
                kind::GOAWAY => code = code.or(Some(0)),
                kind::RST_STREAM if ours => return Ending::Reset(frame.word(0)),
                kind::DATA | kind::HEADERS if ours && frame.flags & flag::END_STREAM != 0 => {
                    return Ending::Reply;
                }
                _ => {}
            }
        }
    }

    /// The code of the GOAWAY that ends the connection, if one came.
    ///
    /// # Panics
    /// When the connection stays open.
    #[track_caller]
    pub fn goaway(&mut self) -> Option<u32> {
        match self.ending(u32::MAX) {
            Ending::Connection(code) => code,
            other => panic!("{other:?} on a stream that does not exist"),
        }
    }

    /// Whether the connection still works.
    ///
    /// # Panics
    /// When nothing comes at all.
    #[track_caller]
    pub fn is_alive(&mut self) -> bool {
        self.frame(kind::PING, 0, 0, b"12345678");
        loop {
            match self.read() {
                Some(frame) if frame.kind == kind::PING && is_ack(&frame) => return true,
                Some(frame) if frame.kind == kind::GOAWAY => return false,
                Some(_) => {}
                None => return false,
            }
        }
    }

    fn try_read(&mut self) -> io::Result<Option<Frame>> {
        let mut head = [0; 9];
        match self.0.read_exact(&mut head) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let [high, middle, low, kind, flags, s0, s1, s2, s3] = head;
        let bytes = u32::from_be_bytes([0, high, middle, low]);
        let mut payload = vec![0; bytes as usize];
        self.0.read_exact(&mut payload)?;
        Ok(Some(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes([s0, s1, s2, s3]),
            payload,
        }))
    }
}

/// What a GET for `path` consists of.
#[must_use]
pub fn get_fields(path: &str) -> [(&str, &str); 4] {
    [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "test"),
    ]
}

/// A header block of literal fields without indexing and without Huffman coding.
#[must_use]
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            integer(text.len(), &mut block);
            block.extend(text.as_bytes());
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541 §5.1), the bit before them not set.
fn integer(value: usize, block: &mut Vec<u8>) {
    let low = |value: usize| u8::try_from(value % 128).expect("seven bits");
    if value < 127 {
        block.push(low(value));
        return;
    }
    block.push(127);
    let mut rest = value - 127;
    while rest >= 128 {
        block.push(low(rest) | 128);
        rest /= 128;
    }
    block.push(low(rest));
}

fn is_ack(frame: &Frame) -> bool {
    matches!(frame.kind, kind::SETTINGS | kind::PING) && frame.flags & flag::ACK != 0
}
