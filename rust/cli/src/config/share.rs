//! A share of the requests, as people write it: `on`, `off`, `0.01`.

use std::fmt;
use std::str::FromStr;

/// A part of all requests, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(u32);

/// The text or number is no share.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not on, off, or a number between 0 and 1")]
pub(crate) struct NotAShare;

impl Share {
    /// No request at all.
    pub(crate) const NONE: Self = Self(0);
    /// Every request.
    pub(crate) const ALL: Self = Self(MILLION);
    /// [`Share::ALL`] in words.
    pub(crate) const ALL_TEXT: &'static str = "on";
    const NONE_TEXT: &'static str = "off";

    /// The share that a number from 0 to 1 stands for; what is not zero is at least a millionth.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between 0 and a million"
    )]
    pub(crate) fn of(number: f64) -> Option<Self> {
        let is_share = (0.0..=1.0).contains(&number);
        let millionths = || (number * f64::from(MILLION)).round() as u32;
        is_share.then(|| Self(millionths().max(u32::from(number > 0.0))))
    }
}

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        match text.trim() {
            "on" | "true" | "yes" => Ok(Self::ALL),
            "off" | "false" | "no" => Ok(Self::NONE),
            number => {
                let number = number.parse().map_err(|_| NotAShare)?;
                Self::of(number).ok_or(NotAShare)
            }
        }
    }
}

/// As [`FromStr`] reads it back, and so does the Laravel package.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NONE => f.write_str(Self::NONE_TEXT),
            Self::ALL => f.write_str(Self::ALL_TEXT),
            Self(millionths) => {
                let digits = format!("0.{millionths:06}");
                f.write_str(digits.trim_end_matches('0'))
            }
        }
    }
}

const MILLION: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_numbers_are_shares() {
        for (text, written) in [
            ("on", "on"),
            ("true", "on"),
            ("1", "on"),
            ("1.0", "on"),
            ("off", "off"),
            ("0", "off"),
            ("0.01", "0.01"),
            (".25", "0.25"),
            ("0.00000001", "0.000001"),
        ] {
            let share: Share = text.parse().unwrap();
            assert_eq!(share.to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "maybe", "-0.1", "1.01", "2", "1%", "NaN", "inf"] {
            assert_eq!(text.parse::<Share>(), Err(NotAShare), "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_shares_read_back(millionths in 0..=MILLION) {
            let share = Share(millionths);
            prop_assert_eq!(share.to_string().parse(), Ok(share));
        }
    }
}
