//! What a client that is slow has not taken of a reply, and memory has no room for: in a temporary
//! file without a name, so that the worker goes free.
//!
//! Files are read and written on threads that may wait, one operation at a time.

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Sleep, sleep};

use crate::limits::OVERFLOW_PIECE_BYTES;

/// What a reply may take where.
#[derive(Debug, Clone)]
pub(crate) struct ReplyRoom {
    pub(crate) memory_bytes: usize,
    pub(crate) file_bytes: u64,
    /// How long a worker may wait for its client before a file takes what is left.
    pub(crate) patience: Duration,
    pub(crate) folder: PathBuf,
}

/// The file of one reply; there is none before it is needed.
#[derive(Debug)]
pub(super) struct Overflow {
    room: ReplyRoom,
    file: Option<Arc<File>>,
    written: u64,
    read: u64,
    under_way: Option<UnderWay>,
    /// How long the worker has waited, while it does.
    waiting: Option<Pin<Box<Sleep>>>,
    /// It has waited once; this client is slow.
    is_open: bool,
}

#[derive(Debug)]
enum UnderWay {
    Write(JoinHandle<io::Result<(Arc<File>, u64)>>),
    Read(JoinHandle<io::Result<Vec<u8>>>),
}

impl Overflow {
    pub(super) fn new(room: ReplyRoom) -> Overflow {
        Overflow {
            room,
            file: None,
            written: 0,
            read: 0,
            under_way: None,
            waiting: None,
            is_open: false,
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.room.memory_bytes
    }

    /// Whether everything that was put into it has come out again.
    pub(super) fn is_empty(&self) -> bool {
        self.written == self.read && self.under_way.is_none()
    }

    /// The client takes what there is: nobody waits for it.
    pub(super) fn rest(&mut self) {
        self.waiting = None;
    }

    /// Whatever is in it is lost.
    pub(super) fn give_up(&mut self) {
        (self.written, self.read) = (0, 0);
        self.under_way = None;
    }

    /// Ready when it takes more: the worker has waited long enough, and there is room.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_open {
            let patience = self.room.patience;
            let waiting = self
                .waiting
                .get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
            self.is_open = true;
        }
        ready!(self.poll_written(cx))?;
        let has_room = self.written - self.read < self.room.file_bytes;
        match self.under_way.is_none() && has_room {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    /// Puts `bytes` behind what is there, after [`Overflow::poll_ready`].
    pub(super) fn push(&mut self, bytes: Vec<u8>) {
        if self.written == self.read {
            (self.written, self.read) = (0, 0);
        }
        let (file, at, folder) = (self.file.clone(), self.written, self.room.folder.clone());
        self.under_way = Some(UnderWay::Write(spawn_blocking(move || {
            let file = match file {
                Some(file) => file,
                None => Arc::new(tempfile::tempfile_in(folder)?),
            };
            file.write_all_at(&bytes, at)?;
            Ok((file, bytes.len() as u64))
        })));
    }

    /// The next piece, if there is any.
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Vec<u8>>>> {
        ready!(self.poll_written(cx))?;
        if self.under_way.is_none() {
            let Some(file) = self.file.clone().filter(|_| self.written > self.read) else {
                return Poll::Ready(Ok(None));
            };
            let at = self.read;
            let left = usize::try_from(self.written - at).unwrap_or(usize::MAX);
            let mut piece = vec![0; left.min(OVERFLOW_PIECE_BYTES)];
            self.under_way = Some(UnderWay::Read(spawn_blocking(move || {
                file.read_exact_at(&mut piece, at)?;
                Ok(piece)
            })));
        }
        let Some(UnderWay::Read(reading)) = &mut self.under_way else {
            return Poll::Pending;
        };
        let piece = ready!(Pin::new(reading).poll(cx)).map_err(io::Error::other)??;
        self.under_way = None;
        self.read += piece.len() as u64;
        Poll::Ready(Ok(Some(piece)))
    }

    /// Ready when nothing is being written.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(UnderWay::Write(writing)) = &mut self.under_way {
            let (file, bytes) = ready!(Pin::new(writing).poll(cx)).map_err(io::Error::other)??;
            self.file = Some(file);
            self.written += bytes;
            self.under_way = None;
        }
        Poll::Ready(Ok(()))
    }
}
