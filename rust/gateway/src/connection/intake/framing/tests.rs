use super::*;

fn framing() -> Framing {
    Framing::new(HeadLimits {
        head_bytes: 1000,
        head_fields: 10,
        request_line_bytes: 100,
    })
}

/// All steps over `input` given at once.
fn steps(input: &str) -> Vec<Step> {
    let mut framing = framing();
    let mut steps = Vec::new();
    let mut at = 0;
    while at < input.len() {
        let step = framing.next(&input.as_bytes()[at..]);
        match step {
            Step::Head(bytes) | Step::Body(bytes) => at += bytes,
            Step::Partial | Step::Refuse(_) | Step::Broken => at = input.len(),
        }
        steps.push(step);
    }
    steps
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn pipelined_requests_are_told_apart() {
    let input = format!("{GET}{POST}GET {CHUNKED}3\r\nabc\r\n0\r\n\r\n{GET}GET /");
    assert_eq!(
        steps(&input),
        [
            Step::Head(GET.len()),
            Step::Head(POST.len()),
            Step::Body(4),
            Step::Head(CHUNKED.len()),
            Step::Body(13),
            Step::Head(GET.len()),
            Step::Partial,
        ]
    );
}

#[test]
fn a_body_may_come_in_pieces() {
    let mut framing = framing();
    assert_eq!(framing.next(POST.as_bytes()), Step::Head(POST.len()));
    assert!(framing.in_body());
    assert_eq!(framing.next(b"abc"), Step::Body(3));
    assert!(framing.in_body());
    assert_eq!(framing.next(b"dGET"), Step::Body(1));
    assert!(!framing.in_body());
    assert_eq!(framing.next(b"GET"), Step::Partial);
}

#[test]
fn what_looks_like_a_request_in_a_body_is_body() {
    let body = format!("{CHUNKED}{:x}\r\n{GET}\r\n0\r\n\r\n", GET.len());
    let heads = steps(&body)
        .iter()
        .filter(|step| matches!(step, Step::Head(_)))
        .count();
    assert_eq!(heads, 1);
}

#[test]
fn malformed_chunks_end_the_stream() {
    assert_eq!(
        steps(&format!("{CHUNKED}zz\r\n")),
        [Step::Head(CHUNKED.len()), Step::Broken]
    );
}

#[test]
fn a_refused_head_tells_why() {
    let input = format!("{GET}GET /\r\n\r\n");
    assert_eq!(
        steps(&input),
        [Step::Head(GET.len()), Step::Refuse(HeadFault::RequestLine)]
    );
}

/// Pieces that make requests, good and bad, when put together.
const PIECES: &[&str] = &[
    GET,
    POST,
    CHUNKED,
    "abcd",
    "3\r\nabc\r\n",
    "0\r\n\r\n",
    "0\r\nA: b\r\n\r\n",
    "\r\n",
    "\n",
    "\r",
    "Host: b\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    " ",
    "GET /x HTTP/1.1\r\nHost: a\r\n",
    "GET /y HTTP/1.0\r\n",
];

/// Feeds `input` in pieces of `step` bytes as the intake does; tells the length of each head in
/// the stream, where it began, and how the stream ended.
fn fed(input: &[u8], step: usize) -> (Vec<(usize, usize)>, Option<Step>) {
    let mut framing = framing();
    let (mut heads, mut held, mut at) = (Vec::new(), Vec::new(), 0);
    for piece in input.chunks(step) {
        held.extend_from_slice(piece);
        while !held.is_empty() {
            let used = match framing.next(&held) {
                Step::Head(bytes) => {
                    heads.push((at, bytes));
                    bytes
                }
                Step::Body(bytes) => bytes,
                Step::Partial => break,
                end => return (heads, Some(end)),
            };
            at += used;
            held.drain(..used);
        }
    }
    (heads, None)
}

proptest::proptest! {
    #[test]
    fn requests_are_the_same_however_they_are_cut(
        pieces in proptest::collection::vec(0..PIECES.len(), 0..12),
        step in 1_usize..40,
    ) {
        let input: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let whole = fed(input.as_bytes(), input.len().max(1));
        let cut = fed(input.as_bytes(), step);
        proptest::prop_assert_eq!(whole, cut);
    }

    #[test]
    fn no_bytes_make_it_panic(
        input in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        step in 1_usize..40,
    ) {
        fed(&input, step);
    }
}
