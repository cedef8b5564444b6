//! What PHP code sees of a request and what a client sees of its answer, through every layer.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::process::Command;

use askr_testkit::{Cut, Response, Server};
use serde_json::{Value, json};

fn parsed(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.text());
    serde_json::from_slice(&response.body).unwrap()
}

/// What `sha256sum` says of the bytes.
fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let output = Command::new("sha256sum").arg(file.path()).output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned()
}

/// Bytes that repeat only after a long time, so that a misplaced piece shows.
fn noise(count: usize) -> Vec<u8> {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 24) as u8)
    };
    std::iter::repeat_n((), count)
        .scan(7, |state, ()| step(state))
        .collect()
}

#[test]
fn the_handlers_array_and_the_superglobals_describe_the_request() {
    let server = Server::with_script("request.php").start();
    let mut client = server.client();
    client.send(
        "POST /a/b?x[y]=1&z=%20 HTTP/1.1\r\nHost: shop.test:81\r\nX-One: 1\r\nX-One: 2\r\n\
         Cookie: c=d; e=f\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 9\r\n\r\nn[]=1&m=2",
    );
    let seen = parsed(&client.response());

    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["uri"], "/a/b?x[y]=1&z=%20");
    assert_eq!(seen["query"], "x[y]=1&z=%20");
    assert_eq!(seen["headers"]["x-one"], "1, 2");
    assert_eq!(seen["cookies"], json!({"c": "d", "e": "f"}));
    assert_eq!(seen["get"], json!({"x": {"y": "1"}, "z": " "}));
    assert_eq!(seen["post"], json!({"n": ["1"], "m": "2"}));
    assert_eq!(
        (&seen["body"], &seen["input"]),
        (&json!("n[]=1&m=2"), &json!("n[]=1&m=2"))
    );
    assert_eq!(
        (&seen["script"], &seen["host"]),
        (&json!("/index.php"), &json!("shop.test:81"))
    );
    assert_eq!(
        (&seen["address"], &seen["same"]),
        (&json!("127.0.0.1"), &json!(true))
    );
}

#[test]
fn nothing_of_one_request_is_seen_by_the_next() {
    let server = Server::with_script("request.php").workers(1).start();
    let mut client = server.client();
    client.send(
        "POST /?a=1 HTTP/1.1\r\nHost: t\r\nCookie: c=d\r\nX-Private: 1\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\nb=2",
    );
    parsed(&client.response());

    let seen = parsed(&client.get("/"));

    for key in ["get", "post", "cookies"] {
        assert_eq!(seen[key], json!([]), "{key}");
    }
    assert_eq!((&seen["body"], &seen["input"]), (&json!(""), &json!("")));
    assert_eq!(seen["headers"].get("x-private"), None);
}

#[test]
fn an_upload_of_several_megabytes_is_an_uploaded_file() {
    let server = Server::with_script("upload.php").start();
    let content = noise(5 << 20);
    let head = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
    let body = [head.as_bytes(), &content, b"\r\n--b--\r\n"].concat();
    let mut client = server.client();
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    ));
    client.send(&body);
    let seen = parsed(&client.response());

    assert_eq!(
        (&seen["error"], &seen["uploaded"]),
        (&json!(0), &json!(true))
    );
    assert_eq!(
        (&seen["name"], &seen["note"]),
        (&json!("a.bin"), &json!("hi"))
    );
    assert_eq!(seen["sha256"], json!(sha256(&content)));
}

#[test]
fn a_raw_body_far_larger_than_the_exchange_arrives_whole() {
    let server = Server::with_script("upload.php").start();
    let content = noise(3 << 20);

    let seen = parsed(&server.client().post("/", &content));

    assert_eq!(seen["sha256"], json!(sha256(&content)));
}

#[test]
fn an_answer_far_larger_than_the_exchange_arrives_whole() {
    let server = Server::with_script("large.php").start();

    let response = server.get("/?bytes=16777216");

    assert_eq!(response.body.len(), 16 << 20);
    assert_eq!(
        response.header("x-checksum").unwrap(),
        sha256(&response.body)
    );
}

#[test]
fn what_php_flushes_arrives_before_it_ends() {
    let server = Server::with_script("stream.php").start();
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let mut client = server.client();
    client.send(format!(
        "GET /?gate={} HTTP/1.1\r\nHost: t\r\n\r\n",
        gate.display()
    ));
    let mut seen = Vec::new();
    while !seen.ends_with(b"first\n") {
        seen.extend(client.bytes(1));
    }

    std::fs::write(&gate, "").unwrap();

    while !seen.ends_with(b"0\r\n\r\n") {
        seen.extend(client.bytes(1));
    }
    assert!(String::from_utf8(seen).unwrap().contains("second\n"));
}

#[test]
fn an_answer_that_is_complete_carries_its_length() {
    let server = Server::with_script("counter.php").start();

    let response = server.get("/");

    let length = response.body.len().to_string();
    assert_eq!(response.header("content-length"), Some(length.as_str()));
}

