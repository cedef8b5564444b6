//! Where a worker takes requests in and gives replies out: the engine's host.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use askr_exchange::control::{Isolation, TemplateConfig, ToMain};
use askr_exchange::{Job, JobError, ReplyHead, RequestHead, Taken, WorkerEnd, WorkerId};
use askr_php::{Host, Incoming, Priority};

use crate::booting::fork_copies;
use crate::clock;
use crate::fork::{exit_now, outlive_parent};
use crate::household::{Household, JoinError};
use crate::limits::{CLIENT_PATIENCE, PATIENCE};
use crate::nursery::Position;
use crate::progress::Progress;
use crate::variables::Site;

/// Implements [`Host`] on the worker's end of the exchange.
pub(crate) struct Desk {
    position: Position,
    end: WorkerEnd,
    household: Rc<Household>,
    progress: Rc<Progress>,
    site: Site,
    /// Header fields of every reply.
    marks: Vec<(String, String)>,
    /// PHP wants this worker to be recycled.
    recycles: bool,
    has_asked: bool,
    taken_at: Duration,
    /// For how long the request has waited for its client.
    waited: Duration,
    /// Before this moment the request's time is not over, whatever main says.
    extended_to_ms: u64,
    life: Life,
    has_upload_folder: bool,
    reply: Option<Reply>,
    head: Vec<u8>,
}

/// How a worker goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// It takes requests until it is asked to leave.
    Worker,
    /// So does it, and is put back after each to where it was before the first.
    Rewound,
    /// It has one request to take.
    OneRequest,
    /// It has taken its one request.
    Spent,
    /// It takes none any more, and forks copies of itself.
    Template,
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
    /// Sits down on a worker's seat.
    ///
    /// # Errors
    /// See [`JoinError`].
    pub(crate) fn sit_down(
        position: Position,
        household: Rc<Household>,
        progress: Rc<Progress>,
    ) -> Result<Self, JoinError> {
        let life = match household.isolation(position.pool) {
            Some(Isolation::Fork) if position.max_requests == 1 => Life::OneRequest,
            Some(Isolation::Fork) => Life::Rewound,
            _ => Life::Worker,
        };
        Ok(Self {
            end: household.join(position.pool, position.worker)?,
            site: Site::new(&household.config.root),
            marks: marks(&household.config, position.worker),
            position,
            household,
            progress,
            recycles: false,
            has_asked: false,
            taken_at: Duration::ZERO,
            waited: Duration::ZERO,
            extended_to_ms: 0,
            life,
            has_upload_folder: false,
            reply: None,
            head: Vec::new(),
        })
    }

    fn announce(&mut self) {
        self.progress.booted.set(true);
        if self.end.is_new() {
            self.progress.control().tell(&ToMain::Ready {
                worker: self.position.worker,
            });
        }
    }

    /// Begins the job's request. False when its head is damaged; the job is then cut.
    fn begin(&mut self, job: Job, incoming: &mut Incoming) -> bool {
        self.taken_at = clock::now();
        self.waited = Duration::ZERO;
        self.extended_to_ms = 0;
        self.end.begin(clock::ms(self.taken_at));
        job.begin(clock::us(self.taken_at), self.household.config.generation);
        if self.open(job, incoming) {
            return true;
        }
        self.end.count_reply(true, 0);
        self.end.finish();
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
        let has_body = match RequestHead::decode(&head) {
            Ok(head) => {
                self.site.describe(&head, incoming);
                self.progress.set_request(Some(head.id));
                head.body_bytes > 0
            }
            Err(error) => {
                tracing::error!(%error, "the gateway sent a damaged request head");
                job.abort();
                return false;
            }
        };
        if has_body {
            self.make_upload_folder();
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
            self.progress.control().tell(&ToMain::WantsRecycle {
                worker: self.position.worker,
            });
        }
    }

    fn has_served_its_share(&self) -> bool {
        let most = self.position.max_requests;
        most > 0 && self.end.replies() >= most
    }

    fn tell_what_stood_in_the_way(&self, why: &str, is_lasting: bool) {
        self.progress.control().tell(&ToMain::NotRewound {
            worker: self.position.worker,
            reason: why.to_owned(),
            is_lasting,
        });
    }

    /// PHP puts files there only while a request with a body runs.
    fn make_upload_folder(&mut self) {
        let Some(uploads) = &self.household.uploads else {
            return;
        };
        if !self.has_upload_folder {
            match uploads.make(self.position.worker) {
                Ok(_) => self.has_upload_folder = true,
                Err(error) => {
                    tracing::warn!(%error, "a worker has no folder of its own for uploads");
                }
            }
        }
    }

    /// Waits for a request; false when none is to come any more.
    fn wait(&mut self, incoming: &mut Incoming) -> bool {
        loop {
            match self.end.take(PATIENCE) {
                Taken::Request(job) => {
                    if self.begin(job, incoming) {
                        self.spend();
                        return true;
                    }
                }
                Taken::Nothing => {}
                Taken::Retire => return self.retire(),
                Taken::Promote => {
                    self.life = Life::Template;
                    return false;
                }
            }
        }
    }

    fn spend(&mut self) {
        if self.life == Life::OneRequest {
            self.life = Life::Spent;
        }
    }

    fn retire(&self) -> bool {
        if matches!(self.life, Life::OneRequest | Life::Rewound) {
            exit_now(0);
        }
        self.progress.retiring.set(true);
        false
    }
}

