//! What one request changes is as it was for the next: read, change, read again.

use crate::case::{Ask, Case};
use crate::compare::check;

fn changed_between(name: &'static str, script: &str) -> Case {
    Case::get(name, script)
        .then(Ask::get(&format!("{script}?change=1")))
        .then(Ask::get(script))
}

#[test]
fn what_a_request_changes_is_as_before_for_the_next() {
    let mut cases = cases();
    // One worker after the other has another mark.
    cases.push(changed_between("peak of memory", "/state-memory.php").shows("low"));
    check(&cases);
}

/// What each worker must undo, whoever it is for.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        changed_between("ini settings", "/state-ini.php").shows(r#""precision":"14""#),
        changed_between("handlers", "/state-handlers.php").shows(r#""last":null"#),
        Case::get("time zone", "/state-timezone.php")
            .then(Ask::get("/state-timezone.php?change=Asia/Tokyo"))
            .then(Ask::get("/state-timezone.php"))
            .shows(r#""zone":"UTC""#),
        changed_between("mbstring", "/state-mbstring.php").shows(r#""internal":"UTF-8""#),
        changed_between("libxml", "/state-libxml.php").shows(r#""internal":false"#),
        changed_between("umask, folder, locale, environment", "/state-process.php")
            .shows(r#""environment":false"#),
        changed_between("streams", "/state-streams.php").shows(r#""file":"read""#),
        changed_between("single functions", "/state-functions.php").shows(r#""strtok":false"#),
    ]
}
