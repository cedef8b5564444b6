//! PHP: syntax, and formatting where the formatter is installed.

use std::process::Command;

use super::CheckError;
use super::source_tree::SourceTree;
use super::violation::Violation;
use crate::checkout::Checkout;
use crate::process;
use crate::setup::Engine;

/// Scripts that are wrong on purpose stand there.
const FIXTURES: &str = "tests/fixtures/";

/// Every file that PHP does not accept, and whether the formatter would change one.
pub(super) fn check(checkout: &Checkout, engine: &Engine) -> Result<Vec<Violation>, CheckError> {
    let tree = SourceTree::read(checkout)?;
    let mut violations = Vec::new();
    for file in tree.with_extension("php") {
        if file.path.starts_with(FIXTURES) || file.name().ends_with(".blade.php") {
            continue;
        }
        let mut lint = Command::new(&engine.php);
        lint.args(["-n", "-l", &file.path])
            .current_dir(checkout.root());
        if let Err(error) = process::read(&mut lint) {
            violations.push(Violation::in_file(&file.path, "syntax", error.to_string()));
        }
    }
    violations.extend(formatting(checkout, engine));
    Ok(violations)
}

fn formatting(checkout: &Checkout, engine: &Engine) -> Option<Violation> {
    if !checkout.path("vendor/bin/pint").is_file() {
        println!("   formatting left out: pint is not installed here");
        return None;
    }
    let mut pint = Command::new(&engine.php);
    pint.args(["vendor/bin/pint", "--test"])
        .current_dir(checkout.root());
    process::run(&mut pint)
        .err()
        .map(|error| Violation::in_file("pint.json", "format", error.to_string()))
}
