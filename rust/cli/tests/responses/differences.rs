//! What `docs/fpm.md` says of Laravel: every difference that a test expects must stand there, and
//! nothing else may.

use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/fpm.md");

/// Says that what follows differs from FPM, as a row of the page explains.
#[track_caller]
pub(crate) fn differs(row: &str) {
    assert!(
        rows().any(|cell| cell == row),
        "docs/fpm.md has no row {row:?}"
    );
}

#[test]
fn every_documented_difference_is_expected_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/responses");
    let files = fs::read_dir(folder).unwrap();
    let sources = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let sources: String = sources.collect();
    for row in rows() {
        let named = format!("differs({row:?})");
        assert!(sources.contains(&named), "no test has {named}");
    }
}

/// The first cells of the table about Laravel.
fn rows() -> impl Iterator<Item = &'static str> {
    let section = PAGE.split_once("## Laravel, in worker mode").unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').nth(1).unwrap().trim())
}
