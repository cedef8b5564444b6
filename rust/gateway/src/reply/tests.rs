use std::sync::Arc;

use super::*;

#[track_caller]
fn check(refusal: Refusal, status: u16, closes: bool) {
    let response = refuse(&refusal, &Subject::of_nothing(), &Complaints::default());
    assert_eq!(response.status().as_u16(), status, "{refusal}");
    assert_eq!(
        response.headers().contains_key(CONNECTION),
        closes,
        "{refusal}"
    );
    assert_eq!(
        response.headers().contains_key(RETRY_AFTER),
        matches!(status, 429 | 503),
        "{refusal}"
    );
    match response.body() {
        Content::Full(text) => {
            let expected = format!("{status} {refusal}\n");
            assert_eq!(text, expected.as_bytes());
        }
        _ => panic!("{refusal} has no text"),
    }
}

#[test]
fn limits_a_client_ran_into_are_named_and_close() {
    check(HeadFault::TooLarge { limit: 7 }.into(), 431, true);
    check(HeadFault::TooManyFields { limit: 7 }.into(), 431, true);
    check(HeadFault::RequestLineTooLong { limit: 7 }.into(), 414, true);
    check(HeadFault::Late { seconds: 7 }.into(), 408, true);
    check(BodyFault::TooLarge { limit: 7 }.into(), 413, true);
    check(
        BodyFault::Late {
            seconds: 7,
            rate: 1,
        }
        .into(),
        408,
        true,
    );
    check(HeadFault::LengthAndChunked.into(), 400, true);
    check(HeadFault::Connect.into(), 405, true);
    check(HeadFault::Version.into(), 505, true);
}

#[test]
fn what_went_wrong_behind_the_gateway_keeps_the_connection() {
    let pool: Arc<str> = "slow".into();
    let full = DispatchFault::QueueFull {
        limit: 7,
        pool: pool.clone(),
    };
    check(full.into(), 503, false);
    let late = DispatchFault::QueueWait { seconds: 7, pool };
    check(late.into(), 503, false);
    check(DispatchFault::Condemned.into(), 504, false);
    check(DispatchFault::Cut.into(), 502, false);
    check(DispatchFault::ReplyStatus { status: 99 }.into(), 500, false);
    check(Refusal::NotReady, 503, false);
    check(Refusal::Resting, 503, false);
    check(Refusal::NotFound, 404, false);
    check(PathFault::Climbs.into(), 400, false);
}

#[test]
fn a_redirect_keeps_the_query() {
    let response = redirect("/docs/", Some("a=b"));
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()[LOCATION], "/docs/?a=b");
}

#[test]
fn fixed_answers_are_complete() {
    let response = fixed("ok\n");
    assert!(matches!(response.body(), Content::Full(text) if text == "ok\n"));
    assert_eq!(
        response.headers()[CONTENT_TYPE],
        "text/plain; charset=utf-8"
    );
}
