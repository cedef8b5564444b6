//! The functions the binary gives to PHP are those of `stubs/askr.stub.php`, with equal signatures.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::CheckError;
use super::violation::Violation;
use crate::checkout::Checkout;
use crate::process::{self, CommandError};
use crate::setup::Engine;

const STUB: &str = "stubs/askr.stub.php";
const RULE: &str = "native functions";

/// Prints one line per function of ours: its declaration without names of defaults.
const DESCRIBE: &str = r#"
foreach ([...get_defined_functions()["internal"], ...get_defined_functions()["user"]] as $name) {
    if (! str_starts_with($name, "askr_") && $name !== "fastcgi_finish_request") {
        continue;
    }
    $function = new ReflectionFunction($name);
    $parameters = array_map(
        fn ($parameter) => $parameter->getType()." $".$parameter->getName()
            .($parameter->isOptional() ? "?" : ""),
        $function->getParameters(),
    );
    echo $name, "(", implode(", ", $parameters), "): ", $function->getReturnType(), "\n";
}
"#;

/// Every function that only one side has.
pub(super) fn check(checkout: &Checkout, engine: &Engine) -> Result<Vec<Violation>, CheckError> {
    let stub = checkout.path(STUB);
    let include = format!("require {:?};", stub.display().to_string());
    let declared = functions(&engine.php, &[], &(include + DESCRIBE))?;
    let native = functions(&checkout.binary(), &["php"], DESCRIBE)?;
    Ok(differences(&declared, &native))
}

fn functions(program: &Path, start: &[&str], code: &str) -> Result<BTreeSet<String>, CommandError> {
    let mut command = Command::new(program);
    let text = process::read(command.args(start).args(["-r", code]))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn differences(declared: &BTreeSet<String>, native: &BTreeSet<String>) -> Vec<Violation> {
    let only_declared = declared.difference(native).map(|function| {
        Violation::in_file(STUB, RULE, format!("{function} is not what the binary has"))
    });
    let only_native = native.difference(declared).map(|function| {
        Violation::in_file(
            STUB,
            RULE,
            format!("the binary has {function}, not declared here"),
        )
    });
    only_declared.chain(only_native).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_with_another_signature_is_reported_from_both_sides() {
        let set = |text: &str| BTreeSet::from([text.to_owned()]);
        assert!(differences(&set("a(): int"), &set("a(): int")).is_empty());
        assert_eq!(differences(&set("a(): int"), &set("a(): bool")).len(), 2);
    }
}
