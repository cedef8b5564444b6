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

/// One line of what the example prints.
#[derive(Debug, Deserialize)]
struct RoundTrips {
    placement: Placement,
    exchange_ns: f64,
    futex_ns: f64,
}

/// Where the two processes were pinned.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Placement {
    OneCore,
    TwoCores,
}

impl Placement {
    fn row(self) -> &'static str {
        match self {
            Placement::OneCore => "exchange-one-core",
            Placement::TwoCores => "exchange-two-cores",
        }
    }
}

/// Runs the example and adds its times.
pub(crate) fn measure(checkout: &Checkout, results: &mut Results) -> Result<(), HandOverError> {
    let output = process::read(
        Command::new("cargo")
            .args(["run", "--quiet", "--release", "--package", "askr-exchange"])
            .args(["--example", "round_trip"])
            .current_dir(checkout.root()),
    )?;
    let placements = parsed(&output);
    if placements.is_empty() {
        return Err(HandOverError::NoTimes { output });
    }
    for times in placements {
        let row = times.placement.row();
        results.add(sample(row, "exchange", times.exchange_ns));
        results.add(sample(row, "futex", times.futex_ns));
    }
    Ok(())
}

fn parsed(output: &str) -> Vec<RoundTrips> {
    let lines = output.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn sample(row: &'static str, server: &'static str, time_ns: f64) -> Sample {
    Sample {
        row,
        server,
        connections: 1,
        measured: Measured {
            requests: 1,
            rps: 1e9 / time_ns,
            p50_ms: time_ns / 1e6,
            p99_ms: time_ns / 1e6,
            errors: 0,
        },
        pss_kb: None,
        cpu_us: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_are_read_from_the_lines_the_example_prints() {
        let output = "noise\n\
            {\"placement\":\"one_core\",\"exchange_ns\":12000,\"futex_ns\":10000,\"ratio\":1.2}\n\
            {\"placement\":\"two_cores\",\"exchange_ns\":900,\"futex_ns\":9000,\"ratio\":0.1}\n";
        let times = parsed(output);

        assert_eq!(times.len(), 2);
        assert_eq!(times[1].placement, Placement::TwoCores);
        assert!((times[0].exchange_ns / times[0].futex_ns - 1.2).abs() < 1e-9);
        assert!(parsed("nothing").is_empty());
    }
}
