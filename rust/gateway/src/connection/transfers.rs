//! Parts of files that the kernel copies into a socket by itself (`sendfile`).
//!
//! hyper passes buffers only. So the body gives it a stand-in as long as the part, memory that
//! nobody ever looks into, and notes here which part that is; the intake knows the stand-in by
//! where it lies and sends the part instead. Both see the same bytes in the same order, so the
//! first note is always about the first stand-in.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::connection::stream::Stream;
use crate::limits::TRANSFER_BYTES_MAX;

/// The parts that are to go over one connection of HTTP/1, in order.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    /// The connection is one over which the kernel can send files.
    possible: AtomicBool,
    parts: Mutex<VecDeque<Part>>,
}

#[derive(Debug)]
struct Part {
    file: Arc<File>,
    offset: u64,
    bytes: usize,
}

impl Transfers {
    pub(crate) fn allow(&self) {
        self.possible.store(true, Relaxed);
    }

    pub(crate) fn are_possible(&self) -> bool {
        self.possible.load(Relaxed)
    }

    /// Notes a part of at most [`TRANSFER_BYTES_MAX`]; returns what stands in for it.
    pub(crate) fn push(&self, file: Arc<File>, offset: u64, bytes: usize) -> Bytes {
        debug_assert!(self.are_possible(), "nobody would know the stand-in");
        let part = Part {
            file,
            offset,
            bytes,
        };
        self.parts().push_back(part);
        STAND_IN.slice(..bytes)
    }

    /// Sends what the stand-in of `bytes` bytes stands for, or the beginning of it.
    pub(crate) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        stream: &Stream,
        bytes: usize,
    ) -> Poll<io::Result<usize>> {
        let mut parts = self.parts();
        let Some(part) = parts.front_mut() else {
            return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
        };
        debug_assert_eq!(
            part.bytes, bytes,
            "the first note is about the first stand-in"
        );
        let wanted = part.bytes.min(bytes);
        let sent = ready!(stream.poll_send_file(cx, &part.file, part.offset, wanted))?;
        if sent == 0 {
            // The file is shorter than it was; what was announced cannot be kept.
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        part.offset += sent as u64;
        part.bytes -= sent;
        if part.bytes == 0 {
            parts.pop_front();
        }
        Poll::Ready(Ok(sent))
    }

    fn parts(&self) -> MutexGuard<'_, VecDeque<Part>> {
        self.parts.lock().expect("no holder of the parts panics")
    }
}

/// Whether `bytes` stand in for a part of a file.
pub(crate) fn is_stand_in(bytes: &[u8]) -> bool {
    !bytes.is_empty() && STAND_IN.as_ptr_range().contains(&bytes.as_ptr())
}

/// Zeros that are never read: the kernel gives no memory for them.
static STAND_IN: LazyLock<Bytes> = LazyLock::new(|| vec![0; TRANSFER_BYTES_MAX].into());
