//! What a closing connection still takes from its client.
//!
//! Closing a socket with unread input makes the kernel send a reset, which can overtake the last
//! answer: so our side is closed first, and what comes meanwhile is read for a moment.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::connection::stream::Stream;
use crate::limits::{LINGER, LINGER_BYTES_MAX};

/// The end of one connection, whose own side is closed.
#[derive(Debug)]
pub(crate) struct Linger {
    until: Instant,
    bytes_left: usize,
}

impl Linger {
    pub(crate) fn new() -> Linger {
        Linger {
            until: Instant::now() + LINGER,
            bytes_left: LINGER_BYTES_MAX,
        }
    }

    /// When waiting is over.
    pub(crate) fn until(&self) -> Instant {
        self.until
    }

    /// Ready when the client has ended as well, or was waited for long enough.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        alarm: &mut Alarm,
    ) -> Poll<()> {
        let mut chunk = [0; READ_BYTES];
        while self.bytes_left > 0 {
            let mut buf = ReadBuf::new(&mut chunk);
            let Poll::Ready(read) = Pin::new(&mut *stream).poll_read(cx, &mut buf) else {
                return alarm.poll_until(cx, self.until);
            };
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            self.bytes_left = self.bytes_left.saturating_sub(buf.filled().len());
        }
        Poll::Ready(())
    }
}

const READ_BYTES: usize = 8 * 1024;
