//! What a pair of files is worth, for who asks without serving.

use std::time::{Duration, SystemTime};

use super::config::PairFiles;
use super::error::PairError;
use super::pair::Pair;

/// What a certificate that can be used says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFacts {
    /// The host names it is for; a wildcard begins with `*.`.
    pub names: Vec<String>,
    /// When it stops being one.
    pub ends: SystemTime,
}

/// How long a certificate still is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It is none any more.
    Ended,
    /// Its end is so near that it should have been renewed.
    EndsSoon {
        /// Whole days.
        days: u64,
    },
    /// There is time.
    Lasts {
        /// Whole days.
        days: u64,
    },
}

impl PairFiles {
    /// Reads both files, as a start would.
    ///
    /// # Errors
    /// When they are not there, are not what they should be, or do not belong together.
    pub fn inspect(&self) -> Result<PairFacts, PairError> {
        let pair = Pair::read(self)?;
        Ok(PairFacts {
            names: pair.names,
            ends: pair.ends,
        })
    }
}

impl PairFacts {
    /// How long there is at `now`.
    #[must_use]
    pub fn lifetime(&self, now: SystemTime) -> Lifetime {
        Lifetime::until(self.ends, now)
    }

    /// The end as text, `Sun, 06 Nov 1994 08:49:37 GMT`.
    #[must_use]
    pub fn end_text(&self) -> String {
        httpdate::fmt_http_date(self.ends.min(SystemTime::UNIX_EPOCH + WRITABLE))
    }
}

impl Lifetime {
    /// From `now` until `end`.
    pub(super) fn until(end: SystemTime, now: SystemTime) -> Lifetime {
        let Ok(left) = end.duration_since(now) else {
            return Lifetime::Ended;
        };
        let days = left.as_secs() / DAY.as_secs();
        match left < ENDS_SOON {
            true => Lifetime::EndsSoon { days },
            false => Lifetime::Lasts { days },
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const ENDS_SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The last second of the year 9999, after which dates have no text.
const WRITABLE: Duration = Duration::from_secs(253_402_300_799);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_near_for_fourteen_days() {
        let facts = PairFacts {
            names: Vec::new(),
            ends: SystemTime::UNIX_EPOCH + 100 * DAY,
        };
        let at = |before: Duration| facts.lifetime(facts.ends - before);

        assert_eq!(at(14 * DAY), Lifetime::Lasts { days: 14 });
        let second = Duration::from_secs(1);
        assert_eq!(at(14 * DAY - second), Lifetime::EndsSoon { days: 13 });
        assert_eq!(at(Duration::ZERO), Lifetime::EndsSoon { days: 0 });
        assert_eq!(facts.lifetime(facts.ends + second), Lifetime::Ended);
    }

    #[test]
    fn every_end_has_a_text() {
        let text = |ends| {
            let names = Vec::new();
            PairFacts { names, ends }.end_text()
        };
        let epoch = SystemTime::UNIX_EPOCH;
        assert_eq!(text(epoch), "Thu, 01 Jan 1970 00:00:00 GMT");
        let never = "Fri, 31 Dec 9999 23:59:59 GMT";
        assert_eq!(text(epoch + WRITABLE + DAY), never);
    }
}
