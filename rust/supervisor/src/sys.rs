//! Takes over the file descriptors that a template was started with.
//!
//! The one file of this crate with `unsafe`: a number becomes an owned descriptor.
#![expect(
    unsafe_code,
    reason = "turning inherited descriptor numbers into owned ones"
)]

use std::fs;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::{FdFlags, fcntl_setfd};
use tokio::io::unix::AsyncFd;

/// Where a template finds its end of the control socket.
pub(crate) const CONTROL_FD: RawFd = 3;
/// Where a template finds the memory of the store; closed when there is none.
pub(crate) const STORE_FD: RawFd = 4;
/// Where a template finds the memory of the first exchange, the eventfd that wakes the gateway
/// behind it, then those of the second, and so on.
pub(crate) const EXCHANGES_FD: RawFd = 5;

/// Standard error, the last of the descriptors that every program has.
const STANDARD_FD_MAX: RawFd = 2;

/// What `askr serve` hands to `askr template`.
#[derive(Debug)]
pub struct TemplateFds {
    /// The template's end of the control socket.
    pub control: OwnedFd,
    /// The memory of the store, if there is one.
    pub store: Option<OwnedFd>,
    /// One for each pool, in their order; there is at least one.
    pub exchanges: Vec<ExchangeFds>,
}

/// What a worker needs to join an exchange.
#[derive(Debug)]
pub struct ExchangeFds {
    /// The memory.
    pub region: OwnedFd,
    /// The eventfd that wakes the gateway.
    pub doorbell: OwnedFd,
}

/// This process was not started as a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateFdsError {
    /// The descriptor is not open, or is something else.
    #[error("file descriptor {fd} is not the {expected} that askr serve hands over")]
    Missing {
        /// Its number.
        fd: RawFd,
        /// What it should be.
        expected: &'static str,
    },
    /// They were taken before.
    #[error("the file descriptors were taken before")]
    Taken,
    /// A descriptor cannot be kept from later children.
    #[error("file descriptor flags cannot be set")]
    Flags(#[source] io::Error),
}

impl TemplateFds {
    /// Takes the descriptors of this process and keeps them from programs it executes later.
    ///
    /// # Errors
    /// When they are not there or were taken before.
    pub fn take() -> Result<Self, TemplateFdsError> {
        static TAKEN: AtomicBool = AtomicBool::new(false);
        check(CONTROL_FD, "socket:", "control socket")?;
        check(EXCHANGES_FD, REGION_KIND, "memory region")?;
        let count = (0..).find(|&index| check(EXCHANGES_FD + 2 * index, REGION_KIND, "").is_err());
        let firsts = (0..count.unwrap_or(1)).map(|index| EXCHANGES_FD + 2 * index);
        for region in firsts.clone() {
            check(region + 1, "anon_inode:[eventfd", "doorbell")?;
        }
        let has_store = check(STORE_FD, REGION_KIND, "store").is_ok();
        if TAKEN.swap(true, Ordering::SeqCst) {
            return Err(TemplateFdsError::Taken);
        }
        Ok(Self {
            control: own(CONTROL_FD)?,
            store: has_store.then(|| own(STORE_FD)).transpose()?,
            exchanges: firsts.map(ExchangeFds::take).collect::<Result<_, _>>()?,
        })
    }
}

impl ExchangeFds {
    fn take(region: RawFd) -> Result<Self, TemplateFdsError> {
        Ok(Self {
            region: own(region)?,
            doorbell: own(region + 1)?,
        })
    }
}

/// What a region's descriptor says that it is.
const REGION_KIND: &str = "/memfd:";

/// Keeps descriptors that this process was started with, beyond the standard three, from programs
/// it executes: what a shell or a service manager left open is none of PHP's business.
///
/// To be called at the start, while there is one thread.
pub fn hide_inherited_descriptors() {
    let entries = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten();
    let numbers: Vec<RawFd> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for number in numbers
        .into_iter()
        .filter(|number| *number > STANDARD_FD_MAX)
    {
        if fs::read_link(format!("/proc/self/fd/{number}")).is_err() {
            continue; // It was the listing itself.
        }
        // SAFETY: the number is that of an open descriptor, as was looked up just now; this is
        // the only thread, so nobody closes it before the borrow ends.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
    }
}

fn check(fd: RawFd, kind: &str, expected: &'static str) -> Result<(), TemplateFdsError> {
    let found = fs::read_link(PathBuf::from(format!("/proc/self/fd/{fd}"))).unwrap_or_default();
    if found.to_string_lossy().starts_with(kind) {
        return Ok(());
    }
    Err(TemplateFdsError::Missing { fd, expected })
}

/// Watches a descriptor for readiness in the runtime at hand.
pub(crate) fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: `register` wants `as_raw_fd` to name the same open file until the `AsyncFd` is
    // dropped. An `OwnedFd` keeps its one descriptor open as long as it lives, and `AsyncFd` owns it.
    let watched = unsafe { AsyncFd::register(fd) };
    watched.map_err(Into::into)
}

/// Called only by [`TemplateFds::take`], once for each number.
fn own(fd: RawFd) -> Result<OwnedFd, TemplateFdsError> {
    // SAFETY: `check` found the descriptor open, and of the kind that only `askr serve` puts at
    // this number; `TAKEN` lets no second owner be made of it.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let kept = fcntl_setfd(&fd, FdFlags::CLOEXEC);
    kept.map_err(|error| TemplateFdsError::Flags(error.into()))?;
    Ok(fd)
}
