//! Whose rights count when a file is opened.
//!
//! Main may be root so that PHP cannot reach into it. PHP may make links, and name files to be
//! sent: opened by root they would show PHP, or anybody, what PHP may not read.

use std::io;

use rustix::process::{Gid, Uid, getegid, geteuid, getgroups};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// A user and its groups, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// The user.
    pub uid: u32,
    /// Its own group.
    pub gid: u32,
    /// All of its groups.
    pub groups: Vec<u32>,
}

impl Rights {
    /// Does something that never waits with these rights and no others, on this thread, which
    /// then has its own again.
    ///
    /// # Errors
    /// What `act` returns, or that this process may not give its rights up.
    ///
    /// # Panics
    /// If root cannot be root again.
    pub(crate) fn lend<T>(&self, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let (uid, gid, groups) = (geteuid(), getegid(), getgroups()?);
        let lent: Vec<Gid> = self
            .groups
            .iter()
            .map(|&group| Gid::from_raw(group))
            .collect();
        set_thread_groups(&lent)?;
        let outcome = set_thread_res_gid(None, Gid::from_raw(self.gid), None)
            .and_then(|()| set_thread_res_uid(None, Uid::from_raw(self.uid), None))
            .map_err(io::Error::from)
            .and_then(|()| act());
        let restored = set_thread_res_uid(None, uid, None)
            .and_then(|()| set_thread_res_gid(None, gid, None))
            .and_then(|()| set_thread_groups(&groups));
        restored.expect("the user that was saved may come back");
        outcome
    }
}
