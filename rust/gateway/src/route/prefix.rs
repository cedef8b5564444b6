//! What paths begin with, in whole segments and in any spelling.
//!
//! Every spelling of a path that an application could take for the same one counts as the same:
//! percent-encoded characters and slashes, repeated slashes, `.` segments, and the long-hand of
//! the front controller (`/index.php/reports` is `/reports`; to Symfony, which takes the name off
//! without looking what follows, so is `/index.phpreports`).

use std::borrow::Cow;

use super::{FRONT_CONTROLLER, PathFault, decode, merge_slashes};

/// The beginning of paths, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(String);

/// A path as all of its spellings come out.
#[derive(Debug)]
pub(crate) struct NormalPath<'a>(Cow<'a, str>);

impl Prefix {
    /// As somebody has configured it, decoded.
    pub(crate) fn new(path: &str) -> Prefix {
        let rooted = format!("/{path}");
        let path = NormalPath::of_decoded(&rooted);
        Prefix(path.0.trim_end_matches('/').to_owned())
    }

    /// Whether `path` is the prefix itself or below it.
    pub(crate) fn has(&self, path: &NormalPath<'_>) -> bool {
        let behind = path.0.strip_prefix(&self.0);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('/'))
    }

    /// Its length in bytes: of two that have a path, the longer one says more about it.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl NormalPath<'_> {
    /// A path as it came in a request.
    pub(crate) fn of(raw: &str) -> Result<NormalPath<'_>, PathFault> {
        let path = decode(raw)?;
        Ok(match path.text {
            Cow::Borrowed(text) => NormalPath::of_decoded(text),
            Cow::Owned(text) => {
                NormalPath(Cow::Owned(NormalPath::of_decoded(&text).0.into_owned()))
            }
        })
    }

    pub(super) fn of_decoded(text: &str) -> NormalPath<'_> {
        let path = without_dots(merge_slashes(text));
        NormalPath(match path.strip_prefix(FRONT_CONTROLLER) {
            None => path,
            Some(behind) => Cow::Owned(merge_slashes(&format!("/{behind}")).into_owned()),
        })
    }
}

fn without_dots(path: Cow<'_, str>) -> Cow<'_, str> {
    if !path.contains("/.") {
        return path;
    }
    let segments = path.split('/').filter(|&segment| segment != ".");
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    /// `path` with some of its characters encoded and its slashes written in other ways.
    fn spelled(path: &str, choices: &[u8]) -> String {
        let mut spelled = String::new();
        for (character, choice) in path.chars().zip(choices.iter().cycle()) {
            let _ = match (character, choice % 6) {
                ('/', 0) => write!(spelled, "//"),
                ('/', 1) => write!(spelled, "/./"),
                ('/', 2) => write!(spelled, "%2f/"),
                (_, 3) => write!(spelled, "%{:02X}", u32::from(character)),
                (_, 4) => write!(spelled, "%{:02x}", u32::from(character)),
                _ => write!(spelled, "{character}"),
            };
        }
        spelled
    }

    proptest! {
        #[test]
        fn a_prefix_has_every_spelling_of_what_is_below_it(
            prefix in "(/[a-z.]{0,3}[a-z]){1,3}",
            below in "(/[a-z]{1,4}){0,2}/?",
            front in prop::sample::select(vec!["", "/index.php", "/index.php/", "//index.php/."]),
            choices in prop::collection::vec(any::<u8>(), 1..20),
        ) {
            let target = spelled(&format!("{front}{prefix}{below}"), &choices);
            let path = NormalPath::of(&target).expect("nothing climbs");
            prop_assert!(Prefix::new(&prefix).has(&path), "{} is {:?}", target, path);
            let longer = Prefix::new(&[prefix, "x".to_owned()].concat());
            prop_assert!(!longer.has(&path));
        }
    }
}
