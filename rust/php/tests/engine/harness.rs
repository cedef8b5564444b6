//! One engine on a thread of its own; every test sends it a job and waits for the replies.

use std::cell::RefCell;
use std::ffi::CString;
use std::io::Write;
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use askr_php::{EngineConfig, Host, Incoming, Memory, Outcome, Priority, Runtime, Stack};
use askr_store::{Sizes, Store};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// A request to make; built up from a target.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: &'static str,
    target: String,
    body: Vec<u8>,
    content_type: Option<String>,
    cookies: Option<String>,
    headers: Vec<(String, String)>,
    variables: Vec<(String, String)>,
    leaving_after: Option<usize>,
    received_at: u64,
    is_expired: bool,
    is_interrupted_at_its_end: bool,
    is_awaited: bool,
}

#[allow(non_snake_case, reason = "reads as a request line in the tests")]
pub(crate) fn Get(target: &str) -> Request {
    Request {
        method: "GET",
        target: target.to_owned(),
        body: Vec::new(),
        content_type: None,
        cookies: None,
        headers: Vec::new(),
        variables: Vec::new(),
        leaving_after: None,
        received_at: 1_700_000_000,
        is_expired: false,
        is_interrupted_at_its_end: false,
        is_awaited: false,
    }
}

impl Request {
    pub(crate) fn post(mut self, content_type: &str, body: &[u8]) -> Self {
        self.method = "POST";
        self.content_type = Some(content_type.to_owned());
        self.body = body.to_vec();
        self
    }

    pub(crate) fn cookie(mut self, value: &str) -> Self {
        self.cookies = Some(value.to_owned());
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The client is gone after this many flushes.
    pub(crate) fn leaving_after(mut self, flushes: usize) -> Self {
        self.leaving_after = Some(flushes);
        self
    }

    /// Its time is over, as soon as anybody asks.
    pub(crate) fn expired(mut self) -> Self {
        self.is_expired = true;
        self
    }

    /// The signal comes when its reply is complete.
    pub(crate) fn interrupted_at_its_end(mut self) -> Self {
        self.is_interrupted_at_its_end = true;
        self
    }

    /// Others wait until it is over.
    pub(crate) fn awaited(mut self) -> Self {
        self.is_awaited = true;
        self
    }

    /// It came this many seconds after the others.
    pub(crate) fn seconds_later(mut self, seconds: u64) -> Self {
        self.received_at += seconds;
        self
    }

    fn describe(&self, incoming: &mut Incoming) {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        incoming.set_line(self.method, &self.target, query);
        incoming.set_content_length(self.body.len() as u64);
        incoming.set_received(self.received_at * 1_000_000);
        if let Some(value) = &self.content_type {
            incoming.set_content_type(value.as_bytes());
        }
        if let Some(value) = &self.cookies {
            incoming.set_cookies(value.as_bytes());
        }
        for (name, value) in &self.headers {
            incoming.header(name.as_bytes(), value.as_bytes());
        }
        incoming.variable(b"REQUEST_METHOD", self.method.as_bytes());
        incoming.variable(b"REQUEST_URI", self.target.as_bytes());
        for (name, value) in &self.variables {
            incoming.variable(name.as_bytes(), value.as_bytes());
        }
    }
}

/// What came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) ended: bool,
    pub(crate) failed: bool,
    pub(crate) log: Vec<String>,
    /// How many of these lines came before the reply was complete.
    pub(crate) log_before_end: usize,
    /// How much time PHP asked for.
    pub(crate) extensions: Vec<String>,
    /// PHP asked for another worker.
    pub(crate) recycles: bool,
    /// What PHP ran when it logged `trace`.
    pub(crate) stack: Vec<String>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Runs `script` once for `request`, as classic mode does.
pub(crate) fn classic(script: &str, request: Request) -> Reply {
    run(Job {
        script: script.to_owned(),
        requests: vec![request],
        loops: false,
    })
    .remove(0)
}

/// Runs `script` as a worker script that is given `requests`.
pub(crate) fn worker(script: &str, requests: Vec<Request>) -> Vec<Reply> {
    run(Job {
        script: script.to_owned(),
        requests,
        loops: true,
    })
}

struct Job {
    script: String,
    requests: Vec<Request>,
    loops: bool,
}

fn run(job: Job) -> Vec<Reply> {
    static ENGINE: OnceLock<Sender<(Job, Sender<Vec<Reply>>)>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| {
        let (jobs, inbox) = mpsc::channel();
        std::thread::Builder::new()
            .stack_size(16 << 20)
            .spawn(move || serve(&inbox))
            .expect("a thread can be started");
        jobs
    });
    let (sender, replies) = mpsc::channel();
    engine.send((job, sender)).expect("the engine thread runs");
    replies
        .recv_timeout(Duration::from_secs(30))
        .expect("the engine answers in time")
}

#[derive(Default)]
struct Desk {
    waiting: Vec<Request>,
    unread: Vec<u8>,
    replies: Vec<Reply>,
    flushes_left: Option<usize>,
    is_expired: bool,
    is_interrupted_at_its_end: bool,
    is_awaited: bool,
    stack: Option<Stack>,
}

