//! The bytes of a store's file: a header, then one entry behind the other. All little-endian.

use std::io::{self, Read, Write};

use super::error::ImportError;
use crate::limits::KEY_BYTES_MAX;
use crate::namespace::Namespace;
use crate::value::{Number, OwnedValue, Value};

/// What stands in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Entries that follow.
    pub(super) entries: u64,
    /// Bytes that they take.
    pub(super) body_bytes: u64,
    /// The CRC-32 of these bytes.
    pub(super) body_checksum: u32,
}

impl Header {
    pub(super) fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.entries.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.body_bytes.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.body_checksum.to_le_bytes());
        let checksum = crc32fast::hash(&bytes[..HEADER_BYTES - 4]);
        bytes[HEADER_BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, ImportError> {
        let mut fields = Fields(bytes);
        if fields.take::<8>() != MAGIC {
            return Err(ImportError::Foreign);
        }
        let found = fields.u32();
        if found != VERSION {
            return Err(ImportError::Version {
                found,
                known: VERSION,
            });
        }
        let header = Self {
            entries: fields.u64(),
            body_bytes: fields.u64(),
            body_checksum: fields.u32(),
        };
        if fields.u32() != crc32fast::hash(&bytes[..HEADER_BYTES - 4]) {
            return Err(ImportError::Damaged(
                "its header does not have its checksum",
            ));
        }
        Ok(header)
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) namespace: Namespace,
    pub(super) key: Vec<u8>,
    pub(super) value: OwnedValue,
    /// Hashes of its tags.
    pub(super) tags: Vec<u64>,
    /// When it expires, in milliseconds of the calendar; `None` is never.
    pub(super) expires_ms: Option<u64>,
}

impl Entry {
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let number;
        let (kind, value): (u8, &[u8]) = match self.value.as_value() {
            Value::Bytes(bytes) => (BYTES, bytes),
            Value::Number(Number::Integer(integer)) => {
                number = integer.to_le_bytes();
                (INTEGER, &number)
            }
            Value::Number(Number::Float(float)) => {
                number = float.to_bits().to_le_bytes();
                (FLOAT, &number)
            }
        };
        let mut head = [0; HEAD_BYTES];
        head[0] = self.namespace as u8;
        head[1] = kind;
        head[2..4].copy_from_slice(&length::<u16>(self.key.len())?.to_le_bytes());
        head[4..8].copy_from_slice(&length::<u32>(value.len())?.to_le_bytes());
        head[8..16].copy_from_slice(&self.expires_ms.unwrap_or(NEVER).to_le_bytes());
        head[16..18].copy_from_slice(&length::<u16>(self.tags.len())?.to_le_bytes());
        out.write_all(&head)?;
        out.write_all(&self.key)?;
        for tag in &self.tags {
            out.write_all(&tag.to_le_bytes())?;
        }
        out.write_all(value)
    }

    /// Reads one entry, of which `left` bytes can be there.
    pub(super) fn read(from: &mut impl Read, left: &mut u64) -> Result<Self, ImportError> {
        let head: [u8; HEAD_BYTES] = chunk(from, left)?;
        let mut fields = Fields(&head);
        let [namespace, kind] = fields.take();
        let key_bytes = usize::from(u16::from_le_bytes(fields.take()));
        let value_bytes = u64::from(fields.u32());
        let expires_ms = fields.u64();
        let tags = usize::from(u16::from_le_bytes(fields.take()));
        let namespace = Namespace::ALL.get(usize::from(namespace)).copied();
        let namespace = namespace.ok_or(SENSELESS)?;
        if key_bytes == 0 || key_bytes > KEY_BYTES_MAX {
            return Err(SENSELESS);
        }
        let key = bytes(from, left, key_bytes as u64)?;
        let tags = (0..tags).map(|_| Ok(u64::from_le_bytes(chunk(from, left)?)));
        let tags = tags.collect::<Result<_, ImportError>>()?;
        let value = match (kind, value_bytes) {
            (BYTES, _) => OwnedValue::Bytes(bytes(from, left, value_bytes)?),
            (INTEGER, 8) => Number::Integer(i64::from_le_bytes(chunk(from, left)?)).into(),
            (FLOAT, 8) => Number::Float(f64::from_le_bytes(chunk(from, left)?)).into(),
            _ => return Err(SENSELESS),
        };
        Ok(Self {
            namespace,
            key,
            value,
            tags,
            expires_ms: (expires_ms != NEVER).then_some(expires_ms),
        })
    }
}

impl From<Number> for OwnedValue {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

/// The next bytes of a piece that was read whole.
struct Fields<'b>(&'b [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (first, rest) = self
            .0
            .split_first_chunk()
            .expect("pieces hold their fields");
        self.0 = rest;
        *first
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

fn length<T: TryFrom<usize>>(bytes: usize) -> io::Result<T> {
    T::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

/// The next `N` bytes, if so many are left.
fn chunk<const N: usize>(from: &mut impl Read, left: &mut u64) -> Result<[u8; N], ImportError> {
    *left = left.checked_sub(N as u64).ok_or(SENSELESS)?;
    let mut chunk = [0; N];
    from.read_exact(&mut chunk)?;
    Ok(chunk)
}

/// The next `count` bytes, if so many are left; memory is asked for as they come.
fn bytes(from: &mut impl Read, left: &mut u64, count: u64) -> Result<Vec<u8>, ImportError> {
    *left = left.checked_sub(count).ok_or(SENSELESS)?;
    let mut bytes = Vec::new();
    let found = from.take(count).read_to_end(&mut bytes)?;
    if found as u64 != count {
        return Err(ImportError::Damaged("it is shorter than it says"));
    }
    Ok(bytes)
}

const MAGIC: [u8; 8] = *b"askrkeep";
/// Changes whenever the meaning of any byte does.
const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: usize = 36;
/// Namespace, kind, bytes of the key, bytes of the value, expiry, tags.
const HEAD_BYTES: usize = 18;
const NEVER: u64 = 0;
const BYTES: u8 = 0;
const INTEGER: u8 = 1;
const FLOAT: u8 = 2;
const SENSELESS: ImportError = ImportError::Damaged("an entry makes no sense");
