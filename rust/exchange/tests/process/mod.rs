//! A peer in a process of its own that can be killed: this test program, started again.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::fs::{self, File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::{env, io};

use askr_shm::sync::Ordering;
use askr_shm::{Deadline, Doorbell, Offset, Region, futex};

use crate::pair::{PATIENCE, until, worker_id};
use askr_exchange::{GatewayEnd, WorkerEnd, WorkerId};

/// The peer, from the point of view of the test. Killed on drop.
pub(crate) struct Doomed {
    child: Child,
    signals: Region,
}

impl Doomed {
    /// Starts this program so that it runs only the test `entry`, which finds `role` and,
    /// for a worker, the exchange and its name.
    pub(crate) fn start(entry: &str, role: &str, place: Option<(&GatewayEnd, WorkerId)>) -> Doomed {
        let signals = Region::create("signals", 4096).unwrap();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", entry, "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(SIGNALS, path_of(signals.fd()));
        command.stdout(Stdio::null());
        if let Some((gateway, worker)) = place {
            let (region, doorbell) = gateway.fds();
            command.env(INCARNATION, worker.incarnation.to_string());
            command
                .env(REGION, path_of(region))
                .stdin(doorbell.try_clone_to_owned().unwrap());
        }
        Doomed {
            child: command.spawn().unwrap(),
            signals,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the peer has reached that step.
    pub(crate) fn await_step(&self, step: u32) {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let seen = self.signals.word32(STEP).load(Ordering::Acquire);
            if seen >= step {
                return;
            }
            assert!(!deadline.is_over(), "the peer did not get to step {step}");
            futex::wait(&self.signals, STEP, seen, deadline);
        }
    }

    /// A number that the peer left.
    pub(crate) fn note(&self) -> u32 {
        self.signals.word32(NOTE).load(Ordering::Acquire)
    }

    /// Waits until the peer sleeps in a system call.
    pub(crate) fn await_sleep(&self) {
        until("falling asleep", || all_threads_are(self.pid(), 'S'));
    }

    /// SIGSTOP, and waits until it does nothing any more.
    pub(crate) fn stop(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
        until("stopping", || all_threads_are(self.pid(), 'T'));
    }

    /// SIGKILL, and waits for the end.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a peer knows about itself; none in the test's own process.
pub(crate) struct Me {
    pub(crate) role: String,
    signals: Region,
}

impl Me {
    pub(crate) fn find() -> Option<Me> {
        let role = env::var(ROLE).ok()?;
        let signals = Region::open(open(&env::var(SIGNALS).unwrap()), 4096).unwrap();
        Some(Me { role, signals })
    }

    pub(crate) fn reached(&self, step: u32) {
        self.signals.word32(STEP).store(step, Ordering::Release);
        futex::wake(&self.signals, STEP);
    }

    pub(crate) fn leave_note(&self, note: u32) {
        self.signals.word32(NOTE).store(note, Ordering::Release);
    }

    /// Takes seat 0.
    pub(crate) fn join(&self) -> WorkerEnd {
        let incarnation = env::var(INCARNATION).unwrap().parse().unwrap();
        let doorbell = io::stdin().as_fd().try_clone_to_owned().unwrap();
        WorkerEnd::open(
            open(&env::var(REGION).unwrap()),
            doorbell,
            WorkerId {
                seat: 0,
                incarnation,
            },
        )
        .unwrap()
    }

    /// Waits for the end.
    pub(crate) fn hang(&self) -> ! {
        loop {
            futex::wait(&self.signals, NEVER, 0, Deadline::after(PATIENCE));
        }
    }
}

/// Joins the exchange of another process, whose region is its descriptor `number`. An eventfd
/// cannot be had that way; nobody will hear this doorbell.
pub(crate) fn join_exchange_of(pid: u32, number: u32) -> WorkerEnd {
    let region = open(&format!("/proc/{pid}/fd/{number}"));
    let deaf = Doorbell::create().unwrap();
    let deaf = deaf.as_fd().try_clone_to_owned().unwrap();
    WorkerEnd::open(region, deaf, worker_id(0)).unwrap()
}

fn path_of(fd: BorrowedFd<'_>) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd())
}

fn open(path: &str) -> OwnedFd {
    let file: File = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    file.into()
}

fn all_threads_are(pid: u32, state: char) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads
        .map(|thread| fs::read_to_string(thread.unwrap().path().join("stat")))
        .all(|stat| {
            // The state follows the name, which stands in parentheses and may contain anything.
            stat.is_ok_and(|stat| {
                stat.rsplit(')')
                    .next()
                    .unwrap()
                    .trim_start()
                    .starts_with(state)
            })
        })
}

const ROLE: &str = "ASKR_CRASH_ROLE";
const INCARNATION: &str = "ASKR_CRASH_INCARNATION";
const REGION: &str = "ASKR_CRASH_REGION";
const SIGNALS: &str = "ASKR_CRASH_SIGNALS";
const STEP: Offset<u32> = Offset::new(0);
const NOTE: Offset<u32> = Offset::new(64);
const NEVER: Offset<u32> = Offset::new(128);
