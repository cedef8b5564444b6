//! PHP's own sessions, kept in files or by a handler.

use crate::case::{Ask, Case};
use crate::compare::check;

#[test]
fn sessions_are_those_of_their_cookies() {
    let mut cases = cases();
    cases.extend(foreign_ids());
    cases.extend(settings());
    check(&cases);
}

/// Those that need no settings, with sessions that nobody else has.
pub(crate) fn cases() -> Vec<Case> {
    let counter = || Ask::get("/session-counter.php");
    let steps = Ask::get;
    vec![
        Case::new("a session goes on", counter())
            .then(counter())
            .then(counter())
            .shows("visit 3"),
        Case::new("without a cookie it begins anew", counter()).shows("visit 1"),
        Case::new("every step", steps("/session-steps.php"))
            .then(steps("/session-steps.php?delete=1"))
            .then(steps("/session-steps.php?destroy=1"))
            .then(steps("/session-steps.php"))
            .shows("after an abort: status 2, id some, {\"n\":3}"),
        Case::new("what a session was told", Ask::get("/session-options.php"))
            .then(Ask::get("/session-defaults.php"))
            .then(counter())
            .shows("PHPSESSID ''")
            .shows("visit 1"),
        Case::new(
            "a handler, and none after it",
            Ask::get("/session-handler.php?own=1"),
        )
        .then(Ask::get("/session-handler.php?own=2&keep=1"))
        .then(Ask::get("/session-defaults.php"))
        .then(Ask::get("/session-counter.php"))
        .shows("write n|i:42;")
        .shows("touch n|i:41;")
        .shows("visit "),
    ]
}

fn foreign_ids() -> Vec<Case> {
    let counter = || Ask::get("/session-counter.php");
    vec![
        Case::new(
            "an id that nobody has given out",
            counter().header("Cookie", "PHPSESSID=abc"),
        )
        .then(counter().header("Cookie", "PHPSESSID=abc"))
        .shows("visit "),
        Case::new(
            "an id that cannot be one",
            counter().header("Cookie", "PHPSESSID=../../etc"),
        )
        .shows("visit 1"),
    ]
}

fn settings() -> Vec<Case> {
    let automatic = || Ask::get("/session-automatic.php");
    let counter = || Ask::get("/session-counter.php");
    vec![
        Case::new("started by PHP", automatic())
            .ini("session.auto_start", "1")
            .then(automatic())
            .then(Ask::get("/session-steps.php"))
            .then(automatic())
            .shows(r#"2 {"n":2}"#),
        Case::new("not started by PHP", automatic())
            .then(automatic())
            .shows(r#"1 {"n":1}"#),
        Case::new(
            "strict about ids",
            counter().header("Cookie", "PHPSESSID=abc"),
        )
        .ini("session.use_strict_mode", "1")
        .then(counter())
        .shows("visit 2"),
        Case::new("another serializer", counter())
            .ini("session.serialize_handler", "php_serialize")
            .then(counter())
            .shows("visit 2"),
        Case::new("its cookie from the settings", counter())
            .ini("session.cookie_httponly", "1")
            .ini("session.cookie_samesite", "Lax")
            .ini("session.name", "shop")
            .then(counter())
            .shows("visit 2"),
        Case::new("written whatever happens", counter())
            .ini("session.lazy_write", "0")
            .then(counter())
            .shows("visit 2"),
        Case::new("links", Ask::get("/rewrite-variables.php?add=1"))
            .then(Ask::get("/rewrite-variables.php"))
            .ini("url_rewriter.tags", r#""a=href,form=""#)
            .shows("page.php?x=1&marker=1"),
    ]
}
