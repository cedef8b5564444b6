//! The exchange's own benchmark: a round trip of the hand-over against one through a bare futex.

use std::process::Command;

use serde::Deserialize;

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

/// The line the example prints.
#[derive(Debug, Deserialize)]
struct RoundTrips {
    exchange_ns: f64,
    futex_ns: f64,
}

/// Runs the example and adds its two times.
pub(crate) fn measure(checkout: &Checkout, results: &mut Results) -> Result<(), HandOverError> {
    let output = process::read(
        Command::new("cargo")
            .args(["run", "--quiet", "--release", "--package", "askr-exchange"])
            .args(["--example", "round_trip"])
            .current_dir(checkout.root()),
    )?;
    let Some(times) = parsed(&output) else {
        return Err(HandOverError::NoTimes { output });
    };
    results.add(sample("exchange", times.exchange_ns));
    results.add(sample("futex", times.futex_ns));
    Ok(())
}

fn parsed(output: &str) -> Option<RoundTrips> {
    let mut lines = output.lines();
    lines.find_map(|line| serde_json::from_str(line).ok())
}

fn sample(server: &'static str, time_ns: f64) -> Sample {
    Sample {
        row: "exchange",
        server,
        connections: 1,
        measured: Measured {
            rps: 1e9 / time_ns,
            p50_ms: time_ns / 1e6,
            p99_ms: time_ns / 1e6,
            errors: 0,
        },
        pss_kb: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_are_read_from_the_line_the_example_prints() {
        let output = "noise\n{\"exchange_ns\":12000,\"futex_ns\":10000,\"ratio\":1.200}\n";
        let times = parsed(output).unwrap();
        assert!((times.exchange_ns / times.futex_ns - 1.2).abs() < 1e-9);
        assert!(parsed("nothing").is_none());
    }
}
