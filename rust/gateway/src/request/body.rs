//! Takes the whole body of a request before PHP is involved: a slow client never holds a worker.

use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::EXPECT;
use http::request;
use http_body::Body;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::Instant;

mod request_body;

pub(crate) use request_body::{RequestBody, RequestBodyError, StreamBody};

use crate::alarm::Alarm;
use crate::limits::{CHUNK_BYTES, Limits};

/// A complete request body.
#[derive(Debug)]
pub(crate) enum Spooled {
    /// Small enough for memory; may be empty.
    Memory(Bytes),
    /// In an unlinked temporary file, positioned anywhere.
    File { file: File, bytes: u64 },
}

/// Why there is no complete body.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyFault {
    #[error("the request body is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the request body did not arrive within {seconds} s plus a second per {rate} bytes")]
    Late { seconds: u64, rate: u32 },
    #[error("the request body is malformed or cut short")]
    Broken(#[source] RequestBodyError),
    #[error("the request body cannot be kept in a temporary file")]
    Spool(#[source] io::Error),
}

impl Spooled {
    /// A request without a body.
    pub(crate) fn empty() -> Spooled {
        Spooled::Memory(Bytes::new())
    }

    /// Exact length in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Spooled::Memory(memory) => memory.len() as u64,
            Spooled::File { bytes, .. } => *bytes,
        }
    }
}

/// Where a body goes, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpoolPlace<'a> {
    /// For what does not fit into memory.
    pub(crate) folder: &'a Path,
    pub(crate) limits: &'a Limits,
}

/// Reads `body` to its end.
///
/// # Cancel safety
/// Dropping the future drops what was read, temporary file included.
pub(crate) async fn spool(
    mut body: RequestBody,
    place: SpoolPlace<'_>,
    alarm: &Mutex<Alarm>,
) -> Result<Spooled, BodyFault> {
    if body.is_end_stream() {
        return Ok(Spooled::empty());
    }
    let limits = place.limits;
    let too_large = BodyFault::TooLarge {
        limit: limits.body_bytes,
    };
    if body.size_hint().lower() > limits.body_bytes {
        return Err(too_large);
    }
    let mut spool = Spool::default();
    let mut pace = Pace::start(limits);
    while let Some(data) = next_data(&mut body, &pace, alarm).await? {
        pace.bytes += data.len() as u64;
        if pace.bytes > limits.body_bytes {
            return Err(too_large);
        }
        spool.push(data, place).await.map_err(BodyFault::Spool)?;
    }
    spool.finish(pace.bytes).await.map_err(BodyFault::Spool)
}

/// Takes a body that nobody wants if it is small and sure to come, so that the connection can be
/// used on. Returns whether nothing of it is left.
///
/// # Cancel safety
/// Dropping the future leaves the rest of the body unread.
pub(crate) async fn pass_over(
    mut body: RequestBody,
    head: &request::Parts,
    limits: &Limits,
    alarm: &Mutex<Alarm>,
) -> bool {
    if body.is_end_stream() {
        return true;
    }
    let bytes_max = limits.body_bytes.min(CHUNK_BYTES as u64);
    let is_small = body
        .size_hint()
        .exact()
        .is_some_and(|bytes| bytes <= bytes_max);
    if !is_small || head.headers.contains_key(EXPECT) {
        return false;
    }
    let mut pace = Pace::start(limits);
    loop {
        match next_data(&mut body, &pace, alarm).await {
            Ok(Some(data)) => pace.bytes += data.len() as u64,
            end => return end.is_ok(),
        }
    }
}

/// How fast a body must come.
struct Pace {
    started: Instant,
    patience: Duration,
    rate: u32,
    bytes: u64,
}

impl Pace {
    fn start(limits: &Limits) -> Pace {
        Pace {
            started: Instant::now(),
            patience: limits.body_read,
            rate: limits.body_rate_bytes_min.max(1),
            bytes: 0,
        }
    }

    fn deadline(&self) -> Instant {
        self.started + self.patience + Duration::from_secs(self.bytes / u64::from(self.rate))
    }

    fn fault(&self) -> BodyFault {
        BodyFault::Late {
            seconds: self.patience.as_secs(),
            rate: self.rate,
        }
    }
}

/// The next data of the body; trailers are passed over, PHP has no place for them.
async fn next_data(
    body: &mut RequestBody,
    pace: &Pace,
    alarm: &Mutex<Alarm>,
) -> Result<Option<Bytes>, BodyFault> {
    poll_fn(|cx| {
        while let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
            match frame {
                None => return Poll::Ready(Ok(None)),
                Some(Err(error)) => return Poll::Ready(Err(BodyFault::Broken(error))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Ok(Some(data)));
                    }
                }
            }
        }
        let mut alarm = alarm.lock().expect("no holder of the alarm panics");
        alarm
            .poll_until(cx, pace.deadline())
            .map(|()| Err(pace.fault()))
    })
    .await
}

/// What has been read so far: one piece as hyper gave it, then a buffer, then a file.
#[derive(Default)]
struct Spool {
    first: Option<Bytes>,
    memory: BytesMut,
    file: Option<File>,
}

impl Spool {
    async fn push(&mut self, data: Bytes, place: SpoolPlace<'_>) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            return file.write_all(&data).await;
        }
        let held = self.memory.len() + self.first.as_ref().map_or(0, Bytes::len);
        if held + data.len() > place.limits.body_memory_bytes {
            return self.overflow(data, place.folder).await;
        }
        match self.first.take() {
            None if self.memory.is_empty() => self.first = Some(data),
            None => self.memory.extend_from_slice(&data),
            Some(first) => {
                self.memory.extend_from_slice(&first);
                self.memory.extend_from_slice(&data);
            }
        }
        Ok(())
    }

    async fn overflow(&mut self, data: Bytes, folder: &Path) -> io::Result<()> {
        let folder = folder.to_owned();
        let file = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await??;
        let mut file = File::from_std(file);
        if let Some(first) = self.first.take() {
            file.write_all(&first).await?;
        }
        file.write_all(&std::mem::take(&mut self.memory)).await?;
        file.write_all(&data).await?;
        self.file = Some(file);
        Ok(())
    }

    async fn finish(self, bytes: u64) -> io::Result<Spooled> {
        let Some(mut file) = self.file else {
            let memory = self.first.unwrap_or_else(|| self.memory.freeze());
            return Ok(Spooled::Memory(memory));
        };
        file.flush().await?;
        file.rewind().await?;
        Ok(Spooled::File { file, bytes })
    }
}
