//! Sessions in the store.

use askr_testkit::{Application, Response, Server};

use crate::{application, ask_at_once, field};

pub(crate) fn serve(application: &Application) -> Server {
    let server = application.booted().workers(2).canary_window("100ms");
    server.variable("SESSION_DRIVER", "askr").start()
}

/// The cookies a response sets, as the next request sends them.
fn cookies(response: &Response) -> String {
    let cookies = response.headers_called("set-cookie");
    let pairs = cookies.iter().filter_map(|cookie| cookie.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

pub(crate) fn log_in(server: &Server, name: &str) -> String {
    let body = format!("name={name}&password=secret-{name}");
    let mut client = server.client();
    client.send(format!(
        "POST /open/login HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\
         \r\nContent-Length: {}\r\n\r\n{body}",
        body.len(),
    ));
    let response = client.response();
    assert_eq!(field(&response, "user"), name);
    cookies(&response)
}

/// Whom all workers take the sender of `cookies` for.
#[track_caller]
pub(crate) fn assert_is(server: &Server, cookies: &str, user: Option<&str>) {
    for response in ask_at_once(server, &vec!["/whoami".to_owned(); 6], cookies) {
        assert_eq!(field(&response, "user").as_str(), user);
    }
}

#[test]
fn who_logs_in_is_known_to_all_workers_until_the_end_of_the_session() {
    let application = application();
    let server = serve(&application);
    let mine = log_in(&server, "user-1");
    let other = log_in(&server, "user-2");

    assert_is(&server, &mine, Some("user-1"));
    assert_is(&server, &other, Some("user-2"));
    assert_is(&server, "", None);

    server.reload();
    assert_is(&server, &mine, Some("user-1"));

    let mut client = server.client();
    client.send(format!(
        "POST /open/logout HTTP/1.1\r\nHost: test\r\nCookie: {mine}\r\nContent-Length: 0\r\n\r\n"
    ));
    assert!(field(&client.response(), "user").is_null());
    assert_is(&server, &mine, None);
    assert_is(&server, &other, Some("user-2"));
}

#[test]
fn requests_of_one_session_wait_for_one_another_where_the_route_wants_it() {
    let application = application();
    let server = serve(&application);
    let mine = cookies(&server.get("/session/append/_"));
    let targets: Vec<String> = ('a'..='j')
        .map(|letter| format!("/session/append/{letter}"))
        .collect();

    let _ = ask_at_once(&server, &targets, &mine);

    let all = ask_at_once(&server, &["/session/append/k".to_owned()], &mine);
    let letters = field(&all[0], "letters").as_str().unwrap().to_owned();
    let mut sorted: Vec<char> = letters.chars().collect();
    sorted.sort_unstable();
    assert_eq!(
        sorted.into_iter().collect::<String>(),
        "_abcdefghijk",
        "{letters}"
    );
}
