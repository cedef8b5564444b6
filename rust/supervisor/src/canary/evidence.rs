//! What a judgement rests on, for the log line and for whoever asked for the reload.
#![forbid(unsafe_code)]

use std::fmt;
use std::time::Duration;

use super::Tally;

/// Why a canary was judged as it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// What decided.
    pub(crate) reason: Reason,
    /// How long it had been ready.
    pub(crate) elapsed: Duration,
    /// What it did.
    pub(crate) canary: Tally,
    /// What the others did meanwhile.
    pub(crate) fleet: Tally,
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nothing was worse than in the fleet.
    AsTheFleet,
    /// It did not boot.
    BootFailed,
    /// It ended, more often than the others.
    Deaths,
    /// More of its replies failed.
    Failures,
    /// Its replies took longer.
    Latency,
    /// It never came back from a request.
    Stuck,
    /// It answered the request that was made up for it.
    Probed {
        /// The status of the reply.
        status: u16,
    },
    /// It did not answer the request that was made up for it.
    ProbeFailed {
        /// What happened instead.
        message: String,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        write!(out, "{} after {seconds:.1} s; canary: ", self.reason)?;
        write_tally(out, &self.canary)?;
        out.write_str("; fleet: ")?;
        write_tally(out, &self.fleet)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsTheFleet => out.write_str("no worse than the fleet"),
            Self::BootFailed => out.write_str("it does not boot"),
            Self::Deaths => out.write_str("it died"),
            Self::Failures => out.write_str("it fails more often"),
            Self::Latency => out.write_str("it is slower"),
            Self::Stuck => out.write_str("it is stuck in a request"),
            Self::Probed { status } => write!(out, "it answered a probe with status {status}"),
            Self::ProbeFailed { message } => write!(out, "it did not answer a probe: {message}"),
        }
    }
}

fn write_tally(out: &mut fmt::Formatter<'_>, tally: &Tally) -> fmt::Result {
    let Tally {
        replies,
        failures,
        deaths,
        busy_for,
        ..
    } = *tally;
    write!(out, "{replies} replies, {failures} failed")?;
    if let Some(mean_us) = tally.mean_us() {
        write!(out, ", {:.1} ms in the mean", mean_us / 1000.0)?;
    }
    if deaths > 0 {
        write!(out, ", {deaths} deaths")?;
    }
    if busy_for >= BUSY_WORTH_TELLING {
        write!(out, ", busy for {:.1} s", busy_for.as_secs_f64())?;
    }
    Ok(())
}

/// A request that runs for less says nothing.
const BUSY_WORTH_TELLING: Duration = Duration::from_secs(1);
