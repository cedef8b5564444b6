//! One generation: its first template, started by exec, and those that have booted the application.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use askr_exchange::WorkerId;
use askr_exchange::control::{Child, TemplateId};

use crate::backoff::Backoff;

/// A template from which a worker became ready this long after the template did not fail at once:
/// it is replaced without a wait.
const STEADY: Duration = Duration::from_millis(250);

/// How many reasons not to be put back are told apart: the workers know fewer.
const OBSTACLES_MAX: usize = 32;

/// The templates of one version of the code.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) number: u32,
    pub(super) first: First,
    /// In the order in which they came up; the last that is up is forked from.
    pub(super) booted: Vec<Booted>,
    /// A worker of it has been ready.
    pub(super) was_ready: bool,
    backoff: Backoff,
    booted_backoff: Backoff,
    booted_not_before: Option<Instant>,
    /// Why workers could not be put back after a request, and how many.
    obstacles: Vec<(String, u64)>,
}

/// How far the first template has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// None runs; one may be started at this time.
    Away { not_before: Instant },
    /// The engine starts, until the deadline. The process may not be known yet.
    Starting { pid: Option<u32>, deadline: Instant },
    /// It forks on command.
    Up { pid: u32, since: Instant },
    /// It was told to stop and must be gone by the deadline.
    Stopping { deadline: Instant },
    /// It was killed and must be gone by the deadline.
    Killed { deadline: Instant },
}

/// A template that has booted the application, or a worker that was made one.
#[derive(Debug)]
pub(super) struct Booted {
    pub(super) child: Child,
    /// Whose child it is, and who reaps it.
    pub(super) parent: Parent,
    pub(super) pid: Option<u32>,
    pub(super) phase: BootedPhase,
    /// The last thing it said or that was found out about it.
    pub(super) message: Option<String>,
    /// The pool and the seat that it had as a worker, until it is a template.
    pub(super) seat: Option<(usize, WorkerId)>,
}

/// How far such a template has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BootedPhase {
    /// Ordered, forked or booting; must be ready by the deadline.
    Booting { deadline: Instant },
    /// It forks on command.
    Up { since: Instant },
    /// It was told to stop or was killed, and must be gone by the deadline.
    Ending { deadline: Instant },
}

/// Who forks: the first template of a generation, or one that has booted the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Parent {
    pub(crate) generation: u32,
    /// `None` is the first.
    pub(crate) child: Option<Child>,
}

impl Parent {
    /// The first template of a generation.
    pub(crate) fn first(generation: u32) -> Self {
        Self {
            generation,
            child: None,
        }
    }
}

impl Generation {
    /// One that may be started at once.
    pub(super) fn new(number: u32, now: Instant) -> Self {
        Self {
            number,
            first: First::Away { not_before: now },
            booted: Vec::new(),
            was_ready: false,
            backoff: Backoff::default(),
            booted_backoff: Backoff::default(),
            booted_not_before: None,
            obstacles: Vec::new(),
        }
    }

    /// How often a worker has given that reason, with this time. Who makes up many is not believed.
    pub(super) fn count_obstacle(&mut self, reason: &str) -> u64 {
        let known = self.obstacles.iter_mut().find(|(known, _)| known == reason);
        if let Some((_, times)) = known {
            *times += 1;
            return *times;
        }
        if self.obstacles.len() == OBSTACLES_MAX {
            return 0;
        }
        self.obstacles.push((reason.to_owned(), 1));
        1
    }

    /// The process of the first template, while there is one that was not told to end.
    pub(super) fn first_pid(&self) -> Option<u32> {
        match self.first {
            First::Up { pid, .. } => Some(pid),
            First::Starting { pid, .. } => pid,
            First::Away { .. } | First::Stopping { .. } | First::Killed { .. } => None,
        }
    }

