//! One visitor logs in; strangers stay strangers, whatever happens in between.

use askr_testkit::{Response, Server};

/// The cookies a response sets, as the next request sends them.
pub(crate) fn cookies(response: &Response) -> String {
    let cookies = response.headers_called("set-cookie");
    let pairs = cookies.iter().filter_map(|cookie| cookie.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// Logs in as `name`; returns the cookies.
#[track_caller]
pub(crate) fn log_in(server: &Server, name: &str) -> String {
    let body = format!("name={name}&password=secret-{name}");
    let mut client = server.client();
    client.send(format!(
        "POST /open/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\
         \r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    ));
    let response = client.response();
    assert_eq!(
        response.text(),
        format!("{{\"accepted\":true,\"user\":\"{name}\"}}")
    );
    cookies(&response)
}

/// Who the server takes the sender of `cookies` for.
pub(crate) fn who(server: &Server, cookies: &str) -> String {
    let mut client = server.client();
    client.send(format!(
        "GET /whoami HTTP/1.1\r\nHost: test\r\nCookie: {cookies}\r\n\r\n"
    ));
    client.response().text().to_owned()
}

#[test]
fn strangers_are_guests_while_somebody_is_logged_in() {
    let server = Server::laravel().workers(1).start();
    let mine = log_in(&server, "user-1");

    for end in [
        "returned",
        "exited",
        "thrown",
        "dumped",
        "streamed",
        "generated",
        "cut",
        "exhausted",
        "abandoned",
    ] {
        assert_eq!(who(&server, &mine), "{\"user\":\"user-1\"}", "before {end}");
        let mut client = server.client();
        client.send(format!(
            "GET /open/leave/login/{end}?marker=x HTTP/1.1\r\nHost: test\r\nCookie: {mine}\r\n\r\n"
        ));
        let _begun = client.bytes(64);
        drop(client);
        for _ in 0..10 {
            let response = server.get("/whoami");
            assert_eq!(response.text(), "{\"user\":null}", "after {end}");
            assert!(!mine.contains(&cookies(&response)), "after {end}");
        }
    }
}

#[test]
fn flash_data_is_seen_once_and_by_its_visitor_alone() {
    let server = Server::laravel().workers(1).start();
    let set = server.get("/open/leave/session-data/returned?marker=mine");
    let mine = cookies(&set);
    assert!(!server.get("/look/session-data").text().contains("mine"));

    let look = || {
        let mut client = server.client();
        client.send(format!(
            "GET /look/session-data HTTP/1.1\r\nHost: test\r\nCookie: {mine}\r\n\r\n"
        ));
        client.response().text().to_owned()
    };

    let (first, second) = (look(), look());
    assert!(first.contains("\"note\":\"mine\"") && first.contains("\"left\":\"mine\""));
    assert!(!second.contains("\"note\":\"mine\"") && second.contains("\"left\":\"mine\""));
}
