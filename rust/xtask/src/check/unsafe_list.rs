//! `unsafe` stands only in the files docs/SAFETY.md lists, and every other crate forbids it.

use super::source_tree::{SourceFile, SourceTree};
use super::violation::Violation;

const RULE: &str = "unsafe list";

/// Files that may hold `unsafe`; adding one is a commit of its own.
const ALLOWED: &[&str] = &[
    "rust/shm/src/region.rs",
    "rust/shm/src/words.rs",
    "rust/shm/src/lock.rs",
    "rust/shm/src/futex.rs",
    "rust/shm/src/sys.rs",
    "rust/php/src/runtime.rs",
    "rust/php/src/request.rs",
    "rust/php/src/output.rs",
    "rust/php/src/headers.rs",
    "rust/php/src/superglobals.rs",
    "rust/php/src/value.rs",
    "rust/php/src/function.rs",
    "rust/php/src/callbacks.rs",
    "rust/php/src/callbacks/store.rs",
    "rust/php/src/guard.rs",
    "rust/worker/src/fork.rs",
    "rust/supervisor/src/sys.rs",
];

/// Declarations made by bindgen.
const ALLOWED_FOLDER: &str = "rust/php-sys/";

/// Crates that forbid it altogether, as their first file says.
const FORBIDDING: &[&str] = &[
    "rust/cli/src/main.rs",
    "rust/exchange/src/lib.rs",
    "rust/fuzz/src/main.rs",
    "rust/gateway/src/lib.rs",
    "rust/live/src/lib.rs",
    "rust/resp/src/lib.rs",
    "rust/store/src/lib.rs",
    "rust/testkit/src/lib.rs",
    "rust/xtask/src/main.rs",
];

/// Every place outside the list.
pub(super) fn check(tree: &SourceTree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in tree.with_extension("rs") {
        if !is_allowed(&file.path) {
            violations.extend(uses(file));
        }
        if FORBIDDING.contains(&&*file.path) && !file.text.contains("#![forbid(unsafe_code)]") {
            let message = "this crate starts with #![forbid(unsafe_code)]";
            violations.push(Violation::in_file(&file.path, RULE, message));
        }
    }
    violations
}

fn is_allowed(path: &str) -> bool {
    path.starts_with(ALLOWED_FOLDER) || ALLOWED.contains(&path)
}

fn uses(file: &SourceFile) -> Vec<Violation> {
    let message = "`unsafe` outside the files of docs/SAFETY.md";
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| holds_unsafe(line))
        .map(|(index, _)| Violation::at(&file.path, index, RULE, message))
        .collect()
}

/// The keyword at a place where only code can have it, strings and comments left out.
fn holds_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let code = code.replace("\\\"", "");
    let mut outside_strings = code.split('"').step_by(2);
    outside_strings.any(|text| words(text).any(|word| word == "unsafe"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_told_from_words_about_it() {
        assert!(holds_unsafe("    let a = unsafe { *b };"));
        assert!(holds_unsafe("#[unsafe(no_mangle)]"));
        assert!(!holds_unsafe("#![forbid(unsafe_code)]"));
        assert!(!holds_unsafe("// unsafe here"));
        assert!(!holds_unsafe(concat!("let a = \"un", "safe\";")));
    }
}
