//! Static files, and what must never be one.

use askr_gateway::Symlinks;
use askr_testkit::Response;
use askr_testkit::streams::{Streams, request};
use http::HeaderValue;

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

/// What a GET with these fields comes to.
fn ask(server: &Server, target: &str, fields: &str) -> Response {
    let mut client = server.client();
    client.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
    client.response()
}

/// Bytes of which each place has its own, and more of them than are kept in memory.
fn large() -> Vec<u8> {
    (0..400_000_u32).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn conditions_are_judged_in_their_order() {
    let server = site().start();
    let robots = get(&server, "/robots.txt");
    let (etag, modified) = (
        robots.header("etag").unwrap(),
        robots.header("last-modified").unwrap(),
    );
    let status = |fields: &str| ask(&server, "/robots.txt", fields).status;
    assert_eq!(status(&format!("If-None-Match: W/{etag}\r\n")), 304);
    assert_eq!(status("If-None-Match: \"x\"\r\n"), 200);
    assert_eq!(status(&format!("If-Modified-Since: {modified}\r\n")), 304);
    assert_eq!(
        status("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        200
    );
    let newer = format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n");
    assert_eq!(status(&newer), 200);
    assert_eq!(status("If-Match: \"x\"\r\n"), 412);
    assert_eq!(status(&format!("If-Match: {etag}\r\n")), 200);
    assert_eq!(
        status("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        412
    );
    let all = format!("If-Match: {etag}\r\nIf-None-Match: {etag}\r\nRange: bytes=0-1\r\n");
    assert_eq!(status(&all), 304);

    let unchanged = ask(
        &server,
        "/robots.txt",
        &format!("If-None-Match: {etag}\r\n"),
    );
    assert_eq!(unchanged.header("etag"), Some(etag));
    assert_eq!(unchanged.header("content-type"), None);
    assert_eq!(unchanged.header("content-length"), None);
}

#[test]
fn a_part_is_sent_only_of_the_version_the_client_has() {
    let server = site().start();
    let etag = get(&server, "/robots.txt")
        .header("etag")
        .unwrap()
        .to_owned();
    let range = |condition: &str| {
        let fields = format!("Range: bytes=0-3\r\nIf-Range: {condition}\r\n");
        ask(&server, "/robots.txt", &fields).status
    };
    assert_eq!(range(&etag), 206);
    assert_eq!(range("\"x\""), 200);
    assert_eq!(range("Sun, 06 Nov 1994 08:49:37 GMT"), 200);
}

#[test]
fn parts_of_small_and_large_files_are_the_same_bytes() {
    let large = large();
    let server = site()
        .file("small.bin", &large[..5000])
        .file("large.bin", &large)
        .start();
    for (target, contents) in [("/small.bin", &large[..5000]), ("/large.bin", &large[..])] {
        let length = contents.len();
        for (range, start, end) in [
            ("0-0", 0, 1),
            ("1000-", 1000, length),
            ("-1", length - 1, length),
            ("1001-4003", 1001, 4004),
        ] {
            let part = ask(&server, target, &format!("Range: bytes={range}\r\n"));
            assert_eq!(part.status, 206, "{target} {range}");
            assert!(part.body == contents[start..end], "{target} {range}");
            let described = format!("bytes {start}-{}/{length}", end - 1);
            assert_eq!(part.header("content-range"), Some(&*described));
        }
        let beyond = ask(&server, target, "Range: bytes=9999999-\r\n");
        let described = format!("bytes */{length}");
        assert_eq!((beyond.status, beyond.body.len()), (416, 0));
        assert_eq!(beyond.header("content-range"), Some(&*described));
        let head = format!("HEAD {target} HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n");
        let mut client = server.client();
        client.send(head);
        assert_eq!(client.head_response().status, 200);
    }
}

#[test]
fn several_parts_come_as_one_body_in_the_order_they_were_asked_for() {
    let large = large();
    let server = site()
        .file("small.txt", &large[..5000])
        .file("large.txt", &large)
        .start();
    for (target, contents) in [("/small.txt", &large[..5000]), ("/large.txt", &large[..])] {
        let response = ask(&server, target, "Range: bytes=4000-4999, 0-1\r\n");
        assert_eq!(response.status, 206);
        let of_type = response.header("content-type").unwrap();
        let boundary = of_type
            .strip_prefix("multipart/byteranges; boundary=")
            .unwrap();
        let part = |start: usize, end: usize| {
            let length = contents.len();
            let head = format!(
                "--{boundary}\r\nContent-Type: text/plain\r\n\
                 Content-Range: bytes {start}-{}/{length}\r\n\r\n",
                end - 1
            );
            [head.as_bytes(), &contents[start..end], b"\r\n"].concat()
        };
        let end = format!("--{boundary}--\r\n").into_bytes();
        let expected = [part(4000, 5000), part(0, 2), end].concat();
        assert!(response.body == expected, "{target} came in other parts");
    }
}

#[test]
fn requests_behind_a_large_file_are_answered_with_their_own_bytes() {
    let large = large();
    let server = site().file("large.bin", &large).start();
    let mut client = server.client();
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
    let targets = ["/large.bin", "/robots.txt", "/large.bin", "/robots.txt"];
    client.send(targets.map(get).concat());
    for target in targets {
        let response = client.response();
        match target {
            "/robots.txt" => assert_eq!(response.text(), "User-agent: *\n"),
            _ => assert!(response.body == large, "the file came changed"),
        }
    }
}

#[test]
fn a_packed_copy_goes_to_those_who_take_it() {
    let server = site()
        .file("app.js", "the script itself, not packed")
        .file("app.js.gz", "gzipped")
        .file("app.js.br", "brotli!!")
        .file("lone.js", "the script itself, not packed")
        .start();
    let sent = |fields: &str| {
        let response = ask(&server, "/app.js", fields);
        assert_eq!(response.header("vary"), Some("accept-encoding"));
        assert_eq!(response.header("content-type"), Some("text/javascript"));
        let coding = response.header("content-encoding").unwrap_or("none");
        (coding.to_owned(), response.text().to_owned())
    };
    let is = |coding: &str, text: &str| (coding.to_owned(), text.to_owned());
    let plain = is("none", "the script itself, not packed");
    assert_eq!(sent(""), plain);
    assert_eq!(sent("Accept-Encoding: zstd, br;q=0\r\n"), plain);
    assert_eq!(sent("Accept-Encoding: gzip, br\r\n"), is("gzip", "gzipped"));
    assert_eq!(
        sent("Accept-Encoding: gzip;q=0.5, br\r\n"),
        is("br", "brotli!!")
    );
    let lone = ask(&server, "/lone.js", "Accept-Encoding: gzip\r\n");
    assert_eq!(
        (lone.header("vary"), lone.header("content-encoding")),
        (None, None)
    );

    let etag = |fields: &str| {
        let response = ask(&server, "/app.js", fields);
        response.header("etag").unwrap().to_owned()
    };
    let packed = etag("Accept-Encoding: br\r\n");
    assert_ne!(packed, etag(""));
    let has_packed = format!("Accept-Encoding: br\r\nIf-None-Match: {packed}\r\n");
    assert_eq!(ask(&server, "/app.js", &has_packed).status, 304);
    let wants_plain = format!("If-None-Match: {packed}\r\n");
    assert_eq!(ask(&server, "/app.js", &wants_plain).status, 200);
}

#[test]
fn a_packed_copy_of_an_older_version_stays_where_it_is() {
    let setup = site()
        .file("app.js.gz", "gzipped")
        .file("app.js", "the new script, not packed");
    let packed = std::fs::File::options()
        .write(true)
        .open(setup.root().join("app.js.gz"))
        .unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    packed.set_modified(yesterday).unwrap();
    let server = setup.start();
    let response = ask(&server, "/app.js", "Accept-Encoding: gzip\r\n");
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.text(), "the new script, not packed");
}

#[test]
fn only_what_a_build_named_by_its_contents_is_immutable() {
    let server = site()
        .file("build/assets/app-1a2b.js", "x")
        .file("build/manifest.json", "{}")
        .start();
    let control = |target: &str| {
        let response = get(&server, target);
        response.header("cache-control").map(str::to_owned)
    };
    let for_ever = "public, max-age=31536000, immutable";
    assert_eq!(
        control("/build/assets/app-1a2b.js").as_deref(),
        Some(for_ever)
    );
    assert_eq!(control("/build/manifest.json"), None);
}

#[test]
fn a_file_that_changes_is_sent_as_it_is_now() {
    let setup = site().file("page.txt", "first");
    let path = setup.root().join("page.txt");
    let server = setup.start();
    let mut client = server.client();
    for text in ["first", "other", "longer than before", ""] {
        std::fs::write(&path, text).unwrap();
        for _ in 0..2 {
            assert_eq!(client.get("/page.txt").text(), text);
        }
    }
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    for text in ["aaaa", "bbbb"] {
        std::fs::write(&path, text).unwrap();
        file.set_modified(long_ago).unwrap();
        assert_eq!(
            client.get("/page.txt").text(),
            text,
            "whatever its time says"
        );
    }
    std::fs::remove_file(&path).unwrap();
    let _worker = server.worker_saying("php");
    assert_eq!(client.get("/page.txt").text(), "php");
}

#[test]
fn a_packed_source_is_a_source() {
    let server = site()
        .file("dump.php.gz", "SECRET")
        .file("old.PHP.zip", "SECRET")
        .file("app.phtml.tar.gz", "SECRET")
        .start();
    let _worker = server.worker_saying("php");
    for target in ["/dump.php.gz", "/old.PHP.zip", "/app.phtml.tar.gz"] {
        assert_eq!(get(&server, target).text(), "php", "{target}");
    }
}

/// A root with links: to a file beside it, to one outside, to a folder outside, and to what is
/// never served.
fn linked(outside: &std::path::Path) -> Setup {
    std::fs::write(outside.join("photo.jpg"), "jpeg").unwrap();
    let setup = site();
    let root = setup.root().to_owned();
    for (target, link) in [
        (std::path::Path::new("robots.txt"), "inner.txt"),
        (&outside.join("photo.jpg"), "outer.jpg"),
        (outside, "storage"),
        (&root.join("robots.txt"), "absolute.txt"),
        (std::path::Path::new("info.php"), "source.txt"),
        (std::path::Path::new(".env"), "environment.txt"),
    ] {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    setup
}

#[test]
fn links_lead_as_far_as_the_policy_says() {
    let cases = [
        (Symlinks::Follow, false, [200, 200, 200, 200]),
        (Symlinks::Inside, false, [200, 404, 404, 200]),
        (Symlinks::Inside, true, [200, 200, 200, 200]),
        (Symlinks::Never, true, [404, 404, 404, 404]),
    ];
    for (policy, permitted, expected) in cases {
        let outside = tempfile::tempdir().unwrap();
        let allowed = match permitted {
            true => vec![outside.path().to_owned()],
            false => vec![],
        };
        let server = linked(outside.path())
            .files(|files| files.symlinks = policy)
            .sendfile_roots(allowed)
            .start();
        let _worker = server.worker_with_status(404);
        let targets = [
            "/inner.txt",
            "/outer.jpg",
            "/storage/photo.jpg",
            "/absolute.txt",
        ];
        let statuses = targets.map(|target| get(&server, target).status);
        assert_eq!(statuses, expected, "{policy:?} {permitted}");
        assert_eq!(get(&server, "/robots.txt").status, 200);
    }
}

#[test]
fn a_link_does_not_disclose_what_would_not_be_served() {
    let outside = tempfile::tempdir().unwrap();
    let server = linked(outside.path()).start();
    for target in ["/source.txt", "/environment.txt"] {
        let response = get(&server, target);
        assert_eq!(response.status, 403, "{target}");
        assert!(!response.text().contains("SECRET"));
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let setup = site();
    let fifo = setup.root().join("fifo.txt");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let server = setup.start();
    let _worker = server.worker_saying("php");
    assert_eq!(get(&server, "/fifo.txt").text(), "php");
}

#[test]
fn files_are_the_same_bytes_over_http_2() {
    let large = large();
    let server = site().file("large.bin", &large).start();
    let mut client = Streams::connect(server.address());
    for _ in 0..2 {
        let whole = client.get("/large.bin");
        assert!(whole.body == large, "the file came changed");
        assert_eq!(whole.header("content-length"), Some("1600000"));
        assert_eq!(client.get("/robots.txt").text(), "User-agent: *\n");
    }
    let mut part = request("GET", "/large.bin");
    let range = HeaderValue::from_static("bytes=1000-1499999");
    part.headers_mut().insert("range", range);
    let part = client.ask(part, b"");
    assert_eq!(part.status, 206);
    assert!(part.body == large[1000..1_500_000]);
    let head = client.ask(request("HEAD", "/large.bin"), b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some("1600000"));
}

#[test]
fn a_file_that_becomes_shorter_while_it_is_sent_is_cut_and_never_looks_whole() {
    // More than sockets hold.
    let contents = vec![b'x'; 64 << 20];
    let setup = site().file("large.bin", &contents);
    let path = setup.root().join("large.bin");
    let server = setup.start();
    let mut client = server.client();
    client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    client.bytes(1000);
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(1 << 20).unwrap();
    let rest = client.rest();
    assert!(rest.len() < contents.len(), "{} bytes came", rest.len());
    assert_eq!(get(&server, "/robots.txt").status, 200);
}
