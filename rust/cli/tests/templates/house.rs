//! Plays main for the processes of one generation: it forks on command and asks through exchanges.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child as Process, Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use askr_exchange::control::{
    Child, Isolation, ProcessEnd, TemplateConfig, TemplateId, ToMain, ToTemplate,
};
use askr_exchange::{
    ExchangeLimits, GatewayEnd, HttpVersion, Lease, ReplyError, ReplyEvent, ReplyHead, RequestHead,
    WorkerId,
};
use command_fds::{CommandFdExt, FdMapping};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::socket::Socket;

/// Longer than anything takes; a wait that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const COW: Isolation = Isolation::Worker { cow: true };

/// One generation, and main's end of its exchanges.
pub(crate) struct House {
    first: Process,
    pub(crate) control: Socket,
    pub(crate) exchanges: Vec<GatewayEnd>,
    /// Of the workers that are ordered from now on.
    pub(crate) max_requests: u64,
    incarnations: u32,
}

/// A worker of a house.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worker {
    pub(crate) id: WorkerId,
    pub(crate) pid: u32,
    pub(crate) pool: u16,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl House {
    /// A generation whose engine runs.
    pub(crate) fn open(script: &str, pools: &[Isolation]) -> House {
        House::with(script, pools, |_| ())
    }

    /// The same with another configuration.
    pub(crate) fn with(
        script: &str,
        pools: &[Isolation],
        change: impl FnOnce(&mut TemplateConfig),
    ) -> House {
        House::beside(script, pools, &[], change)
    }

    /// The same with more in its environment.
    pub(crate) fn beside(
        script: &str,
        pools: &[Isolation],
        variables: &[(&str, String)],
        change: impl FnOnce(&mut TemplateConfig),
    ) -> House {
        let mut exchanges: Vec<GatewayEnd> = Vec::new();
        for _ in pools {
            exchanges.push(match exchanges.first() {
                None => GatewayEnd::create(limits()).unwrap(),
                Some(first) => first.create_beside(limits()).unwrap(),
            });
        }
        let (control, theirs) = Socket::pair();
        let first = start(theirs, &exchanges, variables);
        let mut house = House {
            first,
            control,
            exchanges,
            max_requests: 0,
            incarnations: 0,
        };
        let mut config = TemplateConfig {
            script: Some(worker_scripts().join(script)),
            root: worker_scripts(),
            ini: Vec::new(),
            pools: pools.to_vec(),
            generation: 7,
            debug: true,
        };
        change(&mut config);
        house.control.tell(&ToTemplate::Boot(config));
        house
            .control
            .hear(|said| matches!(said, ToMain::EngineReady { .. }));
        house
    }

    /// The process of the first template.
    pub(crate) fn pid(&self) -> u32 {
        self.first.id()
    }

    /// Has a booted template forked, which may fail: its process.
    pub(crate) fn fork_template(&mut self) -> u32 {
        let template = TemplateId(1);
        self.control.tell(&ToTemplate::ForkTemplate { template });
        forked(&mut self.control, Child::Template(template))
    }

    /// A template that has booted the application, and its process.
    pub(crate) fn booted(&mut self) -> (Socket, u32) {
        let pid = self.fork_template();
        let ready = ToMain::TemplateReady {
            child: Child::Template(TemplateId(1)),
        };
        (self.control.hear_with_socket(&ready), pid)
    }

    /// Has a template fork a worker, and waits until that is ready.
    pub(crate) fn worker(&mut self, template: &mut Socket, pool: u16, seat: u16) -> Worker {
        let worker = self.order(template, pool, seat);
        template.hear(|said| *said == ToMain::Ready { worker: worker.id });
        worker
    }

    /// Has a template fork a worker.
    pub(crate) fn order(&mut self, template: &mut Socket, pool: u16, seat: u16) -> Worker {
        self.incarnations += 1;
        let id = WorkerId {
            seat,
            incarnation: self.incarnations,
        };
        template.tell(&ToTemplate::Fork {
            worker: id,
            pool,
            max_requests: self.max_requests,
        });
        let pid = forked(template, Child::Worker(id));
        Worker { id, pid, pool }
    }

    /// Gives the first template something to obey, and waits until it has.
    pub(crate) fn nudge(&mut self) {
        self.incarnations += 1;
        let worker = WorkerId {
            seat: 0,
            incarnation: self.incarnations,
        };
        self.control.tell(&ToTemplate::Fork {
            worker,
            pool: u16::MAX,
            max_requests: 0,
        });
        let child = Child::Worker(worker);
        self.control.hear(
            |said| matches!(said, ToMain::ForkFailed { child: refused, .. } if *refused == child),
        );
    }

    /// A request to a pool, whoever answers it.
    pub(crate) fn ask(&self, pool: u16, target: &str) -> Reply {
        self.answer(pool, self.send(pool, None, target))
    }

    /// A request to one worker.
    pub(crate) fn ask_worker(&self, worker: Worker, target: &str) -> Reply {
        self.answer(worker.pool, self.send(worker.pool, Some(worker.id), target))
    }

    /// The reply to a request that was sent.
    pub(crate) fn answer(&self, pool: u16, lease: Lease) -> Reply {
        self.try_answer(pool, lease).unwrap()
    }

    /// The reply to a request that was sent, or how it was lost.
    pub(crate) fn try_answer(&self, pool: u16, mut lease: Lease) -> Result<Reply, ReplyError> {
        let exchange = &self.exchanges[usize::from(pool)];
        let mut next = |out: &mut Vec<u8>| wait(exchange, |cx| lease.poll_reply(cx, out, 4096));
        let (mut head, mut body) = (Vec::new(), Vec::new());
        next(&mut head)?;
        while next(&mut body)? == ReplyEvent::Body {}
        let head = ReplyHead::decode(&head).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Reply {
            status: head.status,
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            body: text(&body),
        })
    }

    /// Sends a request without waiting for its reply.
    pub(crate) fn send(&self, pool: u16, worker: Option<WorkerId>, target: &str) -> Lease {
        let exchange = &self.exchanges[usize::from(pool)];
        let mut lease = {
            let mut future = pin!(exchange.lease());
            wait(exchange, |cx| future.as_mut().poll(cx))
        };
        let head = head(target);
        let sent = wait(exchange, |cx| lease.poll_send(cx, &head)).unwrap();
        assert_eq!(sent, head.len());
        match worker {
            Some(worker) => lease.submit_to(worker),
            None => lease.submit(),
        }
        lease
    }

    /// The worker is dead: its seat is free.
    pub(crate) fn bury(&self, worker: Worker) {
        self.exchanges[usize::from(worker.pool)].bury(worker.id);
    }

    /// Asks a worker to leave.
    pub(crate) fn retire(&self, worker: Worker) {
        self.exchanges[usize::from(worker.pool)].retire(worker.id);
    }
}

