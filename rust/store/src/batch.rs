//! Writing many entries in one step.

use std::ops::Range;

use crate::error::StoreError;
use crate::hash::Key;
use crate::key::Ttl;
use crate::namespace::Namespace;
use crate::record::value_bytes;
use crate::store::Store;
use crate::tags::hashes;
use crate::value::Value;
use crate::write::Writer;

/// Most entries of one step, so that the lock is held for some hundred µs.
const STEP_ENTRIES: usize = 1024;
/// Bytes of values after which a step ends.
const STEP_BYTES: usize = 1 << 20;

impl Store {
    /// Writes entries, with tags if they are the cache's, over those that are there: up to 1,024 of them and 1 MB as one step, between
    /// which and the next nobody else writes. Readers may see some of them before others.
    ///
    /// # Errors
    /// As [`Store::set_tagged`]. Nothing of a step is written when one of its entries is refused for
    /// what it is; where there is no room left, those before it are written.
    pub fn set_many(
        &self,
        namespace: Namespace,
        entries: &[(&[u8], Value<'_>)],
        ttl: Ttl,
        tags: &[&[u8]],
    ) -> Result<(), StoreError> {
        let entries: Vec<(Key<'_>, Value<'_>)> = entries
            .iter()
            .map(|&(key, value)| Ok((self.key(key)?, value)))
            .collect::<Result<_, StoreError>>()?;
        let tags = match namespace {
            Namespace::Cache => hashes(tags),
            _ => Vec::new(),
        };
        let mut written = 0;
        while let Some(step) = next_step(&entries, written) {
            written = step.end;
            self.change(namespace, |writer| {
                writer.put_step(&entries[step], ttl, &tags)
            })?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    fn put_step(
        &mut self,
        entries: &[(Key<'_>, Value<'_>)],
        ttl: Ttl,
        tags: &[u64],
    ) -> Result<(), StoreError> {
        let marks = if tags.is_empty() { 0 } else { tags.len() + 1 };
        for (key, value) in entries {
            self.shape_of(key, *value, marks)?;
        }
        for (key, value) in entries {
            self.put_tagged(key, *value, ttl, tags)?;
        }
        Ok(())
    }
}

/// The entries of the step that begins there.
fn next_step(entries: &[(Key<'_>, Value<'_>)], from: usize) -> Option<Range<usize>> {
    let rest = entries.get(from..).filter(|rest| !rest.is_empty())?;
    let mut bytes = 0;
    let more = rest.iter().take(STEP_ENTRIES).take_while(|(_, value)| {
        let fits = bytes < STEP_BYTES;
        bytes += value_bytes(*value);
        fits
    });
    Some(from..from + more.count())
}
