//! This program again, in another role, with the store as its standard input.

use std::env;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use askr_store::{Sizes, Store};

const ROLE: &str = "ASKR_MEASURE_ROLE";
const NUMBER: &str = "ASKR_MEASURE_NUMBER";
const FOLDER: &str = "ASKR_MEASURE_FOLDER";

/// Most bytes of a value of a large store.
const VALUE_BYTES_MAX: usize = 1 << 20;

/// What a process was started for.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// Tells processes of one role apart.
    pub(crate) number: u64,
    /// Where it may leave files.
    pub(crate) folder: PathBuf,
}

impl Role {
    /// None for the process that measures.
    pub(crate) fn of_this_process() -> Option<Role> {
        Some(Role {
            name: env::var(ROLE).ok()?,
            number: env::var(NUMBER).ok()?.parse().ok()?,
            folder: PathBuf::from(env::var_os(FOLDER)?),
        })
    }

    /// The same role for one more process.
    pub(crate) fn numbered(&self, number: u64) -> Role {
        Role {
            name: self.name.clone(),
            number,
            folder: self.folder.clone(),
        }
    }

    /// Starts a process for it; its standard output is piped.
    pub(crate) fn start(&self, store: &Store) -> Child {
        let store = store.fd().try_clone_to_owned().expect("a free descriptor");
        Command::new(env::current_exe().expect("/proc is mounted"))
            .env(ROLE, &self.name)
            .env(NUMBER, self.number.to_string())
            .env(FOLDER, &self.folder)
            .stdin(Stdio::from(store))
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again")
    }
}

/// The store of the process that measures.
pub(crate) fn inherited() -> Store {
    let fd = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("the store's descriptor");
    Store::open(fd).expect("a store of this version")
}

/// A store as a server has it by default, with so many bytes for everything.
pub(crate) fn store(bytes: usize) -> Store {
    let (sessions, counters, small) = (bytes / 8, bytes / 16, bytes / 32);
    let sizes = Sizes {
        namespaces: [
            bytes - sessions - counters - 2 * small,
            counters,
            sessions,
            small,
            small,
        ],
        value_max: small.min(VALUE_BYTES_MAX),
    };
    Store::create(&sizes).expect("memory")
}

/// What a process printed until it ended well.
pub(crate) fn output(child: Child) -> String {
    let output = child.wait_with_output().expect("it is our child");
    assert!(output.status.success(), "a process has failed");
    String::from_utf8(output.stdout).expect("it prints numbers")
}
