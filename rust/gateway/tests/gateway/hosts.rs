//! Several applications behind one address, told apart by host name, and redirects before them.

use askr_testkit::{After, Client, FakeWorker, Response, eventually, reply};

use crate::server::{Server, Setup};

/// Workers of the application whose pool is at `index`, that say `body`.
fn worker_saying(server: &Server, index: usize, body: &'static str) -> FakeWorker {
    server.worker_of(index, move |job, _| {
        let _ = reply(job.take().unwrap(), 200, &[], body.as_bytes());
        After::Next
    })
}

fn ask(client: &mut Client, target: &str, host: &str) -> Response {
    client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    client.response()
}

fn text(client: &mut Client, target: &str, host: &str) -> String {
    let response = ask(client, target, host);
    assert_eq!(response.status, 200, "{host}{target}");
    response.text().to_owned()
}

#[test]
fn the_host_name_says_which_application_answers() {
    let shop = tempfile::tempdir().unwrap();
    std::fs::write(shop.path().join("robots.txt"), "of the shop").unwrap();
    let server = Setup::new()
        .file("robots.txt", "of all others")
        .host(&["shop.example", "*.shop.example"], shop.path())
        .start();
    let _workers = [
        worker_saying(&server, 0, "others"),
        worker_saying(&server, 1, "shop"),
    ];
    let mut client = server.client();

    for (host, php, file) in [
        ("shop.example", "shop", "of the shop"),
        ("SHOP.example.:8000", "shop", "of the shop"),
        ("a.b.shop.example", "shop", "of the shop"),
        ("blog.example", "others", "of all others"),
        ("", "others", "of all others"),
    ] {
        assert_eq!(text(&mut client, "/page", host), php, "{host}");
        assert_eq!(text(&mut client, "/robots.txt", host), file, "{host}");
    }
    // What the request line says outranks the field.
    let target = "http://shop.example/page";
    assert_eq!(text(&mut client, target, "blog.example"), "shop");
}

#[test]
fn a_host_that_no_application_has_is_answered_421() {
    let shop = tempfile::tempdir().unwrap();
    let server = Setup::new()
        .names(&["blog.example"])
        .host(&["shop.example"], shop.path())
        .start();
    let _workers = [
        worker_saying(&server, 0, "blog"),
        worker_saying(&server, 1, "shop"),
    ];
    let mut client = server.client();

    assert_eq!(text(&mut client, "/", "blog.example"), "blog");
    let refused = ask(&mut client, "/", "other.example");
    assert_eq!(refused.status, 421);
    assert_eq!(refused.text(), "421 no application has this host name\n");
    assert_eq!(text(&mut client, "/askr/health", "other.example"), "ok\n");
    assert_eq!(text(&mut client, "/", "shop.example"), "shop");
}

#[test]
fn an_application_is_ready_when_its_own_workers_are() {
    let shop = tempfile::tempdir().unwrap();
    let server = Setup::new()
        .names(&["blog.example"])
        .host(&["shop.example"], shop.path())
        .start();
    let _blog = worker_saying(&server, 0, "blog");
    let mut client = server.client();

    eventually("the blog is ready", || {
        ask(&mut client, "/askr/ready", "blog.example").status == 200
    });
    for host in ["shop.example", "10.0.0.1"] {
        assert_eq!(ask(&mut client, "/askr/ready", host).status, 503, "{host}");
    }
    let _shop = worker_saying(&server, 1, "shop");
    eventually("all are ready", || {
        ask(&mut client, "/askr/ready", "10.0.0.1").status == 200
    });
}

#[test]
fn an_application_whose_workers_are_gone_keeps_nobody_else_waiting() {
    let shop = tempfile::tempdir().unwrap();
    let server = Setup::new().host(&["shop.example"], shop.path()).start();
    let _others = worker_saying(&server, 0, "others");
    let waiting: Vec<Client> = (0..20)
        .map(|_| {
            let mut client = server.client();
            client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
            client
        })
        .collect();
    eventually("they wait", || server.exchanges()[1].unserved() == 20);

    let mut client = server.client();
    for _ in 0..50 {
        assert_eq!(text(&mut client, "/", "blog.example"), "others");
    }

    let _shop = worker_saying(&server, 1, "shop");
    for mut client in waiting {
        assert_eq!(client.response().text(), "shop");
    }
}

#[test]
fn redirects_come_before_any_application() {
    let server = Setup::new()
        .redirect("www.shop.example", "https://shop.example", 308)
        .redirect("/old/*", "/new/*", 302)
        .start();
    let _worker = server.worker_saying("php");
    let mut client = server.client();

    let sent = ask(&mut client, "/a?b=1", "www.shop.example");
    assert_eq!(sent.status, 308);
    assert_eq!(sent.header("location"), Some("https://shop.example/a?b=1"));
    let sent = ask(&mut client, "/old//evil.example", "shop.example");
    assert_eq!(
        (sent.status, sent.header("location")),
        (302, Some("/new/evil.example"))
    );
    assert_eq!(text(&mut client, "/new", "shop.example"), "php");
    assert_eq!(
        text(&mut client, "/askr/health", "www.shop.example"),
        "ok\n"
    );
}

#[test]
fn the_body_of_a_request_that_is_sent_on_is_no_request() {
    let server = Setup::new()
        .redirect("www.shop.example", "https://shop.example", 307)
        .start();
    let _worker = server.worker_saying("php");
    let mut client = server.client();
    let smuggled = "GET /evil HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    client.send(format!(
        "POST / HTTP/1.1\r\nHost: www.shop.example\r\nContent-Length: {}\r\n\r\n{smuggled}\
         GET /next HTTP/1.1\r\nHost: www.shop.example\r\n\r\n",
        smuggled.len()
    ));

    assert_eq!(
        client.response().header("location"),
        Some("https://shop.example/")
    );
    let next = client.response();
    assert_eq!(next.header("location"), Some("https://shop.example/next"));
}
