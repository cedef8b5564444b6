//! The heads that cross the exchange, encoded with postcard.
//!
//! An encoded head carries its own length, so it needs no further framing in a ring:
//!
//! | request | reply | meaning |
//! |---|---|---|
//! | 4 bytes | 4 bytes | length of the whole encoded head, little endian, this field included |
//! | 8 bytes | – | length of the body, little endian |
//! | rest | rest | postcard document of the remaining fields |
//!
//! The body length stands outside the document so that the exchange can tell where a request
//! ends without decoding it. The highest bit of a reply head's length says that another head
//! follows: this one is interim, such as 103 (Early Hints).

use serde::{Deserialize, Serialize};

use crate::error::DecodeError;
use crate::limits::HEAD_BYTES_MAX;

/// Everything about a request but its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestHead<'a> {
    /// Names the request in every log line about it.
    pub id: &'a str,
    /// The method as sent, for example `GET`.
    pub method: &'a str,
    /// Path and query exactly as on the wire, not decoded.
    pub target: &'a str,
    /// Protocol version the client spoke.
    pub version: HttpVersion,
    /// Whether the client's connection is encrypted.
    pub https: bool,
    /// Names in lower case, values as sent, in the order of the wire.
    #[serde(borrow, with = "named_values")]
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// What the server knows beyond that, as PHP is to find it in `$_SERVER`.
    #[serde(borrow, with = "named_values")]
    pub variables: Vec<(&'a str, &'a [u8])>,
    /// The client's address.
    pub remote_ip: &'a str,
    /// The client's port.
    pub remote_port: u16,
    /// The address the client connected to.
    pub server_ip: &'a str,
    /// The port the client connected to.
    pub server_port: u16,
    /// The script as a URL path, for example `/index.php`.
    pub script_name: &'a str,
    /// What follows the script in the URL path; may be empty.
    pub path_info: &'a str,
    /// Exact length of the body in bytes; 0 = no body.
    #[serde(skip)]
    pub body_bytes: u64,
    /// When the request arrived, Unix time in microseconds.
    pub received_us: u64,
}

impl<'a> RequestHead<'a> {
    /// Appends the encoded head to `out`.
    ///
    /// A head of more than [`HEAD_BYTES_MAX`] bytes is encoded too, and refused by
    /// [`Lease::poll_send`](crate::Lease::poll_send).
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; REQUEST_PREAMBLE_BYTES]);
        append(self, out);
        write_length(out, start);
        out[start + LENGTH_BYTES..start + REQUEST_PREAMBLE_BYTES]
            .copy_from_slice(&self.body_bytes.to_le_bytes());
    }

    /// Reads a head that borrows from `bytes`, which must be one encoded head and nothing else.
    ///
    /// # Errors
    /// If `bytes` is too long, cut, or not a head.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let document = document_of(bytes, REQUEST_PREAMBLE_BYTES)?;
        let mut head: Self = postcard::from_bytes(document).map_err(DecodeError::Malformed)?;
        head.body_bytes = body_bytes_of(bytes);
        Ok(head)
    }
}

/// The protocol version of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVersion {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

/// Everything about a reply but its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyHead<'a> {
    /// The status code.
    pub status: u16,
    /// Names and values as PHP gave them, in its order.
    #[serde(borrow, with = "named_values")]
    pub headers: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> ReplyHead<'a> {
    /// Appends the encoded head to `out`.
    ///
    /// A head of more than [`HEAD_BYTES_MAX`] bytes is encoded too, and refused by
    /// [`Job::write_head`](crate::Job::write_head).
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; LENGTH_BYTES]);
        append(self, out);
        write_length(out, start);
    }

    /// Reads a head that borrows from `bytes`, which must be one encoded head and nothing else.
    ///
    /// # Errors
    /// If `bytes` is too long, cut, or not a head.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let document = document_of(bytes, LENGTH_BYTES)?;
        postcard::from_bytes(document).map_err(DecodeError::Malformed)
    }
}

/// Marks an encoded reply head as one that another follows.
pub(crate) fn mark_interim(length: [u8; LENGTH_BYTES]) -> [u8; LENGTH_BYTES] {
    (u32::from_le_bytes(length) | INTERIM).to_le_bytes()
}

