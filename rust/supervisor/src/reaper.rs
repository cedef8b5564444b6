//! Hears of ended children.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::process::{
    Pid, Signal as Kill, WaitOptions, WaitStatus, getpid, kill_process_group, wait,
};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::debug;

/// Waits for children to end; as process 1 it also buries orphans that nobody else will.
#[derive(Debug)]
pub(crate) struct Reaper {
    ended: Signal,
    is_init: bool,
}

/// The first templates of all fleets of a process: who reaps whatever has ended comes across those
/// of others, too.
#[derive(Clone, Debug, Default)]
pub struct Household(Arc<Mutex<BTreeMap<i32, Option<WaitStatus>>>>);

impl Household {
    /// A first template that is to be reaped by its own fleet.
    pub(crate) fn add(&self, child: Pid) {
        self.members().insert(Pid::as_raw(Some(child)), None);
    }

    /// It is reaped, or nobody asks for its end any more; gives its end if somebody else came
    /// across it.
    pub(crate) fn remove(&self, child: Pid) -> Option<WaitStatus> {
        self.members().remove(&Pid::as_raw(Some(child)))?
    }

    /// Somebody has reaped a child; whether it is a first template.
    fn note_end(&self, child: Pid, status: WaitStatus) -> bool {
        let mut members = self.members();
        let member = members.get_mut(&Pid::as_raw(Some(child)));
        member.map(|end| *end = Some(status)).is_some()
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<i32, Option<WaitStatus>>> {
        self.0.lock().expect("nobody panics with it")
    }
}

impl Reaper {
    /// Starts listening; a child that ends later is not missed.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            ended: signal(SignalKind::child())?,
            is_init: getpid().is_init(),
        })
    }

    /// Waits until some child has ended.
    ///
    /// # Cancel safety
    /// Safe: a signal that arrives between two calls is reported by the next.
    pub(crate) async fn child_ended(&mut self) {
        self.ended.recv().await;
    }

    /// Reaps orphans; call it after the ends of one's own templates were looked for. Of another
    /// fleet's that is among them the group is killed at once, while its number is still its.
    pub(crate) fn reap_orphans(&self, household: &Household) {
        if !self.is_init {
            return;
        }
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if household.note_end(pid, status) {
                let _ = kill_process_group(pid, Kill::KILL);
            } else {
                debug!(pid = Pid::as_raw(Some(pid)), "orphan reaped");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{WaitOptions, waitpid};

    use super::*;

    #[test]
    fn an_end_that_somebody_else_came_across_is_handed_on() {
        let mut child = std::process::Command::new("false").spawn().unwrap();
        let pid = Pid::from_child(&child);
        let household = Household::default();
        household.add(pid);
        let (_, status) = waitpid(Some(pid), WaitOptions::empty()).unwrap().unwrap();

        assert!(household.clone().note_end(pid, status));
        assert!(!household.note_end(Pid::INIT, status));

        let end = household.remove(pid).and_then(|end| end.exit_status());
        assert_eq!(end, Some(1));
        assert!(household.remove(pid).is_none());
        assert!(child.try_wait().is_err(), "it was reaped");
    }
}
