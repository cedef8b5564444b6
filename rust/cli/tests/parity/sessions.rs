//! PHP's own sessions, kept in files.

use crate::case::{Ask, Case};
use crate::compare::check;

#[test]
fn a_session_is_that_of_its_cookie_in_all_servers() {
    check(&[
        Case::get("a session goes on", "/session-counter.php")
            .then(Ask::get("/session-counter.php"))
            .then(Ask::get("/session-counter.php"))
            .shows("visit 3"),
        Case::get("without a cookie it begins anew", "/session-counter.php").shows("visit 1"),
    ]);
}
