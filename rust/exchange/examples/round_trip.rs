//! What a hand-over costs, against a bare futex between the same kind of processes.
//!
//! `cargo run --release -p askr-exchange --example round_trip` prints a JSON line for each
//! placement of the two processes, on one core and on two:
//! `{"placement":"one_core","exchange_ns":…,"futex_ns":…,"ratio":…}`. Both pairs are pinned alike:
//! left alone, the scheduler puts one pair together and the other apart, and what is compared is
//! its mood, because waking a core from idle costs more than everything else. The figures are
//! medians over interleaved runs of the mean time of one round trip. The exchange's is lease, head
//! and body, submit, take in another process, read head and body, write head and body, end, read
//! the reply, free the slot; every reply is compared byte by byte. Both sides look for a moment
//! before they sleep, as they do in production; the futex side only ever sleeps.
//!
//! With the argument `busy` it keeps many requests in the exchange instead and never parks, so
//! that neither side has a reason to sleep, and prints how many it served: for `strace -c -f`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the result is the output")]

use std::collections::VecDeque;
use std::env;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitCode, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use askr_exchange::{
    ExchangeLimits, GatewayEnd, HttpVersion, Job, Lease, ReplyEvent, ReplyHead, RequestHead,
    SeatState, Spin, Taken, WorkerEnd, WorkerId,
};
use askr_shm::sync::Ordering;
use askr_shm::{Deadline, Offset, Region, futex};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

fn main() -> ExitCode {
    match env::var(ROLE).as_deref() {
        Ok("worker") => serve(),
        Ok("futex") => answer_futex(),
        Ok(role) => panic!("no role {role}"),
        Err(_) if env::args().nth(1).as_deref() == Some("busy") => run_busy(),
        Err(_) => {
            let cores = cores();
            compare("one_core", cores[0], cores[0]);
            if let Some(&other) = cores.get(1) {
                compare("two_cores", cores[0], other);
            }
        }
    }
    ExitCode::SUCCESS
}

fn compare(placement: &str, here: usize, there: usize) {
    pin_to(there);
    let mut exchange = Exchange::start(false);
    let futex = Futex::start();
    pin_to(here);
    let (mut exchange_ns, mut futex_ns) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        exchange_ns.push(mean_ns(|| exchange.round_trip()));
        futex_ns.push(mean_ns(|| futex.round_trip()));
    }
    let (exchange_ns, futex_ns) = (median(exchange_ns), median(futex_ns));
    let ratio = exchange_ns / futex_ns;
    println!(
        r#"{{"placement":"{placement}","exchange_ns":{exchange_ns:.0},"futex_ns":{futex_ns:.0},"ratio":{ratio:.3}}}"#
    );
    exchange.stop();
    futex.stop();
}

/// The cores this process may use.
fn cores() -> Vec<usize> {
    let allowed = sched_getaffinity(None).expect("the kernel knows");
    (0..CpuSet::MAX_CPU)
        .filter(|&core| allowed.is_set(core))
        .collect()
}

/// Keeps this process, and those it starts from now on, on one core.
fn pin_to(core: usize) {
    let mut only = CpuSet::new();
    only.set(core);
    sched_setaffinity(None, &only).expect("it is one of ours");
}

