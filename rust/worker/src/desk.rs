//! Where a worker takes requests in and gives replies out: the engine's host.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use askr_exchange::control::ToMain;
use askr_exchange::{Job, JobError, ReplyHead, RequestHead, Taken, WorkerEnd, WorkerId};
use askr_php::{Host, Incoming, Priority};

use crate::clock;
use crate::control::Control;
use crate::limits::PATIENCE;
use crate::variables::Site;

/// What the run loop learns from its desk.
#[derive(Default)]
pub(crate) struct Progress {
    /// The script has asked for work since it was last started.
    pub(crate) booted: Cell<bool>,
    /// The worker is to leave.
    pub(crate) retiring: Cell<bool>,
    request: RefCell<Option<String>>,
}

impl Progress {
    /// The id of the request that runs, also while its script works on after its reply.
    pub(crate) fn request(&self) -> Option<String> {
        self.request.borrow().clone()
    }
}

/// What a desk is made of.
pub(crate) struct Place {
    pub(crate) worker: WorkerId,
    pub(crate) end: WorkerEnd,
    pub(crate) control: Control,
    pub(crate) site: Site,
    pub(crate) max_requests: u64,
    /// Header fields of every reply.
    pub(crate) marks: Vec<(String, String)>,
}

/// Implements [`Host`] on the worker's end of the exchange.
pub(crate) struct Desk {
    place: Place,
    progress: Rc<Progress>,
    announced: bool,
    requests: u64,
    /// PHP wants this worker to be recycled.
    recycles: bool,
    has_asked: bool,
    taken_at: Duration,
    /// Before this moment the request's time is not over, whatever main says.
    extended_to_ms: u64,
    reply: Option<Reply>,
    head: Vec<u8>,
}

/// The reply that is being written.
struct Reply {
    job: Job,
    /// Of the final head; 0 until it is written.
    status: u16,
    lines: Vec<u8>,
    line_ends: Vec<usize>,
    head_is_sent: bool,
    failed: bool,
}

impl Desk {
    pub(crate) fn new(place: Place, progress: Rc<Progress>) -> Self {
        Self {
            place,
            progress,
            announced: false,
            requests: 0,
            recycles: false,
            has_asked: false,
            taken_at: Duration::ZERO,
            extended_to_ms: 0,
            reply: None,
            head: Vec::new(),
        }
    }

    fn announce(&mut self) {
        self.progress.booted.set(true);
        if !self.announced {
            self.announced = true;
            self.place.control.tell(&ToMain::Ready {
                worker: self.place.worker,
            });
        }
    }

    /// Begins the job's request. False when its head is damaged; the job is then cut.
    fn begin(&mut self, job: Job, incoming: &mut Incoming) -> bool {
        self.taken_at = clock::now();
        self.extended_to_ms = 0;
        self.place.end.begin(clock::ms(self.taken_at));
        if self.open(job, incoming) {
            return true;
        }
        self.place.end.count_reply(true, 0);
        self.place.end.finish();
        false
    }

    fn open(&mut self, mut job: Job, incoming: &mut Incoming) -> bool {
        let head = match job.head_bytes() {
            Ok(head) => head,
            Err(error) => {
                tracing::warn!(%error, "a request could not be read");
                job.abort();
                return false;
            }
        };
        match RequestHead::decode(&head) {
            Ok(head) => {
                self.place.site.describe(&head, incoming);
                self.progress.request.replace(Some(head.id.to_owned()));
            }
            Err(error) => {
                tracing::error!(%error, "the gateway sent a damaged request head");
                job.abort();
                return false;
            }
        }
        self.reply = Some(Reply {
            job,
            status: 0,
            lines: Vec::new(),
            line_ends: Vec::new(),
            head_is_sent: false,
            failed: false,
        });
        true
    }

    /// This worker has served its share, or PHP wants another one. It serves on until it is told
    /// to leave.
    fn ask_for_successor(&mut self) {
        if !self.has_asked {
            self.has_asked = true;
            self.place.control.tell(&ToMain::WantsRecycle {
                worker: self.place.worker,
            });
        }
    }

    fn retire(&mut self) -> bool {
        self.progress.retiring.set(true);
        false
    }
}

impl Host for Desk {
    fn take(&mut self, incoming: &mut Incoming) -> bool {
        self.announce();
        self.place.end.finish();
        if self.recycles {
            self.ask_for_successor();
        }
        self.progress.request.take();
        loop {
            match self.place.end.take(PATIENCE) {
                Taken::Request(job) => {
                    if self.begin(job, incoming) {
                        return true;
                    }
                }
                Taken::Nothing => {}
                Taken::Retire | Taken::Promote => return self.retire(),
            }
        }
    }

    fn header(&mut self, line: &[u8]) {
        if let Some(reply) = &mut self.reply {
            reply.lines.extend_from_slice(line);
            reply.line_ends.push(reply.lines.len());
        }
    }

