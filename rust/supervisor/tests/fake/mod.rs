//! A template without PHP: its workers are threads that sit in the exchange, each with a child
//! process that stands for the worker process.
#![expect(clippy::unwrap_used, reason = "a fake that fails is a test that fails")]

use std::collections::HashMap;
use std::io::{IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use askr_exchange::control::{Child as Kin, Isolation, ProcessEnd, TemplateId, ToMain, ToTemplate};
use askr_exchange::{CONTROL_BYTES_MAX, Taken, WorkerEnd, WorkerId};
use askr_supervisor::{ExchangeFds, TemplateFds};
use command_fds::{CommandFdExt, FdMapping};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags,
    SocketType, recv, send, sendmsg, socketpair,
};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tokio::net::unix::pipe::{OpenOptions, Receiver};

/// Tells the fake what to do.
pub(crate) const SCENARIO_VARIABLE: &str = "ASKR_TEST_SCENARIO";
/// Tells the fake where to write down what it did.
pub(crate) const DIARY_VARIABLE: &str = "ASKR_TEST_DIARY";

/// Tells the fake that it has booted, and its name.
const TEMPLATE_VARIABLE: &str = "ASKR_TEST_TEMPLATE";

/// How a fake template behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scenario {
    Serves,
    /// Workers come from a template that has booted.
    ServesBooted,
    CannotBoot,
    NoEngine,
    NeverLeaves,
    TalksRubbish,
}

const SCENARIOS: [Scenario; 6] = [
    Scenario::Serves,
    Scenario::ServesBooted,
    Scenario::CannotBoot,
    Scenario::NoEngine,
    Scenario::NeverLeaves,
    Scenario::TalksRubbish,
];

impl Scenario {
    pub(crate) fn word(self) -> String {
        format!("{self:?}")
    }

    /// How long a canary is watched.
    pub(crate) fn window(self) -> Duration {
        match self {
            Scenario::ServesBooted => Duration::from_millis(300),
            _ => Duration::ZERO,
        }
    }

    pub(crate) fn isolation(self) -> Isolation {
        match self {
            Scenario::ServesBooted => Isolation::Worker { cow: true },
            _ => Isolation::Request,
        }
    }
}

/// What fakes tell the test: lines `event pid` through a named pipe.
pub(crate) struct Diary {
    folder: tempfile::TempDir,
    pipe: Receiver,
    text: String,
}

