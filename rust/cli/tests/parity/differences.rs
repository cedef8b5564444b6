//! What `docs/fpm.md` says differs: every difference that a test finds must stand there, and
//! nothing else may.

use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = include_str!("../../../../docs/fpm.md");

/// The names in the table of `$_SERVER`.
pub(crate) fn variables() -> BTreeSet<String> {
    let cells = rows("## `$_SERVER`");
    let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted.map(str::to_owned).collect()
}

/// The rows of the table of paths.
pub(crate) fn paths() -> BTreeSet<&'static str> {
    rows("## Paths").collect()
}

/// Whether the page has this row below this heading.
pub(crate) fn is_documented(heading: &str, row: &str) -> bool {
    rows(heading).any(|cell| cell == row)
}

#[test]
fn every_documented_difference_of_answers_is_that_of_a_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let files = std::fs::read_dir(folder).unwrap();
    let sources = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let sources: String = sources.collect();
    for row in rows("## Answers") {
        let names = ["differs", "differs_in_worker_mode"].map(|name| format!(".{name}({row:?})"));
        let is_named = names.iter().any(|name| sources.contains(name));
        assert!(is_named, "no case has {names:?}");
    }
}

/// The first cells of the rows of the table below a heading.
fn rows(heading: &str) -> impl Iterator<Item = &'static str> {
    let section = PAGE.split_once(heading).unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('|').nth(1).unwrap().trim())
}
