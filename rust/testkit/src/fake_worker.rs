//! A worker without PHP: a thread that does what its script says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use askr_exchange::{
    GatewayEnd, Job, JobError, ReplyHead, RequestHead, SeatState, Taken, WorkerEnd, WorkerId,
};

use crate::deadline::eventually;

/// A worker that runs a closure for each request.
#[derive(Debug)]
pub struct FakeWorker {
    exchange: GatewayEnd,
    worker: WorkerId,
    taken: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// What a worker does after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Takes the next one.
    Next,
    /// Is dead, as after a SIGKILL: says nothing more, gives nothing back.
    Die,
}

/// A request head that owns what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// For example `GET`.
    pub method: String,
    /// Path and query as on the wire.
    pub target: String,
    /// For example `/index.php`.
    pub script_name: String,
    /// What followed the script.
    pub path_info: String,
    /// Names and values in order.
    pub headers: Vec<(String, String)>,
    /// The client's address.
    pub remote_ip: String,
    /// What PHP is to find in `$_SERVER` beside the usual.
    pub variables: Vec<(String, String)>,
    /// The client's port.
    pub remote_port: u16,
    /// The port that the client connected to.
    pub server_port: u16,
    /// Whether the client's connection is encrypted.
    pub https: bool,
    /// Length of the body.
    pub body_bytes: u64,
}

impl FakeWorker {
    /// Starts a worker in seat `seat` that answers each request as `script` says.
    ///
    /// # Panics
    /// When the exchange does not take the worker.
    pub fn start<S>(exchange: &GatewayEnd, worker: WorkerId, mut script: S) -> FakeWorker
    where
        S: FnMut(&mut Option<Job>, &Received) -> After + Send + 'static,
    {
        let (region, doorbell) = exchange.fds();
        let region = region.try_clone_to_owned().expect("descriptors are left");
        let doorbell = doorbell.try_clone_to_owned().expect("descriptors are left");
        let mut end = WorkerEnd::open(region, doorbell, worker).expect("the seat is free");
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = taken.clone();
        let thread = thread::spawn(move || {
            loop {
                let job = match end.take(PATIENCE) {
                    Taken::Request(job) => job,
                    Taken::Nothing => continue,
                    Taken::Retire | Taken::Promote => return,
                };
                counter.fetch_add(1, Ordering::SeqCst);
                if run(job, &mut script) == After::Die {
                    // A killed process runs no destructor.
                    std::mem::forget(end);
                    return;
                }
            }
        });
        let started = FakeWorker {
            exchange: exchange.clone(),
            worker,
            taken,
            thread: Some(thread),
        };
        eventually("the worker is ready", || {
            matches!(exchange.seat(worker), SeatState::Idle | SeatState::Busy)
        });
        started
    }

    /// Requests this worker has taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    /// Its name in the exchange.
    #[must_use]
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Waits for the script to say [`After::Die`], then does what the supervisor does about it.
    ///
    /// # Panics
    /// When the worker does not die.
    pub fn bury(mut self) {
        let thread = self.thread.take().expect("a worker is buried once");
        eventually("the worker dies", || thread.is_finished());
        thread.join().expect("the script does not panic");
        self.exchange.bury(self.worker);
    }
}

impl Drop for FakeWorker {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        self.exchange.retire(self.worker);
        if !thread::panicking() {
            eventually("the worker retires", || thread.is_finished());
            thread.join().expect("the script does not panic");
        }
        self.exchange.bury(self.worker);
    }
}

/// Writes a whole reply and ends it.
///
/// # Errors
/// When the request was cancelled meanwhile.
pub fn reply(job: Job, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Result<(), JobError> {
    let mut job = job;
    job.write_head(&encoded_head(status, headers))?;
    job.write_body(body)?;
    job.end();
    Ok(())
}

impl Received {
    /// The value of the first header called `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    fn read(job: &mut Job) -> Result<Received, JobError> {
        let bytes = job.head_bytes()?;
        let head = RequestHead::decode(&bytes).expect("the gateway encodes what can be decoded");
        Ok(Received {
            method: head.method.to_owned(),
            target: head.target.to_owned(),
            script_name: head.script_name.to_owned(),
            path_info: head.path_info.to_owned(),
            headers: texts(&head.headers),
            remote_ip: head.remote_ip.to_owned(),
            variables: texts(&head.variables),
            remote_port: head.remote_port,
            server_port: head.server_port,
            https: head.https,
            body_bytes: head.body_bytes,
        })
    }
}

fn texts(named: &[(&str, &[u8])]) -> Vec<(String, String)> {
    let texts = named.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value).into_owned();
        ((*name).to_owned(), value)
    });
    texts.collect()
}

/// The encoded head of a reply.
#[must_use]
pub fn encoded_head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let mut encoded = Vec::new();
    ReplyHead { status, headers }.encode(&mut encoded);
    encoded
}

fn run<S>(mut job: Job, script: &mut S) -> After
where
    S: FnMut(&mut Option<Job>, &Received) -> After,
{
    let Ok(received) = Received::read(&mut job) else {
        return After::Next;
    };
    let mut job = Some(job);
    let after = script(&mut job, &received);
    if after == After::Die {
        std::mem::forget(job);
    }
    after
}

/// How often a worker without work looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(100);