#[test]
fn opcache_works_in_a_worker() {
    let server = Server::with_script("opcache.php").start();

    let seen = parsed(&server.get("/"));

    assert_eq!(
        (&seen["enabled"], &seen["sapi"]),
        (&json!(true), &json!("fpm-fcgi"))
    );
    assert!(seen["cached"].as_u64().unwrap() > 0);
}

#[test]
fn a_setting_that_a_linked_opcache_cannot_bear_does_no_harm() {
    let server = Server::with_script("opcache.php")
        .flag("ini", "opcache.huge_code_pages=1")
        .start();

    assert_eq!(parsed(&server.get("/"))["enabled"], json!(true));
}

#[test]
fn exit_and_exceptions_end_a_request_and_not_its_worker() {
    let server = Server::with_script("exits.php").workers(1).start();
    let mut client = server.client();

    assert_eq!(client.get("/?how=exit").text(), "left early");
    let failed = client.get("/?how=exception");
    assert_eq!((failed.status, failed.text()), (500, ""));
    assert_eq!(client.get("/").text(), "3", "the worker has counted on");
    server.wait_for_log("DomainException: not today");
    server.wait_for_log("exits.php:12");
}

#[test]
fn a_fatal_error_is_a_500_and_the_script_boots_again() {
    let server = Server::with_script("exits.php").workers(1).start();
    let mut client = server.client();
    client.get("/");

    assert_eq!(client.get("/?how=memory").status, 500);
    assert_eq!(client.get("/").text(), "1", "booted anew");
    server.wait_for_log("Allowed memory size");
}

#[test]
fn a_worker_that_dies_costs_a_post_its_answer_and_a_get_nothing() {
    let server = Server::with_script("exits.php").start();
    let mut client = server.client();
    client.send("POST /?how=crash HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");

    assert_eq!(client.response().status, 502);
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_client_gets_its_answer_while_php_works_on() {
    let server = Server::with_script("finish.php").workers(1).start();
    let mut client = server.client();

    assert_eq!(client.get("/first?ms=300").text(), "[]");
    assert_eq!(client.get("/second").text(), "[\"\\/first?ms=300\"]");
}

#[test]
fn the_loop_of_the_copy_on_write_page_serves() {
    let server = Server::with_script("cow.php").start();

    assert_eq!(server.get("/").text(), "ready");
}

#[test]
fn nothing_is_called_around_a_fork_where_workers_boot_by_themselves() {
    let server = Server::with_script("fork-hooks.php").start();

    assert_eq!(server.get("/").text(), "before nowhere, after nowhere");
}

/// Whether the first half was forwarded before the failure or not, it never passes for a whole.
#[test]
fn a_half_sent_answer_of_a_failing_script_is_cut() {
    let server = Server::with_script("fails-late.php").start();
    let mut client = server.client();
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");

    match client.try_response() {
        Ok(response) => assert_eq!(response.status, 502),
        Err(Cut::Midway { body }) => assert_eq!(body, b"half"),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn classic_mode_runs_a_script_per_request() {
    let server = Server::classic().start();

    let front = parsed(&server.get("/some/page?x=1"));
    assert_eq!(
        (&front["script"], &front["uri"]),
        (&json!("/index.php"), &json!("/some/page?x=1"))
    );
    assert_eq!(server.get("/other.php").text(), "/other.php -");
    assert_eq!(server.get("/other.php/a/b").text(), "/other.php /a/b");
    assert_eq!(server.get("/style.css").text(), "body { color: green }\n");
}

#[test]
fn sources_and_hidden_files_are_never_served() {
    let root = tempfile::tempdir().unwrap();
    let files = [
        ".env",
        "index.php~",
        "index.php.bak",
        "old.phtml",
        ".git/config",
        "a.inc",
    ];
    std::fs::create_dir(root.path().join(".git")).unwrap();
    for file in files {
        std::fs::write(root.path().join(file), "secret").unwrap();
    }
    std::fs::write(root.path().join("index.php"), "<?php echo 'front';").unwrap();
    let server = Server::classic().root(root.path()).start();

    for file in files {
        let response = server.get(&format!("/{file}"));
        assert!(!response.text().contains("secret"), "{file} was disclosed");
    }
    assert_eq!(server.get("/index.php").text(), "front");
}

#[test]
fn many_requests_at_once_each_get_their_own_answer() {
    let server = Server::with_script("request.php").start();

    std::thread::scope(|scope| {
        for thread in 0..16 {
            let server = &server;
            scope.spawn(move || {
                let mut client = server.client();
                for request in 0..50 {
                    let own = format!("{thread}-{request}");
                    let seen = parsed(&client.get(&format!("/?own={own}")));
                    assert_eq!(seen["get"]["own"], own);
                }
            });
        }
    });
}
