//! One timer for many deadlines in a row.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

/// A timer that is moved only when it rings too late for the deadline asked for.
///
/// A busy connection has a new deadline for every request, nearly always later than the last
/// one. Re-arming a timer each time costs more than parsing the request; letting it ring once
/// in a while and looking then costs nothing.
///
/// **Invariant:** polled by one task only, whose waker stays the same.
#[derive(Debug)]
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
}

impl Alarm {
    /// An alarm that first rings at `first`.
    pub(crate) fn new(first: Instant) -> Alarm {
        Alarm {
            sleep: Box::pin(tokio::time::sleep_until(first)),
        }
    }

    /// Ready once `deadline` has passed; otherwise the task is woken then, or earlier.
    pub(crate) fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
        loop {
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
    }
}
