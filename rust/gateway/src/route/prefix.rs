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