    fn head(&mut self, status: u16) {
        if let Some(reply) = &mut self.reply {
            self.head.clear();
            ReplyHead {
                status,
                headers: reply.headers(&self.place.marks),
            }
            .encode(&mut self.head);
            if (100..200).contains(&status) {
                succeeded(reply.job.write_interim(&self.head), &self.progress);
                reply.lines.clear();
                reply.line_ends.clear();
            } else {
                reply.status = status;
                let sent = reply.job.write_head(&self.head);
                reply.head_is_sent = succeeded(sent, &self.progress);
            }
        }
    }

    /// A head that could not be sent means that the client is gone.
    fn write(&mut self, bytes: &[u8]) -> bool {
        match &mut self.reply {
            Some(reply) => {
                reply.head_is_sent && succeeded(reply.job.write_body(bytes), &self.progress)
            }
            None => true,
        }
    }

    fn flush(&mut self) -> bool {
        match &mut self.reply {
            Some(reply) => {
                reply.job.flush();
                !reply.job.cancelled()
            }
            None => true,
        }
    }

    fn read_body(&mut self, out: &mut [u8]) -> usize {
        match &mut self.reply {
            Some(reply) => reply.fill(out, &self.progress),
            None => 0,
        }
    }

    fn reply_fail(&mut self) {
        if let Some(reply) = &mut self.reply {
            reply.failed = true;
        }
    }

    /// A reply without a head would look like an empty success, half a reply like a whole one:
    /// both are cut.
    fn reply_end(&mut self) {
        let Some(reply) = self.reply.take() else {
            return;
        };
        let took = clock::now().saturating_sub(self.taken_at);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.place.end.count_reply(reply.is_failure(), took_us);
        if reply.is_whole() {
            reply.job.end();
        } else {
            reply.job.abort();
        }
        self.requests += 1;
        if self.requests == self.place.max_requests {
            self.ask_for_successor();
        }
    }

    fn log(&mut self, priority: Priority, message: &str) {
        let worker = self.place.worker.seat;
        let request = self.progress.request.borrow();
        let request = request.as_deref();
        match priority {
            Priority::Error => tracing::error!(target: "php", worker, request, "{message}"),
            Priority::Warning => tracing::warn!(target: "php", worker, request, "{message}"),
            Priority::Info => tracing::info!(target: "php", worker, request, "{message}"),
            Priority::Debug => tracing::debug!(target: "php", worker, request, "{message}"),
        }
    }

    fn expired(&mut self) -> Option<Duration> {
        let now = clock::now();
        let is_over = self.place.end.is_expired() && clock::ms(now) >= self.extended_to_ms;
        is_over.then(|| now.saturating_sub(self.taken_at))
    }

    /// Never to an earlier moment than one that was given before.
    fn extend_deadline(&mut self, by: Option<Duration>) {
        let until_ms = by.map_or(u64::MAX, |by| clock::ms(clock::now().saturating_add(by)));
        self.extended_to_ms = self.extended_to_ms.max(until_ms);
        self.place.end.set_deadline(self.extended_to_ms);
    }

    fn recycle(&mut self) {
        self.recycles = true;
    }

    fn worker_id(&self) -> u32 {
        u32::from(self.place.worker.seat)
    }
}

impl Reply {
    fn is_whole(&self) -> bool {
        self.head_is_sent && !self.failed
    }

    /// That a client has left is not the worker's fault.
    fn is_failure(&self) -> bool {
        self.status >= 500 || self.failed || !(self.head_is_sent || self.job.cancelled())
    }

    /// Fills `out` unless the body ends before: PHP takes a shorter read for the end of it.
    fn fill(&mut self, out: &mut [u8], progress: &Progress) -> usize {
        let mut filled = 0;
        while filled < out.len() {
            match self.job.read_body(&mut out[filled..]) {
                Ok(0) => break,
                Ok(bytes) => filled += bytes,
                Err(error) => {
                    let request = progress.request();
                    tracing::warn!(request, %error, "the request's body ended early");
                    break;
                }
            }
        }
        filled
    }

    fn headers<'a>(&'a self, marks: &'a [(String, String)]) -> Vec<(&'a [u8], &'a [u8])> {
        let starts = std::iter::once(0).chain(self.line_ends.iter().copied());
        let lines = starts
            .zip(&self.line_ends)
            .map(|(start, &end)| &self.lines[start..end]);
        let marks = marks
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        lines.map(split_line).chain(marks).collect()
    }
}

/// `Name: value` as name and value; a line without a colon is a name, as nginx has it.
fn split_line(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = line.iter().position(|&byte| byte == b':');
    let colon = colon.unwrap_or(line.len());
    let value = line.get(colon + 1..).unwrap_or_default();
    (line[..colon].trim_ascii(), value.trim_ascii())
}

fn succeeded(sent: Result<(), JobError>, progress: &Progress) -> bool {
    match sent {
        Ok(()) => true,
        Err(JobError::Cancelled) => false,
        Err(error) => {
            let request = progress.request();
            tracing::warn!(request, %error, "the reply could not be sent");
            false
        }
    }
}
