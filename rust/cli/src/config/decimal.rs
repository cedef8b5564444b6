//! A number with a fraction, kept as it can be written again: `0.05`, `3`.

use std::fmt;
use std::str::FromStr;

/// A number from 0 up, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decimal(u64);

/// The text is no such number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number")]
pub(crate) struct NotADecimal;

impl Decimal {
    /// The whole number.
    pub(crate) const fn whole(number: u32) -> Self {
        Self(number as u64 * MILLION)
    }

    /// The number, unless it is negative or too large.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between 0 and a million"
    )]
    pub(crate) fn of(number: f64) -> Option<Self> {
        let is_in_range = (0.0..=1e6).contains(&number);
        is_in_range.then(|| Self((number * 1e6).round() as u64))
    }

    /// For arithmetic.
    pub(crate) fn value(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let number = text.trim().parse().map_err(|_| NotADecimal)?;
        Self::of(number).ok_or(NotADecimal)
    }
}

/// As [`FromStr`] reads it back.
impl fmt::Display for Decimal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0 / MILLION, self.0 % MILLION);
        if millionths == 0 {
            return write!(to, "{whole}");
        }
        let digits = format!("{whole}.{millionths:06}");
        to.write_str(digits.trim_end_matches('0'))
    }
}

const MILLION: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_as_they_are_written() {
        for (text, written) in [("3", "3"), ("0.05", "0.05"), ("1.50", "1.5"), ("0", "0")] {
            let number: Decimal = text.parse().unwrap();
            assert_eq!(number.to_string(), written);
            assert_eq!(written.parse(), Ok(number));
        }
        assert!((Decimal::of(0.05).unwrap().value() - 0.05).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-1", "NaN", "inf", "5%", "1e9", "three"] {
            assert_eq!(text.parse::<Decimal>(), Err(NotADecimal), "{text}");
        }
    }
}
