//! One request on its way, as the gateway sees it.

use std::sync::Arc;
use std::task::{Context, Poll};

use crate::control::ProcessEnd;
use crate::desk::Desk;
use crate::error::{ReplyError, SendError};
use crate::ids::WorkerId;
use crate::limits::HEAD_BYTES_MAX;
use crate::ready;
use crate::ring::{Bent, Ring};
use crate::slot::{NOBODY, Service, Slot, SlotState, Stage};
use crate::wire::{LENGTH_BYTES, claimed_bytes, take_interim};

/// One request's place in the exchange.
///
/// Send the encoded [`RequestHead`](crate::RequestHead), then the body, with
/// [`poll_send`](Lease::poll_send); [`submit`](Lease::submit) as soon as it is worth a worker's
/// while; then [`poll_reply`](Lease::poll_reply) until [`ReplyEvent::End`].
///
/// Dropping it cancels the request: it is taken back if no worker has it yet, else the worker is
/// told and the slot is freed when the worker ends.
pub struct Lease {
    desk: Arc<Desk>,
    slot_index: u16,
    /// The state this side last put the slot in: `Writing`, or `Ready` once submitted.
    state: SlotState,
    ticket: Option<u64>,
    /// Bytes written to the request ring.
    written: u64,
    /// Bytes read from the reply ring.
    read: u64,
    reply: ReplyPhase,
}

impl Lease {
    pub(crate) fn new(desk: Arc<Desk>, slot_index: u16, state: SlotState) -> Lease {
        let reply = ReplyPhase::Head(Vec::new());
        Lease {
            desk,
            slot_index,
            state,
            ticket: None,
            written: 0,
            read: 0,
            reply,
        }
    }

    /// Says what the request is about: its id, the method and the path, for log lines about the
    /// worker that has it.
    pub fn describe(&mut self, id: &str, method: &str, path: &str) {
        self.desk.describe(self.slot_index, [id, method, path]);
    }

    /// Writes as many of `bytes` as there is room for and returns how many that were.
    ///
    /// First the encoded head, whose first four bytes must come in one piece, then the body.
    /// Before [`submit`](Lease::submit) a full ring stays full: submit, then go on sending.
    ///
    /// # Errors
    /// If the head is too large, or if nobody will read the bytes: then
    /// [`poll_reply`](Lease::poll_reply) has the rest of the story.
    pub fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, SendError>> {
        if self.written == 0 {
            check_head_length(bytes)?;
        }
        let sent = self.push(bytes)?;
        if sent > 0 || bytes.is_empty() {
            return Poll::Ready(Ok(sent));
        }
        self.desk.watch(self.slot_index, cx);
        self.slot().await_room();
        match self.push(bytes)? {
            0 => Poll::Pending,
            sent => Poll::Ready(Ok(sent)),
        }
    }

    /// Puts the request in the queue, behind those submitted before, and wakes a worker for it
    /// if one sleeps.
    ///
    /// # Panics
    /// If it was submitted before.
    pub fn submit(&mut self) {
        if !self.submit_to_favoured() {
            self.enqueue();
            self.desk.call_worker();
        }
    }

    /// As [`submit`](Lease::submit), for this one worker: nobody else will take the request, which
    /// is lost if the worker dies before it does.
    ///
    /// # Panics
    /// If it was submitted before.
    pub fn submit_to(&mut self, worker: WorkerId) {
        self.desk.reserve(self.slot(), worker);
        self.enqueue();
        self.desk.call_reserved(self.slot(), worker);
    }

    /// As [`submit`](Lease::submit), but the next [`GatewayEnd::poll`](crate::GatewayEnd::poll)
    /// wakes the worker, unless enough requests come together before. For an I/O thread that
    /// polls before it parks.
    ///
    /// # Panics
    /// If it was submitted before.
    pub fn submit_soon(&mut self) {
        if !self.submit_to_favoured() {
            self.enqueue();
            self.desk.owe_call();
        }
    }