impl Diary {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("diary");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let pipe = OpenOptions::new()
            .read_write(true)
            .open_receiver(&path)
            .unwrap();
        Self {
            folder,
            pipe,
            text: String::new(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("diary")
    }

    /// Waits until the event was reported that often.
    pub(crate) async fn wait_for(&mut self, event: &str, times: usize) {
        while self.count(event) < times {
            let readable = tokio::time::timeout(super::PATIENCE, self.pipe.readable());
            readable.await.expect("reported in time").unwrap();
            self.read();
        }
    }

    pub(crate) fn count(&mut self, event: &str) -> usize {
        self.pids(event).len()
    }

    fn pids(&mut self, event: &str) -> Vec<i32> {
        self.read();
        let lines = self.text.lines().filter_map(|line| line.split_once(' '));
        lines
            .filter(|(word, _)| *word == event)
            .map(|(_, pid)| pid.parse().unwrap())
            .collect()
    }

    /// Takes what is there; every line was written in one piece.
    fn read(&mut self) {
        let mut bytes = [0; 4096];
        while let Ok(count) = self.pipe.try_read(&mut bytes) {
            self.text
                .push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
    }

    pub(crate) fn kill_latest(&mut self, event: &str) {
        let pid = *self.pids(event).last().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    }

    /// Every template and worker process is dead, or about to be: it was killed, and nobody waits
    /// for those that the system's own first process adopts.
    pub(crate) fn assert_nobody_is_left(&mut self) {
        let mut pids = self.pids("template");
        pids.extend(self.pids("booted"));
        pids.extend(self.pids("worker"));
        for pid in pids {
            let pid = Pid::from_raw(pid).unwrap();
            let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
                continue;
            };
            let mut events = [PollFd::new(&process, PollFlags::IN)];
            let patience = Timespec {
                tv_sec: 5,
                tv_nsec: 0,
            };
            assert_eq!(
                poll(&mut events, Some(&patience)),
                Ok(1),
                "{pid:?} is left behind"
            );
        }
    }
}

/// Behaves as a template if this process was started as one.
pub(crate) fn run() {
    let Ok(word) = std::env::var(SCENARIO_VARIABLE) else {
        return;
    };
    let scenario = *SCENARIOS
        .iter()
        .find(|scenario| scenario.word() == word)
        .unwrap();
    let diary = PathBuf::from(std::env::var_os(DIARY_VARIABLE).unwrap());
    let TemplateFds {
        control,
        mut exchanges,
        ..
    } = TemplateFds::take().unwrap();
    let ExchangeFds { region, doorbell } = exchanges.pop().unwrap();
    let mut fake = Fake {
        processes: Processes::default(),
        control: Arc::new(control),
        region,
        doorbell,
        scenario,
        diary,
    };
    match std::env::var(TEMPLATE_VARIABLE) {
        Ok(number) => fake.serve_booted(TemplateId(number.parse().unwrap())),
        Err(_) => fake.serve(),
    }
    std::process::exit(0);
}

/// What stands for the worker processes, until they end.
type Processes = Arc<Mutex<HashMap<WorkerId, Child>>>;

struct Fake {
    processes: Processes,
    control: Arc<OwnedFd>,
    region: OwnedFd,
    doorbell: OwnedFd,
    scenario: Scenario,
    diary: PathBuf,
}

impl Fake {
    fn serve(&self) {
        write_down(&self.diary, "template", std::process::id());
        assert!(matches!(self.receive(), Some(ToTemplate::Boot(_))));
        match self.scenario {
            Scenario::NoEngine => {
                return tell(
                    &self.control,
                    &ToMain::EngineFailed {
                        message: "no engine today".into(),
                    },
                );
            }
            Scenario::TalksRubbish => self.talk_rubbish(),
            _ => {}
        }
        tell(
            &self.control,
            &ToMain::EngineReady {
                php_version: "0.0.0".into(),
            },
        );
        self.obey();
        write_down(&self.diary, "stopped", std::process::id());
    }

    /// As a template that has booted: on a socket of its own, one end of which main gets.
    fn serve_booted(&mut self, template: TemplateId) {
        let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
        let (mains, ours) = socketpair(AddressFamily::UNIX, kind, flags, None).unwrap();
        write_down(&self.diary, "booted", std::process::id());
        let child = Kin::Template(template);
        let packet = serde_json::to_vec(&ToMain::TemplateReady { child }).unwrap();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = [mains.as_fd()];
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
        let parts = [IoSlice::new(&packet)];
        sendmsg(&*self.control, &parts, &mut ancillary, SendFlags::NOSIGNAL).unwrap();
        self.control = Arc::new(ours);
        self.obey();
    }

    /// Does as main says, until it says stop or is gone.
    fn obey(&self) {
        while let Some(order) = self.receive() {
            match order {
                ToTemplate::Fork { worker, .. } => self.fork(worker),
                ToTemplate::ForkTemplate { template } => self.boot(template),
                ToTemplate::Adopt { child, pid } => self.bury(child, pid),
                ToTemplate::Kill {
                    child: Kin::Worker(worker),
                } => end(&self.control, worker, &self.processes),
                ToTemplate::Stop if self.scenario != Scenario::NeverLeaves => break,
                _ => {}
            }
        }
    }

    /// Starts this program once more, as a template that boots.
    fn boot(&self, template: TemplateId) {
        let control = self.control.try_clone().unwrap();
        let (region, doorbell) = (self.region.try_clone(), self.doorbell.try_clone());
        let fds = [(control, 3), (region.unwrap(), 5), (doorbell.unwrap(), 6)];
        let mappings = fds.into_iter().map(|(parent_fd, child_fd)| FdMapping {
            parent_fd,
            child_fd,
        });
        let mut command = Command::new("/proc/self/exe");
        let mut process = command
            .args(std::env::args_os().skip(1))
            .env(TEMPLATE_VARIABLE, template.0.to_string())
            .fd_mappings(mappings.collect())
            .unwrap()
            .spawn()
            .unwrap();
        let (child, pid) = (Kin::Template(template), process.id());
        tell(&self.control, &ToMain::Forked { child, pid });
        let control = Arc::clone(&self.control);
        thread::spawn(move || {
            process.wait().unwrap();
            let end = ProcessEnd::Signal(9);
            tell(&control, &ToMain::Exited { child, pid, end });
        });
    }

