//! Reads how many tests passed and failed from what test runners print at their end.

use std::ops::Add;

/// Tests that passed and tests that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

/// `test result: ok. 8 passed; 0 failed; …`, one line per test program.
pub(super) fn libtest(output: &str) -> Counts {
    output
        .lines()
        .filter_map(|line| line.split_once("test result: "))
        .map(|(_, result)| Counts {
            passed: number_before(result, " passed"),
            failed: number_before(result, " failed"),
        })
        .fold(Counts::default(), Add::add)
}

/// `Summary [ 1.2s] 40 tests run: 38 passed (1 slow), 1 failed, 1 timed out, 0 skipped`.
pub(super) fn nextest(output: &str) -> Counts {
    let Some(line) = output.lines().rfind(|line| is_nextest_summary(line)) else {
        return Counts::default();
    };
    let ran = number_before(line, " tests run") + number_before(line, " test run");
    let passed = number_before(line, " passed");
    Counts {
        passed,
        failed: ran.saturating_sub(passed),
    }
}

/// `OK (12 tests, 30 assertions)`, or `Tests: 12, Assertions: 30, Errors: 1, Failures: 2.`
pub(super) fn phpunit(output: &str) -> Counts {
    if let Some(line) = output.lines().rfind(|line| line.starts_with("OK (")) {
        return Counts {
            passed: number_before(line, " test"),
            failed: 0,
        };
    }
    let Some(line) = output.lines().rfind(|line| line.starts_with("Tests: ")) else {
        return Counts::default();
    };
    let ran = number_after(line, "Tests: ");
    let failed = number_after(line, "Errors: ") + number_after(line, "Failures: ");
    let skipped = number_after(line, "Skipped: ") + number_after(line, "Incomplete: ");
    Counts {
        passed: ran.saturating_sub(failed + skipped),
        failed,
    }
}

fn is_nextest_summary(line: &str) -> bool {
    line.trim_start().starts_with("Summary [") && line.contains(" run: ")
}

/// The number that ends where `label` starts.
fn number_before(text: &str, label: &str) -> u64 {
    let Some(end) = text.find(label) else {
        return 0;
    };
    let digits = text[..end]
        .bytes()
        .rev()
        .take_while(u8::is_ascii_digit)
        .count();
    text[end - digits..end].parse().unwrap_or(0)
}

/// The number that starts where `label` ends.
fn number_after(text: &str, label: &str) -> u64 {
    let Some((_, rest)) = text.split_once(label) else {
        return 0;
    };
    let end = rest
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn libtest_results_are_added_up() {
        let output = "test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured\n\
                      noise\n\
                      test result: FAILED. 3 passed; 2 failed; 1 ignored\n";
        assert_eq!(libtest(output), counts(11, 2));
        assert_eq!(libtest("error: could not compile"), counts(0, 0));
    }

    #[test]
    fn nextest_counts_everything_that_ran_and_did_not_pass_as_failed() {
        let line = "     Summary [   1.035s] 40 tests run: 37 passed (1 slow), 2 failed, \
                    1 timed out, 3 skipped\n";
        assert_eq!(nextest(line), counts(37, 3));
        let aborted = "Summary [ 0.1s] 1/9 tests run: 1 passed, 0 skipped";
        assert_eq!(nextest(aborted), counts(1, 8));
        let single = "Summary [ 0.1s] 1 test run: 1 passed, 0 skipped";
        assert_eq!(nextest(single), counts(1, 0));
        assert_eq!(nextest(""), counts(0, 0));
    }

    #[test]
    fn phpunit_skips_are_neither_passed_nor_failed() {
        assert_eq!(phpunit("OK (12 tests, 30 assertions)\n"), counts(12, 0));
        assert_eq!(phpunit("OK (1 test, 1 assertion)\n"), counts(1, 0));
        let mixed = "Tests: 12, Assertions: 30, Errors: 1, Failures: 2, Skipped: 3.\n";
        assert_eq!(phpunit(mixed), counts(6, 3));
        assert_eq!(phpunit("PHP Fatal error"), counts(0, 0));
    }
}
