//! The surroundings of a worker script that boots an application to be forked from, and what turns
//! a process into such a template.

use std::io;
use std::rc::Rc;

use askr_exchange::control::{Child, ToMain};
use askr_php::{Host, Incoming, Priority};

use crate::control::Control;
use crate::desk::Desk;
use crate::fork::exit_now;
use crate::household::Household;
use crate::nursery::{Birth, Nursery, Stage};
use crate::progress::Progress;

/// The host until the application is booted: there is nobody to serve yet.
pub(crate) struct Booting {
    household: Rc<Household>,
    progress: Rc<Progress>,
}

impl Booting {
    pub(crate) fn new(household: Rc<Household>, progress: Rc<Progress>) -> Self {
        Self {
            household,
            progress,
        }
    }
}

impl Host for Booting {
    /// A script that goes on to serve never says where it may be forked; one that is told that
    /// there is no work might ask for ever.
    fn take(&mut self, _incoming: &mut Incoming) -> bool {
        self.progress.boot_failed(
            "the worker script called askr_handle_request() without calling askr_cow_ready() \
             before: copy-on-write workers are forked there",
        );
        exit_now(70)
    }

    /// As while a worker boots.
    fn write(&mut self, _bytes: &[u8]) -> bool {
        true
    }

    fn log(&mut self, priority: Priority, message: &str) {
        match priority {
            Priority::Error => tracing::error!(target: "php", "{message}"),
            Priority::Warning => tracing::warn!(target: "php", "{message}"),
            Priority::Info => tracing::info!(target: "php", "{message}"),
            Priority::Debug => tracing::debug!(target: "php", "{message}"),
        }
    }

    fn is_template(&self) -> bool {
        true
    }

    fn fork_copies(&mut self) -> Option<Box<dyn Host>> {
        Some(fork_copies(&self.household, &self.progress))
    }
}

/// Makes this process a template, for the rest of its life. Returns in the workers that it forks,
/// with their surroundings.
pub(crate) fn fork_copies(household: &Rc<Household>, progress: &Rc<Progress>) -> Box<dyn Host> {
    match announce(progress) {
        Ok(control) => progress.speak_through(Rc::new(control)),
        Err(error) => {
            progress.boot_failed(&format!("a template has no way to main: {error}"));
            exit_now(70);
        }
    }
    let household = Rc::clone(household);
    let mut nursery = Nursery::new(
        progress.control(),
        Rc::clone(&household),
        Stage::Application,
    );
    let Some(Birth::Worker(position)) = nursery.run() else {
        // Its workers end with it, but for one that was promoted.
        exit_now(0);
    };
    progress.rename(Child::Worker(position.worker));
    match Desk::sit_down(position, household, Rc::clone(progress)) {
        Ok(desk) => Box::new(desk),
        Err(error) => {
            progress.boot_failed(&error.to_string());
            exit_now(70);
        }
    }
}

/// Sends main its end of a new control socket, through the one this process was born with.
fn announce(progress: &Progress) -> io::Result<Control> {
    let (ours, mains) = Control::pair()?;
    let child = progress.name();
    let ready = ToMain::TemplateReady { child };
    progress.control().tell_with(&ready, &mains)?;
    Ok(ours)
}
