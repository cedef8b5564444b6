//! Pages that PHP compresses itself.

use crate::case::{Ask, Case};
use crate::compare::check;

fn gzip(target: &str) -> Ask {
    Ask::get(target).header("Accept-Encoding", "gzip")
}

#[test]
fn php_compresses_its_output_in_all_servers() {
    let twice = |name, target: &str| Case::new(name, gzip(target)).then(gzip(target));
    check(&[
        twice("by the setting", "/compressed.php")
            .ini("zlib.output_compression", "1")
            .shows("content-encoding: gzip"),
        twice("by its handler", "/compressed.php?by=handler").shows("content-encoding: gzip"),
        twice("by ini_set()", "/compressed.php?by=ini_set").shows("content-encoding: gzip"),
        Case::new("in the request before", gzip("/compressed.php?by=ini_set"))
            .then(gzip("/compressed.php"))
            .shows("the same again"),
        Case::get("not asked for", "/compressed.php")
            .ini("zlib.output_compression", "1")
            .shows("the same again"),
    ]);
}
