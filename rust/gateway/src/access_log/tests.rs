use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, UNIX_EPOCH};

use askr_exchange::WorkerId;
use http::Version;
use jiff::tz::TimeZone;
use rustix::fs::{CWD, FileType, Mode};
use serde_json::{Value, json};

use super::entry::{Asked, Php, Source};
use super::moment::Moments;
use super::*;

const ASKED: Asked<'_> = Asked {
    host: b"shop.example",
    method: "GET",
    path: "/carts/7",
    query: Some("token=secret"),
    is_https: true,
    version: Version::HTTP_2,
    user_agent: Some(b"curl/8 \"x\"\n"),
    referer: None,
};

fn entry() -> Entry<'static> {
    Entry {
        request: "0123456789abcdef",
        client: "192.0.2.7",
        peer: Some("10.0.0.1"),
        asked: Some(ASKED),
        tls: Some("TLSv1.3"),
        status: 200,
        end: End::Whole,
        received_bytes: 12,
        sent_bytes: 3456,
        duration_us: 12_345,
        source: Source::Php,
        php: Some(Php {
            pool: "default",
            worker: Some(WorkerId {
                seat: 1,
                incarnation: 5,
            }),
            generation: Some(2),
            wait_us: Some(45),
            php_us: Some(11_002),
        }),
        encoding: Some(b"br"),
        cache: None,
    }
}

/// The head of a refused request is never known.
fn refused() -> Entry<'static> {
    Entry {
        asked: None,
        peer: None,
        tls: None,
        status: 431,
        received_bytes: 0,
        source: Source::Server,
        php: None,
        encoding: None,
        ..entry()
    }
}

fn line(format: &AccessFormat, entry: &Entry<'_>) -> String {
    let mut moments = Moments::new(TimeZone::UTC);
    let now = moments.at(UNIX_EPOCH + Duration::from_millis(1_795_350_116_123));
    let mut out = Vec::new();
    format.line(entry, now, &mut out);
    String::from_utf8(out).unwrap()
}

fn json_of(entry: &Entry<'_>) -> Value {
    let line = line(&AccessFormat::Json(AccessField::usual()), entry);
    assert!(line.ends_with("}\n") && line.matches('\n').count() == 1);
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_line_in_json_says_all_that_is_known() {
    assert_eq!(
        json_of(&entry()),
        json!({
            "time": "2026-11-22T12:21:56.123+00:00", "request": "0123456789abcdef",
            "client": "192.0.2.7", "peer": "10.0.0.1", "host": "shop.example", "method": "GET",
            "path": "/carts/7", "scheme": "https", "protocol": "HTTP/2.0", "tls": "TLSv1.3",
            "status": 200, "end": "whole", "received_bytes": 12, "sent_bytes": 3456,
            "duration_ms": 12.345, "wait_ms": 0.045, "php_ms": 11.002, "source": "php",
            "pool": "default", "worker": "1#5", "generation": 2, "encoding": "br",
            "user_agent": "curl/8 \"x\"\n",
        })
    );
}

#[test]
fn what_is_not_known_is_left_out() {
    assert_eq!(
        json_of(&refused()),
        json!({
            "time": "2026-11-22T12:21:56.123+00:00", "request": "0123456789abcdef",
            "client": "192.0.2.7", "status": 431, "end": "whole", "received_bytes": 0,
            "sent_bytes": 3456, "duration_ms": 12.345, "source": "server",
        })
    );
}

#[test]
fn fields_come_as_they_were_chosen() {
    let fields = vec![
        AccessField::Status,
        AccessField::Query,
        AccessField::Referer,
        AccessField::Path,
    ];
    assert_eq!(
        line(&AccessFormat::Json(fields), &entry()),
        "{\"status\":200,\"query\":\"token=secret\",\"path\":\"/carts/7\"}\n"
    );
}

#[test]
fn combined_lines_are_those_of_nginx() {
    assert_eq!(
        line(&AccessFormat::Combined, &entry()),
        "192.0.2.7 - - [22/Nov/2026:12:21:56 +0000] \"GET /carts/7?token=secret HTTP/2.0\" 200 3456 \
         \"-\" \"curl/8 \\x22x\\x22\\x0A\"\n"
    );
    let local = Entry {
        client: "unix:",
        ..refused()
    };
    assert_eq!(
        line(&AccessFormat::Combined, &local),
        "unix: - - [22/Nov/2026:12:21:56 +0000] \"\" 431 3456 \"-\" \"-\"\n"
    );
}

#[test]
fn lines_are_in_the_file_when_the_log_has_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let place = AccessLogPlace::File(path.clone());
    let fields = vec![AccessField::Status];
    let log = AccessLog::open(&place, AccessFormat::Json(fields)).unwrap();

    log.write(&entry());
    log.clone().write(&refused());
    log.finish(Duration::from_secs(10));

    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text, "{\"status\":200}\n{\"status\":431}\n");
}

#[test]
fn a_reader_that_does_not_read_holds_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let both_ends = File::options().read(true).write(true).open(&path).unwrap();
    let place = AccessLogPlace::File(path);
    let log = AccessLog::open(&place, AccessFormat::Json(AccessField::usual())).unwrap();

    for _ in 0..2 * crate::limits::ACCESS_LOG_BYTES_MAX / 100 {
        log.write(&entry());
    }
    log.finish(Duration::from_millis(1));
    assert!(!log.0.queue.finish(Duration::ZERO), "nobody has read it");

    let reading = std::thread::spawn(move || {
        let lines = BufReader::new(both_ends).lines();
        lines
            .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
            .take(1000)
            .count()
    });
    assert_eq!(reading.join().unwrap(), 1000);
}
