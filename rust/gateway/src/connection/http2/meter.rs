//! Counts what a client sends beside requests and their bodies.
//!
//! Every frame costs us work, and some cost the client nothing: pings, settings, resets, windows
//! opened by a byte, empty data. Each of them is paid for out of an allowance, which grows with
//! time, with what the client sends in bodies and with what it takes of replies; an honest client
//! never sees its end. Pure: bytes and the time in, a verdict out. Only the heads of frames are
//! looked at (RFC 9113 §4.1); what they mean is the business of h2.

use tokio::time::Instant;

use crate::limits::{
    HTTP2_ALLOWANCE_MAX, HTTP2_ALLOWANCE_PER_S, HTTP2_BYTES_PER_ALLOWANCE, HTTP2_RESET_COST,
};

/// The allowance of a client is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flooded;

/// The position in what one client sends, the preface included.
#[derive(Debug)]
pub(crate) struct Meter {
    /// What is known of the head of the next frame.
    head: [u8; FRAME_HEAD_BYTES],
    head_bytes: usize,
    /// What is left of the payload of a frame, or of the preface.
    payload_bytes: usize,
    /// Since when a header block has been coming.
    block_since: Option<Instant>,
    allowance: u32,
    filled_at: Instant,
    /// Bytes that do not make up a whole unit of allowance yet.
    change_bytes: usize,
}

impl Meter {
    pub(crate) fn new(now: Instant) -> Meter {
        Meter {
            head: [0; FRAME_HEAD_BYTES],
            head_bytes: 0,
            payload_bytes: PREFACE_BYTES,
            block_since: None,
            allowance: HTTP2_ALLOWANCE_MAX,
            filled_at: now,
            change_bytes: 0,
        }
    }

    /// Looks at what has come.
    pub(crate) fn receive(&mut self, mut bytes: &[u8], now: Instant) -> Result<(), Flooded> {
        while !bytes.is_empty() {
            if self.payload_bytes > 0 {
                let passed = self.payload_bytes.min(bytes.len());
                self.payload_bytes -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            let taken = (FRAME_HEAD_BYTES - self.head_bytes).min(bytes.len());
            self.head[self.head_bytes..][..taken].copy_from_slice(&bytes[..taken]);
            self.head_bytes += taken;
            bytes = &bytes[taken..];
            if self.head_bytes == FRAME_HEAD_BYTES {
                self.head_bytes = 0;
                self.begin_frame(now)?;
            }
        }
        Ok(())
    }

    /// So many bytes went to the client.
    pub(crate) fn send(&mut self, bytes: usize) {
        self.earn(bytes);
    }

    /// Since when a header block has been coming that is not complete.
    pub(crate) fn block_since(&self) -> Option<Instant> {
        // The flag that ends a block stands at the start of its last frame.
        self.block_since
    }

    fn begin_frame(&mut self, now: Instant) -> Result<(), Flooded> {
        let [high, middle, low, kind, flags, ..] = self.head;
        self.payload_bytes = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        match kind {
            DATA if self.payload_bytes > 0 || flags & END_STREAM != 0 => {
                self.earn(self.payload_bytes);
                Ok(())
            }
            HEADERS => {
                self.block_since = (flags & END_HEADERS == 0).then_some(now);
                Ok(())
            }
            CONTINUATION => {
                if flags & END_HEADERS != 0 {
                    self.block_since = None;
                }
                self.pay(1, now)
            }
            RST_STREAM => self.pay(HTTP2_RESET_COST, now),
            _ => self.pay(1, now),
        }
    }

    fn earn(&mut self, bytes: usize) {
        let bytes = self.change_bytes + bytes;
        self.change_bytes = bytes % HTTP2_BYTES_PER_ALLOWANCE;
        let units = u32::try_from(bytes / HTTP2_BYTES_PER_ALLOWANCE).unwrap_or(u32::MAX);
        self.allowance = self
            .allowance
            .saturating_add(units)
            .min(HTTP2_ALLOWANCE_MAX);
    }

    fn pay(&mut self, cost: u32, now: Instant) -> Result<(), Flooded> {
        if self.allowance < cost {
            self.fill(now);
        }
        self.allowance = self.allowance.checked_sub(cost).ok_or(Flooded)?;
        Ok(())
    }

    fn fill(&mut self, now: Instant) {
        let seconds = now.duration_since(self.filled_at).as_secs();
        if seconds > 0 {
            let units = u32::try_from(seconds).unwrap_or(u32::MAX);
            let units = units.saturating_mul(HTTP2_ALLOWANCE_PER_S);
            self.allowance = self
                .allowance
                .saturating_add(units)
                .min(HTTP2_ALLOWANCE_MAX);
            self.filled_at = now;
        }
    }
}

const FRAME_HEAD_BYTES: usize = 9;

const PREFACE_BYTES: usize = 24;

// Types and flags of frames (RFC 9113 §6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[cfg(test)]
mod tests;
