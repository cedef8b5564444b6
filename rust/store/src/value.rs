//! What an entry holds.

/// A value to be written, or compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// A number, which can be incremented.
    Number(Number),
}

/// A number as PHP knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// 64 bits, signed.
    Integer(i64),
    /// IEEE 754, double.
    Float(f64),
}

/// What kind of value an entry holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A string of so many bytes, to be read with [`Store::read`](crate::Store::read).
    Bytes(usize),
    /// A number; this is all of it.
    Number(Number),
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnedValue {
    /// A string of bytes.
    Bytes(Vec<u8>),
    /// A number.
    Number(Number),
}