impl Desk {
    fn open(&mut self, incoming: &mut Incoming) -> bool {
        if self.waiting.is_empty() {
            return false;
        }
        let request = self.waiting.remove(0);
        request.describe(incoming);
        self.unread = request.body;
        self.flushes_left = request.leaving_after;
        self.is_awaited = request.is_awaited;
        self.is_expired = request.is_expired;
        self.is_interrupted_at_its_end = request.is_interrupted_at_its_end;
        self.replies.push(Reply::default());
        true
    }

    fn reply(&mut self) -> Option<&mut Reply> {
        self.replies.last_mut().filter(|reply| !reply.ended)
    }
}

struct Recorder(Rc<RefCell<Desk>>);

impl Host for Recorder {
    fn take(&mut self, incoming: &mut Incoming) -> bool {
        self.0.borrow_mut().open(incoming)
    }

    fn header(&mut self, line: &[u8]) {
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply
                .headers
                .push(String::from_utf8_lossy(line).into_owned());
        }
    }

    fn head(&mut self, status: u16) {
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply.status = status;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> bool {
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply.body.extend_from_slice(bytes);
        }
        true
    }

    fn flush(&mut self) -> bool {
        match &mut self.0.borrow_mut().flushes_left {
            Some(left) => {
                *left = left.saturating_sub(1);
                *left > 0
            }
            None => true,
        }
    }

    fn read_body(&mut self, out: &mut [u8]) -> usize {
        let unread = &mut self.0.borrow_mut().unread;
        let bytes = unread.len().min(out.len());
        out[..bytes].copy_from_slice(&unread[..bytes]);
        unread.drain(..bytes);
        bytes
    }

    fn reply_fail(&mut self) {
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply.failed = true;
        }
    }

    fn reply_end(&mut self) {
        if self.0.borrow().is_interrupted_at_its_end {
            interrupt();
        }
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply.ended = true;
            reply.log_before_end = reply.log.len();
        }
    }

    fn log(&mut self, _priority: Priority, message: &str) {
        if let Some(reply) = self.0.borrow_mut().replies.last_mut() {
            reply.log.push(message.to_owned());
        }
        if message == "interrupt" {
            interrupt();
        }
        let stack = self.0.borrow().stack;
        if let Some(stack) = stack.filter(|_| message == "trace") {
            let lines = stack.lines(&Own).expect("the process can read itself");
            if let Some(reply) = self.0.borrow_mut().replies.last_mut() {
                reply.stack = lines;
            }
        }
    }

    fn expired(&mut self) -> Option<Duration> {
        let ran = Duration::from_millis(1500);
        self.0.borrow().is_expired.then_some(ran)
    }

    fn extend_deadline(&mut self, by: Option<Duration>) {
        if let Some(reply) = self.0.borrow_mut().reply() {
            let by = by.map_or("none".to_owned(), |by| format!("{by:?}"));
            reply.extensions.push(by);
        }
    }

    fn is_awaited(&self) -> bool {
        self.0.borrow().is_awaited
    }

    fn recycle(&mut self) {
        if let Some(reply) = self.0.borrow_mut().reply() {
            reply.recycles = true;
        }
    }

    fn worker_id(&self) -> u32 {
        7
    }
}

/// The memory of this process, read as another one's would be.
struct Own;

impl Memory for Own {
    fn read(&self, base: usize, out: &mut [u8]) -> std::io::Result<()> {
        let len = out.len();
        let mut local = [std::io::IoSliceMut::new(out)];
        let remote = [RemoteIoVec { base, len }];
        let read = process_vm_readv(Pid::this(), &mut local, &remote)?;
        assert_eq!(read, len);
        Ok(())
    }
}

/// As the template interrupts a worker.
fn interrupt() {
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGURG).expect("the signal is sent");
}

fn serve(inbox: &Receiver<(Job, Sender<Vec<Reply>>)>) {
    let desk = Rc::new(RefCell::new(Desk::default()));
    let config = EngineConfig {
        ini_overrides: [
            ("display_errors", "0"),
            ("log_errors", "1"),
            ("opcache.enable", "1"),
            ("opcache.validate_timestamps", "1"),
            ("opcache.file_update_protection", "0"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ini_ignored: true,
        ..EngineConfig::default()
    };
    let mut runtime =
        Runtime::start(&config, Box::new(Recorder(Rc::clone(&desk)))).expect("PHP starts");
    let store = Store::create(&Sizes::of(64 << 20, 8 << 20)).expect("a store can be made");
    runtime.use_store(store);
    while let Ok((job, sender)) = inbox.recv() {
        let replies = perform(&mut runtime, &desk, &job);
        sender.send(replies).expect("the test waits");
    }
}

fn perform(runtime: &mut Runtime, desk: &RefCell<Desk>, job: &Job) -> Vec<Reply> {
    let mut file = tempfile::Builder::new()
        .suffix(".php")
        .tempfile()
        .expect("a temporary file");
    file.write_all(job.script.as_bytes())
        .expect("the script is written");
    let path = CString::new(file.path().to_str().expect("UTF-8")).expect("no NUL");
    *desk.borrow_mut() = Desk {
        waiting: job.requests.clone(),
        stack: Some(runtime.stack()),
        ..Desk::default()
    };
    loop {
        let request = if job.loops {
            runtime.boot_request().map(Some)
        } else {
            runtime.next_request()
        };
        let mut request = request.expect("the request starts").expect("one waits");
        let exit = request.run(&path);
        drop(request);
        if !job.loops || exit.outcome != Outcome::BailedOut {
            break;
        }
    }
    desk.borrow().replies.clone()
}
