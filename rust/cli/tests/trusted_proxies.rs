//! Laravel behind a proxy: whatever proxies the application trusts, it comes to the client that
//! the server came to.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use askr_testkit::{Application, Client, Server};
use serde_json::{Value, json};

/// What Laravel makes of a request.
const ROUTE: &str = r"<?php

use Illuminate\Http\Middleware\TrustProxies;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Route;

// All fields that Laravel knows, Forwarded as well.
TrustProxies::withHeaders(Request::HEADER_FORWARDED | Request::HEADER_X_FORWARDED_FOR
    | Request::HEADER_X_FORWARDED_HOST | Request::HEADER_X_FORWARDED_PORT
    | Request::HEADER_X_FORWARDED_PROTO | Request::HEADER_X_FORWARDED_PREFIX);
TrustProxies::at(PROXIES);

Route::get('/who', fn (Request $request): array => [
    'ip' => $request->ip(),
    'ips' => $request->ips(),
    'secure' => $request->isSecure(),
    'host' => $request->getHttpHost(),
    'port' => $request->getPort(),
    'url' => url('/x'),
    'remote' => $_SERVER['REMOTE_ADDR'],
]);
";

/// An application that trusts `proxies`, as PHP writes them.
fn application(proxies: &str) -> Application {
    let application = Application::copy();
    application.write("routes/who.php", &ROUTE.replace("PROXIES", proxies));
    application
}

fn ask(server: &Server, fields: &str) -> Value {
    let mut client: Client = server.client();
    client.send(format!(
        "GET /who HTTP/1.1\r\nHost: own.example\r\n{fields}\r\n"
    ));
    let answer = client.response();
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_str(answer.text()).unwrap()
}

fn client(ip: &str, scheme: &str, host: &str, port: u16) -> Value {
    json!({
        "ip": ip,
        "ips": [ip],
        "secure": scheme == "https",
        "host": host,
        "port": port,
        "url": format!("{scheme}://{host}/x"),
        "remote": ip,
    })
}

const SEPARATE: &str = "X-Forwarded-For: 6.6.6.6, 203.0.113.7, 127.0.0.9\r\n\
                        X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";

const FORWARDED: &str = "Forwarded: for=6.6.6.6;host=evil.example, \
                         for=203.0.113.7;proto=https;host=\"shop.example:8443\", for=127.0.0.9\r\n";

#[test]
fn an_application_agrees_with_the_server_whatever_proxies_it_trusts() {
    for proxies in ["[]", "'*'", "['127.0.0.1', '203.0.113.7']"] {
        let application = application(proxies);
        let server = application
            .booted()
            .workers(1)
            .flag("trusted-proxies", "127.0.0.0/8")
            .start();
        let expected = client("203.0.113.7", "https", "shop.example", 443);
        assert_eq!(ask(&server, SEPARATE), expected, "{proxies}");
        let expected = client("203.0.113.7", "https", "shop.example:8443", 8443);
        assert_eq!(ask(&server, FORWARDED), expected, "{proxies}");
        let port = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Port: 8080\r\n";
        let expected = client("203.0.113.7", "http", "own.example:8080", 8080);
        assert_eq!(ask(&server, port), expected, "{proxies}");
        let expected = client("127.0.0.1", "http", "own.example", 80);
        assert_eq!(ask(&server, ""), expected, "{proxies}");
    }
}

#[test]
fn what_a_stranger_says_convinces_no_application() {
    for proxies in ["[]", "'*'"] {
        let application = application(proxies);
        let server = application
            .booted()
            .workers(1)
            .flag("trusted-proxies", "192.0.2.1")
            .start();
        let expected = client("127.0.0.1", "http", "own.example", 80);
        for fields in [SEPARATE, FORWARDED] {
            assert_eq!(ask(&server, fields), expected, "{proxies}");
        }
    }
}

#[test]
fn without_a_word_to_the_server_the_application_decides_as_under_fpm() {
    let trusting = application("'127.0.0.1'");
    let server = trusting.booted().workers(1).start();
    let found = ask(
        &server,
        "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n",
    );
    assert_eq!(found["ip"], "203.0.113.7");
    assert_eq!(found["remote"], "127.0.0.1");
    assert_eq!(found["url"], "https://own.example/x");

    let careful = application("[]");
    let server = careful.booted().workers(1).start();
    let found = ask(&server, SEPARATE);
    assert_eq!(found, client("127.0.0.1", "http", "own.example", 80));
}
