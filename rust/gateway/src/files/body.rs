//! A body whose bytes are read, or sent by the kernel, as the client takes them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::document::read_now;
use super::ranges::Span;
use crate::connection::transfers::Transfers;
use crate::limits::{FILE_READ_BYTES, TRANSFER_BYTES_MAX};

/// Parts of a file, and what stands between them.
#[derive(Debug)]
pub(crate) struct FileBody {
    file: Arc<File>,
    pieces: VecDeque<Piece>,
    left: u64,
    /// What the kernel does not have in memory is read on another thread.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(Bytes),
    Part(Span),
}

impl FileBody {
    pub(crate) fn new(file: Arc<File>, pieces: impl IntoIterator<Item = Piece>) -> FileBody {
        let pieces: VecDeque<Piece> = pieces.into_iter().collect();
        let left = pieces.iter().map(Piece::bytes).sum();
        FileBody {
            file,
            pieces,
            left,
            reading: None,
        }
    }

    /// What is still to come.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.left
    }

    /// The next bytes; `None` at the end. Over `transfers`, if they are possible, stand-ins for
    /// bytes may come instead.
    pub(crate) fn poll_data(
        &mut self,
        cx: &mut Context<'_>,
        transfers: Option<&Transfers>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        let read = match &mut self.reading {
            Some(reading) => {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                read.unwrap_or_else(|error| Err(error.into()))
            }
            None => match self.next(transfers) {
                None => return Poll::Ready(None),
                Some(Ok(None)) => return self.poll_data(cx, transfers),
                Some(Ok(Some(bytes))) => Ok(bytes),
                Some(Err(error)) => Err(error),
            },
        };
        Poll::Ready(Some(read.inspect(|bytes| self.advance(bytes.len()))))
    }

    /// What comes next; `Ok(None)` if it must be waited for.
    fn next(&mut self, transfers: Option<&Transfers>) -> Option<io::Result<Option<Bytes>>> {
        let span = match self.pieces.front()? {
            Piece::Text(text) => return Some(Ok(Some(text.clone()))),
            Piece::Part(span) => *span,
        };
        let next = match transfers.filter(|transfers| transfers.are_possible()) {
            Some(transfers) => self.transfer(span, transfers),
            None => self.read(span),
        };
        Some(next)
    }

    /// Leaves the copying to the kernel, if that need not wait for the disk: its first and last
    /// page are in memory, and what is between them was read ahead.
    fn transfer(&mut self, span: Span, transfers: &Transfers) -> io::Result<Option<Bytes>> {
        let bytes = bounded(span.bytes, TRANSFER_BYTES_MAX);
        let last = span.start + bytes as u64 - 1;
        for offset in [last, span.start] {
            if read_now(&self.file, &mut [0], offset)? != Some(1) {
                return self.read_elsewhere(span);
            }
        }
        let file = Arc::clone(&self.file);
        Ok(Some(transfers.push(file, span.start, bytes)))
    }

    fn read(&mut self, span: Span) -> io::Result<Option<Bytes>> {
        let mut chunk = vec![0; bounded(span.bytes, FILE_READ_BYTES)];
        match read_now(&self.file, &mut chunk, span.start)? {
            None => self.read_elsewhere(span),
            Some(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Some(read) => {
                chunk.truncate(read);
                Ok(Some(chunk.into()))
            }
        }
    }

    fn read_elsewhere(&mut self, span: Span) -> io::Result<Option<Bytes>> {
        let file = Arc::clone(&self.file);
        self.reading = Some(tokio::task::spawn_blocking(move || {
            let mut chunk = vec![0; bounded(span.bytes, FILE_READ_BYTES)];
            file.read_exact_at(&mut chunk, span.start)?;
            Ok(chunk.into())
        }));
        Ok(None)
    }

    fn advance(&mut self, bytes: usize) {
        self.left -= bytes as u64;
        if let Some(Piece::Part(span)) = self.pieces.front_mut() {
            span.start += bytes as u64;
            span.bytes -= bytes as u64;
            if span.bytes > 0 {
                return;
            }
        }
        self.pieces.pop_front();
    }
}

impl Piece {
    fn bytes(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Part(span) => span.bytes,
        }
    }
}

fn bounded(bytes: u64, bytes_max: usize) -> usize {
    usize::try_from(bytes).map_or(bytes_max, |bytes| bytes.min(bytes_max))
}

#[cfg(test)]
mod tests;
