//! Follows where each request of a connection ends and the next one begins.
//!
//! Pure: bytes in, steps out. hyper frames the same bytes a second time; when the two ever
//! disagree the connection is refused, so a request cannot hide in the body of another.

use super::chunks::ChunkScan;
use super::fault::HeadFault;
use super::head::{BodyFraming, HeadLimits, HeadScan};

/// What the next bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many bytes belong to the body under way.
    Body(usize),
    /// So many bytes are a complete head that may be shown to hyper.
    Head(usize),
    /// A head has begun and is not complete; keep the bytes and ask again with more.
    Partial,
    /// The head is refused; nothing more of this connection may be shown to hyper.
    Refuse(HeadFault),
    /// The body's chunks are malformed; nothing more of this connection may be shown to hyper.
    Broken,
}

/// The position in the stream of one connection.
#[derive(Debug)]
pub(crate) struct Framing {
    limits: HeadLimits,
    state: State,
}

#[derive(Debug)]
enum State {
    Head(HeadScan),
    Sized(u64),
    Chunked(ChunkScan),
}

impl Framing {
    pub(crate) fn new(limits: HeadLimits) -> Framing {
        Framing {
            limits,
            state: State::Head(HeadScan::default()),
        }
    }

    /// Looks at `input`, the not yet consumed bytes; not empty.
    ///
    /// After [`Step::Body`] and [`Step::Head`] the caller goes on behind them; after
    /// [`Step::Partial`] it comes back with the same bytes and more.
    pub(crate) fn next(&mut self, input: &[u8]) -> Step {
        match &mut self.state {
            State::Head(scan) => match scan.scan(input, &self.limits) {
                Ok(Some((bytes, framing))) => {
                    self.state = State::after_head(framing);
                    Step::Head(bytes)
                }
                Ok(None) => Step::Partial,
                Err(fault) => Step::Refuse(fault),
            },
            State::Sized(left) => {
                let bytes =
                    usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= bytes as u64;
                if *left == 0 {
                    self.state = State::Head(HeadScan::default());
                }
                Step::Body(bytes)
            }
            State::Chunked(scan) => match scan.advance(input) {
                Err(_) => Step::Broken,
                Ok((bytes, ended)) => {
                    if ended {
                        self.state = State::Head(HeadScan::default());
                    }
                    Step::Body(bytes)
                }
            },
        }
    }

    /// Whether a body has begun and not ended.
    pub(crate) fn in_body(&self) -> bool {
        !matches!(self.state, State::Head(_))
    }
}

impl State {
    fn after_head(framing: BodyFraming) -> State {
        match framing {
            BodyFraming::Sized(0) => State::Head(HeadScan::default()),
            BodyFraming::Sized(bytes) => State::Sized(bytes),
            BodyFraming::Chunked => State::Chunked(ChunkScan::default()),
        }
    }
}

#[cfg(test)]
mod tests;
