//! What the interface between server and PHP looks like from inside.

use crate::case::{Ask, Case};
use crate::compare::check;

const PREPENDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/php/worker/once.php"
);

#[test]
fn a_request_looks_the_same_in_all_servers() {
    check(&[
        Case::get("the environment", "/environment.php")
            .shows("yes")
            .differs("`getenv()` and `$_ENV` of the server's environment"),
        Case::new(
            "the interface",
            Ask::get("/sapi.php?a=1")
                .header("X-One", "1")
                .header("Authorization", "Basic dXNlcjpwYXNz")
                .header("Accept-Language", "de, en"),
        )
        .shows("fpm-fcgi"),
        Case::get("extensions", "/extensions.php")
            .shows("mbstring")
            .differs("`get_loaded_extensions()`"),
        Case::get("its processes", "/fpm-status.php")
            .shows("false")
            .differs("`fpm_get_status()`"),
        Case::get("settings beside a script", "/user/precision.php")
            .shows("14")
            .differs("`.user.ini`"),
        Case::get("a script before every script", "/plain.php")
            .ini("auto_prepend_file", PREPENDED)
            .shows("x-prepended: 1")
            .differs_in_worker_mode("`auto_prepend_file` and `auto_append_file`"),
    ]);
}

#[test]
fn the_fields_of_a_request_have_the_names_that_fpm_gives_them() {
    let asked = Ask::form("/request-headers.php", "a=1")
        .header("X-some_thing-ELSE", "a, b")
        .header("Accept-Language", "nb")
        .header("Cookie", "c=d");
    check(&[
        Case::new("a form", asked).shows(r#""Accept-Language":"nb""#),
        Case::get("a plain page", "/request-headers.php").shows(r#""Host":"test""#),
    ]);
}
