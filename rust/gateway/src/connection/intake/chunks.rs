//! Follows a chunked body to its end (RFC 9112 §7.1), strictly: no bare line feeds, no sign,
//! no overflow, bounded extensions and trailers.

use crate::limits::{CHUNK_LINE_BYTES_MAX, TRAILER_BYTES_MAX};

/// The body is not what RFC 9112 §7.1 describes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The position in one chunked body.
#[derive(Debug, Default)]
pub(crate) struct ChunkScan {
    at: At,
    /// Bytes of the size line or of the trailer section so far.
    line_bytes: usize,
    /// Size of the chunk whose size line is being read.
    size: u64,
    digits: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    /// At the start of a trailer line.
    TrailerStart,
    Trailer,
    TrailerLf,
    EndLf,
}

impl ChunkScan {
    /// Consumes bytes up to the end of the body or of `input`; tells how many, and whether the
    /// body has ended with them.
    pub(crate) fn advance(&mut self, input: &[u8]) -> Result<(usize, bool), Malformed> {
        let mut used = 0;
        while used < input.len() {
            if self.at == At::Data {
                used += self.skip_data(input.len() - used);
                continue;
            }
            used += 1;
            if self.step(input[used - 1])? {
                return Ok((used, true));
            }
        }
        Ok((used, false))
    }

    fn skip_data(&mut self, available: usize) -> usize {
        let bytes = usize::try_from(self.size).map_or(available, |left| left.min(available));
        self.size -= bytes as u64;
        if self.size == 0 {
            self.at = At::DataCr;
        }
        bytes
    }

    /// Takes one byte that is not chunk data; returns whether it ended the body.
    fn step(&mut self, byte: u8) -> Result<bool, Malformed> {
        self.at = match (self.at, byte) {
            (At::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => self.take_digit(byte)?,
            (At::Size, b';' | b' ' | b'\t') if self.digits > 0 => self.stay(At::Extension)?,
            (At::Size | At::Extension, b'\r') if self.digits > 0 => At::SizeEnd,
            (At::Extension, 0x20..=0x7e | b'\t' | 0x80..) => self.stay(At::Extension)?,
            (At::SizeEnd, b'\n') => self.begin_chunk(),
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => self.begin_size(),
            (At::TrailerStart, b'\r') => At::EndLf,
            (At::EndLf, b'\n') => return Ok(true),
            (At::Trailer, b'\r') => At::TrailerLf,
            (At::TrailerLf, b'\n') => At::TrailerStart,
            (At::TrailerStart | At::Trailer, 0x20..=0x7e | b'\t' | 0x80..) => self.trailer()?,
            _ => return Err(Malformed),
        };
        Ok(false)
    }

    fn take_digit(&mut self, byte: u8) -> Result<At, Malformed> {
        let digit = char::from(byte).to_digit(16).ok_or(Malformed)?;
        self.digits += 1;
        let shifted = self.size.checked_mul(16).ok_or(Malformed)?;
        self.size = shifted + u64::from(digit);
        self.stay(At::Size)
    }

    fn stay(&mut self, at: At) -> Result<At, Malformed> {
        self.line_bytes += 1;
        match self.line_bytes {
            0..=CHUNK_LINE_BYTES_MAX => Ok(at),
            _ => Err(Malformed),
        }
    }

    fn trailer(&mut self) -> Result<At, Malformed> {
        self.line_bytes += 1;
        match self.line_bytes {
            0..=TRAILER_BYTES_MAX => Ok(At::Trailer),
            _ => Err(Malformed),
        }
    }

    fn begin_chunk(&mut self) -> At {
        self.line_bytes = 0;
        match self.size {
            0 => At::TrailerStart,
            _ => At::Data,
        }
    }

    fn begin_size(&mut self) -> At {
        self.digits = 0;
        self.line_bytes = 0;
        At::Size
    }
}

#[cfg(test)]
mod tests;
