//! Values that show whether they are whole: all of one follows from its key and a number in it.

use crate::random::mixed;

/// Bytes of the number that a value begins with.
const NUMBER_BYTES: usize = 8;

/// The value of `key` with this number: `bytes` of them, the number's own at least.
pub(crate) fn value(key: u64, number: u64, bytes: usize) -> Vec<u8> {
    let mut value = vec![0; bytes.max(NUMBER_BYTES)];
    write(key, number, &mut value);
    value
}

/// Writes a value over another.
pub(crate) fn write(key: u64, number: u64, into: &mut [u8]) {
    let (head, rest) = into.split_at_mut(NUMBER_BYTES);
    head.copy_from_slice(&number.to_le_bytes());
    let mut bits = mixed(key ^ mixed(number));
    for piece in rest.chunks_mut(NUMBER_BYTES) {
        piece.copy_from_slice(&bits.to_le_bytes()[..piece.len()]);
        bits = bits.wrapping_add(key | 1);
    }
}

/// The number of a value, if it is one of `key` and whole.
pub(crate) fn number(key: u64, value: &[u8]) -> Option<u64> {
    let (head, rest) = value.split_at_checked(NUMBER_BYTES)?;
    let number = u64::from_le_bytes(head.try_into().ok()?);
    let mut bits = mixed(key ^ mixed(number));
    for piece in rest.chunks(NUMBER_BYTES) {
        if piece != &bits.to_le_bytes()[..piece.len()] {
            return None;
        }
        bits = bits.wrapping_add(key | 1);
    }
    Some(number)
}
