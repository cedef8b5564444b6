//! Everything a client sends passes here before hyper sees it.
//!
//! hyper is handed whole, judged heads only. A head that is refused (too large, too late,
//! malformed) is replaced by a placeholder request that [`Passage::refusal`] recognises, so that
//! the answer takes the ordinary way: in order behind pipelined requests, with its own text.
//! The deadlines of a connection that belong to no request are kept here too: head read time,
//! idle time, and a client that does not take its reply.

pub(crate) mod chunks;
pub(crate) mod fault;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod interim;
mod rest;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::connection::linger::Linger;
use crate::connection::passage::Passage;
use crate::connection::stream::Stream;
use crate::connection::transfers::is_stand_in;
use crate::limits::Limits;
use fault::HeadFault;
use framing::{Framing, Step};
use interim::Interim;
use rest::Rest;

/// Stands in for a refused head. Its contents are never looked at.
const PLACEHOLDER: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// A write of no more than this is gathered into one piece: copying so little is cheaper than
/// what a vectored write costs the kernel.
const GATHER_BYTES_MAX: usize = 1024;

/// How much is read at a time into the buffer of an incomplete head.
const READ_BYTES: usize = 8 * 1024;

/// The socket of one client, as hyper sees it.
#[derive(Debug)]
pub(crate) struct Intake {
    stream: Stream,
    framing: Framing,
    passage: Arc<Passage>,
    limits: Arc<Limits>,
    alarm: Alarm,
    /// Bytes read but not shown to hyper: `passable` of them may be, the rest is half a head.
    held: Vec<u8>,
    passable: usize,
    end: End,
    /// Since when half a head has been waiting for the rest.
    head_since: Option<Instant>,
    /// When bytes last moved in either direction.
    moved_at: Instant,
    /// Since when the client has taken nothing of what we want to write.
    stalled_since: Option<Instant>,
    linger: Option<Linger>,
    interim: Interim,
    rest: Rest,
}

/// Whether more of the stream may be shown to hyper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    /// The placeholder is the last thing hyper sees; it closes after the answer.
    Refused,
    /// hyper sees the end of the stream.
    Eof,
}

impl Intake {
    pub(crate) fn new(stream: Stream, passage: Arc<Passage>, limits: Arc<Limits>) -> Intake {
        let now = Instant::now();
        if stream.takes_files() {
            passage.transfers.allow();
        }
        Intake {
            framing: Framing::new((&*limits).into()),
            alarm: Alarm::new(now + limits.head_read),
            stream,
            passage,
            limits,
            held: Vec::new(),
            passable: 0,
            end: End::Open,
            head_since: None,
            moved_at: now,
            stalled_since: None,
            linger: None,
            interim: Interim::default(),
            rest: Rest::default(),
        }
    }

    /// Hands over what may pass; returns whether there was any.
    fn deliver(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let bytes = self.passable.min(buf.remaining());
        buf.put_slice(&self.held[..bytes]);
        self.held.drain(..bytes);
        self.passable -= bytes;
        bytes > 0
    }

    /// The usual case: nothing is held, so hyper's own buffer is read into and judged in place.
    fn poll_direct(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = &buf.filled()[before..];
        if read.is_empty() {
            self.end = End::Eof;
            return Poll::Ready(Ok(()));
        }
        let passable = judge(&mut self.framing, &self.passage, &mut self.end, read);
        self.held.extend_from_slice(&read[passable..]);
        buf.set_filled(before + passable);
        self.after_read();
        Poll::Ready(Ok(()))
    }

