//! How many workers, as people write it: `auto`, `8`, `2..16`, `auto..16`.

use std::fmt;
use std::str::FromStr;
use std::thread;

/// More workers than this do not fit an exchange: it has 256 seats, and a worker needs a second
/// one while its replacement boots.
pub(crate) const WORKERS_MAX: u16 = 120;

/// The workers of a pool: always at least so many, and never more than so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerRange {
    /// As many as cores that the process may use.
    Auto,
    /// Always so many.
    Fixed(u16),
    /// As the requests that wait want it.
    Between(u16, u16),
    /// From as many as cores.
    UpTo(u16),
}

/// The text is no number of workers.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number of workers")]
pub(crate) struct NotAWorkerRange;

impl WorkerRange {
    /// The least and the most of them on this machine; `auto` is the cores by affinity and cgroup
    /// quota.
    pub(crate) fn here(self) -> (u16, u16) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        self.with_cores(u16::try_from(cores).unwrap_or(u16::MAX))
    }

    /// Whether the machine has a say.
    pub(crate) fn is_auto(self) -> bool {
        matches!(self, Self::Auto | Self::UpTo(_))
    }

    fn with_cores(self, cores: u16) -> (u16, u16) {
        let cores = cores.clamp(1, WORKERS_MAX);
        match self {
            Self::Auto => (cores, cores),
            Self::Fixed(count) => (count, count),
            Self::Between(least, most) => (least, most),
            Self::UpTo(most) => (cores.min(most), most),
        }
    }

    /// So many workers, if so many can be.
    pub(crate) fn fixed(count: u64) -> Option<Self> {
        let count = u16::try_from(count).ok()?;
        (1..=WORKERS_MAX)
            .contains(&count)
            .then_some(Self::Fixed(count))
    }
}

impl FromStr for WorkerRange {
    type Err = NotAWorkerRange;

    fn from_str(text: &str) -> Result<Self, NotAWorkerRange> {
        let count = |text: &str| -> Option<u16> {
            let count = text.trim().parse().ok()?;
            (1..=WORKERS_MAX).contains(&count).then_some(count)
        };
        let range = match text.trim().split_once("..") {
            None if text.trim() == AUTO => Some(Self::Auto),
            None => count(text).map(Self::Fixed),
            Some((least, most)) if least.trim() == AUTO => count(most).map(Self::UpTo),
            Some((least, most)) => {
                let pair = count(least).zip(count(most));
                pair.filter(|(least, most)| least <= most)
                    .map(|(least, most)| Self::Between(least, most))
            }
        };
        range.ok_or(NotAWorkerRange)
    }
}

/// As [`FromStr`] reads it back.
impl fmt::Display for WorkerRange {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => to.write_str(AUTO),
            Self::Fixed(count) => write!(to, "{count}"),
            Self::Between(least, most) => write!(to, "{least}..{most}"),
            Self::UpTo(most) => write!(to, "{AUTO}..{most}"),
        }
    }
}

const AUTO: &str = "auto";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ranges_and_auto_are_understood_and_read_back() {
        for (text, on_four_cores) in [
            ("auto", (4, 4)),
            ("8", (8, 8)),
            ("2..16", (2, 16)),
            ("3..3", (3, 3)),
            ("auto..16", (4, 16)),
            ("auto..2", (2, 2)),
        ] {
            let range: WorkerRange = text.parse().unwrap();
            assert_eq!(range.with_cores(4), on_four_cores, "{text}");
            assert_eq!(range.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_of_workers_is_refused() {
        for text in [
            "", "0", "121", "-1", "4..2", "0..4", "4..", "..4", "4..auto", "1..121", "many",
        ] {
            assert_eq!(text.parse::<WorkerRange>(), Err(NotAWorkerRange), "{text}");
        }
    }

    #[test]
    fn more_cores_than_an_exchange_has_places_for_are_not_used() {
        assert_eq!(
            WorkerRange::Auto.with_cores(500),
            (WORKERS_MAX, WORKERS_MAX)
        );
    }
}
