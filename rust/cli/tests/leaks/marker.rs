//! What a request leaves behind, and how it is found where it should not be.

use askr_testkit::Response;

/// What every marker starts with.
const PREFIX: &str = "marker-";

/// What one request calls its own: no marker is the beginning of another.
pub(crate) fn marker(of: impl std::fmt::Display) -> String {
    format!("{PREFIX}{of}.")
}

/// The markers in a response, in names and values of headers and in the body.
pub(crate) fn markers(response: &Response) -> Vec<String> {
    let headers = response.headers.iter();
    let headers = headers.flat_map(|(name, value)| [name.clone(), value.clone()]);
    let body = String::from_utf8_lossy(&response.body).into_owned();
    headers
        .chain([body])
        .flat_map(|text| within(&text))
        .collect()
}

/// Asserts that no marker but `own` is in a response.
#[track_caller]
pub(crate) fn assert_no_other(response: &Response, own: &str, what: &str) {
    let mut foreign = markers(response);
    foreign.retain(|found| found != own);
    let body = String::from_utf8_lossy(&response.body);
    assert!(
        foreign.is_empty(),
        "{what}: {foreign:?} in {body}{:?}",
        response.headers
    );
}

fn within(text: &str) -> Vec<String> {
    let text = text.to_ascii_lowercase();
    let starts = text.match_indices(PREFIX).map(|(start, _)| start);
    let ends = |start: usize| {
        text[start..]
            .find('.')
            .map_or(text.len(), |end| start + end + 1)
    };
    starts
        .map(|start| text[start..ends(start)].to_owned())
        .collect()
}

#[test]
fn markers_are_found_wherever_they_are() {
    let response = Response {
        status: 200,
        version: "HTTP/1.1".to_owned(),
        headers: vec![("x-marker-1.".to_owned(), "a Marker-2. b".to_owned())],
        body: b"{\"a\":\"marker-3.\",\"b\":\"marker-31.\"}".to_vec(),
    };

    let all = ["marker-1.", "marker-2.", "marker-3.", "marker-31."];
    assert_eq!(markers(&response), all);
}
