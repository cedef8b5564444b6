//! Requests at the same time, several hundred in each mode: nobody's answer reaches anybody else.

use std::thread;

use askr_testkit::Server;

use crate::case::{Ask, Case, OWN};
use crate::compare::{answers, folder};
use crate::{ends, forms, multipart, sessions, state};

/// Connections, each with a thread that asks all cases in an order of its own.
const CONNECTIONS: usize = 8;

#[test]
fn answers_do_not_depend_on_who_else_asks() {
    let mut cases = forms::cases();
    cases.extend(multipart::cases());
    cases.extend(sessions::cases());
    cases.extend(bodies());
    cases.extend(ends::cases());
    cases.extend(state::cases());
    let own = folder().with_file_name("worker").join("own.php");
    let own = format!("auto_prepend_file={}", own.display());

    let worker = Server::with_script("cases.php");
    let classic = Server::classic().root(folder()).flag("ini", own);

    // What is compressed may depend on when its end comes.
    for server in [worker, classic].map(|server| server.flag("compress", "off")) {
        let sessions = tempfile::tempdir().unwrap();
        let private = format!("session.save_path={}", sessions.path().display());
        ask_all_at_once(&server.flag("ini", private).start(), &cases);
    }
}

/// Bodies that carry the number, too.
fn bodies() -> Vec<Case> {
    let file =
        "--b\r\nContent-Disposition: form-data; name=f; filename=OWN-OWN\r\n\r\nOWN-OWN\r\n--b--";
    let long = OWN.repeat(50_000);
    let body = |method, target, content_type, body: &str| {
        let ask = Ask::with_body(method, target, content_type, body);
        Case::new(content_type, ask).shows(OWN)
    };
    let form = "application/x-www-form-urlencoded";
    vec![
        body("POST", "/request.php", form, "a=OWN-OWN"),
        body("POST", "/request.php", form, &format!("a={long}")),
        body(
            "POST",
            "/uploads.php",
            "multipart/form-data; boundary=b",
            file,
        ),
        body(
            "PUT",
            "/request.php",
            "application/json",
            "{\"a\":\"OWN-OWN\"}",
        ),
        body("PUT", "/request.php", "text/plain", &long),
        body(
            "PUT",
            "/parse-body.php",
            "multipart/form-data; boundary=b",
            file,
        ),
        body("PATCH", "/parse-body.php", form, "a=OWN-OWN&b=OWN-OWN"),
    ]
}

#[track_caller]
fn ask_all_at_once(server: &Server, cases: &[Case]) {
    let alone: Vec<String> = cases
        .iter()
        .map(|case| answers(&case.own(OWN), &mut server.client()).unwrap())
        .collect();
    assert!(alone.iter().all(|text| text.contains("x-own: OWN-OWN")));
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let alone = &alone;
            scope.spawn(move || {
                let mut client = server.client();
                for step in 0..cases.len() {
                    // Coprime with any number of cases below it, so that none is left out.
                    let at = (connection * 31 + step * 1009) % cases.len();
                    let own = format!("{connection:03}-{step:03}");
                    let text = answers(&cases[at].own(&own), &mut client).unwrap();
                    let expected = alone[at].replace(OWN, &own);
                    assert_eq!(text, expected, "{}", cases[at].name);
                }
            });
        }
    });
}
