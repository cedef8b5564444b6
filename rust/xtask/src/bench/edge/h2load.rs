//! Load over HTTP/2, or HTTP/1.1 for comparison, by h2load.
//!
//! It looks at the status of every response and counts the bytes of all bodies, not what they are:
//! whoever uses it sees to that before and after.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::EdgeError;
use crate::bench::load::Measured;
use crate::bench::traffic::quantile_ms;
use crate::files;
use crate::process;

/// Requests by which a server gets warm, and its speed is guessed.
const FIRST_REQUESTS: u64 = 2_000;

/// What is asked for, and how.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub(super) url: String,
    pub(super) connections: u32,
    /// Requests at a time on each; `None` is HTTP/1.1 with one at a time.
    pub(super) streams: Option<u32>,
    /// Of each body.
    pub(super) body_bytes: u64,
}

impl Load {
    /// Runs it for about so long.
    pub(super) fn run(&self, seconds: u32, folder: &Path) -> Result<Measured, EdgeError> {
        let first = self.send(FIRST_REQUESTS, folder)?;
        let wanted = first.rps * f64::from(seconds);
        self.send(rounded(wanted).max(FIRST_REQUESTS), folder)
    }

    fn send(&self, requests: u64, folder: &Path) -> Result<Measured, EdgeError> {
        let log = folder.join("h2load.log");
        // It goes on where another has ended.
        let _leftover = std::fs::remove_file(&log);
        let mut h2load = Command::new("h2load");
        h2load
            .arg(format!("--requests={requests}"))
            .arg(format!("--clients={}", self.connections))
            .arg("--threads=1")
            .arg(format!("--log-file={}", log.display()));
        match self.streams {
            Some(streams) => h2load.arg(format!("--max-concurrent-streams={streams}")),
            None => h2load.arg("--h1"),
        };
        let output = process::read(h2load.arg(&self.url))?;
        let times = times(&files::read(&log)?);
        let expected = (requests, self.body_bytes);
        measured(&output, &times, expected).ok_or(EdgeError::NoResult { output })
    }
}

/// Fetches the file in one version of HTTP, and compares.
pub(super) fn proved(url: &str, version: &'static str, file: &Path) -> Result<(), EdgeError> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--insecure", "--max-time", "60"])
        .args([
            &format!("--http{version}"),
            "--write-out",
            "%{stderr}%{http_version}",
        ])
        .args(["--output", "-", url]);
    let output = curl.output().map_err(EdgeError::Crowd)?;
    let spoken = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = files::named("read", file, std::fs::read(file))?;
    if output.stdout == expected && spoken == version {
        return Ok(());
    }
    Err(EdgeError::Different {
        url: url.to_owned(),
        version,
        file: PathBuf::from(file),
    })
}

/// Sorted, from lines of a start, a status and microseconds.
fn times(log: &str) -> Vec<Duration> {
    let micros = log.lines().filter_map(|line| line.split('\t').nth(2));
    let micros = micros.filter_map(|text| text.trim().parse().ok());
    let mut times: Vec<Duration> = micros.map(Duration::from_micros).collect();
    times.sort_unstable();
    times
}

/// What h2load prints at its end; every body that is missing or of another length is an error.
fn measured(output: &str, times: &[Duration], (requests, bytes): (u64, u64)) -> Option<Measured> {
    let finished = output
        .lines()
        .find(|line| line.starts_with("finished in"))?;
    let rps = finished.split(", ").nth(1)?.strip_suffix(" req/s")?;
    let statuses = output
        .lines()
        .find(|line| line.starts_with("status codes:"))?;
    let right: u64 = statuses.split(' ').nth(2)?.parse().ok()?;
    let traffic = output.lines().find(|line| line.starts_with("traffic:"))?;
    let (_, data) = traffic.rsplit_once('(')?;
    let data: u64 = data.strip_suffix(") data")?.parse().ok()?;
    let bodies_lost = data.abs_diff(requests * bytes).div_ceil(bytes.max(1));
    Some(Measured {
        requests,
        rps: rps.parse().ok()?,
        p50_ms: quantile_ms(times, 0.5),
        p99_ms: quantile_ms(times, 0.99),
        errors: requests.saturating_sub(right).max(bodies_lost),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of requests of a few seconds"
)]
fn rounded(requests: f64) -> u64 {
    requests.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
starting benchmark...
finished in 2.00s, 19068.50 req/s, 22.99MB/s
requests: 10 total, 10 started, 10 done, 10 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 10 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 45.97MB (48205168) total, 6.88MB (7209405) headers (space savings 0.00%), 10KB (10240) data
";

    #[test]
    fn the_end_of_the_output_is_read() {
        let log = "1795351682875925\t200\t3000\n1795351682875925\t200\t1000\n";
        let measured = measured(OUTPUT, &times(log), (10, 1024)).unwrap();
        assert!((measured.rps - 19068.5).abs() < 1e-9);
        assert!((measured.p50_ms - 1.0).abs() < 1e-9 && (measured.p99_ms - 3.0).abs() < 1e-9);
        assert_eq!(measured.errors, 0);
    }

    #[test]
    fn a_status_or_a_byte_too_few_is_an_error() {
        assert_eq!(measured(OUTPUT, &[], (12, 1024)).unwrap().errors, 2);
        assert_eq!(measured(OUTPUT, &[], (10, 1025)).unwrap().errors, 1);
        assert_eq!(measured("", &[], (10, 1024)), None);
    }
}