    /// What the kernel does with the children of a template that died.
    fn bury(&self, child: Kin, pid: u32) {
        let process = Pid::from_raw(pid.try_into().unwrap()).unwrap();
        kill_process(process, Signal::KILL).unwrap();
        let end = ProcessEnd::Signal(9);
        tell(&self.control, &ToMain::Exited { child, pid, end });
    }

    fn receive(&self) -> Option<ToTemplate> {
        let mut packet = vec![0; CONTROL_BYTES_MAX];
        let (bytes, _) = recv(&*self.control, &mut packet[..], RecvFlags::empty()).ok()?;
        serde_json::from_slice(&packet[..bytes]).ok()
    }

    fn fork(&self, worker: WorkerId) {
        let process = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = process.id();
        write_down(&self.diary, "worker", pid);
        self.processes.lock().unwrap().insert(worker, process);
        tell(
            &self.control,
            &ToMain::Forked {
                child: Kin::Worker(worker),
                pid,
            },
        );
        if self.scenario == Scenario::CannotBoot {
            let message = "PHP Fatal error: no such class".into();
            tell(
                &self.control,
                &ToMain::BootFailed {
                    child: Kin::Worker(worker),
                    message,
                },
            );
            return end(&self.control, worker, &self.processes);
        }
        let (region, doorbell) = (self.region.try_clone(), self.doorbell.try_clone());
        let seated = WorkerEnd::open(region.unwrap(), doorbell.unwrap(), worker).unwrap();
        let (control, diary) = (Arc::clone(&self.control), self.diary.clone());
        let processes = Arc::clone(&self.processes);
        let leaves = self.scenario != Scenario::NeverLeaves;
        thread::spawn(move || {
            tell(&control, &ToMain::Ready { worker });
            write_down(&diary, "ready", pid);
            work(seated, leaves);
            write_down(&diary, "retired", pid);
            end(&control, worker, &processes);
        });
    }

    fn talk_rubbish(&self) {
        let packets: [&[u8]; 4] = [
            b"",
            b"\xff{",
            b"{\"Ready\":7}",
            &[b'x'; CONTROL_BYTES_MAX + 9],
        ];
        for packet in packets {
            send(&*self.control, packet, SendFlags::empty()).unwrap();
        }
        let worker = WorkerId {
            seat: 60000,
            incarnation: 9,
        };
        tell(
            &self.control,
            &ToMain::Exited {
                child: Kin::Worker(worker),
                pid: 1,
                end: ProcessEnd::Code(0),
            },
        );
        tell(&self.control, &ToMain::Ready { worker });
    }
}

/// Waits to be asked to leave.
fn work(mut seated: WorkerEnd, leaves: bool) {
    loop {
        match seated.take(Duration::from_secs(60)) {
            Taken::Retire if leaves => return,
            Taken::Retire | Taken::Promote => thread::park(),
            _ => {}
        }
    }
}

fn end(control: &OwnedFd, worker: WorkerId, processes: &Processes) {
    let Some(mut process) = processes.lock().unwrap().remove(&worker) else {
        return;
    };
    let pid = process.id();
    process.kill().unwrap();
    process.wait().unwrap();
    tell(
        control,
        &ToMain::Exited {
            child: Kin::Worker(worker),
            pid,
            end: ProcessEnd::Code(0),
        },
    );
}

fn tell(control: &OwnedFd, message: &ToMain) {
    let packet = serde_json::to_vec(message).unwrap();
    send(control, &packet, SendFlags::NOSIGNAL).unwrap();
}

fn write_down(diary: &Path, event: &str, pid: u32) {
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(diary)
        .unwrap();
    file.write_all(format!("{event} {pid}\n").as_bytes())
        .unwrap();
}