impl Host for Desk {
    fn take(&mut self, incoming: &mut Incoming) -> bool {
        self.announce();
        self.end.finish();
        if self.recycles {
            self.ask_for_successor();
        }
        self.progress.set_request(None);
        if self.life == Life::Spent {
            exit_now(0);
        }
        self.wait(incoming)
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
                headers: reply.headers(&self.marks),
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
        let Some(reply) = &mut self.reply else {
            return true;
        };
        if !reply.head_is_sent {
            return false;
        }
        if reply.job.has_room(bytes.len()) {
            return succeeded(reply.job.write_body(bytes), &self.progress);
        }
        let since = clock::now();
        let most = self.waited.saturating_add(CLIENT_PATIENCE);
        self.end.set_waited(clock::ms(most));
        let sent = reply.job.write_body(bytes);
        self.waited += clock::now().saturating_sub(since);
        self.end.set_waited(clock::ms(self.waited));
        succeeded(sent, &self.progress)
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
        let now = clock::now();
        let took = now.saturating_sub(self.taken_at + self.waited);
        self.end.count_reply(reply.is_failure(), clock::us(took));
        reply.job.close(clock::us(now));
        if reply.is_whole() {
            reply.job.end();
        } else {
            reply.job.abort();
        }
        if self.has_served_its_share() {
            self.ask_for_successor();
        }
    }

    fn log(&mut self, priority: Priority, message: &str) {
        let worker = self.position.worker.seat;
        let request = self.progress.request();
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
        let is_over = self.end.is_expired() && clock::ms(now) >= self.extended_to_ms;
        is_over.then(|| now.saturating_sub(self.taken_at))
    }

    /// Never to an earlier moment than one that was given before.
    fn extend_deadline(&mut self, by: Option<Duration>) {
        let until_ms = by.map_or(u64::MAX, |by| clock::ms(clock::now().saturating_add(by)));
        self.extended_to_ms = self.extended_to_ms.max(until_ms);
        self.end.set_deadline(self.extended_to_ms);
    }

    fn is_awaited(&self) -> bool {
        matches!(self.life, Life::Rewound | Life::Spent) || self.end.is_awaited()
    }

    fn recycle(&mut self) {
        self.recycles = true;
    }

    fn worker_id(&self) -> u32 {
        u32::from(self.position.worker.seat)
    }

    fn is_template(&self) -> bool {
        self.life == Life::Template
    }

    fn fork_copies(&mut self) -> Option<Box<dyn Host>> {
        outlive_parent();
        Some(fork_copies(&self.household, &self.progress))
    }

    fn is_rewound(&self) -> bool {
        self.life == Life::Rewound
    }

    fn stay(&mut self, why: &str) {
        self.tell_what_stood_in_the_way(why, true);
        self.life = Life::OneRequest;
    }

    fn rest(&mut self) {
        if let (true, Some(uploads)) = (self.has_upload_folder, &self.household.uploads) {
            uploads.clear(self.position.worker);
        }
        self.end.finish();
        if self.recycles {
            self.ask_for_successor();
        }
    }

    fn leave(&mut self, why: &str) {
        self.tell_what_stood_in_the_way(why, false);
        exit_now(0);
    }

    fn upload_folder(&self) -> Option<PathBuf> {
        let uploads = self.household.uploads.as_ref()?;
        Some(uploads.of(self.position.worker))
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
