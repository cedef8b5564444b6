//! The bytes of an HTTP/1 client, however they are cut.

use super::step_of;
use crate::connection::intake::chunks::ChunkScan;
use crate::connection::intake::framing::{Framing, Step};
use crate::connection::intake::head::HeadLimits;

const LIMITS: HeadLimits = HeadLimits {
    head_bytes: 512,
    head_fields: 8,
    request_line_bytes: 128,
};

/// The first byte of each says in how many pieces it arrives.
pub(super) const FRAMING_SEEDS: &[&[u8]] = &[
    b"\x07GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?c HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x03POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcdGET / HTTP/1.0\r\n\r\n",
    b"\x05POST / HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n",
    b"\x01PUT http://[::1]:8/x HTTP/1.1\r\nhOST: [::1]:8\r\nContent-Length: 0\r\n\r\n",
    b"\x20OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
    b"\xffGET / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"\x09GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n",
    b"\x10PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x02\r\n\r\nGET / HTTP/1.1\nHost: a\n\n",
];

pub(super) const CHUNKS_SEEDS: &[&[u8]] = &[
    b"\x013\r\nabc\r\n0\r\n\r\n",
    b"\x044;name=\"a;b\"\r\nabcd\r\n0\r\nA: b\r\nC: d\r\n\r\nrest",
    b"\x02ffffffffffffffff\r\n",
    b"\x800\r\n\r\n",
    b"\x03zz\r\n",
    b"\x031\nab\n0\n\n",
];

/// Requests end where they end, whatever pieces they come in, and nothing is skipped or seen twice.
pub(super) fn framing(bytes: &[u8]) {
    let Some((step, input)) = step_of(bytes) else {
        return;
    };
    let cut = walk(input, step);
    assert_eq!(cut, walk(input, input.len().max(1)), "pieces of {step}");
    for (at, length) in &cut.heads {
        let head = &input[*at..at + length];
        assert!(head.ends_with(b"\r\n\r\n"), "a head has an end");
        let bare = memchr::memchr_iter(b'\n', head).find(|&at| at == 0 || head[at - 1] != b'\r');
        assert_eq!(bare, None, "a bare line feed passed");
        assert!(*length <= LIMITS.head_bytes);
    }
}

/// What became of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Walk {
    /// Where each head begins, and its length.
    heads: Vec<(usize, usize)>,
    end: Option<Step>,
    in_body: bool,
}

fn walk(input: &[u8], step: usize) -> Walk {
    let mut framing = Framing::new(LIMITS);
    let (mut heads, mut at, mut arrived) = (Vec::new(), 0, 0);
    let mut end = None;
    while end.is_none() && arrived < input.len() {
        arrived = (arrived + step).min(input.len());
        while at < arrived {
            let used = match framing.next(&input[at..arrived]) {
                Step::Head(bytes) => {
                    heads.push((at, bytes));
                    bytes
                }
                Step::Body(bytes) => bytes,
                Step::Partial => break,
                other => {
                    end = Some(other);
                    break;
                }
            };
            assert!(used > 0 && at + used <= arrived, "{used} of {arrived}");
            at += used;
        }
    }
    let in_body = framing.in_body();
    Walk {
        heads,
        end,
        in_body,
    }
}

/// A chunked body ends where it ends, whatever pieces it comes in.
pub(super) fn chunks(bytes: &[u8]) {
    let Some((step, input)) = step_of(bytes) else {
        return;
    };
    let whole = body_end(input, input.len().max(1));
    assert_eq!(body_end(input, step), whole, "pieces of {step}");
}

/// Where the body ends, if it does; `Err` for one that is malformed.
fn body_end(input: &[u8], step: usize) -> Result<Option<usize>, ()> {
    let mut scan = ChunkScan::default();
    let mut at = 0;
    while at < input.len() {
        let piece = &input[at..input.len().min(at + step)];
        let (used, ended) = scan.advance(piece).map_err(drop)?;
        assert!(ended || used == piece.len(), "bytes are left in the middle");
        at += used;
        if ended {
            return Ok(Some(at));
        }
    }
    Ok(None)
}
