//! Runs one test program, shows what it prints and counts its results.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use super::counts::{self, Counts};
use crate::step::shown;

/// How a program reports its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Cargo's own test runner.
    Libtest,
    /// The same; no test at all is fine.
    LibtestOrNone,
    /// cargo-nextest.
    Nextest,
    /// PHPUnit.
    Phpunit,
    /// One test: it ends well or not.
    ExitStatus,
}

/// One test program with its arguments.
#[derive(Debug)]
pub(super) struct Runner {
    name: String,
    format: Format,
    command: Command,
}

impl Runner {
    pub(super) fn new(name: &str, format: Format, command: Command) -> Runner {
        Runner {
            name: name.to_owned(),
            format,
            command,
        }
    }

    /// What is run, in words.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Runs it to its end. A program that fails without naming a failed test counts as one.
    pub(super) fn run(mut self) -> Counts {
        println!("── {}", self.name);
        let started = Instant::now();
        let (output, is_success) = self.output();
        let counts = judged(self.format, &output, is_success);
        let took = shown(started.elapsed());
        println!(
            "   {}: {} passed and {} failed in {took}",
            self.name, counts.passed, counts.failed
        );
        counts
    }

    fn output(&mut self) -> (String, bool) {
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        match child {
            Ok(child) => follow(child),
            Err(error) => {
                let program = self.command.get_program().to_string_lossy();
                println!("   could not start {program}: {error}");
                (String::new(), false)
            }
        }
    }
}

/// Repeats both outputs while the program runs; returns them and whether it succeeded.
fn follow(mut child: Child) -> (String, bool) {
    let errors = child
        .stderr
        .take()
        .map(|stream| thread::spawn(move || repeat(stream, std::io::stderr())));
    let mut text = child
        .stdout
        .take()
        .map(|stream| repeat(stream, std::io::stdout()))
        .unwrap_or_default();
    if let Some(errors) = errors {
        text += &errors.join().unwrap_or_default();
    }
    let is_success = child.wait().is_ok_and(|status| status.success());
    (text, is_success)
}

fn repeat(from: impl Read, mut to: impl Write) -> String {
    let mut text = String::new();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|bytes| bytes > 0)
    {
        // Nobody may be reading any more; the tests go on regardless.
        let _unread = to.write_all(&line);
        text += &String::from_utf8_lossy(&line);
        line.clear();
    }
    text
}

fn judged(format: Format, output: &str, is_success: bool) -> Counts {
    let counts = match format {
        Format::Libtest | Format::LibtestOrNone => counts::libtest(output),
        Format::Nextest => counts::nextest(output),
        Format::Phpunit => counts::phpunit(output),
        Format::ExitStatus => Counts {
            passed: u64::from(is_success),
            failed: 0,
        },
    };
    let is_empty = counts == Counts::default() && format != Format::LibtestOrNone;
    if counts.failed == 0 && (!is_success || is_empty) {
        println!("   it ended badly or ran nothing: counted as one failure");
        return Counts {
            failed: 1,
            ..counts
        };
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: &str = "";

    #[test]
    fn a_runner_that_ran_nothing_has_failed() {
        assert_eq!(judged(Format::Phpunit, NOTHING, true).failed, 1);
        assert_eq!(judged(Format::Libtest, NOTHING, true).failed, 1);
        assert_eq!(judged(Format::LibtestOrNone, NOTHING, true).failed, 0);
    }

    #[test]
    fn a_bad_end_without_a_failed_test_is_a_failure() {
        let output = "test result: ok. 8 passed; 0 failed;";
        let counts = judged(Format::Libtest, output, false);
        assert_eq!((counts.passed, counts.failed), (8, 1));
        assert_eq!(judged(Format::ExitStatus, NOTHING, false).failed, 1);
        assert_eq!(judged(Format::ExitStatus, NOTHING, true).passed, 1);
    }

    #[test]
    fn output_is_repeated_and_kept() {
        let mut shown = Vec::new();
        assert_eq!(repeat(&b"one\ntwo"[..], &mut shown), "one\ntwo");
        assert_eq!(shown, b"one\ntwo");
    }
}
