//! What a request looks like to PHP.

use crate::case::{Ask, Case};
use crate::compare::check;

#[test]
fn a_request_looks_the_same_in_all_servers() {
    check(&[
        Case::get("a query", "/request.php?a=1&b[]=2&b[x][y]=3").shows(r#""b":{"0":"2","x""#),
        Case::new(
            "a form",
            Ask::form("/request.php?q=1", "a=1&b[c]=2&d.e=3&f g=4"),
        )
        .shows(r#""d_e":"3""#),
        Case::new(
            "a form in chunks",
            Ask::form("/request.php", "a=1&b[c]=2&d.e=3&f g=4").chunked(),
        )
        .shows(r#""d_e":"3""#),
        Case::new(
            "a form that PHP is told to leave alone",
            Ask::form("/request.php", "a=1"),
        )
        .ini("enable_post_data_reading", "0")
        .shows(r#""body":"a=1""#),
        Case::get("the environment", "/environment.php")
            .shows("yes")
            .differs("`getenv()` of the server's environment"),
    ]);
}