impl Drop for House {
    /// The workers die with their templates.
    fn drop(&mut self) {
        let _ = self.first.kill();
        let _ = self.first.wait();
    }
}

/// A process that this one has not forked.
pub(crate) struct Life(OwnedFd);

impl Life {
    pub(crate) fn of(pid: u32) -> Life {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        Life(pidfd_open(pid, PidfdFlags::empty()).unwrap())
    }

    pub(crate) fn kill(&self) {
        pidfd_send_signal(&self.0, Signal::KILL).unwrap();
    }

    /// Waits until it is dead; not until it is reaped.
    pub(crate) fn ends(&self) -> bool {
        let patience = Timespec::try_from(PATIENCE).unwrap();
        let mut events = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut events, Some(&patience)) == Ok(1)
    }
}

/// Waits for the end of a child.
pub(crate) fn end_of(template: &mut Socket, child: Child) -> ProcessEnd {
    let said =
        template.hear(|said| matches!(said, ToMain::Exited { child: gone, .. } if *gone == child));
    match said {
        ToMain::Exited { end, .. } => end,
        other => panic!("{other:?}"),
    }
}

/// Whether a process of that number is there.
pub(crate) fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// The parent of a process.
pub(crate) fn parent(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.unwrap().trim().parse().unwrap()
}

/// How many descriptors a process has open.
pub(crate) fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count()
}

/// How many children a process has, also those that are dead and not reaped.
pub(crate) fn children(pid: u32) -> usize {
    let path = format!("/proc/{pid}/task/{pid}/children");
    std::fs::read_to_string(path)
        .unwrap()
        .split_whitespace()
        .count()
}

fn forked(template: &mut Socket, child: Child) -> u32 {
    let said = template.hear(|said| {
        matches!(said, ToMain::Forked { child: born, .. } | ToMain::ForkFailed { child: born, .. } if *born == child)
    });
    match said {
        ToMain::Forked { pid, .. } => pid,
        other => panic!("{other:?}"),
    }
}

fn start(control: OwnedFd, exchanges: &[GatewayEnd], variables: &[(&str, String)]) -> Process {
    let mut mappings = vec![FdMapping {
        parent_fd: control,
        child_fd: 3,
    }];
    for (parent_fd, child_fd) in exchanges
        .iter()
        .flat_map(|exchange| <[_; 2]>::from(exchange.fds()))
        .map(|fd| fd.try_clone_to_owned().unwrap())
        .zip(5..)
    {
        mappings.push(FdMapping {
            parent_fd,
            child_fd,
        });
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_askr"));
    command
        .args(["template", "warn", "text"])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .process_group(0)
        .stdin(Stdio::null());
    command.fd_mappings(mappings).unwrap();
    command.spawn().unwrap()
}

fn limits() -> ExchangeLimits {
    ExchangeLimits {
        seat_count: 8,
        slot_count: 8,
        ..ExchangeLimits::default()
    }
}

fn worker_scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php/worker")
}

/// Polls until it is ready, sleeping at the doorbell in between.
fn wait<T>(exchange: &GatewayEnd, mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(value) = poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
        assert!(exchange.block(PATIENCE), "no news within {PATIENCE:?}");
    }
}

fn head(target: &str) -> Vec<u8> {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let mut bytes = Vec::new();
    RequestHead {
        id: "0123456789abcdef",
        method: "GET",
        target,
        version: HttpVersion::Http11,
        https: false,
        headers: vec![("host", b"x.test")],
        variables: Vec::new(),
        remote_ip: "127.0.0.1",
        remote_port: 1,
        server_ip: "127.0.0.1",
        server_port: 80,
        script_name: "/plain.php",
        path_info: "",
        body_bytes: 0,
        received_us: u64::try_from(since.as_micros()).unwrap(),
    }
    .encode(&mut bytes);
    bytes
}
