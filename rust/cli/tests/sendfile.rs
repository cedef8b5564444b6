//! Files that real Laravel responds with, sent by the server instead of PHP.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::fs;

use askr_testkit::{Application, Response, Server};

/// More than the server keeps of a file in memory.
fn blob() -> Vec<u8> {
    (0..500_000_u32).map(|n| n.to_le_bytes()[1]).collect()
}

struct Scene {
    _application: Application,
    server: Server,
}

impl Scene {
    fn start() -> Scene {
        let application = Application::copy();
        fs::write(application.path("storage/app/blob.bin"), blob()).unwrap();
        let server = application
            .booted()
            .flag("app-base", application.path(""))
            .workers(1)
            .start();
        Scene {
            _application: application,
            server,
        }
    }

    fn ask(&self, target: &str, fields: &str) -> Response {
        let mut client = self.server.client();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: t\r\n{fields}\r\n"));
        client.response()
    }

    /// PHP never answers with several parts of a file: who does is the server.
    fn is_sent_by_the_server(&self, target: &str) -> bool {
        let parts = self.ask(target, "Range: bytes=0-1,100-101\r\n");
        let of_type = parts.header("content-type").unwrap_or_default();
        parts.status == 206 && of_type.starts_with("multipart/byteranges")
    }
}

#[test]
fn files_below_the_permitted_folders_are_sent_by_the_server() {
    let scene = Scene::start();
    for target in [
        "/files/shown",
        "/files/downloaded",
        "/files/stored",
        "/files/named",
    ] {
        let whole = scene.ask(target, "");
        assert_eq!(whole.status, 200, "{target}");
        assert!(whole.body == blob(), "{target} came changed");
        assert_eq!(whole.header("content-length"), Some("500000"));
        assert_eq!(whole.header("accept-ranges"), Some("bytes"));
        for hidden in ["x-sendfile", "x-accel-redirect"] {
            assert_eq!(whole.header(hidden), None, "{target}");
        }
        assert!(scene.is_sent_by_the_server(target), "{target}");
        let part = scene.ask(target, "Range: bytes=499990-\r\n");
        assert_eq!(part.status, 206, "{target}");
        assert!(part.body == blob()[499_990..], "{target}");
        assert_eq!(scene.ask(target, "Range: bytes=500000-\r\n").status, 416);
    }
    let stored = scene.ask("/files/stored", "");
    let disposition = stored.header("content-disposition").unwrap();
    assert!(disposition.starts_with("attachment; filename=stored.bin"));
    let etag = stored.header("etag").unwrap();
    let again = scene.ask("/files/stored", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn what_php_has_to_send_itself_is_left_to_it() {
    let scene = Scene::start();
    assert!(
        !scene.is_sent_by_the_server("/files/once"),
        "it is removed once PHP has sent it"
    );
    assert!(!scene.is_sent_by_the_server("/files/outside"));
    let outside = scene.ask("/files/outside", "");
    assert!(
        outside.text().contains("\"autoload\""),
        "{}",
        outside.text()
    );
    let printed = scene.ask("/files/printed", "");
    assert!(printed.body == [b"printed ", &blob()[..]].concat());
    assert!(scene.ask("/files/once", "").body == blob());
}

#[test]
fn without_permitted_folders_php_sends_everything() {
    let application = Application::copy();
    fs::write(application.path("storage/app/blob.bin"), blob()).unwrap();
    fs::create_dir(application.path("nothing")).unwrap();
    let server = application
        .booted()
        .flag("sendfile-roots", application.path("nothing"))
        .workers(1)
        .start();
    let scene = Scene {
        _application: application,
        server,
    };
    assert!(!scene.is_sent_by_the_server("/files/shown"));
    assert!(scene.ask("/files/shown", "").body == blob());
    assert_eq!(scene.ask("/files/named", "").status, 404);
}
