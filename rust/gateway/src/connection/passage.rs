//! What the socket side and the service side of one lane tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use http::Response;

use crate::connection::intake::fault::HeadFault;
use crate::connection::transfers::Transfers;
use crate::limits::INTERIM_BYTES_MAX;
use crate::listening::places::Presence;

/// Shared by the side of the socket, the service and the bodies of one lane. In HTTP/2 the one
/// side is the task of the stream, and hyper stands for it.
///
/// All of them run in one task; the atomics only make the type `Sync`, which tokio asks for.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    /// Heads shown to hyper, a placeholder included.
    heads: AtomicU64,
    /// Requests hyper has made of them.
    requests: AtomicU64,
    /// Requests whose reply has been handed to hyper to the last byte, or given up.
    replies: AtomicU64,
    /// One that was handed over in pieces has ended since the last look.
    pieces_ended: AtomicBool,
    /// The refused head, which is the last one, and why.
    refused: OnceLock<HeadFault>,
    reset: AtomicBool,
    /// The connection has been idle for long enough to do without hyper.
    rest_asked: AtomicBool,
    /// Interim replies of the request under way that were not given to the socket yet.
    interim: Mutex<Interims>,
    /// There are some; spares the lock in every flush.
    interim_waits: AtomicBool,
    /// The final reply of the request under way was given to hyper.
    reply_begun: AtomicBool,
    /// What of the replies the kernel copies from files.
    pub(crate) transfers: Transfers,
    presence: Arc<Presence>,
}

/// Interim replies in their order.
#[derive(Debug, Default)]
struct Interims {
    replies: Vec<Response<()>>,
    /// What they take up, about.
    bytes: usize,
}

impl Passage {
    /// For a lane of the connection whose presence that is.
    pub(crate) fn of(presence: Arc<Presence>) -> Passage {
        Passage {
            presence,
            ..Passage::default()
        }
    }

    /// A head is shown to hyper.
    pub(crate) fn head_passed(&self) {
        bump(&self.heads);
        self.stay_awake();
    }

    /// The next head shown to hyper is a placeholder for a refused one.
    pub(crate) fn refuse(&self, fault: HeadFault) {
        let _ = self.refused.set(fault);
    }

    /// hyper has a request. Tells why it must be refused, if so.
    ///
    /// # Errors
    /// The head's fault; or [`HeadFault::Framing`] when hyper found more requests than were
    /// shown to it as such.
    pub(crate) fn begin_request(&self) -> Result<(), HeadFault> {
        bump(&self.requests);
        self.presence.begin_request();
        self.reply_begun.store(false, Relaxed);
        self.take_interim();
        let (requests, heads) = (self.requests.load(Relaxed), self.heads.load(Relaxed));
        match self.refused.get() {
            _ if requests > heads => Err(HeadFault::Framing),
            Some(fault) if requests == heads => Err(*fault),
            _ => Ok(()),
        }
    }

    /// The reply of the request begun last is over.
    pub(crate) fn end_request(&self) {
        bump(&self.replies);
        self.presence.end_request();
    }

    /// As [`end_request`](Self::end_request), for a reply that hyper was given in pieces.
    pub(crate) fn end_request_of_pieces(&self) {
        self.end_request();
        self.pieces_ended.store(true, Relaxed);
    }

    /// Whether hyper must be polled once more, for nobody else will wake it: when it has written
    /// the last piece before it learns that it was the last, it forgets to look what comes now,
    /// the next request or the end of the connection.
    pub(crate) fn take_end_of_pieces(&self) -> bool {
        let ended = self.pieces_ended.load(Relaxed);
        if ended {
            self.pieces_ended.store(false, Relaxed);
        }
        ended
    }

    /// Whether a request is being answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.requests.load(Relaxed) != self.replies.load(Relaxed)
    }

    /// Whether hyper has made requests of all heads, and has been given all their replies.
    pub(crate) fn is_idle(&self) -> bool {
        let heads = self.heads.load(Relaxed);
        heads == self.requests.load(Relaxed) && heads == self.replies.load(Relaxed)
    }

    /// hyper may be dropped until the client sends something, unless something happens before it
    /// is.
    pub(crate) fn ask_for_rest(&self) {
        self.rest_asked.store(true, Relaxed);
    }

    /// Whether hyper may be dropped.
    pub(crate) fn take_rest(&self) -> bool {
        let asked = self.rest_asked.load(Relaxed);
        if asked {
            self.stay_awake();
        }
        asked
    }

    /// hyper has something to do.
    pub(crate) fn stay_awake(&self) {
        self.rest_asked.store(false, Relaxed);
    }

    /// The reply of the request under way goes to hyper now.
    pub(crate) fn begin_reply(&self) {
        self.reply_begun.store(true, Relaxed);
    }

    pub(crate) fn reply_has_begun(&self) -> bool {
        self.reply_begun.load(Relaxed)
    }

    /// `reply` is to go to the client ahead of the reply to the request under way. Without room
    /// it is dropped: an interim reply is a hint.
    pub(crate) fn push_interim(&self, reply: Response<()>) {
        let fields = reply.headers().iter();
        let fields = fields.map(|(name, value)| name.as_str().len() + value.len());
        let mut interim = self.interim_lock();
        let bytes = interim.bytes + fields.sum::<usize>() + INTERIM_OVERHEAD_BYTES;
        if bytes <= INTERIM_BYTES_MAX {
            interim.bytes = bytes;
            interim.replies.push(reply);
            self.interim_waits.store(true, Relaxed);
        }
    }

    /// What is to go to the client next, if anything.
    pub(crate) fn take_interim(&self) -> Vec<Response<()>> {
        if !self.interim_waits.load(Relaxed) {
            return Vec::new();
        }
        self.interim_waits.store(false, Relaxed);
        std::mem::take(&mut *self.interim_lock()).replies
    }

    fn interim_lock(&self) -> MutexGuard<'_, Interims> {
        self.interim.lock().expect("no holder of the heads panics")
    }

    /// The connection must end in a reset.
    pub(crate) fn reset_on_close(&self) {
        self.reset.store(true, Relaxed);
    }

    pub(crate) fn must_reset(&self) -> bool {
        self.reset.load(Relaxed)
    }
}

/// One task writes, so this need not be a read-modify-write.
fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}

/// What a reply takes up beside its fields.
const INTERIM_OVERHEAD_BYTES: usize = 64;
