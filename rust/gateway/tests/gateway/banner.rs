//! The text below pages while the code on the disk does not run.

use askr_testkit::{After, reply};
use tokio::sync::watch;

use crate::server::Setup;

#[test]
fn pages_carry_the_text_with_the_right_length_until_it_goes() {
    let (text, shown) = watch::channel(None);
    let server = Setup::new().showing(shown).start();
    let _worker = server.worker(|job, _| {
        let headers = [("Content-Type", "text/html"), ("Content-Length", "4")];
        let _ = reply(job.take().unwrap(), 500, &headers, b"page");
        After::Next
    });
    let mut client = server.client();
    assert_eq!(client.get("/").text(), "page");

    text.send(Some("parse <error>".to_owned())).unwrap();
    let response = client.get("/");
    let body = response.text();
    assert!(body.starts_with("page\n<div"), "{body}");
    assert!(body.contains("parse &#60;error&#62;"), "{body}");
    let length = body.len().to_string();
    assert_eq!(response.header("content-length"), Some(length.as_str()));
    assert_eq!(response.status, 500);

    text.send(None).unwrap();
    assert_eq!(client.get("/").text(), "page");
}