    pub(super) fn is_away(&self) -> bool {
        matches!(self.first, First::Away { .. })
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.first, First::Up { .. })
    }

    /// Whether nothing it says is of interest any more.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.first, First::Stopping { .. } | First::Killed { .. })
    }

    /// Who forks the next worker, if anybody can.
    pub(super) fn parent(&self, is_booted: bool) -> Option<Parent> {
        if !self.is_up() {
            return None;
        }
        let child = match is_booted {
            false => None,
            true => Some(self.booted.iter().rfind(|booted| booted.is_up())?.child),
        };
        Some(Parent {
            generation: self.number,
            child,
        })
    }

    pub(super) fn booted(&self, child: Child) -> Option<&Booted> {
        self.booted.iter().find(|booted| booted.child == child)
    }

    pub(super) fn booted_mut(&mut self, child: Child) -> Option<&mut Booted> {
        self.booted.iter_mut().find(|booted| booted.child == child)
    }

    /// The process of whoever forks, while it can be asked.
    pub(super) fn pid_of(&self, parent: Parent) -> Option<u32> {
        match parent.child {
            None => self.first_pid(),
            Some(child) => self.booted(child)?.pid,
        }
    }

    /// Whether that template of it can be told something.
    pub(super) fn listens(&self, parent: Parent) -> bool {
        let booted = parent.child.map(|child| self.booted(child));
        self.is_up() && booted.is_none_or(|booted| booted.is_some_and(|it| !it.is_booting()))
    }

    /// When the application may be booted in a template; `None` when that is not lacking.
    pub(super) fn boot_due(&self) -> Option<Instant> {
        let First::Up { since, .. } = self.first else {
            return None;
        };
        let is_served = self.booted.iter().any(Booted::is_of_use);
        (!is_served).then(|| self.booted_not_before.unwrap_or(since))
    }

    /// The application is booted in a template of that name.
    pub(super) fn boot(&mut self, template: TemplateId, deadline: Instant) {
        self.booted.push(Booted {
            child: Child::Template(template),
            parent: Parent::first(self.number),
            pid: None,
            phase: BootedPhase::Booting { deadline },
            message: None,
            seat: None,
        });
    }

    /// A template that had booted the application, or was to, is gone.
    pub(super) fn remove_booted(&mut self, child: Child, now: Instant) -> Option<Booted> {
        let index = self.booted.iter().position(|other| other.child == child)?;
        let booted = self.booted.remove(index);
        self.booted_not_before = match booted.phase {
            BootedPhase::Up { since } if self.was_ready && now.duration_since(since) >= STEADY => {
                self.booted_backoff.reset();
                None
            }
            BootedPhase::Up { .. } | BootedPhase::Booting { .. } => {
                Some(self.booted_backoff.after_failure(now))
            }
            BootedPhase::Ending { .. } => self.booted_not_before,
        };
        Some(booted)
    }

    /// The first template is gone with all the others; its back-off decides when to go on.
    pub(super) fn lose_first(&mut self, now: Instant) {
        let not_before = match self.first {
            First::Up { since, .. } if self.was_ready && now.duration_since(since) >= STEADY => {
                self.backoff.reset();
                now
            }
            _ => self.backoff.after_failure(now),
        };
        self.first = First::Away { not_before };
        self.booted.clear();
        self.booted_not_before = None;
    }

    /// When something must have happened to one of its templates.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let first = match self.first {
            First::Starting { deadline, .. }
            | First::Stopping { deadline }
            | First::Killed { deadline } => Some(deadline),
            First::Away { .. } | First::Up { .. } => None,
        };
        let booted = self.booted.iter().filter_map(Booted::deadline);
        let booted = booted.filter(|_| self.is_up());
        first.into_iter().chain(booted).min()
    }
}

impl Booted {
    pub(super) fn is_up(&self) -> bool {
        matches!(self.phase, BootedPhase::Up { .. })
    }

    fn is_booting(&self) -> bool {
        matches!(self.phase, BootedPhase::Booting { .. })
    }

    /// Whether it forks, or will.
    pub(super) fn is_of_use(&self) -> bool {
        !matches!(self.phase, BootedPhase::Ending { .. })
    }

    fn deadline(&self) -> Option<Instant> {
        match self.phase {
            BootedPhase::Booting { deadline } | BootedPhase::Ending { deadline } => Some(deadline),
            BootedPhase::Up { .. } => None,
        }
    }
}
