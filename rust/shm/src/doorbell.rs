//! A descriptor that becomes readable when another process rings.

#[cfg(not(loom))]
pub use real::Doorbell;

#[cfg(loom)]
pub use model::Doorbell;

#[cfg(not(loom))]
mod real {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

    use crate::deadline::{Deadline, timespec};

    /// An eventfd: any process that has it can ring, one process listens (epoll or
    /// [`Doorbell::wait`]).
    #[derive(Debug)]
    pub struct Doorbell {
        fd: OwnedFd,
    }

    impl Doorbell {
        /// Makes a doorbell, not blocking and closed on exec.
        ///
        /// # Errors
        /// If the system has no descriptor left.
        pub fn create() -> io::Result<Doorbell> {
            let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
            Ok(Doorbell { fd })
        }

        /// Takes over a doorbell that another process made.
        #[must_use]
        pub fn open(fd: OwnedFd) -> Doorbell {
            Doorbell { fd }
        }

        /// Makes the descriptor readable. One system call.
        pub fn ring(&self) {
            // The one error that can come of a valid eventfd is that its counter is full, and
            // then it is readable already.
            let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
        }

        /// Makes the descriptor unreadable until the next ring. Returns whether it had rung.
        pub fn quiet(&self) -> bool {
            rustix::io::read(&self.fd, &mut [0_u8; 8]).is_ok()
        }

        /// Waits until it rings or the deadline comes. Returns whether it rang.
        #[must_use]
        pub fn wait(&self, deadline: Deadline) -> bool {
            let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
            let timeout = timespec(deadline.remaining());
            poll(&mut fds, Some(&timeout)).is_ok_and(|ready| ready > 0)
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

        /// Lets [`Doorbell::wait`] return.
        pub fn ring(&self) {
            *self
                .bell
                .0
                .lock()
                .expect("no thread of a model panics and goes on") = true;
            self.bell.1.notify_one();
        }

        /// Returns whether it had rung, and forgets it.
        pub fn quiet(&self) -> bool {
            let mut rung = self
                .bell
                .0
                .lock()
                .expect("no thread of a model panics and goes on");
            std::mem::take(&mut *rung)
        }

        /// Waits until it rings, for ever: a lost ring is a deadlock that the checker reports.
        #[must_use]
        pub fn wait(&self, _: Deadline) -> bool {
            let mut rung = self
                .bell
                .0
                .lock()
                .expect("no thread of a model panics and goes on");
            while !*rung {
                rung = self
                    .bell
                    .1
                    .wait(rung)
                    .expect("no thread of a model panics and goes on");
            }
            true
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
