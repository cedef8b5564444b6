//! The `askr` binary.
//!
//! # Responsibility
//! Command line, configuration, logging, composition of the other crates, exit codes.
//! # Not here
//! HTTP (`gateway`), processes (`supervisor`), PHP (`worker`, `php`).
//! # Invariants
//! No port is bound and no process started before the configuration is valid; only [`exit`] turns
//! an error into an exit code; only [`config`] reads flags, environment and files.
//! # Testing
//! Unit tests beside the modules; `tests/` runs the binary.
#![forbid(unsafe_code)]

mod args;
mod command;
mod config;
mod doctor;
mod exit;
mod log_file;
mod logging;
mod machine_memory;
mod open_files;
mod user;

use std::process::ExitCode;

use args::Args;
use exit::Failure;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => exit::report(&failure),
    }
}

fn run() -> Result<ExitCode, Failure> {
    match Args::parse()? {
        Args::Serve(inputs) => command::serve(&inputs),
        Args::Config { inputs, markdown } => command::config(&inputs, markdown),
        Args::Doctor(inputs) => command::doctor(&inputs),
        Args::Reload { inputs, to, words } => command::reload(&inputs, to, words),
        Args::Rollback { inputs, to } => command::rollback(&inputs, to),
        Args::Status { inputs, to, json } => command::status(&inputs, to, json),
        Args::Php(rest) => Ok(command::php(rest)),
        Args::Artisan { inputs, rest } => command::artisan(&inputs, rest),
        Args::Template { log, ids } => command::template(log, ids.as_ref()),
        Args::Trust { inputs, remove } => command::trust(&inputs, remove),
        Args::EngineReport => Ok(command::engine_report()),
        Args::Print(text) => command::print(&text),
    }
}