fn run_busy() {
    let mut exchange = Exchange::start(true);
    let mut running = VecDeque::new();
    for _ in 0..BUSY_REQUESTS {
        if running.len() == OUTSTANDING {
            let mut lease = running.pop_front().expect("it is full");
            exchange.reply(&mut lease);
        }
        running.push_back(exchange.request());
    }
    for mut lease in running {
        exchange.reply(&mut lease);
    }
    println!(r#"{{"served":{BUSY_REQUESTS}}}"#);
    exchange.stop();
}

/// The gateway's side, without an event loop, and a worker process.
struct Exchange {
    gateway: GatewayEnd,
    worker: Child,
    request: Vec<u8>,
    head: Vec<u8>,
    body: Vec<u8>,
    spin: Spin,
    /// Whether it has other work, in place of sleeping.
    busy: bool,
}

impl Exchange {
    fn start(busy: bool) -> Exchange {
        let gateway = GatewayEnd::create(ExchangeLimits::default()).expect("shared memory");
        let (region, doorbell) = gateway.fds();
        let worker = spawn("worker", region.as_fd(), doorbell.as_fd());
        let deadline = Instant::now() + PATIENCE;
        while gateway.seat(WORKER) != SeatState::Idle {
            assert!(Instant::now() < deadline, "the worker did not come up");
            std::thread::yield_now();
        }
        let request = request();
        Exchange {
            gateway,
            worker,
            request,
            head: Vec::new(),
            body: Vec::new(),
            spin: Spin::default(),
            busy,
        }
    }

    fn round_trip(&mut self) {
        let mut lease = self.request();
        self.reply(&mut lease);
    }

    fn request(&self) -> Lease {
        let mut waiter = None;
        let Poll::Ready(mut lease) = self.gateway.poll_lease(&mut context(), &mut waiter) else {
            panic!("there are more slots than requests");
        };
        let sent = lease.poll_send(&mut context(), &self.request);
        assert_eq!(sent, Poll::Ready(Ok(self.request.len())));
        lease.submit();
        lease
    }

    fn reply(&mut self, lease: &mut Lease) {
        self.head.clear();
        self.body.clear();
        assert_eq!(self.next(lease, true), ReplyEvent::Head);
        while self.next(lease, false) == ReplyEvent::Body {}
        assert_eq!(self.body, REPLY_BODY);
        let head = ReplyHead::decode(&self.head).expect("the worker sent a head");
        assert_eq!(head.status, 200);
    }

    fn next(&mut self, lease: &mut Lease, head: bool) -> ReplyEvent {
        loop {
            let out = if head { &mut self.head } else { &mut self.body };
            match lease.poll_reply(&mut context(), out, 64 * 1024) {
                Poll::Ready(event) => return event.expect("the worker lives"),
                Poll::Pending => self.wait(),
            }
        }
    }

    fn wait(&mut self) {
        let seen = self
            .spin
            .look(|| self.gateway.poll().then_some(()))
            .is_some();
        assert!(
            seen || self.busy || self.gateway.block(PATIENCE),
            "no news within {PATIENCE:?}"
        );
    }

    fn stop(mut self) {
        self.gateway.retire(WORKER);
        assert!(self.worker.wait().expect("it is our child").success());
    }
}

/// The same between two words, as bare as it gets.
struct Futex {
    region: Region,
    peer: Child,
}

impl Futex {
    fn start() -> Futex {
        let region = Region::create("futex", 4096).expect("shared memory");
        let peer = spawn("futex", region.fd(), region.fd());
        Futex { region, peer }
    }

    fn round_trip(&self) {
        hand_over(&self.region, PING);
        await_word(&self.region, PONG);
    }

    fn stop(mut self) {
        hand_over(&self.region, END);
        assert!(self.peer.wait().expect("it is our child").success());
    }
}

/// The worker process.
fn serve() {
    let region = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("the region");
    let doorbell = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .expect("the doorbell");
    let mut worker = WorkerEnd::open(region, doorbell, WORKER).expect("an exchange");
    let mut head = Vec::new();
    ReplyHead {
        status: 200,
        headers: vec![(b"Content-Type", b"text/plain")],
    }
    .encode(&mut head);
    loop {
        match worker.take(PATIENCE) {
            Taken::Request(job) => answer(job, &head),
            Taken::Retire | Taken::Promote => return,
            Taken::Nothing => panic!("no request within {PATIENCE:?}"),
        }
    }
}

fn answer(mut job: Job, reply_head: &[u8]) {
    let head = job.head_bytes().expect("a head");
    let head = RequestHead::decode(&head).expect("a head");
    assert_eq!(head.target, TARGET);
    let mut body = [0; 64];
    assert_eq!(job.read_body(&mut body), Ok(REQUEST_BODY.len()));
    assert_eq!(job.read_body(&mut body), Ok(0));
    job.write_head(reply_head).expect("room");
    job.write_body(REPLY_BODY).expect("room");
    job.end();
}

/// The process at the other end of the futex.
fn answer_futex() {
    let region = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .expect("the region");
    let region = Region::open(region, 4096).expect("a region");
    while await_word(&region, PING) == PING {
        hand_over(&region, PONG);
    }
}

fn hand_over(region: &Region, value: u32) {
    region.word32(TURN).store(value, Ordering::Release);
    futex::wake(region, TURN);
}

/// Waits until the word is `expected` or [`END`].
fn await_word(region: &Region, expected: u32) -> u32 {
    loop {
        let seen = region.word32(TURN).load(Ordering::Acquire);
        if seen == expected || seen == END {
            return seen;
        }
        futex::wait(region, TURN, seen, Deadline::after(PATIENCE));
    }
}

/// Starts this program in another role with two descriptors as its standard input and output.
fn spawn(role: &str, input: impl AsFd, output: impl AsFd) -> Child {
    let stdio = |fd: &dyn AsFd| -> Stdio {
        let owned: OwnedFd = fd.as_fd().try_clone_to_owned().expect("a free descriptor");
        owned.into()
    };
    Command::new(env::current_exe().expect("/proc is mounted"))
        .env(ROLE, role)
        .stdin(stdio(&input))
        .stdout(stdio(&output))
        .spawn()
        .expect("this program can be started again")
}

fn request() -> Vec<u8> {
    let head = RequestHead {
        id: "0123456789abcdef",
        method: "POST",
        target: TARGET,
        version: HttpVersion::Http11,
        https: false,
        headers: vec![
            ("host", b"localhost"),
            ("accept", b"*/*"),
            ("user-agent", b"bench"),
        ],
        variables: Vec::new(),
        remote_ip: "127.0.0.1",
        remote_port: 50_000,
        server_ip: "127.0.0.1",
        server_port: 8000,
        script_name: "/index.php",
        path_info: "",
        body_bytes: REQUEST_BODY.len().try_into().expect("it is short"),
        received_us: 1,
    };
    let mut bytes = Vec::new();
    head.encode(&mut bytes);
    bytes.extend_from_slice(REQUEST_BODY);
    bytes
}

fn mean_ns(mut round_trip: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..ROUND_TRIPS {
        round_trip();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUND_TRIPS)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

const ROLE: &str = "ASKR_ROUND_TRIP_ROLE";
const RUNS: usize = 15;
const ROUND_TRIPS: u32 = 4_000;
const BUSY_REQUESTS: u32 = 500_000;
const OUTSTANDING: usize = 48;
const PATIENCE: Duration = Duration::from_secs(20);
const WORKER: WorkerId = WorkerId {
    seat: 0,
    incarnation: 1,
};
const TARGET: &str = "/users?page=2";
const REQUEST_BODY: &[u8] = b"name=value";
const REPLY_BODY: &[u8] = b"hello from the worker";
const TURN: Offset<u32> = Offset::new(0);
const PONG: u32 = 0;
const PING: u32 = 1;
const END: u32 = 2;
