//! Hands a complete request to a worker through the exchange, and waits for its reply to begin.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use askr_exchange::control::ProcessEnd;
use askr_exchange::{
    DecodeError, HEAD_BYTES_MAX, Lease, ReplyError, ReplyEvent, SendError, WorkerId,
};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeekExt, ReadBuf};
use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::connection::passage::Passage;
use crate::hosting::pools::Pool;
use crate::limits::CHUNK_BYTES;
use crate::reply::head as reply_head;
use crate::request::body::Spooled;
use crate::request::subject::Subject;

/// Why a worker's reply did not begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DispatchFault {
    #[error("more than {limit} requests are waiting for a worker")]
    QueueFull { limit: usize, pool: Arc<str> },
    #[error("no worker was free within {seconds} s")]
    QueueWait { seconds: u64, pool: Arc<str> },
    #[error("the worker that had the request died")]
    WorkerLost {
        worker: WorkerId,
        end: Option<ProcessEnd>,
    },
    #[error("the request took too long")]
    Condemned,
    #[error("the worker gave the request up")]
    Cut,
    #[error("the exchange with the worker is corrupt")]
    Corrupt {
        slot_index: u16,
        what: &'static str,
        value: u64,
    },
    #[error("the request head is larger than {limit} bytes")]
    HeadTooLarge { bytes: usize, limit: usize },
    #[error("the application's reply cannot be read")]
    ReplyHead(#[source] DecodeError),
    #[error("the application answered with status {status}")]
    ReplyStatus { status: u16 },
    #[error("the request body cannot be read back")]
    Spool(#[source] io::Error),
}

/// A request on its way to a worker.
pub(crate) struct Order<'a> {
    /// Takes interim replies; `None` if the client would not understand any.
    pub(crate) interim: Option<&'a Passage>,
    pub(crate) subject: &'a Subject,
    /// Encoded for the exchange.
    pub(crate) head: &'a [u8],
    pub(crate) body: Spooled,
    /// May be given to a second worker when the first dies before its reply was forwarded.
    pub(crate) safe: bool,
}

impl Order<'_> {
    /// Ready when `head` is the head of the reply; interim ones are passed on meanwhile.
    fn poll_head(
        &self,
        cx: &mut Context<'_>,
        lease: &mut Lease,
        head: &mut Vec<u8>,
    ) -> Poll<Result<(), DispatchFault>> {
        loop {
            let event = ready!(lease.poll_reply(cx, head, HEAD_BYTES_MAX));
            match event.map_err(DispatchFault::from)? {
                ReplyEvent::Interim => self.pass_interim(std::mem::take(head)),
                ReplyEvent::Head => return Poll::Ready(Ok(())),
                ReplyEvent::Body | ReplyEvent::End => {
                    return Poll::Ready(Err(DispatchFault::Cut));
                }
            }
        }
    }

    fn pass_interim(&self, encoded: Vec<u8>) {
        let Some(passage) = self.interim else {
            return;
        };
        match reply_head::interim(encoded, self.subject) {
            Ok(reply) => passage.push_interim(reply),
            Err(fault) => {
                let (request, error) = (self.subject.id(), &fault as &dyn std::error::Error);
                tracing::warn!(request, error, "an interim reply cannot be forwarded");
            }
        }
    }
}

/// Whose workers an order is for, and the timer that tells when it has waited too long for them.
///
/// How long a worker may take is not decided here: the watchdog of the supervisor condemns.
pub(crate) struct Patience<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) alarm: &'a Mutex<Alarm>,
}

/// A reply whose head is known.
pub(crate) struct Answer {
    /// As the worker encoded it.
    pub(crate) head: Vec<u8>,
    /// The body so far.
    pub(crate) body: Vec<u8>,
    /// Brings the rest of the body; `None` when `body` is all of it.
    pub(crate) rest: Option<Lease>,
}

/// Gets `order` answered.
///
/// # Cancel safety
/// Dropping the future cancels the request: if no worker has it yet, PHP never sees it.
pub(crate) async fn dispatch(
    mut order: Order<'_>,
    patience: &Patience<'_>,
) -> Result<Answer, DispatchFault> {
    let since = Instant::now();
    let subject = order.subject;
    subject.record().waits_for(&patience.pool.name);
    let mut lease = lease(patience, since).await?;
    lease.describe(subject.id(), subject.method(), subject.path());
    let replied = converse(&mut lease, &mut order, patience, since).await;
    subject.record().served(lease.service());
    match replied {
        Err(DispatchFault::WorkerLost { worker, end }) if order.safe => {
            log_loss(order.subject, worker, end, "its request goes to another");
            if let Spooled::File { file, .. } = &mut order.body {
                file.rewind().await.map_err(DispatchFault::Spool)?;
            }
            if !lease.resubmit() {
                return Err(DispatchFault::WorkerLost { worker, end });
            }
            let replied = converse(&mut lease, &mut order, patience, Instant::now()).await;
            subject.record().served(lease.service());
            replied
        }
        other => other,
    }
    .map(|(head, body, ended)| Answer {
        head,
        body,
        rest: (!ended).then_some(lease),
    })
}

