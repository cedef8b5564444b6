//! The template processes of all generations, and the sockets to them.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use askr_exchange::GatewayEnd;
use askr_exchange::control::{Child, TemplateConfig, ToMain};
use tracing::{debug, warn};

use crate::config::Release;
use crate::control::{Control, Received};
use crate::error::StartError;
use crate::fleet::Parent;
use crate::reaper::Household;
use crate::template::TemplateProcess;

/// Every generation that is known, by number.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    families: BTreeMap<u32, Family>,
    /// All first templates, also those of others.
    household: Household,
    /// Whose turn it is to be heard first, so that nobody drowns out the others.
    turn: usize,
}

/// The templates of one generation.
#[derive(Debug)]
struct Family {
    release: Release,
    first: Option<TemplateProcess>,
    /// Those that have booted the application.
    booted: BTreeMap<Child, Control>,
}

/// What arrived on a socket of a generation.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) generation: u32,
    pub(crate) news: HeardNews,
}

/// See [`Heard`].
#[derive(Debug)]
pub(crate) enum HeardNews {
    Message {
        /// Whose socket it came through; `None` is the first template's.
        from: Option<Child>,
        message: ToMain,
        /// The process that sent it.
        sender: Option<u32>,
        socket: Option<OwnedFd>,
    },
    /// Everybody who held the first template's socket is gone.
    Closed,
}

impl Processes {
    /// None yet.
    pub(crate) fn new(household: Household) -> Self {
        Self {
            household,
            ..Self::default()
        }
    }

    /// All first templates of the process.
    pub(crate) fn household(&self) -> &Household {
        &self.household
    }

    /// A generation that will run this.
    pub(crate) fn add(&mut self, generation: u32, release: Release) {
        let family = Family {
            release,
            first: None,
            booted: BTreeMap::new(),
        };
        self.families.insert(generation, family);
    }

    /// The generation has ended.
    pub(crate) fn forget(&mut self, generation: u32) {
        self.families.remove(&generation);
    }

    /// What a generation runs.
    pub(crate) fn release(&self, generation: u32) -> Option<&Release> {
        Some(&self.families.get(&generation)?.release)
    }

