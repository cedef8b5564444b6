//! What a request looks like to PHP.

use crate::case::Case;
use crate::compare::check;

#[test]
fn a_request_looks_the_same_in_all_servers() {
    check(&[Case::get("the environment", "/environment.php")
        .shows("yes")
        .differs("`getenv()` and `$_ENV` of the server's environment")]);
}
