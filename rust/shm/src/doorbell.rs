//! A descriptor that becomes readable when another process rings.

#[cfg(not(loom))]
pub use real::Doorbell;

#[cfg(loom)]
pub use model::Doorbell;

#[cfg(not(loom))]
mod real {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::sync::OnceLock;

    use rustix::buffer::spare_capacity;
    use rustix::event::{EventfdFlags, epoll, eventfd};

    use crate::deadline::{Deadline, timespec};

    /// An eventfd: any process that has it can ring, one process listens (its own epoll, edge
    /// triggered, or [`Doorbell::wait`]).
    #[derive(Debug)]
    pub struct Doorbell {
        fd: OwnedFd,
        /// Made by the first wait. Edge triggered, so that nobody has to read the eventfd.
        listener: OnceLock<OwnedFd>,
    }

    impl Doorbell {
        /// Makes a doorbell, not blocking and closed on exec.
        ///
        /// # Errors
        /// If the system has no descriptor left.
        pub fn create() -> io::Result<Doorbell> {
            let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            Ok(Doorbell::open(fd))
        }

        /// Takes over a doorbell that another process made.
        #[must_use]
        pub fn open(fd: OwnedFd) -> Doorbell {
            Doorbell {
                fd,
                listener: OnceLock::new(),
            }
        }

        /// The same bell under another descriptor.
        ///
        /// # Errors
        /// If the system has no descriptor left.
        pub fn try_clone(&self) -> io::Result<Doorbell> {
            self.fd.try_clone().map(Doorbell::open)
        }

        /// Rings. One system call.
        pub fn ring(&self) {
            // The one error that can come of a valid eventfd is that its counter is full. That
            // takes 2^64 rings without a single read; such a bell rings no more.
            let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
        }

        /// Waits until it rings or the deadline comes. Returns whether it rang since the last
        /// wait, or a signal came: look again. One thread waits at a time.
        ///
        /// # Errors
        /// If the system has no descriptor left for the first wait.
        pub fn wait(&self, deadline: Deadline) -> io::Result<bool> {
            let listener = self.listener()?;
            let timeout = timespec(deadline.remaining());
            let mut events = Vec::with_capacity(1);
            match epoll::wait(listener, spare_capacity(&mut events), Some(&timeout)) {
                Ok(count) => Ok(count > 0),
                Err(rustix::io::Errno::INTR) => Ok(true),
                Err(errno) => Err(errno.into()),
            }
        }

        fn listener(&self) -> io::Result<&OwnedFd> {
            if let Some(listener) = self.listener.get() {
                return Ok(listener);
            }
            let listener = epoll::create(epoll::CreateFlags::CLOEXEC)?;
            let ring = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&listener, &self.fd, epoll::EventData::new_u64(0), ring)?;
            Ok(self.listener.get_or_init(|| listener))
        }
    }

    impl AsFd for Doorbell {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.fd.as_fd()
        }
    }
}

#[cfg(loom)]
mod model {
    use std::io;
    use std::sync::Arc;

    use loom::sync::{Condvar, Mutex};

    use crate::deadline::Deadline;

    /// The model of a doorbell: clones ring the same bell.
    #[derive(Clone, Debug)]
    pub struct Doorbell {
        bell: Arc<(Mutex<bool>, Condvar)>,
    }

    impl Doorbell {
        /// Makes a doorbell.
        ///
        /// # Errors
        /// Never; the signature is that of the real one.
        pub fn create() -> io::Result<Doorbell> {
            Ok(Doorbell {
                bell: Arc::new((Mutex::new(false), Condvar::new())),
            })
        }

        /// The same bell.
        ///
        /// # Errors
        /// Never; the signature is that of the real one.
        pub fn try_clone(&self) -> io::Result<Doorbell> {
            Ok(self.clone())
        }

        /// Lets [`Doorbell::wait`] return.
        pub fn ring(&self) {
            *self.bell.0.lock().expect(NO_PANIC) = true;
            self.bell.1.notify_one();
        }

        /// Waits until it rings, for ever: a lost ring is a deadlock that the checker reports.
        ///
        /// # Errors
        /// Never; the signature is that of the real one.
        pub fn wait(&self, _: Deadline) -> io::Result<bool> {
            let mut rung = self.bell.0.lock().expect(NO_PANIC);
            while !*rung {
                rung = self.bell.1.wait(rung).expect(NO_PANIC);
            }
            *rung = false;
            Ok(true)
        }
    }

    const NO_PANIC: &str = "no thread of a model panics and goes on";
}

#[cfg(all(test, not(loom)))]
mod tests;
