//! The arrows between crates, from cargo's own description of the workspace.

use std::collections::BTreeMap;
use std::process::Command;

use serde::Deserialize;

use super::CheckError;
use super::violation::Violation;
use crate::checkout::Checkout;
use crate::process;

const RULE: &str = "layers";

/// What a crate may import of the others; there are no other arrows.
const ARROWS: &[(&str, &[&str])] = &[
    ("askr-shm", &[]),
    ("askr-exchange", &["askr-shm"]),
    ("askr-store", &["askr-shm"]),
    ("askr-resp", &["askr-store"]),
    ("askr-live", &[]),
    ("askr-php-sys", &[]),
    ("askr-php", &["askr-php-sys", "askr-store"]),
    ("askr-worker", &["askr-php", "askr-exchange", "askr-store"]),
    (
        "askr-gateway",
        &["askr-exchange", "askr-live", "askr-store"],
    ),
    ("askr-supervisor", &["askr-exchange"]),
    (
        "askr-cli",
        &[
            "askr-exchange",
            "askr-gateway",
            "askr-resp",
            "askr-store",
            "askr-supervisor",
            "askr-worker",
        ],
    ),
    (
        "askr-fuzz",
        &[
            "askr-exchange",
            "askr-gateway",
            "askr-resp",
            "askr-store",
            "askr-supervisor",
        ],
    ),
    ("askr-testkit", &["askr-exchange", "askr-shm"]),
    ("askr-xtask", &[]),
];

/// Crates with an event loop.
const ASYNC: &[&str] = &[
    "askr-cli",
    "askr-gateway",
    "askr-resp",
    "askr-supervisor",
    "askr-testkit",
];

/// Only tests may import this one.
const TESTS_ONLY: &str = "askr-testkit";

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// None for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
}

/// Every arrow that is not allowed.
pub(super) fn check(checkout: &Checkout) -> Result<Vec<Violation>, CheckError> {
    let text = process::read(
        Command::new("cargo")
            .args(["metadata", "--format-version=1", "--no-deps"])
            .current_dir(checkout.root()),
    )?;
    let metadata: Metadata = serde_json::from_str(&text)?;
    Ok(violations(&metadata))
}

fn violations(metadata: &Metadata) -> Vec<Violation> {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut violations = Vec::new();
    for package in &metadata.packages {
        let manifest = manifest(&package.name);
        let Some(allowed) = arrows.get(&*package.name) else {
            let message = "this crate has no place in the picture of ARCHITECTURE.md";
            violations.push(Violation::in_file(&manifest, RULE, message));
            continue;
        };
        for dependency in &package.dependencies {
            if let Some(message) = objection(&package.name, allowed, dependency) {
                violations.push(Violation::in_file(&manifest, RULE, message));
            }
        }
    }
    violations
}

fn objection(package: &str, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = &*dependency.name;
    if dependency.kind.as_deref() == Some("dev") {
        return None;
    }
    if name == TESTS_ONLY {
        return Some(format!("{package} imports {name} outside its tests"));
    }
    if name == "tokio" && !ASYNC.contains(&package) {
        return Some(format!("{package} has no event loop, yet imports tokio"));
    }
    let is_ours = ARROWS.iter().any(|(crate_name, _)| *crate_name == name);
    (is_ours && !allowed.contains(&name))
        .then(|| format!("{package} may not import {name}: there is no such arrow"))
}

fn manifest(package: &str) -> String {
    format!("rust/{}/Cargo.toml", package.trim_start_matches("askr-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(package: &str, dependency: &str, kind: Option<&str>) -> Metadata {
        Metadata {
            packages: vec![Package {
                name: package.to_owned(),
                dependencies: vec![Dependency {
                    name: dependency.to_owned(),
                    kind: kind.map(str::to_owned),
                }],
            }],
        }
    }

    #[test]
    fn an_arrow_the_wrong_way_is_named_with_both_ends() {
        let found = violations(&metadata("askr-gateway", "askr-php", None));
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .to_string()
                .contains("askr-gateway may not import askr-php")
        );
        assert!(violations(&metadata("askr-gateway", "askr-exchange", None)).is_empty());
    }

    #[test]
    fn tests_may_import_the_harness_and_nothing_else_may() {
        assert!(violations(&metadata("askr-php", "askr-testkit", Some("dev"))).is_empty());
        assert_eq!(
            violations(&metadata("askr-php", "askr-testkit", None)).len(),
            1
        );
    }

    #[test]
    fn crates_without_an_event_loop_have_no_tokio() {
        assert_eq!(violations(&metadata("askr-worker", "tokio", None)).len(), 1);
        assert!(violations(&metadata("askr-gateway", "tokio", None)).is_empty());
    }

    #[test]
    fn a_crate_outside_the_picture_is_refused() {
        assert_eq!(violations(&metadata("askr-extra", "serde", None)).len(), 1);
    }
}
