//! The template process: starts the engine, forks workers on command, reaps them.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::process::ExitCode;
use std::rc::Rc;

use askr_exchange::control::{Child as Kin, ProcessEnd, TemplateConfig, ToMain, ToTemplate};
use askr_exchange::{WorkerEnd, WorkerId};
use askr_php::{EngineConfig, Runtime};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::control::{Control, ReceiveError};
use crate::desk::{Desk, Place, Progress};
use crate::fork::{Side, end_with, fork_worker};
use crate::idle::Idle;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::uploads::Uploads;
use crate::variables::Site;
use crate::{ini, run};

/// Runs the template until main says stop or is gone. `control` and, for each pool, the region and
/// the doorbell of its exchange are the descriptors that main handed over.
pub fn template_main(control: OwnedFd, mut exchanges: Vec<(OwnedFd, OwnedFd)>) -> ExitCode {
    end_with(nix::unistd::getppid());
    let control = Control::new(control);
    let Some((region, doorbell)) = exchanges.pop() else {
        return give_up(&control, "main handed over no exchange");
    };
    let config = match control.receive() {
        Ok(ToTemplate::Boot(config)) => config,
        Ok(other) => return give_up(&control, &format!("main began with {other:?}")),
        Err(error) => return give_up(&control, &error.to_string()),
    };
    let runtime = match Runtime::start(&engine_config(&config), Box::new(Idle)) {
        Ok(runtime) => runtime,
        Err(error) => return give_up(&control, &error.to_string()),
    };
    control.tell(&ToMain::EngineReady {
        php_version: Runtime::version(),
    });
    let uploads = Uploads::open(&runtime.upload_folders());
    Template {
        control,
        region,
        doorbell,
        config,
        runtime,
        uploads,
        children: Vec::new(),
    }
    .run()
}

fn give_up(control: &Control, message: &str) -> ExitCode {
    control.tell(&ToMain::EngineFailed {
        message: message.to_owned(),
    });
    ExitCode::from(70)
}

/// The engine of a server process.
fn engine_config(config: &TemplateConfig) -> EngineConfig {
    EngineConfig {
        ini_defaults: ini::defaults(),
        ini_overrides: config.ini.clone(),
        ..EngineConfig::default()
    }
}

struct Template {
    control: Control,
    region: OwnedFd,
    doorbell: OwnedFd,
    config: TemplateConfig,
    runtime: Runtime,
    /// Without one PHP finds a folder for itself.
    uploads: Option<Uploads>,
    children: Vec<Child>,
}

/// A worker that was not reaped yet, so that its number means nobody else.
struct Child {
    worker: WorkerId,
    pid: Pid,
    pidfd: OwnedFd,
}

/// What the template does after it has handled an event.
enum Next {
    Continue,
    Leave,
    /// This process is the new worker now.
    BecomeWorker {
        worker: WorkerId,
        max_requests: u64,
    },
}

impl Template {
    fn run(mut self) -> ExitCode {
        loop {
            let next = match self.wait() {
                Ok(true) => self.obey(),
                Ok(false) => Next::Continue,
                Err(error) => {
                    tracing::error!(%error, "the template cannot wait for events");
                    Next::Leave
                }
            };
            self.reap();
            match next {
                Next::Continue => {}
                Next::Leave => return self.leave(),
                Next::BecomeWorker {
                    worker,
                    max_requests,
                } => {
                    return self.become_worker(worker, max_requests);
                }
            }
        }
    }