    /// What all generations run, the newest first.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &Release> {
        self.families.values().rev().map(|family| &family.release)
    }

    /// What a generation's first template is to boot.
    pub(crate) fn boots(&self, generation: u32) -> Option<TemplateConfig> {
        let template = self.release(generation)?.template.clone();
        Some(TemplateConfig {
            generation,
            ..template
        })
    }

    /// Starts the first template of a generation; returns its process.
    pub(crate) fn start(
        &mut self,
        generation: u32,
        exchanges: &[GatewayEnd],
    ) -> Result<u32, StartError> {
        let family = self.families.get_mut(&generation);
        let family = family.expect("a release was added with the number");
        family.end();
        let first =
            TemplateProcess::start(&family.release.program, exchanges, self.household.clone())?;
        let pid = first.id();
        debug!(generation, pid, "template started");
        family.first = Some(first);
        Ok(pid)
    }

    /// Kills the first template of a generation and everybody it forked.
    pub(crate) fn kill(&self, generation: u32) {
        let family = self.families.get(&generation);
        if let Some(first) = family.and_then(|family| family.first.as_ref()) {
            first.kill();
        }
    }

    /// Takes up the socket of a template that has booted.
    pub(crate) fn listen(&mut self, parent: Parent, socket: OwnedFd) {
        let family = self.families.get_mut(&parent.generation);
        let (Some(family), Some(child)) = (family, parent.child) else {
            return;
        };
        match Control::offered(socket) {
            Ok(control) => drop(family.booted.insert(child, control)),
            Err(error) => warn!(%error, %child, "it cannot be listened to"),
        }
    }

    /// A template that had booted is gone.
    pub(crate) fn hang_up(&mut self, parent: Parent) {
        let family = self.families.get_mut(&parent.generation);
        if let (Some(family), Some(child)) = (family, parent.child) {
            family.booted.remove(&child);
        }
    }

    /// Where a template listens.
    pub(crate) fn control(&self, parent: Parent) -> Option<&Control> {
        let family = self.families.get(&parent.generation)?;
        match parent.child {
            None => family.first.as_ref()?.control(),
            Some(child) => family.booted.get(&child),
        }
    }

    /// The next message; for ever silent without a template.
    ///
    /// # Cancel safety
    /// Safe: a packet is taken and returned in one step.
    pub(crate) async fn hear(&mut self) -> Heard {
        poll_fn(|context| self.poll_hear(context)).await
    }

    fn poll_hear(&mut self, context: &mut Context<'_>) -> Poll<Heard> {
        let count = self.families.len();
        self.turn = self.turn.wrapping_add(1);
        for step in 0..count {
            let place = self.turn.wrapping_add(step) % count;
            let (generation, family) = self.families.iter_mut().nth(place).expect("one of them");
            if let Poll::Ready(news) = family.poll_hear(context) {
                let generation = *generation;
                return Poll::Ready(Heard { generation, news });
            }
        }
        Poll::Pending
    }

    /// What waits on the sockets of a generation other than `heard`'s own: it was said before a
    /// death of which that one reports.
    pub(crate) fn said_before(&mut self, heard: &Heard) -> Vec<Heard> {
        let generation = heard.generation;
        let HeardNews::Message { from, .. } = heard.news else {
            return Vec::new();
        };
        let family = self.families.get_mut(&generation);
        let said = family.map_or(Vec::new(), |family| family.said_beside(from));
        let said = said.into_iter();
        said.map(|news| Heard { generation, news }).collect()
    }

    /// First templates that have ended, and how; everybody they forked was killed.
    pub(crate) fn take_ends(&mut self) -> Vec<(u32, String)> {
        let families = self.families.iter_mut();
        let ends = families.filter_map(|(generation, family)| {
            Some((*generation, family.first.as_mut()?.take_end()?))
        });
        ends.collect()
    }

    /// The next message of a generation whose first template has ended, `None` once everybody who
    /// held a socket is gone.
    ///
    /// # Cancel safety
    /// Safe: as [`hear`](Self::hear).
    pub(crate) async fn hear_out(&mut self, generation: u32) -> Option<Heard> {
        let family = self.families.get_mut(&generation)?;
        poll_fn(|context| match family.poll_hear(context) {
            Poll::Ready(news) => Poll::Ready(Some(Heard { generation, news })),
            // The last socket may have closed just now, and nothing will wake anybody again.
            Poll::Pending if family.is_silent() => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// The first template of a generation has ended with everybody it forked.
    pub(crate) fn end(&mut self, generation: u32) {
        if let Some(family) = self.families.get_mut(&generation) {
            family.end();
        }
    }
}

impl Family {
    fn end(&mut self) {
        self.first = None;
        self.booted.clear();
    }

    fn is_silent(&self) -> bool {
        let first = self.first.as_ref();
        self.booted.is_empty() && first.and_then(TemplateProcess::control).is_none()
    }

    /// The templates that have booted are heard before the first, which reports their ends.
    fn poll_hear(&mut self, context: &mut Context<'_>) -> Poll<HeardNews> {
        let children: Vec<Child> = self.booted.keys().copied().collect();
        for child in children {
            let control = self.booted.get_mut(&child).expect("it was just listed");
            match control.poll_receive(context) {
                Poll::Ready(Received::Closed) => drop(self.booted.remove(&child)),
                Poll::Ready(received) => {
                    return Poll::Ready(HeardNews::new(Some(child), received));
                }
                Poll::Pending => {}
            }
        }
        let Some(first) = &mut self.first else {
            return Poll::Pending;
        };
        let received = first.poll_receive(context);
        received.map(|received| HeardNews::new(None, received))
    }

    fn said_beside(&mut self, from: Option<Child>) -> Vec<HeardNews> {
        let first = self
            .first
            .iter_mut()
            .filter_map(TemplateProcess::control_mut);
        let booted = self.booted.iter_mut();
        let booted = booted.map(|(child, control)| (Some(*child), control));
        let mut said = Vec::new();
        for (child, control) in booted.chain(first.map(|control| (None, control))) {
            if child == from {
                continue;
            }
            while let Some(received) = control.take_waiting() {
                said.push(HeardNews::new(child, received));
            }
        }
        said
    }
}

impl HeardNews {
    fn new(from: Option<Child>, received: Received) -> Self {
        match received {
            Received::Closed => Self::Closed,
            Received::Message {
                message,
                sender,
                socket,
            } => Self::Message {
                from,
                message,
                sender,
                socket,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use askr_exchange::control::{Isolation, TemplateId};
    use tokio::time::sleep;

    use super::*;
    use crate::config::Program;

    #[tokio::test]
    async fn nobody_waits_for_sockets_that_are_all_closed() {
        let template = TemplateConfig {
            script: None,
            root: "/nowhere".into(),
            ini: Vec::new(),
            pools: vec![Isolation::Fork],
            generation: 1,
            debug: false,
        };
        let program = Program::own_template();
        let mut processes = Processes::default();
        processes.add(1, Release { template, program });
        let (control, theirs) = Control::pair().unwrap();
        let family = processes.families.get_mut(&1).unwrap();
        let child = Child::Template(TemplateId(1));
        family.booted.insert(child, control);
        drop(theirs);

        let heard = tokio::select! {
            biased;
            () = sleep(Duration::from_secs(4)) => panic!("waits in vain"),
            heard = processes.hear_out(1) => heard,
        };

        assert!(heard.is_none());
    }
}
