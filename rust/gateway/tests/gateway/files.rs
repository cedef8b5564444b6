//! Static files, and what must never be one.

use askr_testkit::Response;

use crate::server::{Server, Setup};

fn site() -> Setup {
    Setup::new()
        .file("robots.txt", "User-agent: *\n")
        .file("empty.css", "")
        .file("a b.txt", "spaced")
        .file("docs/index.html", "<h1>docs</h1>")
        .file(".env", "SECRET")
        .file(".git/config", "SECRET")
        .file(".well-known/security.txt", "contact")
        .file("index.php", "SECRET")
        .file("info.php", "SECRET")
        .file("config.php.bak", "SECRET")
        .file("notes.txt~", "SECRET")
        .file("lib.INC", "SECRET")
}

fn get(server: &Server, target: &str) -> Response {
    server.client().get(target)
}

#[test]
fn files_come_with_their_type_and_validators() {
    let server = site().start();
    let robots = get(&server, "/robots.txt");
    assert_eq!((robots.status, robots.text()), (200, "User-agent: *\n"));
    assert_eq!(robots.header("content-type"), Some("text/plain"));
    assert!(robots.header("last-modified").is_some());
    assert_eq!(robots.header("server"), Some("askr"));
    assert_eq!(get(&server, "/a%20b.txt").text(), "spaced");
    assert_eq!(get(&server, "/.well-known/security.txt").text(), "contact");
    assert_eq!(get(&server, "/docs/").text(), "<h1>docs</h1>");

    let etag = robots.header("etag").unwrap();
    let mut client = server.client();
    client.send(format!(
        "GET /robots.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: {etag}\r\n\r\n"
    ));
    assert_eq!(client.response().status, 304);
    client.send("GET /robots.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=5-9\r\n\r\n");
    let range = client.response();
    assert_eq!((range.status, range.text()), (206, "agent"));
    client.send("GET /robots.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=99-\r\n\r\n");
    assert_eq!(client.response().status, 416);
}

#[test]
fn an_empty_file_is_empty() {
    let server = site().start();
    let empty = get(&server, "/empty.css");
    assert_eq!((empty.status, empty.text()), (200, ""));
    assert_eq!(empty.header("content-length"), Some("0"));
}

#[test]
fn head_of_a_file_has_its_length_only() {
    let server = site().start();
    let mut client = server.client();
    client.send("HEAD /robots.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.head_response().header("content-length"), Some("14"));
    assert_eq!(client.get("/robots.txt").text(), "User-agent: *\n");
}

#[test]
fn a_directory_without_its_slash_is_redirected_on_this_host() {
    let server = site().start();
    let response = get(&server, "/docs?a=b");
    assert_eq!(response.status, 301);
    assert_eq!(response.header("location"), Some("/docs/?a=b"));
    assert_eq!(get(&server, "//docs").header("location"), Some("/docs/"));
}

#[test]
fn secrets_go_to_the_application_instead_of_the_client() {
    for server in [site().start(), site().classic().start()] {
        let _worker = server.worker_saying("from php");
        for target in [
            "/.env",
            "/%2eenv",
            "/.git/config",
            "/config.php.bak",
            "/notes.txt~",
            "/lib.INC",
            "/index.php",
            "/info.php",
            "/info%2ephp",
            "/INFO.PHP",
            "/robots.txt/",
        ] {
            assert_eq!(get(&server, target).text(), "from php", "{target}");
        }
    }
}

#[test]
fn paths_that_climb_are_refused() {
    let server = site().start();
    for target in [
        "/../secret",
        "/docs/../../secret",
        "/%2e%2e/secret",
        "/a%00",
    ] {
        let response = get(&server, target);
        assert_eq!(response.status, 400, "{target}");
    }
}

#[test]
fn links_below_the_root_are_followed() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("photo.jpg"), "jpeg").unwrap();
    let setup = site();
    std::os::unix::fs::symlink(outside.path(), setup.root().join("storage")).unwrap();
    let server = setup.start();
    assert_eq!(get(&server, "/storage/photo.jpg").text(), "jpeg");
}

#[test]
fn classic_mode_tells_the_worker_which_script_to_run() {
    let server = site().classic().start();
    let _worker = server.worker_naming_the_script();
    assert_eq!(get(&server, "/info.php/a/b?c").text(), "/info.php [/a/b]");
    assert_eq!(get(&server, "/users/7").text(), "/index.php []");
    assert_eq!(get(&server, "/missing.php").text(), "/index.php []");
    assert_eq!(
        server.client().post("/robots.txt", "x").text(),
        "/index.php []"
    );
}

#[test]
fn a_large_file_arrives_whole() {
    let contents: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let server = site().file("big.bin", &contents).start();
    assert!(
        get(&server, "/big.bin").body == contents,
        "the file came changed"
    );
}
