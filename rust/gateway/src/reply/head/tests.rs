use super::*;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let mut head = Vec::new();
    ReplyHead { status, headers }.encode(&mut head);
    Answer {
        head,
        body: body.as_bytes().to_vec(),
        rest: None,
    }
}

fn asked(method: Method) -> Asked {
    Asked {
        method,
        version: Version::HTTP_11,
    }
}

fn room() -> ReplyRoom {
    ReplyRoom {
        memory_bytes: 1024,
        file_bytes: 0,
        patience: std::time::Duration::ZERO,
        folder: std::path::PathBuf::new(),
    }
}

#[track_caller]
fn forwarded(method: Method, answer: Answer) -> Response<Content> {
    match respond(&asked(method), answer, &Subject::of_nothing(), room) {
        Ok(forward) => forward.response,
        Err(fault) => panic!("{fault}"),
    }
}

#[track_caller]
fn full(response: &Response<Content>) -> &[u8] {
    match response.body() {
        Content::Full(bytes) => bytes,
        _ => panic!("the body is not complete"),
    }
}

#[test]
fn repeated_headers_keep_their_order() {
    let headers = [("Set-Cookie", "a=1"), ("X-A", "b"), ("Set-Cookie", "c=2")];
    let response = forwarded(Method::GET, answer(200, &headers, "hello"));
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "c=2"]);
    assert_eq!(full(&response), b"hello");
}

#[test]
fn fields_about_the_connection_are_left_out() {
    let headers = [
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Trailer", "x"),
        ("bad name", "x"),
        ("X-Bad", "a\u{1}b"),
        ("X-Good", "yes"),
    ];
    let response = forwarded(Method::GET, answer(200, &headers, ""));
    let names: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["x-good"]);
}

#[test]
fn a_length_php_announced_is_kept_to() {
    let length = |text| [("Content-Length", text)];
    let exact = forwarded(Method::GET, answer(200, &length("5"), "hello"));
    assert_eq!(full(&exact), b"hello");
    let long = forwarded(Method::GET, answer(200, &length("4"), "hello"));
    assert_eq!(full(&long), b"hell");
    let nonsense = forwarded(Method::GET, answer(200, &length("x"), "hello"));
    assert_eq!(full(&nonsense), b"hello");
    let short = forwarded(Method::GET, answer(200, &length("9"), "hello"));
    assert!(matches!(
        short.body(),
        Content::Short { bytes, announced: 9 } if bytes == "hello"
    ));
}

#[test]
fn replies_without_a_body_have_none() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let response = forwarded(method, answer(status, &[], "hello"));
        assert!(matches!(response.body(), Content::Empty), "{status}");
    }
    let told = forwarded(Method::HEAD, answer(200, &[("Content-Length", "9")], ""));
    assert_eq!(told.headers()["content-length"], "9");
    let unknown = forwarded(Method::HEAD, answer(200, &[], ""));
    assert!(!unknown.headers().contains_key("content-length"));
}

#[test]
fn a_status_that_is_no_final_answer_is_a_fault() {
    for status in [0, 99, 100, 101, 199, 600, 999, u16::MAX] {
        let fault = respond(
            &asked(Method::GET),
            answer(status, &[], ""),
            &Subject::of_nothing(),
            room,
        )
        .err();
        assert!(
            matches!(fault, Some(DispatchFault::ReplyStatus { status: seen }) if seen == status),
            "{status}"
        );
    }
}

#[test]
fn a_head_that_cannot_be_read_is_a_fault() {
    let broken = Answer {
        head: vec![1, 2, 3],
        body: Vec::new(),
        rest: None,
    };
    let fault = respond(&asked(Method::GET), broken, &Subject::of_nothing(), room).err();
    assert!(matches!(fault, Some(DispatchFault::ReplyHead(_))));
}
