//! `cargo xtask check`: everything that can be said about the sources without running tests.

mod layers;
mod native_functions;
mod php_sources;
mod sizes;
mod source_tree;
mod tidy;
mod unsafe_list;
mod violation;

use std::process::{Command, ExitCode};

use self::source_tree::SourceTree;
use self::violation::Violation;
use crate::bench::BenchError;
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::files::FileError;
use crate::process::{self, CommandError};
use crate::setup::{self, SetupError};
use crate::step::step;

/// Checks that cargo and its extensions make, by name.
const CARGO_CHECKS: &[(&str, &[&str])] = &[
    ("rustfmt", &["fmt", "--all", "--check"]),
    (
        "clippy",
        &[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "clippy of the fuzzer",
        &[
            "clippy",
            "--quiet",
            "--package",
            "askr-fuzz",
            "--features",
            "fuzzing",
            "--",
            "-D",
            "warnings",
        ],
    ),
    (
        "cargo-deny",
        &["deny", "check", "bans", "licenses", "sources"],
    ),
];

/// Why the check could not be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckError {
    /// clippy compiles against libphp, and the stub is compared with the binary.
    #[error("setup, which the check starts with: {0}")]
    Setup(#[from] SetupError),
    /// The binary does not serve the page that lists its functions.
    #[error(transparent)]
    Serve(#[from] BenchError),
    /// A program that lists something failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A source file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Cargo's description of the workspace is not what it should be.
    #[error("cargo metadata: {0}")]
    Metadata(#[from] serde_json::Error),
}

/// Runs every check, also after a violation; the exit code tells whether there was one.
pub(crate) fn run(checkout: &Checkout, cache: &Cache) -> Result<ExitCode, CheckError> {
    let ready = setup::run(checkout, cache)?;
    let failed = CARGO_CHECKS
        .iter()
        .filter(|(name, arguments)| !cargo_step(checkout, name, arguments))
        .count();
    let mut violations = step("tidy", || tidy(checkout))?;
    violations.extend(step("PHP sources", || {
        php_sources::check(checkout, &ready.engine)
    })?);
    violations.extend(step("native functions", || {
        native_functions::check(checkout, &ready.engine)
    })?);
    for violation in &violations {
        println!("{violation}");
    }
    if failed == 0 && violations.is_empty() {
        println!("check found nothing");
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "check failed: {failed} of cargo's checks, {} rules broken",
        violations.len()
    );
    Ok(ExitCode::FAILURE)
}

/// The rules of docs/STYLE.md that need nothing but the text.
fn tidy(checkout: &Checkout) -> Result<Vec<Violation>, CheckError> {
    let tree = SourceTree::read(checkout)?;
    let mut violations = layers::check(checkout)?;
    violations.extend(tidy::check(&tree));
    violations.extend(sizes::check(&tree));
    violations.extend(unsafe_list::check(&tree));
    Ok(violations)
}

/// A cargo component's own check, on the terminal; a toolchain without it is told so.
fn cargo_step(checkout: &Checkout, name: &str, arguments: &[&str]) -> bool {
    // rustup puts a program there even when the component is not installed.
    if process::read(Command::new("cargo").args([arguments[0], "--version"])).is_err() {
        println!("── {name}: left out, this toolchain lacks it");
        return true;
    }
    step(name, || {
        process::run(
            Command::new("cargo")
                .args(arguments)
                .current_dir(checkout.root()),
        )
    })
    .inspect_err(|error| println!("{error}"))
    .is_ok()
}
