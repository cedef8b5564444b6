//! Bytes become commands, whatever pieces they come in. Nothing is looked at twice but the line
//! that is not complete yet, and nothing is taken for memory because somebody says that it will
//! come.
//!
//! A request is an array of strings of bytes; parsers of the whole protocol nest arrays as deep as
//! a client likes.

use std::mem;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use crate::limits::{
    ARGUMENT_BYTES_MAX, ARGUMENT_OVERHEAD_BYTES, ARGUMENTS_MAX, CHUNK_BYTES, COMMAND_SPARE_BYTES,
    INLINE_BYTES_MAX, NUMBER_LINE_BYTES_MAX,
};

/// What a client has sent and nobody has answered yet.
#[derive(Debug)]
pub(crate) struct Intake {
    buffer: BytesMut,
    /// Those of the command that is under way.
    arguments: Vec<Bytes>,
    /// Arguments that are still to come.
    left: usize,
    /// The argument that is under way.
    bulk: Option<Bulk>,
    /// What the command takes in memory, as far as it was announced.
    claimed: usize,
    /// What a command may take.
    claimed_max: usize,
    /// The command is too large: the longest of its arguments, none of which is kept.
    excess: Option<usize>,
}

/// What a client wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A name and its arguments; at least one.
    Command(Vec<Bytes>),
    /// More than a command may have, of which this was the longest argument.
    TooLarge(usize),
}

/// A client that does not speak the protocol; nothing it sends later can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("invalid multibulk length")]
    Count,
    #[error("too big mbulk count string")]
    CountLine,
    #[error("expected '$', got '{0}'")]
    Mark(char),
    #[error("invalid bulk length")]
    Length,
    #[error("too big bulk count string")]
    LengthLine,
    #[error("too big inline request")]
    Inline,
    #[error("quotes in an inline request")]
    Quotes,
}

/// An argument that has been announced.
#[derive(Debug)]
struct Bulk {
    length: usize,
    /// Bytes that are still to be thrown away, with the end of line; `None` is one to be kept.
    waste: Option<usize>,
}

