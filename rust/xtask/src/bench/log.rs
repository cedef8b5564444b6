//! A server's log, read while it grows: what happened when.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a line may be missing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the file is looked at; the time of a line is its own.
const PAUSE: Duration = Duration::from_millis(1);

const DAY_US: u64 = 24 * 60 * 60 * 1_000_000;

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    /// The file cannot be read.
    #[error("the server's log {path}: {source}", path = path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Nobody wrote it.
    #[error("the server did not log {words:?} in time; what it logged instead:\n{instead}")]
    Missing { words: String, instead: String },
}

/// The part of a log that was written from some moment on.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    from: u64,
}

impl Log {
    /// What is written from now on.
    pub(crate) fn from_now(path: &Path) -> Result<Log, LogError> {
        let length = std::fs::metadata(path).map(|facts| facts.len());
        let from = length.map_err(|source| unreadable(path, source))?;
        let path = path.to_owned();
        Ok(Log { path, from })
    }

    /// How long after `since` the first line with these words was written; waits for it.
    pub(crate) fn wait(&self, words: &str, since: SystemTime) -> Result<Duration, LogError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text()?;
            let mut lines = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            let found = lines.find(|line| line.contains(words));
            if let Some(at) = found.and_then(time_us) {
                return Ok(Duration::from_micros(after(at, since)));
            }
            if Instant::now() > deadline {
                return Err(LogError::Missing {
                    words: words.to_owned(),
                    instead: text,
                });
            }
            thread::sleep(PAUSE);
        }
    }

    fn text(&self) -> Result<String, LogError> {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.from))?;
            file.read_to_end(&mut bytes)
        });
        read.map_err(|source| unreadable(&self.path, source))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> LogError {
    let path = path.to_owned();
    LogError::Unreadable { path, source }
}

/// The microsecond of its day, from a line that begins `2026-11-22T06:27:00.123456Z`.
fn time_us(line: &str) -> Option<u64> {
    let (_, clock) = line.split_ascii_whitespace().next()?.split_once('T')?;
    let (clock, fraction) = clock.strip_suffix('Z')?.split_once('.')?;
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<u64>().ok()?;
    }
    let micros: u64 = fraction.parse().ok()?;
    (fraction.len() == 6).then_some(seconds * 1_000_000 + micros)
}

/// From `since` to the next moment that is this microsecond of a day.
fn after(at_us: u64, since: SystemTime) -> u64 {
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default();
    let since_us =
        since.as_secs() % (DAY_US / 1_000_000) * 1_000_000 + u64::from(since.subsec_micros());
    (at_us + DAY_US - since_us) % DAY_US
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_when_it_was_written() {
        let line = "2026-11-22T00:01:02.000345Z  INFO askr_supervisor::fleet: worker ready seat=0";
        assert_eq!(time_us(line), Some(62_000_345));
        assert_eq!(time_us("askr: serving http://127.0.0.1:1"), None);
        assert_eq!(time_us(""), None);
    }

    #[test]
    fn midnight_may_pass_in_between() {
        let late = UNIX_EPOCH + Duration::from_micros(3 * DAY_US - 5);
        assert_eq!(after(7, late), 12);
        assert_eq!(after(DAY_US - 4, late), 1);
    }
}
