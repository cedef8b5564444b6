//! The exchange's own benchmark: a round trip of the hand-over against one through a bare futex.

use std::process::Command;

use super::load::Measured;
use super::result::{Results, Sample};
use crate::checkout::Checkout;
use crate::process::{self, CommandError};

/// Why there are no round trips.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandOverError {
    /// The example does not run.
    #[error(transparent)]
    Example(#[from] CommandError),
    /// It prints something else.
    #[error("the example round_trip printed no times:\n{output}")]
    NoTimes { output: String },
}

/// Runs the example and adds its two times.
pub(crate) fn measure(checkout: &Checkout, results: &mut Results) -> Result<(), HandOverError> {
    let output = process::read(
        Command::new("cargo")
            .args(["run", "--quiet", "--release", "--package", "askr-exchange"])
            .args(["--example", "round_trip"])
            .current_dir(checkout.root()),
    )?;
    let times = ["exchange", "futex"].map(|name| (name, microseconds(&output, name)));
    for (server, time) in times {
        let Some(time) = time else {
            return Err(HandOverError::NoTimes { output });
        };
        results.add(Sample {
            row: "exchange",
            server,
            connections: 1,
            measured: Measured {
                rps: 1e6 / time,
                p50_ms: time / 1e3,
                p99_ms: time / 1e3,
                errors: 0,
            },
            pss_kb: None,
        });
    }
    Ok(())
}

/// The time in a line such as `exchange 10.7 µs`.
fn microseconds(output: &str, name: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_found_behind_its_name() {
        let output = "futex 10.7 µs\nexchange 12.0 µs\n";
        assert_eq!(microseconds(output, "exchange"), Some(12.0));
        assert_eq!(microseconds(output, "futex"), Some(10.7));
        assert_eq!(microseconds(output, "pipe"), None);
    }
}