/// The facts of a death in the middle of a request, and what becomes of the request.
pub(crate) fn log_loss(
    subject: &Subject,
    worker: WorkerId,
    end: Option<ProcessEnd>,
    then: &'static str,
) {
    let (request, method, path) = (subject.id(), subject.method(), subject.path());
    let end = Died(end);
    tracing::error!(request, method, path, %worker, %end, then, "worker died in a request");
}

/// How a worker died, in words.
struct Died(Option<ProcessEnd>);

impl fmt::Display for Died {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(end) => end.fmt(out),
            None => out.write_str("with its template"),
        }
    }
}

/// Waits for a slot, first come first served, if not too many wait already.
async fn lease(patience: &Patience<'_>, since: Instant) -> Result<Lease, DispatchFault> {
    let Pool {
        exchange,
        queue_waiting,
        name,
        ..
    } = patience.pool;
    let mut lease = std::pin::pin!(exchange.lease());
    let mut queued = false;
    poll_fn(|cx| {
        if let Poll::Ready(lease) = lease.as_mut().poll(cx) {
            return Poll::Ready(Ok(lease));
        }
        // By now this request waits too.
        if !std::mem::replace(&mut queued, true) && exchange.waiting() > *queue_waiting {
            let (limit, pool) = (*queue_waiting, Arc::clone(name));
            return Poll::Ready(Err(DispatchFault::QueueFull { limit, pool }));
        }
        patience.poll_queue(cx, since).map(Err)
    })
    .await
}

/// One worker's try: sends everything, and takes the reply as far as it is there when its head
/// comes. The last of the three tells whether the body is complete.
async fn converse(
    lease: &mut Lease,
    order: &mut Order<'_>,
    patience: &Patience<'_>,
    since: Instant,
) -> Result<(Vec<u8>, Vec<u8>, bool), DispatchFault> {
    let mut sending = Some(Sending::new(order.head));
    let mut submitted = false;
    let mut head = Vec::new();
    poll_fn(|cx| {
        if let Some(under_way) = &mut sending {
            let sent = under_way.poll(cx, lease, &mut order.body);
            if !submitted {
                lease.submit_soon();
                submitted = true;
            }
            if sent.map_err(DispatchFault::from)?.is_ready() {
                sending = None;
            }
        }
        match order.poll_head(cx, lease, &mut head) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => patience.poll(cx, lease, since).map(Err),
        }
    })
    .await?;
    let mut body = Vec::new();
    let ended = take_complete(lease, &mut body).await?;
    Ok((head, body, ended))
}

/// Takes the whole body if the worker has already ended it; then `Content-Length` can be told.
async fn take_complete(lease: &mut Lease, body: &mut Vec<u8>) -> Result<bool, DispatchFault> {
    if !lease.reply_is_complete() {
        return Ok(false);
    }
    body.reserve_exact(lease.reply_buffered());
    loop {
        let event = poll_fn(|cx| lease.poll_reply(cx, body, usize::MAX)).await?;
        if let ReplyEvent::End = event {
            return Ok(true);
        }
    }
}

/// Takes what is left of a reply nobody wants, so that its script is not told the client left.
pub(crate) async fn discard(mut lease: Lease) {
    let mut scrap = Vec::new();
    poll_fn(|cx| {
        while let Poll::Ready(event) = lease.poll_reply(cx, &mut scrap, CHUNK_BYTES) {
            scrap.clear();
            if matches!(event, Ok(ReplyEvent::End) | Err(_)) {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    })
    .await;
}

impl Patience<'_> {
    /// Ready with the fault when the order has waited too long for a worker to take it.
    fn poll(&self, cx: &mut Context<'_>, lease: &Lease, since: Instant) -> Poll<DispatchFault> {
        if lease.is_taken() {
            return Poll::Pending;
        }
        self.poll_queue(cx, since)
    }

    fn poll_queue(&self, cx: &mut Context<'_>, since: Instant) -> Poll<DispatchFault> {
        let Pool {
            name, queue_wait, ..
        } = self.pool;
        let mut alarm = self.alarm.lock().expect("no holder of the alarm panics");
        let rung = alarm.poll_until(cx, since + *queue_wait);
        rung.map(|()| DispatchFault::QueueWait {
            seconds: queue_wait.as_secs(),
            pool: Arc::clone(name),
        })
    }
}

/// The position in an order that is being sent: its head, then its body.
struct Sending<'a> {
    head: &'a [u8],
    /// Bytes of a body in memory that were sent.
    body_sent: usize,
    /// A piece of a body in a file, and how much of it was sent.
    chunk: Vec<u8>,
    chunk_sent: usize,
}

