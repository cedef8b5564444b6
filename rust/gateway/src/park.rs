//! The runtime of the I/O thread, and how it sleeps.
//!
//! While requests flow neither side of the exchange makes a system call: the thread looks for
//! news from the workers whenever it has nothing else to do, just before it would sleep. Only
//! when there is none it announces that it sleeps, and workers ring the doorbell.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};

use askr_exchange::GatewayEnd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};

/// A current-thread runtime that looks for news from the workers of all `exchanges`, which have
/// one doorbell, before it parks.
///
/// # Errors
/// When the operating system refuses an event queue.
pub fn runtime(exchanges: &[GatewayEnd]) -> io::Result<Runtime> {
    let parking: Arc<[GatewayEnd]> = exchanges.into();
    let unparking = Arc::clone(&parking);
    let nudge = Nudge::default();
    let nudged = nudge.clone();
    let runtime = Builder::new_current_thread()
        .enable_all()
        .on_thread_park(move || {
            if poll(&parking) || !prepare_park(&parking) {
                nudge.nudge();
            }
        })
        .on_thread_unpark(move || unparking.iter().for_each(GatewayEnd::unpark))
        .build()?;
    runtime.spawn(nudged.listen());
    Ok(runtime)
}

/// Looks for news in every exchange; whether there was any.
fn poll(exchanges: &[GatewayEnd]) -> bool {
    let news = exchanges.iter().map(GatewayEnd::poll);
    news.fold(false, |any, one| any | one)
}

/// Announces in every exchange that this thread parks, or in none if one has news.
fn prepare_park(exchanges: &[GatewayEnd]) -> bool {
    let Some(busy) = exchanges.iter().position(|one| !one.prepare_park()) else {
        return true;
    };
    exchanges[..busy].iter().for_each(GatewayEnd::unpark);
    false
}

/// Keeps tokio from parking when there was news.
///
/// News usually wakes a task, and with a task to run tokio only glances at its event queue. But
/// it may concern a request nobody waits for any more; parking then would leave the exchange
/// believing that this thread is awake, and workers would not ring.
#[derive(Debug, Clone, Default)]
struct Nudge(Arc<OnceLock<Waker>>);

impl Nudge {
    fn nudge(&self) {
        if let Some(waker) = self.0.get() {
            waker.wake_by_ref();
        }
    }

    /// A task that has nothing to do but can be woken.
    async fn listen(self) {
        poll_fn(|cx| {
            self.0.get_or_init(|| cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// Makes the doorbell of the exchanges end a park of this runtime.
///
/// Nobody reads the doorbell: it is registered edge-triggered, so every ring is an event of its
/// own, and the park hook does the looking.
#[derive(Debug)]
pub(crate) struct Doorbell {
    _registered: AsyncFd<OwnedFd>,
}

impl Doorbell {
    #[expect(
        deprecated,
        reason = "the replacement is unsafe for descriptors that may change hands; this one is owned"
    )]
    pub(crate) fn register(exchange: &GatewayEnd) -> io::Result<Doorbell> {
        let (_, doorbell) = exchange.fds();
        let descriptor = doorbell.try_clone_to_owned()?;
        Ok(Doorbell {
            _registered: AsyncFd::with_interest(descriptor, Interest::READABLE)?,
        })
    }
}
