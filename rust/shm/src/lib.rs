//! Owns mapped regions, checked offsets, futex wait and wake.
