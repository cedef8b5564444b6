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

impl Number {
    /// The sum: a float if one of them is. `None` where there is none in its range.
    pub(crate) fn plus(self, other: Number) -> Option<Number> {
        match (self, other) {
            (Number::Integer(one), Number::Integer(other)) => {
                one.checked_add(other).map(Number::Integer)
            }
            _ => Some(self.as_float() + other.as_float())
                .filter(|sum| sum.is_finite())
                .map(Number::Float),
        }
    }

    /// Whether both are integers, or both floats.
    pub(crate) fn is_like(self, other: Number) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "PHP adds an integer to a float in the same way"
    )]
    fn as_float(self) -> f64 {
        match self {
            Number::Integer(integer) => integer as f64,
            Number::Float(float) => float,
        }
    }
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

impl OwnedValue {
    /// The same value, to be written or compared with.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Number(number) => Value::Number(*number),
        }
    }
}