    /// Half a head is held: read behind it.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0; READ_BYTES];
        let mut buf = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
        if buf.filled().is_empty() {
            self.end = End::Eof;
            return Poll::Ready(Ok(()));
        }
        self.held.extend_from_slice(buf.filled());
        self.passable = judge(&mut self.framing, &self.passage, &mut self.end, &self.held);
        self.after_read();
        Poll::Ready(Ok(()))
    }

    fn after_read(&mut self) {
        self.moved_at = Instant::now();
        self.rest.idle_since = None;
        if self.end == End::Refused {
            self.held.truncate(self.passable);
            self.append_placeholder();
        }
        self.head_since = match self.held.len() > self.passable {
            true => self.head_since.or(Some(self.moved_at)),
            false => None,
        };
    }

    fn refuse_late(&mut self) {
        self.end = End::Refused;
        self.held.clear();
        self.passable = 0;
        self.head_since = None;
        self.passage.refuse(HeadFault::Late {
            seconds: self.limits.head_read.as_secs(),
        });
        self.append_placeholder();
    }

    fn append_placeholder(&mut self) {
        self.held.extend_from_slice(PLACEHOLDER);
        self.passable = self.held.len();
        self.passage.head_passed();
    }

    /// Nothing can be read: is the client late?
    ///
    /// Ready when hyper has something to see after all.
    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.consider_rest(cx);
        loop {
            let busy = self.passage.is_busy() || self.framing.in_body();
            let (since, patience) = match self.head_since {
                _ if busy => (Instant::now(), self.limits.keep_alive),
                Some(since) => (since, self.limits.head_read),
                None => (self.moved_at, self.limits.keep_alive),
            };
            ready!(self.alarm.poll_until(cx, since + patience));
            if busy {
                continue;
            }
            match self.head_since {
                Some(_) => self.refuse_late(),
                None => self.end = End::Eof,
            }
            return Poll::Ready(());
        }
    }

    /// Writes what is really in memory; a part of a file may follow at once.
    fn poll_write_bytes(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
        more: bool,
    ) -> Poll<io::Result<usize>> {
        let bytes: usize = slices.iter().map(|slice| slice.len()).sum();
        if bytes > GATHER_BYTES_MAX {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        }
        let mut gathered = [0; GATHER_BYTES_MAX];
        let mut at = 0;
        for slice in slices {
            gathered[at..at + slice.len()].copy_from_slice(slice);
            at += slice.len();
        }
        match more {
            true => self.stream.poll_write_before_more(cx, &gathered[..bytes]),
            false => Pin::new(&mut self.stream).poll_write(cx, &gathered[..bytes]),
        }
    }

    fn poll_wrote(
        &mut self,
        cx: &mut Context<'_>,
        wrote: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if wrote.is_ready() {
            self.stalled_since = None;
            self.moved_at = Instant::now();
            return wrote;
        }
        let since = *self.stalled_since.get_or_insert_with(Instant::now);
        ready!(self.alarm.poll_until(cx, since + self.limits.write_stall));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Whether the client may still be sending something nobody will read.
    fn input_is_left_over(&self) -> bool {
        self.end == End::Refused || self.framing.in_body() || !self.held.is_empty()
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.linger {
            Some(linger) => linger.poll(cx, &mut self.stream, &mut self.alarm),
            None => Poll::Ready(()),
        }
    }
}

/// Walks `bytes` as far as they may pass and returns how many that are.
fn judge(framing: &mut Framing, passage: &Passage, end: &mut End, bytes: &[u8]) -> usize {
    let mut passable = 0;
    while passable < bytes.len() {
        match framing.next(&bytes[passable..]) {
            Step::Body(count) => passable += count,
            Step::Head(count) => {
                passable += count;
                passage.head_passed();
            }
            Step::Partial => break,
            Step::Refuse(fault) => {
                passage.refuse(fault);
                *end = End::Refused;
                break;
            }
            Step::Broken => {
                *end = End::Eof;
                break;
            }
        }
    }
    passable
}

impl AsyncRead for Intake {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        loop {
            if this.deliver(buf) {
                return Poll::Ready(Ok(()));
            }
            let read = match this.end {
                End::Eof => return Poll::Ready(Ok(())),
                // hyper closes after the answer to the placeholder; until then it must not
                // mistake the silence for a client that left.
                End::Refused => return Poll::Pending,
                End::Open if this.held.is_empty() => this.poll_direct(cx, buf),
                End::Open => this.poll_held(cx),
            };
            if read.is_pending() {
                ready!(this.poll_patience(cx));
                continue;
            }
            ready!(read)?;
            if buf.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Intake {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.begin_write();
        ready!(self.poll_interim_before_write(cx))?;
        let wrote = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.poll_wrote(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.begin_write();
        ready!(self.poll_interim_before_write(cx))?;
        let this = &mut *self;
        let stood_in = slices.iter().position(|slice| is_stand_in(slice));
        let wrote = match stood_in {
            Some(0) => {
                let transfers = &this.passage.transfers;
                transfers.poll_send(cx, &this.stream, slices[0].len())
            }
            Some(at) => this.poll_write_bytes(cx, &slices[..at], true),
            None => this.poll_write_bytes(cx, slices, false),
        };
        self.poll_wrote(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes only what it has written out to the last byte: whatever comes next begins a
    /// reply, or goes on with one that has begun.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.interim.between_writes = true;
        ready!(self.poll_interim(cx))?;
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.flushed(cx);
        Poll::Ready(Ok(()))
    }

    /// Closes our side, then reads on for a moment if the client may still be sending.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.linger = Some(Linger::new());
        }
        if self.input_is_left_over() {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if self.passage.must_reset() {
            // The reply has no length the client could check (HTTP/1.0) and was cut short: only
            // a reset tells it apart from a complete one.
            self.stream.reset_on_close();
        }
    }
}
