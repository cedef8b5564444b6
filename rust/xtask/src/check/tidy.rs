//! Small rules on names and words.

use super::source_tree::{SourceFile, SourceTree};
use super::violation::Violation;

/// Names that say nothing about what is inside.
const FORBIDDEN_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];

/// Headings of the comment at the start of every crate.
const CRATE_HEADINGS: &[&str] = &[
    "# Responsibility",
    "# Not here",
    "# Invariants",
    "# Testing",
];

/// The file that spells the words it looks for.
const SELF: &str = "rust/xtask/src/check/tidy.rs";

/// Every place with a name or word that is not wanted.
pub(super) fn check(tree: &SourceTree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in &tree.files {
        violations.extend(name(file));
        violations.extend(crate_header(file));
        if is_code(file) && file.path != SELF {
            violations.extend(words(file));
        }
    }
    violations
}

fn name(file: &SourceFile) -> Option<Violation> {
    let is_source = [".rs", ".php", ".c", ".h"];
    if !is_source.iter().any(|end| file.path.ends_with(end)) {
        return None;
    }
    let word = file.path.rsplit(['/', '\\']).find_map(|part| {
        let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
        FORBIDDEN_NAMES.contains(&&*stem).then_some(stem)
    })?;
    let message = format!("`{word}` names nothing: call it after what it holds");
    Some(Violation::in_file(&file.path, "name", message))
}

fn crate_header(file: &SourceFile) -> Option<Violation> {
    let is_root = file.path.starts_with("rust/") && file.path.matches('/').count() == 3;
    if !is_root || !["lib.rs", "main.rs"].contains(&file.name()) {
        return None;
    }
    let missing: Vec<&str> = CRATE_HEADINGS
        .iter()
        .filter(|heading| !file.text.contains(&format!("//! {heading}\n")))
        .copied()
        .collect();
    let message = || format!("the crate comment lacks {}", missing.join(", "));
    (!missing.is_empty()).then(|| Violation::in_file(&file.path, "crate header", message()))
}

fn words(file: &SourceFile) -> Vec<Violation> {
    const UNWANTED: &[(&str, &str)] = &[
        ("TODO", "do it, or write an issue"),
        ("FIXME", "do it, or write an issue"),
        ("#[ignore", "a test that does not run proves nothing"),
        ("thread::sleep", "wait for an event with a deadline"),
        ("markTestSkipped", "a test that does not run proves nothing"),
    ];
    let mut violations = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for (word, remedy) in UNWANTED {
            if line.contains(word) && !is_allowed_sleep(file, word) {
                let message = format!("`{word}` is not wanted: {remedy}");
                violations.push(Violation::at(&file.path, index, "word", message));
            }
        }
    }
    violations
}

/// Sleeping is how a harness polls what gives no event, and how a benchmark keeps its pace.
fn is_allowed_sleep(file: &SourceFile, word: &str) -> bool {
    word == "thread::sleep"
        && [
            "rust/store/examples/measure/",
            "rust/testkit/",
            "rust/xtask/src/bench",
        ]
        .iter()
        .any(|place| file.path.starts_with(place))
}

fn is_code(file: &SourceFile) -> bool {
    [".rs", ".php", ".c", ".h"]
        .iter()
        .any(|end| file.path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_name_that_says_nothing_is_found_as_file_and_as_folder() {
        assert!(name(&file("rust/a/src/util.rs", "")).is_some());
        assert!(name(&file("rust/a/src/helpers/mod.rs", "")).is_some());
        assert!(name(&file("rust/a/src/utility_belt.rs", "")).is_none());
        assert!(name(&file("docs/common.md", "")).is_none());
    }

    #[test]
    fn a_crate_says_four_things_about_itself() {
        let missing = crate_header(&file("rust/a/src/lib.rs", "//! # Testing\n")).unwrap();
        assert!(
            missing
                .to_string()
                .contains("# Responsibility, # Not here, # Invariants")
        );
        assert!(crate_header(&file("rust/a/src/b/lib.rs", "")).is_none());
    }

    #[test]
    fn unwanted_words_are_named_with_their_line() {
        let found = words(&file("rust/a/src/b.rs", "fn a() {}\n// TODO: more\n"));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .to_string()
                .starts_with("rust/a/src/b.rs:2: word: ")
        );
    }
}