/// Why an order was not sent whole.
enum SendFault {
    Exchange(SendError),
    File(io::Error),
}

impl<'a> Sending<'a> {
    fn new(head: &'a [u8]) -> Sending<'a> {
        Sending {
            head,
            body_sent: 0,
            chunk: Vec::new(),
            chunk_sent: 0,
        }
    }

    /// Ready when everything was sent, or when the worker wants no more.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        lease: &mut Lease,
        body: &mut Spooled,
    ) -> Poll<Result<(), SendFault>> {
        match ready!(self.poll_all(cx, lease, body)) {
            // The reply says what the worker made of half a body.
            Err(SendFault::Exchange(SendError::Over)) => Poll::Ready(Ok(())),
            other => Poll::Ready(other),
        }
    }

    fn poll_all(
        &mut self,
        cx: &mut Context<'_>,
        lease: &mut Lease,
        body: &mut Spooled,
    ) -> Poll<Result<(), SendFault>> {
        while !self.head.is_empty() {
            let sent = ready!(lease.poll_send(cx, self.head)).map_err(SendFault::Exchange)?;
            self.head = &self.head[sent..];
        }
        match body {
            Spooled::Memory(bytes) => {
                while self.body_sent < bytes.len() {
                    let rest = &bytes[self.body_sent..];
                    let sent = ready!(lease.poll_send(cx, rest)).map_err(SendFault::Exchange)?;
                    self.body_sent += sent;
                }
            }
            Spooled::File { file, .. } => {
                while ready!(self.poll_fill(cx, file)).map_err(SendFault::File)? {
                    let rest = &self.chunk[self.chunk_sent..];
                    let sent = ready!(lease.poll_send(cx, rest)).map_err(SendFault::Exchange)?;
                    self.chunk_sent += sent;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads the next piece of the file if the last one is sent; false at the end of the file.
    fn poll_fill(&mut self, cx: &mut Context<'_>, file: &mut File) -> Poll<io::Result<bool>> {
        if self.chunk_sent < self.chunk.len() {
            return Poll::Ready(Ok(true));
        }
        self.chunk.resize(CHUNK_BYTES, 0);
        self.chunk_sent = CHUNK_BYTES;
        let mut buf = ReadBuf::new(&mut self.chunk);
        ready!(Pin::new(file).poll_read(cx, &mut buf))?;
        let bytes = buf.filled().len();
        self.chunk.truncate(bytes);
        self.chunk_sent = 0;
        Poll::Ready(Ok(bytes > 0))
    }
}

impl From<SendFault> for DispatchFault {
    fn from(fault: SendFault) -> DispatchFault {
        match fault {
            SendFault::File(error) => DispatchFault::Spool(error),
            SendFault::Exchange(SendError::HeadTooLarge { bytes, limit }) => {
                DispatchFault::HeadTooLarge { bytes, limit }
            }
            SendFault::Exchange(SendError::Over) => DispatchFault::Cut,
            SendFault::Exchange(SendError::WorkerLost { worker, end }) => {
                DispatchFault::WorkerLost { worker, end }
            }
            SendFault::Exchange(SendError::Corrupt {
                slot_index,
                what,
                value,
            }) => DispatchFault::Corrupt {
                slot_index,
                what,
                value,
            },
        }
    }
}

impl From<ReplyError> for DispatchFault {
    fn from(error: ReplyError) -> DispatchFault {
        match error {
            ReplyError::WorkerLost { worker, end } => DispatchFault::WorkerLost { worker, end },
            ReplyError::Aborted => DispatchFault::Cut,
            ReplyError::Condemned => DispatchFault::Condemned,
            ReplyError::Corrupt {
                slot_index,
                what,
                value,
            } => DispatchFault::Corrupt {
                slot_index,
                what,
                value,
            },
        }
    }
}
