//! `cargo xtask test`: every test there is, and one line that says how it went.

mod counts;
mod runner;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use self::counts::Counts;
use self::runner::{Format, Runner};
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::free_space;
use crate::process;
use crate::setup::{self, Engine, Ready, SetupError, earlier_laravel, preview_headers};
use crate::step::shown;

/// Debian's PHP, a second engine that the PHP crates compile and run against.
const DEBIAN_PHP_CONFIG: &str = "/usr/bin/php-config8.2";

/// The test programs that serve `tests/fixtures/application`.
const LARAVEL_TESTS: &[&str] = &[
    "application",
    "copies",
    "leaks",
    "paranoid",
    "responses",
    "shared_store",
];

/// Why the tests did not run at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TestError {
    /// Setup failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Runs everything, also after a failure; the exit code tells whether all of it passed.
pub(crate) fn run(checkout: &Checkout, cache: &Cache) -> Result<ExitCode, TestError> {
    let started = Instant::now();
    free_space::warn(checkout.root());
    let ready = setup::run(checkout, cache)?;
    let mut total = Counts::default();
    let mut with_failures = Vec::new();
    for runner in runners(checkout, cache, &ready) {
        let name = runner.name().to_owned();
        let counts = runner.run();
        if counts.failed > 0 {
            with_failures.push(name);
        }
        total = total + counts;
    }
    println!("── all tests took {}", shown(started.elapsed()));
    if !with_failures.is_empty() {
        println!("   failures in: {}", with_failures.join("; "));
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 && total.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn runners(checkout: &Checkout, cache: &Cache, ready: &Ready) -> Vec<Runner> {
    let mut runners = vec![
        workspace(checkout),
        documentation(checkout),
        loom(checkout),
        fuzz(checkout),
        debian_engine(checkout),
        debian_xdebug(checkout),
    ];
    runners.extend(next_engine(checkout, cache));
    runners.push(phpunit(checkout, &ready.engine.php));
    runners.extend(igbinary_phpunit(checkout, cache, &ready.engine));
    runners.push(earlier_laravel(checkout));
    runners.push(earlier_phpunit(checkout, &ready.engine.php));
    runners
}

/// Unit, crate and end-to-end tests; the latter run the release binary.
fn workspace(checkout: &Checkout) -> Runner {
    let has_nextest = process::is_installed("cargo-nextest");
    let mut command = cargo(checkout);
    if has_nextest {
        command.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--workspace", "--no-fail-fast", "--all-targets"]);
    }
    let format = if has_nextest {
        Format::Nextest
    } else {
        Format::Libtest
    };
    Runner::new("Rust, end to end included", format, command)
}

fn documentation(checkout: &Checkout) -> Runner {
    let mut command = cargo(checkout);
    command.args(["test", "--workspace", "--doc", "--no-fail-fast"]);
    Runner::new(
        "examples in the documentation",
        Format::LibtestOrNone,
        command,
    )
}

/// The hand-over's state transitions in every interleaving.
fn loom(checkout: &Checkout) -> Runner {
    let mut command = cargo(checkout);
    command
        .args(["test", "--release", "--no-fail-fast"])
        .args(["--package", "askr-shm", "--package", "askr-exchange"])
        .args(["--package", "askr-store", "--test", "loom"])
        .env("RUSTFLAGS", "--cfg loom")
        .env("CARGO_TARGET_DIR", checkout.target().join("loom"));
    Runner::new("loom", Format::Libtest, command)
}

/// Every parser for a few seconds, with what libFuzzer makes up.
fn fuzz(checkout: &Checkout) -> Runner {
    let this = std::env::current_exe().unwrap_or_else(|_| "cargo-xtask".into());
    let mut command = Command::new(this);
    command.arg("fuzz").current_dir(checkout.root());
    Runner::new("fuzzing of all parsers", Format::ExitStatus, command)
}

/// The crates around PHP, against Debian's embed library.
fn debian_engine(checkout: &Checkout) -> Runner {
    let mut command = cargo(checkout);
    command
        .args(["test", "--no-fail-fast", "--lib", "--tests"])
        .args(["--package", "askr-php-sys", "--package", "askr-php"])
        .env("ASKR_PHP_CONFIG", DEBIAN_PHP_CONFIG)
        .env("CARGO_TARGET_DIR", checkout.target().join("php8.2"));
    Runner::new("PHP crates on Debian's PHP 8.2", Format::Libtest, command)
}

/// The server on Debian's PHP, which has an Xdebug in the same archive.
fn debian_xdebug(checkout: &Checkout) -> Runner {
    let mut command = cargo(checkout);
    command
        .args(["test", "--no-fail-fast", "--package", "askr-cli"])
        .args(["--test", "shared_extensions"])
        .env("ASKR_PHP_CONFIG", DEBIAN_PHP_CONFIG)
        .env("CARGO_TARGET_DIR", checkout.target().join("php8.2"))
        .env_remove("ASKR_BINARY"); // it has our engine in it
    let name = "shared extensions on Debian's PHP 8.2";
    Runner::new(name, Format::Libtest, command)
}

/// The shim against the headers of the next version; nothing can be run there.
fn next_engine(checkout: &Checkout, cache: &Cache) -> Option<Runner> {
    let series = preview_headers::SERIES;
    match preview_headers::open(cache) {
        Ok(php_config) => Some(compile_check(checkout, series, &php_config)),
        Err(error) => {
            println!(
                "── PHP {series} headers are not to be had here, its compile check is left out"
            );
            println!("   {error}");
            None
        }
    }
}

fn compile_check(checkout: &Checkout, series: &str, php_config: &Path) -> Runner {
    let mut command = cargo(checkout);
    command
        .args(["check", "--package", "askr-php-sys"])
        .env("ASKR_PHP_CONFIG", php_config)
        .env(
            "CARGO_TARGET_DIR",
            checkout.target().join(format!("php{series}")),
        );
    let name = format!("php-sys compiles against PHP {series}");
    Runner::new(&name, Format::ExitStatus, command)
}

/// The Composer package's own tests.
fn phpunit(checkout: &Checkout, php: &Path) -> Runner {
    let mut command = Command::new(php);
    command
        .args(["vendor/bin/phpunit", "--colors=never"])
        .current_dir(checkout.root());
    Runner::new("PHPUnit", Format::Phpunit, command)
}

/// What serialises, again where igbinary is loaded; nothing where it could not be built.
fn igbinary_phpunit(checkout: &Checkout, cache: &Cache, engine: &Engine) -> Option<Runner> {
    let object = cache.path(&format!("extensions/{}/igbinary.so", engine.series()));
    object.is_file().then(|| {
        let mut command = Command::new(&engine.php);
        command
            .arg("-d")
            .arg(format!("extension={}", object.display()))
            .args(["vendor/bin/phpunit", "--colors=never"])
            .args(["tests/Unit/Store", "tests/Feature/Store"])
            .current_dir(checkout.root());
        Runner::new("PHPUnit with igbinary", Format::Phpunit, command)
    })
}

/// The end-to-end tests of Laravel again, with the oldest one that is supported.
fn earlier_laravel(checkout: &Checkout) -> Runner {
    let mut command = cargo(checkout);
    command
        .args(["test", "--package", "askr-cli", "--no-fail-fast"])
        .args(LARAVEL_TESTS.iter().flat_map(|name| ["--test", name]))
        .env("LARAVEL_VENDOR_DIR", earlier_packages(checkout));
    let name = format!("end to end on Laravel {}", earlier_laravel::VERSION);
    Runner::new(&name, Format::Libtest, command)
}

/// The Composer package's own tests again.
fn earlier_phpunit(checkout: &Checkout, php: &Path) -> Runner {
    let packages = earlier_packages(checkout);
    let mut command = Command::new(php);
    command
        .arg(packages.join("bin/phpunit"))
        .args([
            "--colors=never",
            "--exclude-group=laravel-11",
            "--exclude-group=laravel-13",
            "--bootstrap",
        ])
        .arg(packages.join("autoload.php"))
        .env("COMPOSER_VENDOR_DIR", &packages)
        .current_dir(checkout.root());
    let name = format!("PHPUnit on Laravel {}", earlier_laravel::VERSION);
    Runner::new(&name, Format::Phpunit, command)
}

fn earlier_packages(checkout: &Checkout) -> PathBuf {
    earlier_laravel::folder(checkout).join("vendor")
}

fn cargo(checkout: &Checkout) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(checkout.root())
        .env("CARGO_TERM_COLOR", "never")
        .env("ASKR_BINARY", checkout.binary());
    command
}
