//! Which script a path names: classic mode beside nginx.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use askr_testkit::{Client, Fpm, Server};

use crate::differences;

#[test]
fn a_path_names_the_same_script_in_classic_mode_as_behind_nginx() {
    let root = folder();
    let askr = Server::classic().root(&root).start();
    let fpm = Fpm::over(&root).start();
    let compare = |path: &str| (answer(path, askr.client()), answer(path, fpm.client()));
    let mut wrong = Vec::new();

    for path in SAME {
        let (askr, fpm) = compare(path);
        if askr != fpm {
            wrong.push(format!("{path}\n  Askr: {askr}\n  FPM:  {fpm}"));
        }
    }
    for (row, path) in DIFFERENT {
        let (askr, fpm) = compare(path);
        if askr == fpm || !differences::is_documented("## Paths", row) {
            wrong.push(format!("{path}: {askr}, and FPM: {fpm}; row: {row}"));
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rows = DIFFERENT.iter().map(|(row, _)| *row);
    assert_eq!(rows.collect::<BTreeSet<_>>(), differences::paths());
}

fn folder() -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/variables");
    fixtures.canonicalize().unwrap()
}

/// The status, and what the script says of its own place.
fn answer(path: &str, mut client: Client) -> String {
    client.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
    let response = client.response();
    let lines = response.text().lines().filter(|line| {
        SHOWN
            .iter()
            .any(|name| line.starts_with(&format!("{name} = ")))
    });
    let lines: Vec<&str> = lines.collect();
    format!("{} {}", response.status, lines.join(", "))
}

const SHOWN: &[&str] = &[
    "SCRIPT_NAME",
    "PATH_INFO",
    "PHP_SELF",
    "REQUEST_URI",
    "QUERY_STRING",
];

/// Answered alike, whatever the answer is.
const SAME: &[&str] = &[
    "/",
    "/other.php",
    "/other.php?a=1",
    "/other.php/",
    "/other.php/a/b",
    "/other.php/a%20b%2Fc",
    "/other.php//a",
    "//other.php",
    "/OTHER.PHP",
    "/other.php5",
    "/other.phpx/a",
    "/other.php%00",
    "/other.php%00.txt",
    "/other.php%20",
    "/other.php.",
    "/other.php/x.php",
    "/index.php/other.php",
    "/%6Fther.php",
    "/other%2Ephp",
    "/other.php;a=1",
    "/other.php%3Fa=1",
    "/..%2Fother.php",
    "/../other.php",
    "/sub/",
    "/sub/?a=1",
    "/sub/deep.php",
    "/sub/deep",
    "/sub/index.php/a",
    "/other.php/.hidden",
    "/%",
    "/%zz",
    "/a%",
    "/?/other.php",
    "/other.php?/x.php",
    "/a+b",
    "/~user/",
];

/// The row of `docs/fpm.md` that a path is an example of.
const DIFFERENT: &[(&str, &str)] = &[
    (DOTS, "/./other.php"),
    (DOTS, "/missing/../other.php"),
    (DOTS, "/other.php/../index.php"),
    (DOTS, "/x/%2e%2e/other.php"),
    (DOTS, "/a%2F..%2Fother.php"),
    (MISSING, "/x.php"),
    (MISSING, "/x.php/y"),
    (MISSING, "/x/other.php"),
    (MISSING, "/.hidden/x.php"),
    (ENCODED, "/other.php%2Fa"),
    (ENCODED, "/sub%2Fdeep.php"),
    (ENCODED, "/other.php/%E9"),
    (ENCODED, "/other.php/%0A"),
];

const DOTS: &str = "`.` and `..` as segments";
const MISSING: &str = "a PHP file that is not there, or hidden";
const ENCODED: &str =
    "an encoded slash before the path info; control characters; bytes that are not UTF-8";
