//! What is looked up: a key, and its hash.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::error::StoreError;
use crate::limits::KEY_BYTES_MAX;

/// A key that may be one, and its hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'k> {
    pub(crate) bytes: &'k [u8],
    pub(crate) hash: u64,
}

/// The secret of this store, so that nobody outside can choose keys with the same hash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(pub(crate) [u64; 2]);

impl Seed {
    /// The key with its hash, if it has a length that a key may have.
    #[inline]
    pub(crate) fn key<'k>(&self, bytes: &'k [u8]) -> Result<Key<'k>, StoreError> {
        if bytes.is_empty() || bytes.len() > KEY_BYTES_MAX {
            return Err(StoreError::Key {
                length: bytes.len(),
                max: KEY_BYTES_MAX,
            });
        }
        let hash = self.hash(bytes);
        Ok(Key { bytes, hash })
    }

    /// The hash of some bytes.
    #[inline]
    pub(crate) fn hash(&self, bytes: &[u8]) -> u64 {
        let [first, second] = self.0;
        let mut hasher = SipHasher13::new_with_keys(first, second);
        hasher.write(bytes);
        hasher.finish()
    }
}
