//! Puts load on a server with wrk, and has every response checked.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::fetch::Reply;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// The part of the script that is the same for all.
const CHECK: &str = include_str!("check.lua");

/// Starts the line that the script prints at the end.
const RESULT: &str = "askr-load ";

/// Why there is no measurement.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// wrk failed.
    #[error(transparent)]
    Wrk(#[from] CommandError),
    /// Its script could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It did not print what its script says.
    #[error("wrk printed no result:\n{output}")]
    NoResult { output: String },
}

/// What one run of the load generator saw.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) rps: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Requests without the expected answer, for whatever reason.
    pub(crate) errors: u64,
}

/// How hard and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pressure {
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
}

/// The script for one path: it knows what the answer has to be.
pub(crate) fn script(
    folder: &Path,
    name: &str,
    reply: &Reply,
    marker: &str,
) -> Result<PathBuf, FileError> {
    let expected = if reply.is_stable {
        &*reply.body
    } else {
        marker.as_bytes()
    };
    let text = format!(
        "local exact = {}\nlocal expected = {}\n{CHECK}",
        reply.is_stable,
        quoted(expected)
    );
    let path = folder.join(format!("{name}.lua"));
    files::write(&path, &text)?;
    Ok(path)
}

/// Runs wrk once.
pub(crate) fn run(url: &str, script: &Path, pressure: Pressure) -> Result<Measured, LoadError> {
    let output = process::read(
        Command::new("wrk")
            .arg("--threads=1")
            .arg(format!("--connections={}", pressure.connections))
            .arg(format!("--duration={}s", pressure.seconds))
            .arg("--timeout=10s")
            .arg("--script")
            .arg(script)
            .arg(url),
    )?;
    parsed(&output).ok_or(LoadError::NoResult { output })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts and microseconds of one run are far below 2^52"
)]
fn parsed(output: &str) -> Option<Measured> {
    let line = output.lines().find_map(|line| line.strip_prefix(RESULT))?;
    let number = |name: &str| -> Option<u64> {
        let mut pairs = line.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name)?.1.parse().ok()
    };
    let mut errors = 0;
    for kind in ["wrong", "connect", "read", "write", "timeout"] {
        errors += number(kind)?;
    }
    Some(Measured {
        requests: number("requests")?,
        rps: number("requests")? as f64 * 1e6 / number("duration_us")?.max(1) as f64,
        p50_ms: number("p50_us")? as f64 / 1e3,
        p99_ms: number("p99_us")? as f64 / 1e3,
        errors,
    })
}

/// Bytes as a string of Lua.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || *byte == b' ' {
            text.push(char::from(*byte));
        } else {
            text += &format!("\\{byte:03}");
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_is_found_and_every_kind_of_error_counts() {
        let output = "Running 5s test\n\
                      askr-load requests=5000 duration_us=5000000 p50_us=1500 p99_us=9000 \
                      wrong=1 connect=2 read=3 write=4 timeout=5\n";
        let measured = parsed(output).unwrap();
        assert!((measured.rps - 1000.0).abs() < 1e-9);
        assert!((measured.p50_ms - 1.5).abs() < 1e-9);
        assert!((measured.p99_ms - 9.0).abs() < 1e-9);
        assert_eq!((measured.requests, measured.errors), (5000, 15));
        assert_eq!(parsed("nothing"), None);
    }

    #[test]
    fn any_byte_survives_quoting() {
        assert_eq!(quoted(b"a \"\n\xff"), "\"a \\034\\010\\255\"");
    }
}
