//! The socket of one client, as h2 sees it.
//!
//! What comes is metered. What goes is gathered: h2 flushes after every frame, but a connection
//! with many streams has many small frames at the same time, and a system call and a TLS record
//! for each would cost more than the frames. So what h2 writes waits until it has nothing more
//! to write ([`WireHandle::poll_drain`]), or is too much.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::meter::Meter;
use crate::alarm::Alarm;
use crate::connection::linger::Linger;
use crate::connection::stream::Stream;
use crate::limits::HTTP2_GATHER_BYTES;

/// h2's end.
#[derive(Debug)]
pub(super) struct Wire(WireHandle);

/// The connection's end. Both are used by one task only.
#[derive(Debug, Clone)]
pub(super) struct WireHandle(Arc<Mutex<Line>>);

#[derive(Debug)]
struct Line {
    stream: Stream,
    meter: Meter,
    /// The client has sent too much of what costs it nothing; nothing more is read.
    flooded: bool,
    /// Written by h2; `sent` bytes of it are with the kernel.
    out: Vec<u8>,
    sent: usize,
    /// Since when the client has taken nothing of what we want to write.
    stalled_since: Option<Instant>,
    ending: Option<(Linger, Alarm)>,
}

impl Wire {
    pub(super) fn new(stream: Stream) -> (Wire, WireHandle) {
        let handle = WireHandle(Arc::new(Mutex::new(Line {
            stream,
            meter: Meter::new(Instant::now()),
            flooded: false,
            out: Vec::new(),
            sent: 0,
            stalled_since: None,
            ending: None,
        })));
        (Wire(handle.clone()), handle)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line()
    }
}

impl WireHandle {
    /// Ready when everything written is with the kernel. To be called when h2 has nothing more
    /// to write for now.
    pub(super) fn poll_drain(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line().poll_drain(cx)
    }

    /// The connection is idle, and needs no memory for what it writes.
    pub(super) fn rest(&self) {
        let line = &mut *self.line();
        if line.out.is_empty() {
            line.out = Vec::new();
        }
    }

    pub(super) fn is_flooded(&self) -> bool {
        self.line().flooded
    }

    /// Since when a header block has been coming that is not complete.
    pub(super) fn head_since(&self) -> Option<Instant> {
        self.line().meter.block_since()
    }

    /// Since when the client has taken nothing of what we want to write.
    pub(super) fn stalled_since(&self) -> Option<Instant> {
        self.line().stalled_since
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().expect("no holder of the line panics")
    }
}

impl Line {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.flooded {
            // The connection looks at this when h2 comes to rest.
            return Poll::Pending;
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = &buf.filled()[before..];
        if self.meter.receive(read, Instant::now()).is_err() {
            self.flooded = true;
            buf.set_filled(before);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes: usize = slices.iter().map(|slice| slice.len()).sum();
        if self.out.len() + bytes > HTTP2_GATHER_BYTES {
            ready!(self.poll_empty(cx))?;
        }
        if bytes > HTTP2_GATHER_BYTES {
            let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
            return self.poll_wrote(wrote);
        }
        for slice in slices {
            self.out.extend_from_slice(slice);
        }
        Poll::Ready(Ok(bytes))
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_empty(cx))?;
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.poll_wrote(flushed.map_ok(|()| 0)).map_ok(|_| ())
    }

    /// Ready when nothing that was gathered is left.
    fn poll_empty(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.out.len() {
            let rest = &self.out[self.sent..];
            let wrote = Pin::new(&mut self.stream).poll_write(cx, rest);
            let bytes = ready!(self.poll_wrote(wrote))?;
            if bytes == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += bytes;
        }
        self.out.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_wrote(&mut self, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &wrote {
            Poll::Ready(Ok(bytes)) => {
                self.stalled_since = None;
                self.meter.send(*bytes);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                self.stalled_since.get_or_insert_with(Instant::now);
            }
        }
        wrote
    }

    /// Closes our side, then takes what the client may still be sending.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(cx))?;
        if self.ending.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        }
        let Line { stream, ending, .. } = self;
        let (linger, alarm) = ending.get_or_insert_with(|| {
            let linger = Linger::new();
            let alarm = Alarm::new(linger.until());
            (linger, alarm)
        });
        linger.poll(cx, stream, alarm).map(Ok)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line().poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line().poll_write(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line().poll_write(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Does nothing: what is to go goes when h2 comes to rest.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line().poll_shutdown(cx)
    }
}
