//! Interim replies (103 Early Hints), which hyper's server does not know, on their way out.
//!
//! They go to the socket past hyper, so they may go only where nothing of hyper's is half
//! written: after a flush, which hyper asks for only when it holds nothing back. A request's
//! interim replies are made while its service runs, and that starts only after the last byte of
//! the reply before was at least handed to hyper. So after a flush they come first. Without one
//! the end of the reply before may still be held back: then they wait, and when the final reply
//! overtakes them they are dropped.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use tokio::io::AsyncWrite;

use super::Intake;

/// What the intake knows of interim replies.
#[derive(Debug, Default)]
pub(super) struct Interim {
    /// hyper has written nothing since it last held nothing back.
    pub(super) between_writes: bool,
    /// On its way out, of which `sent` bytes are gone: nothing else may be written before.
    sending: Vec<u8>,
    sent: usize,
}

impl Intake {
    /// hyper is about to write. Ready when interim replies do not have to go first.
    pub(super) fn poll_interim_before_write(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.interim.between_writes {
            ready!(self.poll_interim(cx))?;
            self.interim.between_writes = false;
        } else if self.passage.reply_has_begun() {
            self.passage.take_interim();
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when all interim replies are with the kernel. To be called between hyper's writes.
    pub(super) fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.interim.sent == self.interim.sending.len() {
                self.interim.sent = 0;
                self.interim.sending.clear();
                for reply in self.passage.take_interim() {
                    write(&reply, &mut self.interim.sending);
                }
                if self.interim.sending.is_empty() {
                    return Poll::Ready(Ok(()));
                }
            }
            let rest = &self.interim.sending[self.interim.sent..];
            let wrote = Pin::new(&mut self.stream).poll_write(cx, rest);
            let bytes = ready!(self.poll_wrote(cx, wrote))?;
            if bytes == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.interim.sent += bytes;
        }
    }
}

/// Appends `reply` as it goes over a connection of HTTP/1.1.
pub(crate) fn write(reply: &Response<()>, out: &mut Vec<u8>) {
    let status = reply.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let line = format!("HTTP/1.1 {} {reason}\r\n", status.as_str());
    out.extend_from_slice(line.as_bytes());
    for (name, value) in reply.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.extend_from_slice(part);
        }
    }
    out.extend_from_slice(b"\r\n");
}
