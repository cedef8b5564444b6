//! Every log line about a request names it, whoever writes it.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use askr_testkit::{Gate, Server};
use serde_json::{Value, json};

fn server() -> Server {
    Server::with_script("named.php")
        .workers(1)
        .flag("log-format", "json")
        .start()
}

/// The one line that contains `text`.
#[track_caller]
fn line(server: &Server, text: &str) -> Value {
    server.wait_for_log(text);
    let log = server.log();
    let mut lines = log.lines().filter(|line| line.contains(text));
    let found = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(lines.next(), None, "more than one line about it");
    found
}

#[test]
fn what_php_logs_in_a_request_carries_the_id_that_it_reads() {
    let server = server();
    for (how, text) in [
        ("log", "a note"),
        ("warning", "a warning"),
        ("exception", "an exception"),
        ("late", "a late note"),
    ] {
        let answer = server.get(&format!("/?how={how}"));

        let id = answer.header("x-id").unwrap();
        assert_eq!(line(&server, text)["request"], id, "{how}");
    }
}

#[test]
fn a_script_that_boots_again_says_after_which_request() {
    let server = server();

    let answer = server.get("/?how=memory");

    let id = answer.header("x-id").unwrap();
    assert_eq!(
        line(&server, "PHP Fatal error:  Allowed memory size of")["request"],
        id
    );
    assert_eq!(line(&server, "booting again")["request"], id);
}

#[test]
fn two_requests_have_two_ids_and_clients_do_not_choose_them() {
    let server = server();
    let mut client = server.client();

    let ids: Vec<String> = (0..2)
        .map(|_| {
            client.send("GET /?how=log HTTP/1.1\r\nHost: t\r\nX-Request-Id: mine\r\n\r\n");
            client.response().header("x-id").unwrap().to_owned()
        })
        .collect();

    assert!(ids.iter().all(|id| id.len() == 16), "{ids:?}");
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_crash_before_the_head_is_one_line_of_facts_and_a_502() {
    let server = server();
    let mut client = server.client();
    client.send("POST /pay?how=crash HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");

    assert_eq!(client.response().status, 502);

    let line = line(&server, "worker died in a request");
    assert_eq!(
        (&line["method"], &line["path"], &line["end"]),
        (&json!("POST"), &json!("/pay"), &json!("signal 11"))
    );
    assert_eq!(line["request"].as_str().unwrap().len(), 16);
    assert!(line["worker"].is_string(), "{line}");
}

#[test]
fn a_crash_after_the_head_is_the_same_line_and_a_cut() {
    let server = server();
    let mut client = server.client();
    let gate = Gate::new();
    let target = format!("/page?how=crash&gate={}", gate.path().display());
    client.send(format!("GET {target} HTTP/1.1\r\nHost: t\r\n\r\n"));
    // A head that is still on its way when its worker dies is lost, and the GET goes to another.
    assert_eq!(client.bytes(15), b"HTTP/1.1 200 OK");
    gate.open();

    let rest = client.rest();

    assert!(!rest.ends_with(b"0\r\n\r\n"), "it is whole");
    let line = line(&server, "worker died in a request");
    assert_eq!(
        (&line["path"], &line["end"], &line["then"]),
        (
            &json!("/page"),
            &json!("signal 11"),
            &json!("its reply is cut off")
        )
    );
}
