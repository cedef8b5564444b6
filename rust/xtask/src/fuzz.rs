//! `cargo xtask fuzz`: libFuzzer over every parser of ours, on the stable compiler.
//!
//! What a run has learnt stays in `target/fuzz` for the next one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};
use crate::step::step;

/// Counts branches in the crates of this repository, and in no other: what they are built from is
/// shared with all other builds.
const WRAPPER: &str = "rust/fuzz/rustc-with-coverage";

/// How long one input may take.
const INPUT_SECONDS_MAX: u32 = 5;

/// What a target may have in memory.
const MEMORY_MB_MAX: u32 = 512;

/// What to feed, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Targets; all when none is given.
    targets: Vec<String>,
    /// How long each target is fed.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

/// What a parser cannot take, or why that is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error(transparent)]
    File(#[from] FileError),
    /// No parser is called so.
    #[error("there is no target {name}; there are {all}")]
    Unknown { name: String, all: String },
    /// Something does not hold.
    #[error(
        "target {target} fell over; what it was given lies in {folder}:\n{said}",
        folder = folder.display()
    )]
    Fell {
        target: String,
        folder: PathBuf,
        said: String,
    },
}

/// The program and where it keeps what it learns.
struct Fuzzer {
    program: PathBuf,
    folder: PathBuf,
    seconds: u32,
}

/// Feeds the targets, as many at a time as there are cores.
pub(crate) fn run(checkout: &Checkout, options: &Options) -> Result<(), FuzzError> {
    step("the fuzzer", || build(checkout))?;
    let fuzzer = Fuzzer {
        program: checkout.target().join("debug/askr-fuzz"),
        folder: checkout.target().join("fuzz"),
        seconds: options.seconds,
    };
    let wanted = fuzzer.wanted(&options.targets)?;
    let count = wanted.len();
    step(&format!("{count} parsers"), || fuzzer.feed_all(wanted))
}

/// What has to be built before anything else can be said of it.
fn build(checkout: &Checkout) -> Result<(), CommandError> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--quiet", "--package", "askr-fuzz"])
        .args(["--features", "fuzzing"])
        .current_dir(checkout.root())
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC_WORKSPACE_WRAPPER", checkout.path(WRAPPER));
    process::run(&mut cargo)
}

impl Fuzzer {
    fn wanted(&self, names: &[String]) -> Result<Vec<String>, FuzzError> {
        let listed = process::read(Command::new(&self.program).env("ASKR_FUZZ_TARGET", "list"))?;
        let all: Vec<String> = listed.lines().map(str::to_owned).collect();
        if let Some(name) = names.iter().find(|name| !all.contains(name)) {
            return Err(FuzzError::Unknown {
                name: name.clone(),
                all: all.join(", "),
            });
        }
        Ok(if names.is_empty() {
            all
        } else {
            names.to_vec()
        })
    }

    fn feed_all(&self, mut targets: Vec<String>) -> Result<(), FuzzError> {
        targets.reverse();
        let left = Mutex::new(targets);
        let next = || left.lock().expect("no thread panics with it").pop();
        let feed = || -> Result<(), FuzzError> {
            while let Some(target) = next() {
                self.feed(&target)?;
            }
            Ok(())
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let feeding: Vec<_> = (0..threads).map(|_| scope.spawn(feed)).collect();
            feeding
                .into_iter()
                .try_for_each(|one| one.join().expect("a thread that feeds does not panic"))
        })
    }

    fn feed(&self, target: &str) -> Result<(), FuzzError> {
        let corpus = self.folder.join("corpus").join(target);
        let found = self.folder.join("found").join(target);
        for folder in [&corpus, &found] {
            files::create_folder(folder)?;
        }
        let said = self.command(target, &corpus, &found).output();
        let said = said.map_err(|source| CommandError::Start {
            program: self.program.display().to_string(),
            source,
        })?;
        let text = String::from_utf8_lossy(&said.stderr);
        if !said.status.success() {
            return Err(FuzzError::Fell {
                target: target.to_owned(),
                folder: found,
                said: reason(&text),
            });
        }
        println!("   {target}: {}", last_line(&text));
        Ok(())
    }

    fn command(&self, target: &str, corpus: &Path, found: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-max_total_time={}", self.seconds))
            .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
            .arg(format!("-artifact_prefix={}/", found.display()))
            .arg(corpus)
            .env("ASKR_FUZZ_TARGET", target)
            .env("ASKR_FUZZ_CORPUS", corpus);
        command
    }
}

/// What the panic says, if there was one; libFuzzer's own last words are about the input.
fn reason(text: &str) -> String {
    let panic = text.find("panicked at").map_or("", |at| &text[at..]);
    let words: String = panic
        .lines()
        .take(4)
        .map(|line| format!("    {line}\n"))
        .collect();
    words + &process::tail(text)
}

/// `Done 1234 runs in 4 second(s)`
fn last_line(text: &str) -> &str {
    let mut lines = text.lines().rev().map(str::trim);
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_what_a_run_comes_to() {
        let said = "INFO: Seed: 1\n#2 INITED\nDone 1234 runs in 4 second(s)\n\n";
        assert_eq!(last_line(said), "Done 1234 runs in 4 second(s)");
        assert_eq!(last_line(""), "");
    }

    #[test]
    fn a_panic_is_told_before_what_libfuzzer_says() {
        let said = "INFO\nthread '<unnamed>' panicked at a.rs:1:2:\nit broke\nSUMMARY\n";
        assert!(reason(said).starts_with("    panicked at a.rs:1:2:\n    it broke\n"));
        assert!(reason("SUMMARY: timeout\n").contains("timeout"));
    }
}