    /// The next part of the reply.
    ///
    /// Appends to `out` encoded [`ReplyHead`](crate::ReplyHead)s, each whole: any number of interim
    /// ones, then the head; then any number of times 1 to `most` bytes of the body, then nothing
    /// with [`ReplyEvent::End`].
    ///
    /// # Errors
    /// If the worker died, cut the reply or wrote nonsense. What was in the ring is gone then; a
    /// reply that is cut after its head was given out first brings what was written before.
    ///
    /// # Panics
    /// If `most` is 0.
    pub fn poll_reply(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut Vec<u8>,
        most: usize,
    ) -> Poll<Result<ReplyEvent, ReplyError>> {
        assert!(most > 0, "the caller wants at least one byte");
        if let Some(event) = self.next_event(out, most)? {
            return Poll::Ready(Ok(event));
        }
        self.desk.watch(self.slot_index, cx);
        match self.next_event(out, most)? {
            Some(event) => Poll::Ready(Ok(event)),
            None => Poll::Pending,
        }
    }

    /// Whether a worker has taken the request out of the queue.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        !matches!(self.progress(), Ok(Progress::Writing | Progress::Waiting))
    }

    /// Who has the request, or had it, and since when; `None` while nobody has.
    #[must_use]
    pub fn service(&self) -> Option<Service> {
        let slot = self.slot();
        let seen = slot.state().ok()?;
        let is_mine = seen.turn == self.state.turn && seen.worker != NOBODY;
        is_mine.then(|| slot.service(seen.worker))
    }

    /// Whether the worker has ended the reply, so that what
    /// [`reply_buffered`](Lease::reply_buffered) counts is all there is to come.
    #[must_use]
    pub fn reply_is_complete(&self) -> bool {
        self.progress() == Ok(Progress::Replied)
    }

    /// Bytes of the reply that are here and not yet given out.
    #[must_use]
    pub fn reply_buffered(&self) -> usize {
        self.slot().reply_ring().filled(self.read).unwrap_or(0)
    }

    /// After [`ReplyError::WorkerLost`]: makes the lease as it was when new, so that the request
    /// can be sent again. It keeps its ticket and so goes before all that came later.
    ///
    /// Returns false, and does nothing, if the worker is not lost, or the request has had its time.
    #[must_use]
    pub fn resubmit(&mut self) -> bool {
        let lost = matches!(self.progress(), Ok(Progress::Lost(_)))
            && !self.desk.is_condemned(self.slot_index);
        if lost {
            self.state = self.desk.rewrite(self.slot(), Stage::Lost);
            self.written = 0;
            self.read = 0;
            self.reply = ReplyPhase::Head(Vec::new());
        }
        lost
    }

    /// Submits it for the favoured worker, if it is its turn.
    fn submit_to_favoured(&mut self) -> bool {
        let favoured = self.desk.reserve_for_favoured(self.slot());
        if let Some(worker) = favoured {
            self.enqueue();
            self.desk.call_reserved(self.slot(), worker);
        }
        favoured.is_some()
    }

    fn enqueue(&mut self) {
        assert!(
            self.state.stage == Stage::Writing,
            "a request is submitted once"
        );
        let ticket = *self.ticket.get_or_insert_with(|| self.desk.next_ticket());
        ready::publish(self.desk.hall(), self.slot_index, self.state, ticket);
        self.state = self.state.to(Stage::Ready);
    }

    fn push(&mut self, bytes: &[u8]) -> Result<usize, SendError> {
        match self
            .progress()
            .map_err(|fault| self.corrupt_request(fault))?
        {
            Progress::Writing | Progress::Waiting | Progress::Running => {}
            // The reply says what became of it: it is not to be sent again.
            Progress::Lost(_) if self.desk.is_condemned(self.slot_index) => {
                return Err(SendError::Over);
            }
            Progress::Lost(worker) => {
                return Err(SendError::WorkerLost {
                    worker,
                    end: self.end(),
                });
            }
            Progress::Replied | Progress::Aborted => return Err(SendError::Over),
        }
        let slot = self.desk.hall().slot(self.slot_index);
        let sent = slot.request_ring().push(&mut self.written, bytes);
        let sent = sent.map_err(|fault| self.corrupt_request(fault))?;
        if sent > 0 && self.state.stage != Stage::Writing {
            slot.unpark();
        }
        Ok(sent)
    }

    fn next_event(
        &mut self,
        out: &mut Vec<u8>,
        most: usize,
    ) -> Result<Option<ReplyEvent>, ReplyError> {
        if matches!(self.reply, ReplyPhase::Over) {
            return Ok(Some(ReplyEvent::End));
        }
        // The state is loaded before the ring's tail: if it says that the worker has ended, the
        // tail is the last one.
        let progress = self.progress().map_err(|fault| self.corrupt_reply(fault))?;
        if !matches!(progress, Progress::Replied) && self.desk.is_condemned(self.slot_index) {
            return Err(ReplyError::Condemned);
        }
        let ended = match progress {
            Progress::Lost(worker) => {
                return Err(ReplyError::WorkerLost {
                    worker,
                    end: self.end(),
                });
            }
            // Nothing was given out: it never has to be.
            Progress::Aborted if matches!(self.reply, ReplyPhase::Head(_)) => {
                return Err(ReplyError::Aborted);
            }
            Progress::Replied => true,
            Progress::Writing | Progress::Waiting | Progress::Running | Progress::Aborted => false,
        };
        let event = match &self.reply {
            ReplyPhase::Head(_) => self.next_head(out, ended),
            ReplyPhase::Body | ReplyPhase::Over => self.next_body(out, most, ended),
        };
        match event.map_err(|fault| self.corrupt_reply(fault))? {
            // What was written before the cut has been given out by now.
            None if progress == Progress::Aborted => Err(ReplyError::Aborted),
            event => Ok(event),
        }
    }

    fn next_head(&mut self, out: &mut Vec<u8>, ended: bool) -> Result<Option<ReplyEvent>, Bent> {
        let ReplyPhase::Head(head) = &mut self.reply else {
            return Ok(None);
        };
        let ring = self.desk.hall().slot(self.slot_index).reply_ring();
        let mut pulled = 0;
        let missing = LENGTH_BYTES.saturating_sub(head.len());
        pulled += ring.pull_onto(&mut self.read, head, missing)?;
        let (whole, is_interim) = match head.first_chunk() {
            Some(&length) => checked_head_bytes(length)?,
            None => (LENGTH_BYTES, false),
        };
        pulled += ring.pull_onto(&mut self.read, head, whole - head.len())?;
        let mut event = None;
        if head.len() == whole && whole > LENGTH_BYTES {
            event = Some(self.reply.give_head(out, is_interim));
        } else if ended {
            return Err(Bent {
                what: "length of a cut reply head",
                value: self.read,
            });
        }
        self.make_room(ring, pulled, ended);
        Ok(event)
    }

    fn next_body(
        &mut self,
        out: &mut Vec<u8>,
        most: usize,
        ended: bool,
    ) -> Result<Option<ReplyEvent>, Bent> {
        let ring = self.desk.hall().slot(self.slot_index).reply_ring();
        let pulled = ring.pull_onto(&mut self.read, out, most)?;
        self.make_room(ring, pulled, ended);
        match pulled {
            0 if ended => {
                self.reply = ReplyPhase::Over;
                Ok(Some(ReplyEvent::End))
            }
            0 => Ok(None),
            _ => Ok(Some(ReplyEvent::Body)),
        }
    }

    /// Wakes a worker that waits for room, once half of the ring is free.
    fn make_room(&self, ring: Ring<'_>, pulled: usize, ended: bool) {
        let half = usize::try_from(ring.capacity() / 2).unwrap_or(usize::MAX);
        if pulled > 0 && !ended && ring.filled(self.read).is_ok_and(|filled| filled <= half) {
            self.slot().unpark();
        }
    }

    /// What has become of the request; the senseless word if it makes no sense.
    fn progress(&self) -> Result<Progress, Bent> {
        let seen = self.slot().state().map_err(nonsense)?;
        let mine = seen.turn == self.state.turn;
        match seen.stage {
            Stage::Writing if mine && self.state.stage == Stage::Writing => Ok(Progress::Writing),
            Stage::Ready if mine => Ok(Progress::Waiting),
            Stage::Running if mine => Ok(Progress::Running),
            Stage::Replied if mine => Ok(Progress::Replied),
            Stage::Aborted if mine => Ok(Progress::Aborted),
            Stage::Lost if mine => Ok(Progress::Lost(seen.worker)),
            _ => Err(nonsense(seen.encode())),
        }
    }

    fn slot(&self) -> Slot<'_> {
        self.desk.hall().slot(self.slot_index)
    }

    fn end(&self) -> Option<ProcessEnd> {
        self.desk.end_of_loser(self.slot_index)
    }

    fn corrupt_request(&self, Bent { what, value }: Bent) -> SendError {
        SendError::Corrupt {
            slot_index: self.slot_index,
            what,
            value,
        }
    }

    fn corrupt_reply(&self, Bent { what, value }: Bent) -> ReplyError {
        ReplyError::Corrupt {
            slot_index: self.slot_index,
            what,
            value,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let slot = self.slot();
        let taken_back = match self.state.stage {
            Stage::Writing => true,
            _ => ready::withdraw(self.desk.hall(), self.slot_index, self.state),
        };
        if taken_back {
            self.desk.release(slot);
        } else {
            self.desk.abandon(slot);
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = out.debug_struct("Lease");
        out.field("slot_index", &self.slot_index)
            .field("ticket", &self.ticket);
        out.field("written", &self.written)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

/// What [`Lease::poll_reply`] has appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyEvent {
    /// An encoded head, whole, that another follows.
    Interim,
    /// The encoded head, whole.
    Head,
    /// Some bytes of the body.
    Body,
    /// Nothing: the reply is complete.
    End,
}

/// How far the reply was given out.
enum ReplyPhase {
    /// The bytes of the head that have come so far.
    Head(Vec<u8>),
    Body,
    Over,
}

impl ReplyPhase {
    /// Appends the head that is whole now to `out`, without its mark.
    fn give_head(&mut self, out: &mut Vec<u8>, is_interim: bool) -> ReplyEvent {
        let start = out.len();
        if let ReplyPhase::Head(head) = self {
            out.append(head);
        }
        if !is_interim {
            *self = ReplyPhase::Body;
            return ReplyEvent::Head;
        }
        if let Some(length) = out[start..].first_chunk_mut() {
            take_interim(length);
        }
        ReplyEvent::Interim
    }
}

/// The slot's state from the point of view of this lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Writing,
    Waiting,
    Running,
    Replied,
    Aborted,
    Lost(WorkerId),
}

fn nonsense(word: u64) -> Bent {
    Bent {
        what: "slot state",
        value: word,
    }
}

fn check_head_length(bytes: &[u8]) -> Result<(), SendError> {
    let claimed = bytes
        .first_chunk()
        .map_or(0, |&length| claimed_bytes(length));
    if claimed > HEAD_BYTES_MAX {
        return Err(SendError::HeadTooLarge {
            bytes: claimed,
            limit: HEAD_BYTES_MAX,
        });
    }
    Ok(())
}

/// The bytes of a whole reply head, and whether it is interim.
fn checked_head_bytes(length: [u8; LENGTH_BYTES]) -> Result<(usize, bool), Bent> {
    let mut unmarked = length;
    let is_interim = take_interim(&mut unmarked);
    let claimed = claimed_bytes(unmarked);
    if (LENGTH_BYTES + 1..=HEAD_BYTES_MAX).contains(&claimed) {
        return Ok((claimed, is_interim));
    }
    Err(Bent {
        what: "length of a reply head",
        value: u64::from(u32::from_le_bytes(length)),
    })
}
