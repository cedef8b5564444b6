//! Who the client is: trusted proxies, the PROXY protocol, and everybody else.

use std::time::Duration;

use askr_gateway::{PeerList, Trust, TrustedField};
use askr_testkit::{After, Client, FakeWorker, eventually, reply};

use crate::server::{Server, Setup};

fn trusting(peers: &[&str]) -> Trust {
    Trust {
        proxies: PeerList::of(peers).unwrap(),
        fields: TrustedField::ALL.to_vec(),
    }
}

/// Says what it was told of the client.
fn teller(server: &Server) -> FakeWorker {
    server.worker(|job, received| {
        let forwarded = received.header("x-forwarded-for").unwrap_or_default();
        let seen = format!(
            "{} {} {} [{forwarded}]",
            received.remote_ip,
            if received.https { "https" } else { "http" },
            received.header("host").unwrap_or_default(),
        );
        reply(job.take().unwrap(), 200, &[], seen.as_bytes()).unwrap();
        After::Next
    })
}

const TOLD: &str = "GET / HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.7\r\n\
                    X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n";

#[test]
fn what_a_trusted_proxy_says_is_what_php_is_told() {
    let trust = trusting(&["127.0.0.0/8"]);
    let server = Setup::new().config(|it| it.trust = Some(trust)).start();
    let _worker = teller(&server);
    let mut client = server.client();
    client.send(TOLD);
    assert_eq!(
        client.response().text(),
        "203.0.113.7 https shop.example []"
    );
    // Each request of the connection has a client of its own.
    assert_eq!(client.get("/").text(), "127.0.0.1 http test []");
}

#[test]
fn what_others_say_reaches_nobody() {
    let trust = trusting(&["192.0.2.1"]);
    let server = Setup::new().config(|it| it.trust = Some(trust)).start();
    let _worker = teller(&server);
    let mut client = server.client();
    client.send(TOLD);
    assert_eq!(client.response().text(), "127.0.0.1 http test []");
}

#[test]
fn without_a_word_about_trust_everything_is_passed_on() {
    let server = Server::start();
    let _worker = teller(&server);
    let mut client = server.client();
    client.send(TOLD);
    let expected = "127.0.0.1 http test [6.6.6.6, 203.0.113.7]";
    assert_eq!(client.response().text(), expected);
}

fn behind_balancer() -> Setup {
    let balancers = PeerList::of(&["127.0.0.1"]).unwrap();
    Setup::new().config(|it| it.proxy_protocol = balancers)
}

#[test]
fn a_balancer_names_the_client_of_a_connection() {
    let server = behind_balancer().start();
    let _worker = teller(&server);
    let mut client = server.client();
    client.send("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n");
    assert_eq!(client.get("/").text(), "203.0.113.7 http test []");
    assert_eq!(client.get("/").text(), "203.0.113.7 http test []");
}

#[test]
fn whoever_the_balancer_names_is_the_one_who_may_be_trusted() {
    let setup = behind_balancer();
    let server = setup
        .config(|it| it.trust = Some(trusting(&["203.0.113.7"])))
        .start();
    let _worker = teller(&server);
    let mut client = server.client();
    client.send("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n");
    client.send(TOLD);
    assert_eq!(client.response().text(), "6.6.6.6 https shop.example []");
    let mut client = server.client();
    client.send("PROXY UNKNOWN\r\n");
    client.send(TOLD);
    assert_eq!(client.response().text(), "127.0.0.1 http test []");
}

#[test]
fn a_connection_that_should_begin_with_a_header_is_closed_without() {
    let server = behind_balancer()
        .limits(|limits| limits.head_read = Duration::from_millis(200))
        .start();
    let worker = teller(&server);
    for sent in [
        "GET / HTTP/1.1\r\nHost: test\r\n\r\n",
        "PROXY TCP4 203.0.113.7\r\n",
        // Late.
        "PROXY TCP4 203.0.113.7 ",
        "",
    ] {
        let mut client = server.client();
        client.send(sent);
        client.closed();
    }
    assert_eq!(worker.taken(), 0);
}

#[test]
fn of_others_a_header_is_a_malformed_request() {
    let server = Server::start();
    let worker = teller(&server);
    let headers: [&[u8]; 2] = [
        b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0cabcdefghijkl",
    ];
    for header in headers {
        let mut client = server.client();
        client.send(header);
        assert_eq!(client.response().status, 400);
        client.closed();
    }
    assert_eq!(worker.taken(), 0);
}

/// A client that the balancer names.
fn named(server: &Server, address: &str) -> Client {
    let mut client = server.client();
    client.send(format!("PROXY TCP4 {address} 192.0.2.1 40000 443\r\n"));
    client
}

#[test]
fn a_client_has_so_many_connections_and_others_have_theirs() {
    let server = behind_balancer()
        .limits(|limits| limits.client_connections = 2)
        .start();
    let mut own = [(); 2].map(|()| named(&server, "203.0.113.7"));
    for client in &mut own {
        assert_eq!(client.get("/askr/health").status, 200);
    }
    assert!(named(&server, "203.0.113.7").rest().is_empty());
    assert_eq!(
        named(&server, "203.0.113.8").get("/askr/health").status,
        200
    );
    let [one, mut two] = own;
    drop(one);
    eventually("the place is free", || {
        named(&server, "203.0.113.7")
            .try_get("/askr/health")
            .is_ok()
    });
    assert_eq!(two.get("/askr/health").status, 200);
}

#[test]
fn whoever_speaks_for_others_has_as_many_connections_as_it_likes() {
    let limited = |setup: Setup| setup.limits(|limits| limits.client_connections = 1);
    let trust = trusting(&["127.0.0.1"]);
    let server = limited(Setup::new().config(|it| it.trust = Some(trust))).start();
    let mut clients = [(); 3].map(|()| server.client());
    for client in &mut clients {
        assert_eq!(client.get("/askr/health").status, 200);
    }
    let server = limited(Setup::new()).start();
    let mut only = server.client();
    assert_eq!(only.get("/askr/health").status, 200);
    assert!(server.client().rest().is_empty());
}