    /// Sleeps until something happens; true when main has sent a command.
    fn wait(&self) -> io::Result<bool> {
        let mut events = vec![PollFd::new(&self.control, PollFlags::IN)];
        events.extend(
            self.children
                .iter()
                .map(|child| PollFd::new(&child.pidfd, PollFlags::IN)),
        );
        match poll(&mut events, None) {
            Ok(_) => Ok(!events[0].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    fn obey(&mut self) -> Next {
        match self.control.receive() {
            Ok(ToTemplate::Fork {
                worker,
                max_requests,
                ..
            }) => self.fork(worker, max_requests),
            Ok(ToTemplate::Kill {
                child: Kin::Worker(worker),
            }) => {
                self.kill(worker);
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

    fn fork(&mut self, worker: WorkerId, max_requests: u64) -> Next {
        match fork_worker() {
            Ok(Side::Child) => {
                return Next::BecomeWorker {
                    worker,
                    max_requests,
                };
            }
            Ok(Side::Parent(pid)) => match watch(pid) {
                Ok(pidfd) => {
                    self.children.push(Child { worker, pid, pidfd });
                    self.control.tell(&ToMain::Forked {
                        child: Kin::Worker(worker),
                        pid: number(pid),
                    });
                }
                Err(error) => {
                    let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
                    let _ = waitpid(pid, None);
                    self.fork_failed(worker, &error);
                }
            },
            Err(error) => self.fork_failed(worker, &error),
        }
        Next::Continue
    }

    fn fork_failed(&self, worker: WorkerId, error: &io::Error) {
        self.control.tell(&ToMain::ForkFailed {
            child: Kin::Worker(worker),
            message: error.to_string(),
        });
    }

    fn kill(&self, worker: WorkerId) {
        if let Some(child) = self.children.iter().find(|child| child.worker == worker) {
            let _ = pidfd_send_signal(&child.pidfd, Signal::KILL);
        }
    }

    /// Reaps every worker that has ended.
    fn reap(&mut self) {
        let (control, uploads) = (&self.control, &self.uploads);
        self.children.retain(|child| match ended(child) {
            Some(end) => {
                let (worker, pid) = (child.worker, number(child.pid));
                if let Some(uploads) = uploads {
                    uploads.clear(worker);
                }
                control.tell(&ToMain::Exited {
                    child: Kin::Worker(worker),
                    pid,
                    end,
                });
                false
            }
            None => true,
        });
    }

    /// Takes the workers along: without a template nobody would reap them.
    fn leave(self) -> ExitCode {
        for child in &self.children {
            let _ = pidfd_send_signal(&child.pidfd, Signal::KILL);
            let _ = waitpid(child.pid, None);
        }
        if let Some(uploads) = self.uploads {
            uploads.remove();
        }
        ExitCode::SUCCESS
    }

    fn become_worker(self, worker: WorkerId, max_requests: u64) -> ExitCode {
        let Self {
            control,
            region,
            doorbell,
            config,
            mut runtime,
            uploads,
            children,
        } = self;
        drop(children);
        if let Some(uploads) = &uploads {
            give_folder(uploads, worker, &mut runtime);
        }
        let end = match WorkerEnd::open(region, doorbell, worker) {
            Ok(end) => end,
            Err(error) => return boot_failed(&control, worker, &error.to_string()),
        };
        let news = match control.as_fd().try_clone_to_owned() {
            Ok(socket) => Control::new(socket),
            Err(error) => return boot_failed(&control, worker, &error.to_string()),
        };
        let progress = Rc::new(Progress::default());
        let site = Site::new(&config.root);
        let place = Place {
            worker,
            end,
            control,
            site,
            max_requests,
            marks: marks(&config, worker),
        };
        runtime.replace_host(Box::new(Desk::new(place, Rc::clone(&progress))));
        match run::serve(&mut runtime, config.script.as_deref(), &progress) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => boot_failed(&news, worker, &error.to_string()),
        }
    }
}

/// What replies say about who gave them, where somebody is looking for a fault.
fn marks(config: &TemplateConfig, worker: WorkerId) -> Vec<(String, String)> {
    if !config.debug {
        return Vec::new();
    }
    vec![
        ("Askr-Generation".to_owned(), config.generation.to_string()),
        ("Askr-Worker".to_owned(), worker.to_string()),
    ]
}

/// From now on PHP puts uploaded files, and request bodies that do not fit into memory, into the
/// worker's own folder.
fn give_folder(uploads: &Uploads, worker: WorkerId, runtime: &mut Runtime) {
    let folder = match uploads.make(worker) {
        Ok(folder) => folder,
        Err(error) => {
            tracing::warn!(%error, "a worker has no folder of its own for uploads");
            return;
        }
    };
    let folder = CString::new(folder.into_os_string().into_vec());
    let folder = folder.expect("a path that exists has no NUL byte");
    if !runtime.set(c"upload_tmp_dir", &folder) {
        tracing::warn!("php does not take upload_tmp_dir");
    }
}

fn boot_failed(control: &Control, worker: WorkerId, message: &str) -> ExitCode {
    let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
    control.tell(&ToMain::BootFailed {
        child: Kin::Worker(worker),
        message: message[..end].to_owned(),
    });
    ExitCode::from(70)
}

fn watch(pid: Pid) -> io::Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid.as_raw()).ok_or(io::ErrorKind::NotFound)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

fn ended(child: &Child) -> Option<ProcessEnd> {
    let mut events = [PollFd::new(&child.pidfd, PollFlags::IN)];
    let at_once = rustix::event::Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    if poll(&mut events, Some(&at_once)) == Ok(0) {
        return None;
    }
    match waitpid(child.pid, None) {
        Ok(WaitStatus::Exited(_, code)) => Some(ProcessEnd::Code(code)),
        Ok(WaitStatus::Signaled(_, signal, _)) => Some(ProcessEnd::Signal(signal as i32)),
        _ => None,
    }
}

fn number(pid: Pid) -> u32 {
    u32::try_from(pid.as_raw()).unwrap_or(0)
}
