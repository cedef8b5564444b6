use super::*;

const ETAG: &str = "\"5f-1\"";
const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

fn fields(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fields {
        map.append(name, HeaderValue::from_static(value));
    }
    map
}

fn verdict(asked: &[(HeaderName, &'static str)]) -> Verdict {
    let (etag, last_modified) = (
        HeaderValue::from_static(ETAG),
        HeaderValue::from_static(MODIFIED),
    );
    let validators = Validators {
        etag: Some(&etag),
        last_modified: Some(&last_modified),
    };
    judge(&fields(asked), validators)
}

#[test]
fn without_conditions_the_file_is_sent() {
    assert_eq!(verdict(&[]), Verdict::Send);
}

#[test]
fn a_client_that_has_the_version_is_told_so() {
    for tags in [
        ETAG,
        "*",
        "\"x\", W/\"5f-1\"",
        "W/\"5f-1\"",
        ",, \"a,b\" ,\"5f-1\"",
    ] {
        assert_eq!(
            verdict(&[(IF_NONE_MATCH, tags)]),
            Verdict::NotModified,
            "{tags}"
        );
    }
    for tags in ["\"5f-2\"", "5f-1", "", "\"5f-1", "x \"5f-1\"", "w/\"5f-1\""] {
        assert_eq!(verdict(&[(IF_NONE_MATCH, tags)]), Verdict::Send, "{tags}");
    }
    let two_lines = [(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, ETAG)];
    assert_eq!(verdict(&two_lines), Verdict::NotModified);
}

#[test]
fn a_date_says_whether_the_client_has_it() {
    assert_eq!(
        verdict(&[(IF_MODIFIED_SINCE, MODIFIED)]),
        Verdict::NotModified
    );
    assert_eq!(verdict(&[(IF_MODIFIED_SINCE, AFTER)]), Verdict::NotModified);
    let other_form = "Sunday, 06-Nov-94 08:49:37 GMT";
    assert_eq!(
        verdict(&[(IF_MODIFIED_SINCE, other_form)]),
        Verdict::NotModified
    );
    assert_eq!(verdict(&[(IF_MODIFIED_SINCE, BEFORE)]), Verdict::Send);
    assert_eq!(verdict(&[(IF_MODIFIED_SINCE, "yesterday")]), Verdict::Send);
    let twice = [(IF_MODIFIED_SINCE, MODIFIED), (IF_MODIFIED_SINCE, AFTER)];
    assert_eq!(verdict(&twice), Verdict::Send);
}

#[test]
fn tags_count_before_dates() {
    let newer_tag = [(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, AFTER)];
    assert_eq!(verdict(&newer_tag), Verdict::Send);
    let same_tag = [(IF_MATCH, ETAG), (IF_UNMODIFIED_SINCE, BEFORE)];
    assert_eq!(verdict(&same_tag), Verdict::Send);
}

#[test]
fn a_client_that_wants_another_version_gets_none() {
    assert_eq!(verdict(&[(IF_MATCH, "\"x\"")]), Verdict::Failed);
    assert_eq!(verdict(&[(IF_MATCH, "W/\"5f-1\"")]), Verdict::Failed);
    assert_eq!(verdict(&[(IF_MATCH, "*")]), Verdict::Send);
    assert_eq!(verdict(&[(IF_UNMODIFIED_SINCE, BEFORE)]), Verdict::Failed);
    assert_eq!(verdict(&[(IF_UNMODIFIED_SINCE, MODIFIED)]), Verdict::Send);
    assert_eq!(verdict(&[(IF_UNMODIFIED_SINCE, "?")]), Verdict::Send);
    let failed_first = [(IF_MATCH, "\"x\""), (IF_NONE_MATCH, ETAG)];
    assert_eq!(verdict(&failed_first), Verdict::Failed);
    let then_none = [(IF_MATCH, ETAG), (IF_NONE_MATCH, ETAG)];
    assert_eq!(verdict(&then_none), Verdict::NotModified);
}

#[test]
fn without_validators_only_the_star_is_met() {
    let none = Validators {
        etag: None,
        last_modified: None,
    };
    let judged = |asked| judge(&fields(asked), none);
    assert_eq!(judged(&[(IF_NONE_MATCH, "*")]), Verdict::NotModified);
    assert_eq!(judged(&[(IF_NONE_MATCH, ETAG)]), Verdict::Send);
    assert_eq!(judged(&[(IF_MATCH, ETAG)]), Verdict::Failed);
    assert_eq!(judged(&[(IF_MODIFIED_SINCE, MODIFIED)]), Verdict::Send);
}

#[test]
fn a_part_fits_only_the_same_version() {
    let (etag, last_modified) = (
        HeaderValue::from_static(ETAG),
        HeaderValue::from_static(MODIFIED),
    );
    let validators = Validators {
        etag: Some(&etag),
        last_modified: Some(&last_modified),
    };
    let modified = date(MODIFIED.as_bytes()).unwrap();
    let later = modified + Duration::from_secs(1);
    let fits = |asked: &[_], now| range_fits(&fields(asked), validators, now);
    assert!(fits(&[], later));
    assert!(fits(&[(IF_RANGE, ETAG)], later));
    assert!(fits(&[(IF_RANGE, MODIFIED)], later));
    assert!(
        !fits(&[(IF_RANGE, MODIFIED)], modified),
        "it may change within the second"
    );
    for other in ["\"x\"", "W/\"5f-1\"", AFTER, BEFORE, "", "*"] {
        assert!(!fits(&[(IF_RANGE, other)], later), "{other}");
    }
    assert!(!fits(&[(IF_RANGE, ETAG), (IF_RANGE, ETAG)], later));
}