impl Intake {
    /// Of a client that may send values of so many bytes.
    pub(crate) fn new(value_bytes_max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            arguments: Vec::new(),
            left: 0,
            bulk: None,
            claimed: 0,
            claimed_max: value_bytes_max.saturating_add(COMMAND_SPARE_BYTES),
            excess: None,
        }
    }

    /// The next request that is complete.
    ///
    /// # Errors
    /// When the client does not speak the protocol.
    pub(crate) fn next(&mut self) -> Result<Option<Request>, ProtocolError> {
        loop {
            if self.left == 0 {
                match self.buffer.first() {
                    None => return Ok(None),
                    Some(b'*') => match self.count()? {
                        None => return Ok(None),
                        Some(count) => self.left = count,
                    },
                    Some(_) => match self.inline()? {
                        None => return Ok(None),
                        Some(words) if words.is_empty() => {}
                        Some(words) => return Ok(Some(Request::Command(words))),
                    },
                }
                continue;
            }
            if !self.argument()? {
                return Ok(None);
            }
            if self.left == 0 {
                return Ok(Some(self.finish()));
            }
        }
    }

    /// Where what comes next is to be put, with room for it.
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        let kept = self.bulk.as_ref().filter(|bulk| bulk.waste.is_none());
        let whole = kept.map_or(0, |bulk| bulk.length + 2);
        let wanted = whole.saturating_sub(self.buffer.len()).max(CHUNK_BYTES);
        self.buffer.reserve(wanted);
        &mut self.buffer
    }

    /// What the command that is under way takes in memory, as far as it was announced.
    pub(crate) fn claimed(&self) -> usize {
        self.claimed
    }

    /// Whether nothing of a command has come.
    pub(crate) fn is_idle(&self) -> bool {
        self.left == 0 && self.buffer.is_empty()
    }

    /// `*3`, or `None` while the line is not whole; 0 is no command.
    fn count(&mut self) -> Result<Option<usize>, ProtocolError> {
        let number = match self.number() {
            Number::Wanting => return Ok(None),
            Number::TooLong => return Err(ProtocolError::CountLine),
            Number::Of(number) => number.ok_or(ProtocolError::Count)?,
        };
        match usize::try_from(number.max(0)) {
            Ok(count) if count <= ARGUMENTS_MAX => Ok(Some(count)),
            _ => Err(ProtocolError::Count),
        }
    }

    /// Takes one argument; false while it is not whole.
    fn argument(&mut self) -> Result<bool, ProtocolError> {
        if self.bulk.is_none() {
            let Some(length) = self.length()? else {
                return Ok(false);
            };
            self.announce(length);
        }
        let Some(bulk) = &mut self.bulk else {
            return Ok(false);
        };
        match &mut bulk.waste {
            Some(waste) => {
                let taken = (*waste).min(self.buffer.len());
                self.buffer.advance(taken);
                *waste -= taken;
                if *waste > 0 {
                    return Ok(false);
                }
            }
            None if self.buffer.len() < bulk.length + 2 => return Ok(false),
            None => {
                let argument = self.buffer.split_to(bulk.length).freeze();
                if !self.buffer.starts_with(b"\r\n") {
                    return Err(ProtocolError::Length);
                }
                self.buffer.advance(2);
                self.arguments.push(argument);
            }
        }
        self.bulk = None;
        self.left -= 1;
        Ok(true)
    }

    /// `$3`, or `None` while the line is not whole.
    fn length(&mut self) -> Result<Option<usize>, ProtocolError> {
        match self.buffer.first() {
            None => return Ok(None),
            Some(b'$') => {}
            Some(byte) => return Err(ProtocolError::Mark(char::from(*byte))),
        }
        let number = match self.number() {
            Number::Wanting => return Ok(None),
            Number::TooLong => return Err(ProtocolError::LengthLine),
            Number::Of(number) => number.ok_or(ProtocolError::Length)?,
        };
        match usize::try_from(number) {
            Ok(length) if length <= ARGUMENT_BYTES_MAX => Ok(Some(length)),
            _ => Err(ProtocolError::Length),
        }
    }

    fn announce(&mut self, length: usize) {
        self.claimed += length + ARGUMENT_OVERHEAD_BYTES;
        if self.excess.is_some() || self.claimed > self.claimed_max {
            self.excess = self.excess.max(Some(length));
            self.arguments = Vec::new();
            self.claimed = 0;
        }
        self.bulk = Some(Bulk {
            length,
            waste: self.excess.is_some().then_some(length + 2),
        });
    }

    fn finish(&mut self) -> Request {
        let was_large = mem::take(&mut self.claimed) > CHUNK_BYTES || self.excess.is_some();
        if was_large {
            // What follows may be little; the room for a large value is not to stay with it.
            self.buffer = BytesMut::from(&self.buffer[..]);
        }
        let arguments = mem::take(&mut self.arguments);
        match self.excess.take() {
            None => Request::Command(arguments),
            Some(length) => Request::TooLarge(length),
        }
    }

    /// The number of a line, behind its mark.
    fn number(&mut self) -> Number {
        let seen = self.buffer.len().min(NUMBER_LINE_BYTES_MAX);
        let Some(end) = memchr(b'\n', &self.buffer[..seen]) else {
            return match seen {
                NUMBER_LINE_BYTES_MAX => Number::TooLong,
                _ => Number::Wanting,
            };
        };
        let line = self.buffer.split_to(end + 1);
        let digits = line.strip_suffix(b"\r\n").and_then(|line| line.get(1..));
        let text = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let is_plain = |text: &&str| !text.starts_with('+');
        Number::Of(text.filter(is_plain).and_then(|text| text.parse().ok()))
    }

    /// Words between spaces, or `None` while the line is not whole.
    fn inline(&mut self) -> Result<Option<Vec<Bytes>>, ProtocolError> {
        let seen = self.buffer.len().min(INLINE_BYTES_MAX);
        let Some(end) = memchr(b'\n', &self.buffer[..seen]) else {
            return match seen {
                INLINE_BYTES_MAX => Err(ProtocolError::Inline),
                _ => Ok(None),
            };
        };
        let line = self.buffer.split_to(end + 1).freeze();
        if line.iter().any(|byte| matches!(byte, b'"' | b'\'')) {
            return Err(ProtocolError::Quotes);
        }
        let words = line.split(u8::is_ascii_whitespace);
        let words = words.filter(|word| !word.is_empty());
        Ok(Some(words.map(|word| line.slice_ref(word)).collect()))
    }
}

/// What a line with a number holds.
enum Number {
    /// It is not whole yet.
    Wanting,
    /// No number is that long.
    TooLong,
    /// The number, if it is one.
    Of(Option<i64>),
}

#[cfg(test)]
mod tests;
