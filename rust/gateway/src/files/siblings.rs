//! Packed copies that a build has laid beside a file: `app.js.br`, `app.js.zst`, `app.js.gz`.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use http::HeaderMap;

use super::document::{FileKey, Version};
use crate::compression::{Acceptance, Coding};
use crate::files::roots::Place;
use crate::limits::{SIBLING_RECHECK, SIBLINGS_KNOWN_MAX};

/// The packed copy to send instead of a file.
#[derive(Debug)]
pub(crate) struct Sibling {
    pub(crate) coding: Coding,
    pub(crate) version: Version,
}

/// What there is beside a file, as far as the client is concerned.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) sibling: Option<Sibling>,
    /// Another client may get something else.
    pub(crate) varies: bool,
}

/// Which files have packed copies, so that the disk is not asked for three names each time.
///
/// That one is new may be noticed late; one that is used is looked at each time.
#[derive(Debug, Default)]
pub(crate) struct Siblings(Mutex<HashMap<FileKey, Known>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    at: Instant,
    there: [bool; 3],
}

impl Siblings {
    /// What to send for the file at `place`, which is at `version`.
    ///
    /// Of the copies that the client wants most, the smallest. One that is older than the file
    /// is of another version, and one that is no smaller of no use.
    pub(crate) fn choose(
        &self,
        place: &Place<'_>,
        version: &Version,
        asked: &HeaderMap,
        now: Instant,
    ) -> Choice {
        let there = self.look(place, version, now);
        let accepted = Acceptance::of(asked);
        let wanted = Coding::ALL
            .iter()
            .zip(there)
            .filter_map(|(&coding, there)| {
                let weight = there.then(|| accepted.weight(coding))?;
                let version = (weight > 0).then(|| copy(place, version, coding))??;
                Some((weight, Sibling { coding, version }))
            });
        let best = wanted.min_by_key(|(weight, sibling)| (1000 - weight, sibling.version.bytes));
        Choice {
            sibling: best.map(|(_, sibling)| sibling),
            varies: there.contains(&true),
        }
    }

    fn look(&self, place: &Place<'_>, version: &Version, now: Instant) -> [bool; 3] {
        let mut known = self.0.lock().expect("no holder of the siblings panics");
        if let Some(known) = known.get(&version.key)
            && now.duration_since(known.at) < SIBLING_RECHECK
        {
            return known.there;
        }
        let there = Coding::ALL.map(|coding| copy(place, version, coding).is_some());
        if known.len() >= SIBLINGS_KNOWN_MAX {
            known.clear();
        }
        known.insert(version.key, Known { at: now, there });
        there
    }
}

fn copy(place: &Place<'_>, version: &Version, coding: Coding) -> Option<Version> {
    let copy = place.beside(suffix(coding)).version()?;
    let fits = copy.modified >= version.modified && copy.bytes < version.bytes;
    fits.then_some(copy)
}

/// What the name of a packed file ends in.
pub(super) fn suffix(coding: Coding) -> &'static str {
    match coding {
        Coding::Zstd => ".zst",
        Coding::Brotli => ".br",
        Coding::Gzip => ".gz",
    }
}
