//! What was compressed once and is likely to be sent again.
//!
//! Content that somebody else holds on to, as the cache of files does, will come again. It is
//! known by where it lies in memory: it is held here, too, so nothing else can lie there.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;

use super::Coding;
use crate::limits::CODED_KEPT_BYTES_MAX;

/// Compressed copies of contents, those that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Generations>);

/// Who is found in the old generation moves to the young one. When that has half of all there
/// may be, the old one goes, and the young one is old.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, CodedCopy>,
    young_bytes: usize,
    old: HashMap<Key, CodedCopy>,
}

/// Where the content begins, how long it is, and the coding.
type Key = (usize, usize, Coding);

#[derive(Debug)]
struct CodedCopy {
    plain: Bytes,
    /// Not shorter than the content if nothing is.
    coded: Bytes,
}

impl Kept {
    /// Whether `plain` is likely to come again.
    pub(super) fn is_for(plain: &Bytes) -> bool {
        !plain.is_unique()
    }

    /// What `plain` became before.
    pub(super) fn find(&self, plain: &Bytes, coding: Coding) -> Option<Bytes> {
        let mut generations = self.0.lock().expect("no holder of the copies panics");
        let key = key(plain, coding);
        if let Some(copy) = generations.young.get(&key) {
            return Some(copy.coded.clone());
        }
        let copy = generations.old.remove(&key)?;
        let coded = copy.coded.clone();
        generations.put(key, copy);
        Some(coded)
    }

    /// Keeps what `plain` has become.
    pub(super) fn keep(&self, plain: Bytes, coding: Coding, coded: Bytes) {
        let mut generations = self.0.lock().expect("no holder of the copies panics");
        generations.put(key(&plain, coding), CodedCopy { plain, coded });
    }
}

impl Generations {
    fn put(&mut self, key: Key, copy: CodedCopy) {
        let bytes = copy.plain.len() + copy.coded.len();
        if self.young_bytes + bytes > CODED_KEPT_BYTES_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if bytes <= CODED_KEPT_BYTES_MAX / 2 && self.young.insert(key, copy).is_none() {
            self.young_bytes += bytes;
        }
    }
}

fn key(plain: &Bytes, coding: Coding) -> Key {
    (plain.as_ptr().addr(), plain.len(), coding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(kept: &Kept) -> usize {
        let generations = kept.0.lock().unwrap();
        let copies = generations.young.values().chain(generations.old.values());
        copies.map(|copy| copy.plain.len() + copy.coded.len()).sum()
    }

    #[test]
    fn a_copy_is_found_by_its_content_and_coding_only() {
        let kept = Kept::default();
        let (one, other) = (Bytes::from(vec![1; 100]), Bytes::from(vec![1; 100]));
        kept.keep(one.clone(), Coding::Gzip, Bytes::from_static(b"coded"));
        assert_eq!(
            kept.find(&one, Coding::Gzip).as_deref(),
            Some(&b"coded"[..])
        );
        assert_eq!(kept.find(&one, Coding::Zstd), None);
        assert_eq!(kept.find(&one.slice(..99), Coding::Gzip), None);
        assert_eq!(kept.find(&other, Coding::Gzip), None);
        assert!(Kept::is_for(&one) && !Kept::is_for(&other));
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let kept = Kept::default();
        let loved = Bytes::from(vec![0; 1000]);
        kept.keep(loved.clone(), Coding::Zstd, Bytes::from_static(b"loved"));
        for _ in 0..1000 {
            let plain = Bytes::from(vec![0; 50_000]);
            kept.keep(plain, Coding::Zstd, Bytes::from(vec![0; 10_000]));
            assert!(kept.find(&loved, Coding::Zstd).is_some());
            assert!(held(&kept) <= CODED_KEPT_BYTES_MAX);
        }
        let large = Bytes::from(vec![0; CODED_KEPT_BYTES_MAX]);
        kept.keep(large.clone(), Coding::Zstd, Bytes::new());
        assert_eq!(kept.find(&large, Coding::Zstd), None);
    }
}
