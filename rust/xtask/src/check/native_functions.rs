//! The functions the binary gives to PHP are those of the stubs, with equal signatures.

use std::collections::BTreeSet;
use std::process::Command;

use super::CheckError;
use super::violation::Violation;
use crate::bench;
use crate::checkout::Checkout;
use crate::files;
use crate::process;
use crate::setup::Engine;

const STUBS: [&str; 2] = ["stubs/askr.stub.php", "stubs/store.stub.php"];
const RULE: &str = "native functions";

/// Prints one line per function of ours: its declaration without names of defaults.
const DESCRIBE: &str = r#"
foreach ([...get_defined_functions()["internal"], ...get_defined_functions()["user"]] as $name) {
    if (! preg_match("/^(askr_|frankenphp_|fastcgi_finish_request|headers_send$)/", $name)) {
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

/// Every function that only one side has. The binary is asked through a page it serves: that is
/// where PHP code meets the functions.
pub(super) fn check(checkout: &Checkout, engine: &Engine) -> Result<Vec<Violation>, CheckError> {
    let include = STUBS.map(|stub| format!("require {:?};", checkout.path(stub)));
    let mut command = Command::new(&engine.php);
    let declared = process::read(command.args(["-n", "-r", &(include.concat() + DESCRIBE)]))?;

    let folder = checkout.target().join("native-functions");
    files::create_folder(&folder)?;
    files::write(&folder.join("index.php"), &format!("<?php {DESCRIBE}"))?;
    let served = bench::serve_once(checkout, engine, &folder, "askr_")?;
    Ok(differences(&functions(&declared), &functions(&served)))
}

fn functions(text: &str) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

fn differences(declared: &BTreeSet<String>, native: &BTreeSet<String>) -> Vec<Violation> {
    let only_declared = declared.difference(native).map(|function| {
        let message = format!("{function} is not what the binary has");
        Violation::in_file("stubs", RULE, message)
    });
    let only_native = native.difference(declared).map(|function| {
        Violation::in_file(
            "stubs",
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
