//! Files that PHP has sent for it.

use askr_testkit::{After, Response, reply};
use tempfile::TempDir;

use crate::server::{Server, Setup};

/// More than is kept in memory.
const LARGE: usize = 1_000_000;

/// A server whose worker names `path`, in `storage` beside the root, for the body.
struct Scene {
    server: Server,
    _worker: askr_testkit::FakeWorker,
    storage: TempDir,
}

impl Scene {
    fn new(field: &'static str, path: &str) -> Scene {
        Scene::with(200, &[], field, path)
    }

    fn with(
        status: u16,
        fields: &'static [(&'static str, &'static str)],
        field: &'static str,
        path: &str,
    ) -> Scene {
        let storage = tempfile::tempdir().unwrap();
        std::fs::create_dir(storage.path().join("protected")).unwrap();
        std::fs::write(storage.path().join("protected/a.txt"), "0123456789").unwrap();
        std::fs::write(storage.path().join("large.bin"), vec![b'x'; LARGE]).unwrap();
        let permitted = vec![storage.path().to_owned()];
        let server = Setup::new().sendfile_roots(permitted).start();
        let named = path.replace("STORAGE", storage.path().to_str().unwrap());
        let worker = server.worker(move |job, _| {
            let mut headers = vec![(field, named.as_str())];
            headers.extend(fields);
            let _ = reply(job.take().unwrap(), status, &headers, b"of php");
            After::Next
        });
        Scene {
            server,
            _worker: worker,
            storage,
        }
    }

    fn ask(&self, fields: &str) -> Response {
        let mut client = self.server.client();
        client.send(format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"));
        client.response()
    }
}

#[test]
fn the_file_that_php_names_is_the_body_and_its_own_fields_stay() {
    let fields = &[
        ("Content-Type", "text/x-own"),
        ("Content-Disposition", "attachment; filename=a.txt"),
        ("Set-Cookie", "a=b"),
        ("ETag", "\"own\""),
    ];
    for (field, path) in [
        ("X-Sendfile", "STORAGE/protected/a.txt"),
        ("X-Accel-Redirect", "/protected/a.txt"),
        ("X-Accel-Redirect", "/protected/%61.txt?download"),
    ] {
        let scene = Scene::with(200, fields, field, path);
        let sent = scene.ask("");
        assert_eq!(
            (sent.status, sent.text()),
            (200, "0123456789"),
            "{field} {path}"
        );
        assert_eq!(sent.header("content-length"), Some("10"));
        for (name, value) in fields {
            assert_eq!(sent.header(&name.to_ascii_lowercase()), Some(*value));
        }
        assert_eq!(sent.header("accept-ranges"), Some("bytes"));
        assert_eq!(sent.header(&field.to_ascii_lowercase()), None);
        let part = scene.ask("Range: bytes=2-4\r\n");
        assert_eq!((part.status, part.text()), (206, "234"));
        assert_eq!(scene.ask("If-None-Match: \"own\"\r\n").status, 304);
        assert_eq!(scene.ask("Range: bytes=10-\r\n").status, 416);
    }
}

#[test]
fn a_large_file_comes_whole_and_in_parts() {
    let scene = Scene::new("X-Sendfile", "STORAGE/large.bin");
    assert_eq!(scene.ask("").body.len(), LARGE);
    let part = scene.ask("Range: bytes=999990-\r\n");
    assert_eq!((part.status, part.text()), (206, "xxxxxxxxxx"));
    let mut client = scene.server.client();
    client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        client.head_response().header("content-length"),
        Some("1000000")
    );
}

#[test]
fn another_status_is_kept_and_has_no_parts() {
    let scene = Scene::with(404, &[], "X-Sendfile", "STORAGE/protected/a.txt");
    let sent = scene.ask("Range: bytes=2-4\r\nIf-None-Match: *\r\n");
    assert_eq!((sent.status, sent.text()), (404, "0123456789"));
}

#[test]
fn a_reply_that_has_no_body_gets_none() {
    for status in [204, 304] {
        let scene = Scene::with(status, &[], "X-Sendfile", "STORAGE/protected/a.txt");
        let mut client = scene.server.client();
        for _ in 0..2 {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            let sent = client.response();
            assert_eq!((sent.status, sent.body.len()), (status, 0));
            assert_eq!(sent.header("x-sendfile"), None);
        }
    }
}

#[test]
fn what_lies_elsewhere_is_not_sent() {
    for (field, path) in [
        ("X-Sendfile", "/etc/passwd"),
        ("X-Sendfile", "STORAGE/../../etc/passwd"),
        ("X-Sendfile", "STORAGE/missing"),
        ("X-Sendfile", "protected/a.txt"),
        ("X-Sendfile", "STORAGE/protected"),
        ("X-Accel-Redirect", "/etc/passwd"),
        ("X-Accel-Redirect", "/../../../etc/passwd"),
        ("X-Accel-Redirect", "/%ff"),
        ("X-Accel-Redirect", ""),
    ] {
        let sent = Scene::new(field, path).ask("");
        assert_eq!(sent.status, 404, "{field} {path}");
        assert!(!sent.text().contains("root:") && !sent.text().contains("of php"));
    }
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let scene = Scene::new("X-Sendfile", "STORAGE/link");
    std::os::unix::fs::symlink("/etc/passwd", scene.storage.path().join("link")).unwrap();
    assert_eq!(scene.ask("").status, 404);
}
