//! Forms, what is wrong with them, and files that come with them.

use std::fs;
use std::path::Path;

use askr_testkit::{Response, eventually};

use crate::ask::Ask;
use crate::peers::Peers;

#[test]
fn a_form_is_taken_with_its_token_and_only_then() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    for round in ["a", "b", "c"] {
        let refused = visitors.ask(&Ask::form("/form", "name=x"));
        assert_eq!(refused.status, 419, "{}", refused.text());
        let name = format!("{round}&a%5Bb%5D%5Bc%5D=deep");
        let urlencoded = visitors.ask_with_token("/form", |token| {
            Ask::form("/form", &format!("_token={token}&name={name}"))
        });
        assert_eq!(
            urlencoded.text(),
            format!(
                r#"{{"method":"POST","real":"POST","name":"{round}","nested":"deep","file":null}}"#
            )
        );
        let multipart = visitors.ask_with_token("/form", |token| {
            let fields = [("_token", token), ("name", round), ("a[b][c]", "deep")];
            Ask::upload("/form", "a.txt", b"content", &fields)
        });
        assert!(
            multipart
                .text()
                .ends_with(r#""nested":"deep","file":"content"}"#)
        );
    }
}

#[test]
fn a_form_can_ask_for_any_method() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    let method = |response: Response| {
        assert_eq!(response.status, 200, "{}", response.text());
        response.text().split('"').nth(3).unwrap().to_owned()
    };
    for name in ["PUT", "PATCH", "DELETE"] {
        let form = Ask::form("/open/form", &format!("_method={name}&name=x"));
        assert_eq!(method(visitors.ask(&form)), name);
        let fields = [("_method", name), ("name", "x")];
        let upload = Ask::upload("/open/form", "a", b"b", &fields);
        assert_eq!(method(visitors.ask(&upload)), name);
        let header = Ask::form("/open/form", "name=x").header("X-HTTP-Method-Override", name);
        assert_eq!(method(visitors.ask(&header)), name);
        let json = Ask::new("POST", "/open/form");
        let json = json.body("application/json", format!(r#"{{"_method":"{name}"}}"#));
        assert_eq!(method(visitors.ask(&json)), name);
    }
    let asked_in_the_address = Ask::form("/open/form?_method=PUT", "name=x");
    assert_eq!(method(visitors.ask(&asked_in_the_address)), "PUT");
    assert_eq!(
        method(visitors.ask(&Ask::form("/open/form", "name=x"))),
        "POST"
    );
    let put = Ask::new("PUT", "/open/form").body("application/json", r#"{"name":"json"}"#);
    assert!(visitors.ask(&put).text().contains(r#""name":"json""#));
}

#[test]
fn what_is_wrong_with_a_form_is_told_once_and_to_its_visitor() {
    let peers = Peers::start();
    let (mut visitors, mut strangers) = (peers.visitors(), peers.visitors());
    let look = Ask::get("/form/errors");
    let clean = r#"{"name":null,"file":null,"old":null}"#;
    for _ in 0..3 {
        let wrong = Ask::form("/open/form/checked", "name=xy")
            .header("Referer", "http://fixture.test/form/errors");
        let sent_back = visitors.ask(&wrong);
        assert_eq!(sent_back.status, 302);
        assert_eq!(
            sent_back.header("location"),
            Some("http://fixture.test/form/errors")
        );
        assert_eq!(strangers.ask(&look).text(), clean);
        let told = visitors.ask(&look);
        assert!(
            told.text().contains("at least 3 characters"),
            "{}",
            told.text()
        );
        assert!(told.text().ends_with(r#""old":"xy"}"#), "{}", told.text());
        assert_eq!(visitors.ask(&look).text(), clean, "flashed for one request");

        let json = visitors.ask(&wrong.wants_json());
        assert_eq!(json.status, 422);
        assert!(
            json.text().contains(r#""errors":{"name":["#),
            "{}",
            json.text()
        );
        let right = visitors.ask(&Ask::form("/open/form/checked", "name=long&size=4&other=x"));
        assert_eq!(right.text(), r#"{"name":"long","size":"4"}"#);
    }
}

#[test]
fn a_note_is_flashed_to_the_next_request_and_no_other() {
    let peers = Peers::start();
    let (mut visitors, mut strangers) = (peers.visitors(), peers.visitors());
    let read = Ask::get("/responses/flash/read");
    for _ in 0..3 {
        assert_eq!(visitors.ask(&Ask::get("/responses/flash")).status, 302);
        assert_eq!(strangers.ask(&read).text(), r#"{"note":"none"}"#);
        assert_eq!(visitors.ask(&read).text(), r#"{"note":"flashed"}"#);
        assert_eq!(visitors.ask(&read).text(), r#"{"note":"none"}"#);
    }
}

#[test]
fn a_file_is_judged_by_type_and_size() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    let to = "/open/form/file";
    let mut send = |name: &str, file: &[u8]| {
        let response = visitors.ask(&Ask::upload(to, name, file, &[]).wants_json());
        (response.status, response.text().to_owned())
    };
    for _ in 0..2 {
        assert_eq!(
            send("a.txt", b"text"),
            (200, r#"{"accepted":"a.txt"}"#.into())
        );
        let (status, text) = send("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
        assert_eq!(status, 422);
        assert!(text.contains("must be a file of type: txt"), "{text}");
        let (status, text) = send("a.txt", &[b'x'; 4097]);
        assert_eq!(status, 422);
        assert!(text.contains("greater than 4 kilobytes"), "{text}");
        let (status, text) = send("", b"");
        assert_eq!(status, 422);
        assert!(text.contains("file field is required"), "{text}");
    }
}

#[test]
fn a_file_that_is_kept_is_there_and_its_temporary_one_gone() {
    let peers = Peers::start();
    let mut visitors = peers.visitors();
    for content in ["first", "second"] {
        for (to, kept) in [("store", "stored"), ("store-as", "stored/named.txt")] {
            let to = format!("/open/form/{to}");
            let ask = Ask::upload(&to, "sent.txt", content.as_bytes(), &[]);
            let response = visitors.each(&ask, take_temporary);
            let shown = format!(r#"{{"kept":"{}","#, kept.replace('/', "\\/"));
            assert!(response.text().starts_with(&shown), "{}", response.text());
        }
        let ask = Ask::upload("/open/form/move", "sent.txt", content.as_bytes(), &[]);
        let response = visitors.each(&ask, take_temporary);
        assert!(
            response
                .text()
                .ends_with(r#""kept":"moved.txt","gone":true}"#)
        );
        for below in ["stored/named.txt", "moved.txt"] {
            assert_eq!(kept_file(&peers, below), content, "{below}");
        }
    }
    let stored = fs::read_dir(peers.application.path("storage/app/stored")).unwrap();
    let expected = 2 * visitors.count() + 1;
    assert_eq!(stored.count(), expected, "two from each, and the named one");
}

fn kept_file(peers: &Peers, below: &str) -> String {
    fs::read_to_string(peers.application.path("storage/app").join(below)).unwrap()
}

/// Sees that the temporary file is gone, and takes its name out, which is drawn by lot.
fn take_temporary(response: &mut Response) {
    let text = response.text();
    let (before, rest) = text.split_once(r#""temporary":""#).unwrap();
    let (path, after) = rest.split_once('"').unwrap();
    let path = path.replace("\\/", "/");
    assert!(path.starts_with("/tmp/"), "{text}");
    // The end of the request may come after its response.
    eventually("the temporary file is gone", || !Path::new(&path).exists());
    response.body = format!("{before}{after}").into();
}
