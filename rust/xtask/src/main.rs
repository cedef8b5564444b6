//! The project's toolbox: `cargo xtask setup`, `demo`, `test`, `check` and `bench`.
//!
//! # Responsibility
//! Everything a person or CI does with a checkout, on a bare machine or a prepared one.
//! # Not here
//! Anything a user of the server needs at run time.
//! # Invariants
//! Depends on no crate that links libphp: it has to run before libphp exists.
//! # Testing
//! Parsers of other programs' output have unit tests; the commands themselves are run by CI.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's tool talks to its terminal"
)]

mod bench;
mod cache;
mod check;
mod checkout;
mod demo;
mod files;
mod free_space;
mod fuzz;
mod process;
mod setup;
mod step;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::cache::Cache;
use crate::checkout::Checkout;

/// The toolbox of the Askr repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs, builds and fetches whatever is missing; seconds when nothing is.
    Setup,
    /// Setup, then serves laravel/demo; what follows goes to `php artisan askr:start`.
    Demo {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<OsString>,
    },
    /// Setup, then runs every test.
    Test,
    /// Gives every parser bytes that libFuzzer makes up, for a while.
    Fuzz(fuzz::Options),
    /// Setup, then formatting, lints, sizes, crate layers, the unsafe list and the PHP stub.
    Check,
    /// Setup, then measures Askr against nginx + FPM and writes docs/benchmarks.md.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("cargo xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let checkout = Checkout::find();
    let cache = Cache::open()?;
    match task {
        Task::Setup => {
            setup::run(&checkout, &cache)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Demo { options } => match demo::run(&checkout, &cache, options)? {},
        Task::Bench(options) => {
            bench::run(&checkout, &cache, options)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Fuzz(options) => {
            fuzz::run(&checkout, options)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Check => Ok(check::run(&checkout, &cache)?),
        Task::Test => Ok(test::run(&checkout, &cache)?),
    }
}
