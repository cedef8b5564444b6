//! Where processes are forked on command and reaped: the part of a template that is the same
//! whether it has started the engine only, or booted the application too.

use std::io;
use std::rc::Rc;

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, TemplateId, ToMain, ToTemplate};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use crate::children::{Children, Gone, number};
use crate::control::{Control, ReceiveError};
use crate::fork::{Side, fork_child};
use crate::household::Household;
use crate::limits::STRANGERS_PATIENCE;
use crate::trace::trace;

/// A process that forks others until it is told to stop.
pub(crate) struct Nursery {
    control: Rc<Control>,
    household: Rc<Household>,
    /// What its forks find.
    stage: Stage,
    children: Children,
}

/// How far a template has booted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The engine runs.
    Engine,
    /// The application is booted.
    Application,
}

/// What a process was forked to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Birth {
    /// A worker.
    Worker(Position),
    /// A template that boots the application.
    Template(TemplateId),
}

/// A worker's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) worker: WorkerId,
    pub(crate) pool: u16,
    /// Requests after which it asks for a successor; 0 = never.
    pub(crate) max_requests: u64,
}

/// What happens after an event.
enum Next {
    Continue,
    Leave,
    /// This process is the new one.
    Begin(Birth),
}

impl Nursery {
    pub(crate) fn new(control: Rc<Control>, household: Rc<Household>, stage: Stage) -> Self {
        Self {
            control,
            household,
            stage,
            children: Children::default(),
        }
    }

    /// Forks on command and reaps. Returns what to become in a process that was forked, and `None`
    /// in this one when it is to leave.
    pub(crate) fn run(&mut self) -> Option<Birth> {
        loop {
            let next = match self.wait() {
                Ok(true) => self.obey(),
                Ok(false) => Next::Continue,
                Err(error) => {
                    tracing::error!(%error, "the template cannot wait for events");
                    Next::Leave
                }
            };
            match next {
                Next::Continue => self.reap(),
                Next::Leave => return None,
                Next::Begin(birth) => {
                    self.children = Children::default();
                    return Some(birth);
                }
            }
        }
    }

    /// Takes everybody along: without a template nobody would reap them.
    pub(crate) fn close(&mut self) {
        self.children.kill();
    }

    /// The way to main, for a process that was forked.
    pub(crate) fn into_control(self) -> Rc<Control> {
        self.control
    }

    /// Sleeps until something happens; true when main has sent a command.
    fn wait(&self) -> io::Result<bool> {
        let mut events = vec![PollFd::new(&*self.control, PollFlags::IN)];
        events.extend(
            self.children
                .ends()
                .map(|end| PollFd::new(end, PollFlags::IN)),
        );
        let patience = Timespec::try_from(STRANGERS_PATIENCE).ok();
        match poll(&mut events, patience.as_ref()) {
            Ok(_) => Ok(!events[0].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    fn obey(&mut self) -> Next {
        match self.control.receive() {
            Ok(ToTemplate::Fork {
                worker,
                pool,
                max_requests,
            }) => self.fork_worker(Position {
                worker,
                pool,
                max_requests,
            }),
            Ok(ToTemplate::ForkTemplate { template }) if self.stage == Stage::Engine => {
                self.fork(Child::Template(template), Birth::Template(template))
            }
            Ok(ToTemplate::Adopt { child, pid }) => self.adopt(child, pid),
            Ok(ToTemplate::Kill { child }) => {
                self.children.signal(child, Signal::KILL);
                Next::Continue
            }
            Ok(ToTemplate::Interrupt { worker }) => {
                self.children.signal(Child::Worker(worker), Signal::URG);
                Next::Continue
            }
            Ok(ToTemplate::Trace { worker }) => {
                let process = self.children.process(Child::Worker(worker));
                let traced = trace(&self.household.stack, worker, process);
                self.control.tell(&traced);
                Next::Continue
            }
            Ok(ToTemplate::Stop) | Err(ReceiveError::Closed) => Next::Leave,
            Ok(other) => {
                tracing::warn!(?other, "main asked for what this template cannot do");
                Next::Continue
            }
            Err(error) => {
                tracing::error!(%error, "the template leaves");
                Next::Leave
            }
        }
    }

    /// A pool whose workers come booted gets none that boots, and the other way round.
    fn fork_worker(&mut self, position: Position) -> Next {
        let child = Child::Worker(position.worker);
        let needs = match self.household.isolation(position.pool) {
            Some(isolation) if isolation.needs_booted_template() => Stage::Application,
            Some(_) => Stage::Engine,
            None => return self.refuse(child, "there is no such pool".to_owned()),
        };
        if needs != self.stage {
            return self.refuse(child, "another template forks for this pool".to_owned());
        }
        self.fork(child, Birth::Worker(position))
    }

    fn fork(&mut self, child: Child, birth: Birth) -> Next {
        let pid = match fork_child() {
            Ok(Side::Child) => return Next::Begin(birth),
            Ok(Side::Parent(pid)) => pid,
            Err(error) => return self.refuse(child, error.to_string()),
        };
        if let Err(error) = self.children.add(child, pid) {
            return self.refuse(child, error.to_string());
        }
        let pid = number(pid);
        self.control.tell(&ToMain::Forked { child, pid });
        Next::Continue
    }

    fn refuse(&self, child: Child, message: String) -> Next {
        self.control.tell(&ToMain::ForkFailed { child, message });
        Next::Continue
    }

    fn adopt(&mut self, child: Child, pid: u32) -> Next {
        if let Some(gone) = self.children.adopt(child, pid) {
            self.report(&gone);
        }
        Next::Continue
    }

    /// Reaps everybody who has ended.
    fn reap(&mut self) {
        while let Some(gone) = self.children.reap() {
            self.report(&gone);
        }
    }

    fn report(&self, gone: &Gone) {
        let &Gone { child, pid, end } = gone;
        if let (Some(uploads), Child::Worker(worker)) = (&self.household.uploads, child) {
            uploads.clear(worker);
        }
        self.control.tell(&ToMain::Exited { child, pid, end });
    }
}