/// Takes the mark away; true if there was one.
pub(crate) fn take_interim(length: &mut [u8; LENGTH_BYTES]) -> bool {
    let marked = u32::from_le_bytes(*length);
    *length = (marked & !INTERIM).to_le_bytes();
    marked & INTERIM != 0
}

/// The length that the first [`LENGTH_BYTES`] of an encoded head claim for the whole of it.
pub(crate) fn claimed_bytes(length: [u8; LENGTH_BYTES]) -> usize {
    usize::try_from(u32::from_le_bytes(length)).expect("this program needs 64-bit addresses")
}

/// The body length in an encoded request head of at least [`REQUEST_PREAMBLE_BYTES`].
pub(crate) fn body_bytes_of(head: &[u8]) -> u64 {
    let field = head[LENGTH_BYTES..]
        .first_chunk()
        .expect("the caller has the whole preamble");
    u64::from_le_bytes(*field)
}

fn append(head: &impl Serialize, out: &mut Vec<u8>) {
    postcard::serialize_with_flavor(head, Appender(out))
        .expect("a head holds only types that postcard can write, and memory grows");
}

fn write_length(out: &mut [u8], start: usize) {
    let bytes = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out[start..start + LENGTH_BYTES].copy_from_slice(&bytes.to_le_bytes());
}

fn document_of(head: &[u8], preamble_bytes: usize) -> Result<&[u8], DecodeError> {
    let bytes = head.len();
    if bytes > HEAD_BYTES_MAX {
        return Err(DecodeError::TooLarge {
            bytes,
            limit: HEAD_BYTES_MAX,
        });
    }
    let claimed = head
        .first_chunk()
        .map_or(0, |&length| claimed_bytes(length));
    if bytes < preamble_bytes || claimed != bytes {
        return Err(DecodeError::Length { bytes, claimed });
    }
    Ok(&head[preamble_bytes..])
}

/// Lets postcard append to a vector slice by slice; its own flavour pushes single bytes.
struct Appender<'v>(&'v mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Appender<'_> {
    type Output = ();

    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    fn try_push(&mut self, data: u8) -> postcard::Result<()> {
        self.0.push(data);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Header lists: byte strings are written as such, not number by number.
mod named_values {
    use std::fmt;
    use std::marker::PhantomData;

    use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
    use serde::ser::{SerializeSeq, Serializer};

    pub(super) fn serialize<N, S>(list: &[(N, &[u8])], out: S) -> Result<S::Ok, S::Error>
    where
        N: AsRef<[u8]>,
        S: Serializer,
    {
        let mut sequence = out.serialize_seq(Some(list.len()))?;
        for (name, value) in list {
            let pair = (
                serde_bytes::Bytes::new(name.as_ref()),
                serde_bytes::Bytes::new(value),
            );
            sequence.serialize_element(&pair)?;
        }
        sequence.end()
    }

    pub(super) fn deserialize<'de, N, D>(input: D) -> Result<Vec<(N, &'de [u8])>, D::Error>
    where
        N: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        input.deserialize_seq(Pairs(PhantomData))
    }

    struct Pairs<N>(PhantomData<N>);

    impl<'de, N: Deserialize<'de>> Visitor<'de> for Pairs<N> {
        type Value = Vec<(N, &'de [u8])>;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list of names and values")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Self::Value, A::Error> {
            // The claimed count is the peer's word: memory grows only with what is really there.
            let mut list = Vec::with_capacity(input.size_hint().unwrap_or(0).min(COUNT_AT_FIRST));
            while let Some(pair) = input.next_element()? {
                list.push(pair);
            }
            Ok(list)
        }
    }

    const COUNT_AT_FIRST: usize = 32;
}

/// The bit of a length that marks an interim head.
const INTERIM: u32 = 1 << 31;

/// Length of the length field.
pub(crate) const LENGTH_BYTES: usize = 4;

/// What stands before the document of a request head: its length and the body's.
pub(crate) const REQUEST_PREAMBLE_BYTES: usize = LENGTH_BYTES + 8;

#[cfg(test)]
mod tests;
