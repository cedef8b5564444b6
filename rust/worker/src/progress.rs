//! What the run loop and the engine's host tell one another, across forks inside the script.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use askr_exchange::control::{Child, ToMain};

use crate::control::Control;
use crate::limits::MESSAGE_BYTES_MAX;

/// How far this process has come, and who it is: both may change while its script runs.
pub(crate) struct Progress {
    /// The script has asked for work since it was last started.
    pub(crate) booted: Cell<bool>,
    /// The worker is to leave.
    pub(crate) retiring: Cell<bool>,
    /// The script was booted by another process, of which this one is a copy.
    pub(crate) is_copy: Cell<bool>,
    request: RefCell<Option<String>>,
    name: Cell<Child>,
    control: RefCell<Rc<Control>>,
}

impl Progress {
    pub(crate) fn new(name: Child, control: Rc<Control>) -> Self {
        Self {
            booted: Cell::new(false),
            retiring: Cell::new(false),
            is_copy: Cell::new(false),
            request: RefCell::new(None),
            name: Cell::new(name),
            control: RefCell::new(control),
        }
    }

    /// The id of the request that runs, also while its script works on after its reply.
    pub(crate) fn request(&self) -> Option<String> {
        self.request.borrow().clone()
    }

    /// Another request runs, or none.
    pub(crate) fn set_request(&self, id: Option<&str>) {
        self.request.replace(id.map(str::to_owned));
    }

    /// The name that main has given to this process.
    pub(crate) fn name(&self) -> Child {
        self.name.get()
    }

    /// This process was forked inside the script, and has another name now.
    pub(crate) fn rename(&self, name: Child) {
        self.name.set(name);
        self.is_copy.set(true);
        self.booted.set(false);
    }

    /// The way to main.
    pub(crate) fn control(&self) -> Rc<Control> {
        Rc::clone(&self.control.borrow())
    }

    /// This process speaks through another socket from now on.
    pub(crate) fn speak_through(&self, control: Rc<Control>) {
        self.control.replace(control);
    }

    /// Tells main that what this process was to boot did not boot.
    pub(crate) fn boot_failed(&self, message: &str) {
        let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        self.control().tell(&ToMain::BootFailed {
            child: self.name(),
            message: message[..end].to_owned(),
        });
    }
}
