//! The ways in which a request ends, and what the next one on the same worker finds.

use crate::case::{Ask, Case};
use crate::compare::check;

/// The end, and an ordinary request after it.
fn ends(how: &'static str) -> Case {
    Case::get(how, &target(how)).then(Ask::get(&target("returns")))
}

fn target(how: &str) -> String {
    format!("/ends.php?how={}", how.replace(' ', "+"))
}

#[test]
fn a_request_ends_as_under_fpm_and_the_next_is_clean() {
    check(&cases());
}

/// Every end.
pub(crate) fn cases() -> Vec<Case> {
    let quiet = [
        "exit",
        "exit with a status",
        "exit in a buffer",
        "exit in a buffer callback",
        "exit when freed",
        "exit in a shutdown function",
        "exit in a generator",
        "exit in the header callback",
        "exit in the handler",
        "throw to a handler",
        "warning",
    ];
    let failing = [
        "throw",
        "throw when freed",
        "throw in a shutdown function",
        "throw after a shutdown function",
        "throw in a buffer callback",
        "throw in the header callback",
        "throw in the handler",
        "throw with a status",
        "error to exception",
        "user error",
        "memory",
        "memory, and reported",
        "recursion",
        "recursion in C",
        "no such function",
        "no such file",
        "parse error",
        "redeclared",
    ];
    quiet.into_iter().chain(failing).map(ends).collect()
}
