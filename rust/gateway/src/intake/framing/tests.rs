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
