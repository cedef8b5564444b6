//! Other processes that use the store and can be killed: this test program, started again.
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]
#![allow(dead_code, reason = "not every test program needs all of it")]

use std::fs::OpenOptions;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use askr_shm::sync::Ordering;
use askr_shm::{Deadline, Offset, Region, futex};
use askr_store::Store;

/// Longest wait for another process to do what it does at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Words that all processes of one test share beside the store.
pub(crate) struct Board(Region);

impl Board {
    pub(crate) fn new() -> Board {
        Board(Region::create("board", 4096).unwrap())
    }

    pub(crate) fn load(&self, word: usize) -> u64 {
        self.0.word64(Offset::new(word * 64)).load(Ordering::SeqCst)
    }

    pub(crate) fn store(&self, word: usize, value: u64) {
        let word = Offset::new(word * 64);
        self.0.word64(word).store(value, Ordering::SeqCst);
    }

    pub(crate) fn add(&self, word: usize, value: u64) -> u64 {
        let word = Offset::new(word * 64);
        self.0.word64(word).fetch_add(value, Ordering::SeqCst)
    }

    /// Raises a word, if it is lower.
    pub(crate) fn raise(&self, word: usize, value: u64) {
        let word = Offset::new(word * 64);
        self.0.word64(word).fetch_max(value, Ordering::SeqCst);
    }

    pub(crate) fn swap(&self, word: usize, expected: u64, value: u64) -> Result<u64, u64> {
        let word = self.0.word64(Offset::new(word * 64));
        word.compare_exchange(expected, value, Ordering::SeqCst, Ordering::SeqCst)
    }

    /// Waits until a word is at least this.
    pub(crate) fn until(&self, word: usize, least: u64) {
        let deadline = Deadline::after(PATIENCE);
        while self.load(word) < least {
            assert!(!deadline.is_over(), "word {word} did not become {least}");
            // Nobody wakes it: the end of this wait is the next look.
            let soon = Deadline::after(Duration::from_millis(1));
            futex::wait(&self.0, NEVER, 0, soon);
        }
    }
}

/// Another process, from the point of view of the test. Killed on drop.
pub(crate) struct Other {
    child: Child,
}

impl Other {
    /// Starts this program so that it runs only the test `entry`, which finds `role`.
    pub(crate) fn start(entry: &str, role: &str, store: &Store, board: &Board) -> Other {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", entry, "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role);
        command.env(STORE, path_of(store.fd()));
        command.env(BOARD, path_of(board.0.fd()));
        command.stdout(Stdio::null());
        Other {
            child: command.spawn().unwrap(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and waits for the end.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// SIGKILL; it stays a zombie until it is dropped.
    pub(crate) fn kill_unburied(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits until it has done its work.
    pub(crate) fn finish(mut self) {
        let deadline = Deadline::after(PATIENCE * 4);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                return;
            }
            assert!(!deadline.is_over(), "another process did not end");
            thread::yield_now();
        }
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.end();
    }
}

/// What another process knows about itself; none in the test's own process.
pub(crate) struct Me {
    pub(crate) role: String,
    pub(crate) store: Store,
    pub(crate) board: Board,
}

impl Me {
    pub(crate) fn find() -> Option<Me> {
        let role = env::var(ROLE).ok()?;
        let store = Store::open(open(&env::var(STORE).unwrap())).unwrap();
        let board = Region::open(open(&env::var(BOARD).unwrap()), 4096).unwrap();
        Some(Me {
            role,
            store,
            board: Board(board),
        })
    }

    /// Waits for the end.
    pub(crate) fn hang(&self) -> ! {
        loop {
            futex::wait(&self.board.0, NEVER, 0, Deadline::after(PATIENCE));
        }
    }
}

fn path_of(fd: BorrowedFd<'_>) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd())
}

fn open(path: &str) -> OwnedFd {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.unwrap().into()
}

const ROLE: &str = "ASKR_STORE_ROLE";
const STORE: &str = "ASKR_STORE_REGION";
const BOARD: &str = "ASKR_STORE_BOARD";
/// A word that nobody writes.
const NEVER: Offset<u32> = Offset::new(4092);
