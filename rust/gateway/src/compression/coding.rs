//! The content codings the gateway can make.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A content coding (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coding {
    /// RFC 8878, with a window that every browser takes (RFC 9659).
    Zstd,
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// Every coding there is.
    pub const ALL: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

    /// What it is called in `Accept-Encoding` and `Content-Encoding`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Coding::Zstd => "zstd",
            Coding::Brotli => "br",
            Coding::Gzip => "gzip",
        }
    }

    /// The levels that are good for replies: what is slower is for files that are compressed
    /// once and served often.
    #[must_use]
    pub fn levels(self) -> RangeInclusive<u32> {
        match self {
            Coding::Zstd => 1..=9,
            Coding::Brotli => 0..=6,
            Coding::Gzip => 1..=9,
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.token())
    }
}

/// No coding is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no coding has this name")]
pub struct CodingError;

impl FromStr for Coding {
    type Err = CodingError;

    fn from_str(text: &str) -> Result<Coding, CodingError> {
        let is_called = |coding: &Coding| coding.token() == text;
        Coding::ALL.into_iter().find(is_called).ok_or(CodingError)
    }
}

/// How hard each coding tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodingLevels {
    zstd: u32,
    brotli: u32,
    gzip: u32,
}

/// A coding has no such level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{coding} has the levels {} to {}", .coding.levels().start(), .coding.levels().end())]
pub struct LevelError {
    coding: Coding,
}

impl CodingLevels {
    /// The level of `coding`.
    #[must_use]
    pub fn of(self, coding: Coding) -> u32 {
        match coding {
            Coding::Zstd => self.zstd,
            Coding::Brotli => self.brotli,
            Coding::Gzip => self.gzip,
        }
    }

    /// The same but for `coding`.
    ///
    /// # Errors
    /// When it has no such level.
    pub fn with(mut self, coding: Coding, level: u32) -> Result<CodingLevels, LevelError> {
        if !coding.levels().contains(&level) {
            return Err(LevelError { coding });
        }
        match coding {
            Coding::Zstd => self.zstd = level,
            Coding::Brotli => self.brotli = level,
            Coding::Gzip => self.gzip = level,
        }
        Ok(self)
    }
}

/// Where more costs much and gains little: a page of 16 KB takes 70 µs, 190 µs and 100 µs.
impl Default for CodingLevels {
    fn default() -> CodingLevels {
        CodingLevels {
            zstd: 3,
            brotli: 4,
            gzip: 6,
        }
    }
}

/// `zstd=3,br=4,gzip=6`
impl fmt::Display for CodingLevels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, coding) in Coding::ALL.into_iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(out, "{comma}{coding}={}", self.of(coding))?;
        }
        Ok(())
    }
}
