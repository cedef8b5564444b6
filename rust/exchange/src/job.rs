//! One request in a worker's hands.

use std::sync::Arc;

use askr_shm::Deadline;
use askr_shm::futex::Woken;

use crate::error::JobError;
use crate::limits::{HEAD_BYTES_MAX, LIVENESS_SLICE};
use crate::ring::Bent;
use crate::slot::{Slot, SlotState, Stage};
use crate::wire::{
    LENGTH_BYTES, REQUEST_PREAMBLE_BYTES, body_bytes_of, claimed_bytes, mark_interim,
};
use crate::worker_end::Post;

/// One request, the worker's until [`end`](Job::end) or [`abort`](Job::abort).
///
/// Read the head, then the body; write interim heads if there are any, the head, then the body. Reading and writing may overlap.
/// Dropping it without an end aborts the reply: the client sees that it was cut.
#[derive(Debug)]
pub struct Job {
    post: Arc<Post>,
    slot_index: u16,
    /// `Running`, in this worker's name.
    state: SlotState,
    /// Bytes read from the request ring.
    read: u64,
    /// Bytes of the body that were not read yet; none until the head was read.
    body_left: Option<u64>,
    /// Whether the request may be larger than its ring, so that the gateway may wait for room.
    /// True until the lengths are known.
    streams: bool,
    /// Bytes written to the reply ring.
    written: u64,
    /// The final head was written, or as much of it as a cancel let through.
    has_head: bool,
    /// Bytes of those that the gateway was told about.
    announced: u64,
    over: bool,
}

impl Job {
    pub(crate) fn new(post: Arc<Post>, slot_index: u16, state: SlotState) -> Job {
        Job {
            post,
            slot_index,
            state,
            read: 0,
            body_left: None,
            streams: true,
            written: 0,
            has_head: false,
            announced: 0,
            over: false,
        }
    }

    /// Says when the request was taken, by the caller's clock, and the generation of the code that
    /// answers it; for whoever logs the request.
    pub fn begin(&self, now_us: u64, generation: u32) {
        self.slot().set_taken(now_us, generation);
    }

    /// Says when the reply is over. To be called just before [`end`](Job::end) or
    /// [`abort`](Job::abort).
    pub fn close(&self, now_us: u64) {
        self.slot().set_ended(now_us);
    }

    /// The whole encoded [`RequestHead`](crate::RequestHead). To be called first, and once.
    ///
    /// # Errors
    /// If the request was cancelled, the gateway is gone, or the memory holds nonsense.
    ///
    /// # Panics
    /// If it was called before.
    pub fn head_bytes(&mut self) -> Result<Vec<u8>, JobError> {
        assert!(self.body_left.is_none(), "the head is read once");
        let mut head = vec![0; REQUEST_PREAMBLE_BYTES];
        self.read_exactly(&mut head)?;
        let length = *head
            .first_chunk::<LENGTH_BYTES>()
            .expect("the preamble has a length");
        let bytes = claimed_bytes(length);
        if !(REQUEST_PREAMBLE_BYTES..=HEAD_BYTES_MAX).contains(&bytes) {
            let value = u64::from(u32::from_le_bytes(length));
            return Err(self.corrupt(Bent {
                what: "length of a request head",
                value,
            }));
        }
        let body_bytes = body_bytes_of(&head);
        let whole = body_bytes.saturating_add(u64::from(u32::from_le_bytes(length)));
        self.streams = whole > self.slot().request_ring().capacity();
        head.resize(bytes, 0);
        self.read_exactly(&mut head[REQUEST_PREAMBLE_BYTES..])?;
        self.body_left = Some(body_bytes);
        Ok(head)
    }

    /// Reads the next part of the body into `out`; 0 means that there is no more.
    ///
    /// Sleeps until the gateway has sent at least one byte.
    ///
    /// # Errors
    /// If the request was cancelled, the gateway is gone, or the memory holds nonsense.
    ///
    /// # Panics
    /// If the head was not read yet.
    pub fn read_body(&mut self, out: &mut [u8]) -> Result<usize, JobError> {
        let left = self.body_left.expect("the head is read before the body");
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
        if most == 0 {
            return Ok(0);
        }
        let count = self.wait_for(|job| job.pull(&mut out[..most]))?;
        self.body_left = Some(left - length(count));
        Ok(count)
    }

    /// Writes the encoded [`ReplyHead`](crate::ReplyHead). To be called before the body, once.
    ///
    /// # Errors
    /// If it is too large, the request was cancelled, the gateway is gone, or the memory holds
    /// nonsense.
    ///
    /// # Panics
    /// If it was called before, unless that ended with a cancel.
    pub fn write_head(&mut self, encoded: &[u8]) -> Result<(), JobError> {
        assert!(
            !self.has_head || self.cancelled(),
            "the head is written once"
        );
        check_head_bytes(encoded)?;
        self.has_head = true;
        self.write(encoded)
    }

    /// Writes an encoded [`ReplyHead`](crate::ReplyHead) that another will follow, and tells the
    /// gateway at once. To be called before [`write_head`](Job::write_head), any number of times.
    ///
    /// # Errors
    /// As [`write_head`](Job::write_head).
    ///
    /// # Panics
    /// If the head was written before, unless that ended with a cancel, or `encoded` is none.
    pub fn write_interim(&mut self, encoded: &[u8]) -> Result<(), JobError> {
        assert!(
            !self.has_head || self.cancelled(),
            "an interim head comes before the final one"
        );
        check_head_bytes(encoded)?;
        let (length, rest) = encoded
            .split_first_chunk()
            .expect("an encoded head begins with its length");
        self.write(&mark_interim(*length))?;
        self.write(rest)?;
        self.flush();
        Ok(())
    }

    /// Writes a part of the body. Sleeps while the ring is full: a slow client slows this
    /// worker down, never fills memory.
    ///
    /// # Errors
    /// If the request was cancelled, the gateway is gone, or the memory holds nonsense.
    ///
    /// # Panics
    /// If the head was not written yet, unless that was because of a cancel.
    pub fn write_body(&mut self, bytes: &[u8]) -> Result<(), JobError> {
        assert!(
            self.has_head || self.cancelled(),
            "the head is written before the body"
        );
        self.write(bytes)
    }

    /// Whether so many bytes can be written without waiting.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        let ring = self.slot().reply_ring();
        ring.room(self.written).is_ok_and(|room| room >= bytes)
    }

    /// Tells the gateway now about what was written; else it is told when half of the ring is
    /// full and at the end. A system call only if the gateway sleeps.
    pub fn flush(&mut self) {
        if self.announced != self.written {
            self.announced = self.written;
            self.post.hall.announce(self.slot_index);
        }
    }

    /// Whether the client has left.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.slot().is_cancelled()
    }

    /// The reply is complete. Without a head there is none: that counts as [`Job::abort`].
    pub fn end(mut self) {
        let stage = if self.has_head {
            Stage::Replied
        } else {
            Stage::Aborted
        };
        self.finish(stage);
    }

    /// Cuts the reply: the client sees that it is not whole.
    pub fn abort(mut self) {
        self.finish(Stage::Aborted);
    }

    fn finish(&mut self, stage: Stage) {
        self.over = true;
        // It fails only if this worker was buried or the word was overwritten: then the slot is
        // none of its business any more.
        if self
            .slot()
            .advance(self.state, self.state.to(stage))
            .is_ok()
        {
            self.post.hall.announce(self.slot_index);
        }
    }

    fn read_exactly(&mut self, mut out: &mut [u8]) -> Result<(), JobError> {
        while !out.is_empty() {
            let count = self.wait_for(|job| job.pull(out))?;
            out = &mut out[count..];
        }
        Ok(())
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), JobError> {
        if self.cancelled() {
            return Err(JobError::Cancelled);
        }
        while !bytes.is_empty() {
            let count = self.wait_for(|job| job.push(bytes))?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Reads what there is and tells the gateway if it waits for the room.
    fn pull(&mut self, out: &mut [u8]) -> Result<usize, Bent> {
        let slot = self.post.hall.slot(self.slot_index);
        let ring = slot.request_ring();
        let count = ring.pull(&mut self.read, out)?;
        if count > 0 && self.streams {
            let half_empty = length(ring.filled(self.read)?) <= ring.capacity() / 2;
            if half_empty && slot.room_is_awaited() {
                self.post.hall.announce(self.slot_index);
            }
        }
        Ok(count)
    }

    /// Writes as much as there is room for and tells the gateway if that is much, or all.
    fn push(&mut self, bytes: &[u8]) -> Result<usize, Bent> {
        let ring = self.post.hall.slot(self.slot_index).reply_ring();
        let count = ring.push(&mut self.written, bytes)?;
        if count < bytes.len() || self.written - self.announced >= ring.capacity() / 2 {
            self.flush();
        }
        Ok(count)
    }

    /// Tries until it moves at least one byte, and sleeps in between.
    fn wait_for(
        &mut self,
        mut step: impl FnMut(&mut Job) -> Result<usize, Bent>,
    ) -> Result<usize, JobError> {
        loop {
            let moved = step(self).map_err(|fault| self.corrupt(fault))?;
            if moved > 0 {
                return Ok(moved);
            }
            self.slot().park();
            let moved = step(self);
            if moved == Ok(0) && !self.cancelled() {
                self.sleep()?;
            }
            self.slot().rise();
            match moved.map_err(|fault| self.corrupt(fault))? {
                0 if self.cancelled() => return Err(JobError::Cancelled),
                0 => {}
                moved => return Ok(moved),
            }
        }
    }

    fn sleep(&self) -> Result<(), JobError> {
        match self.slot().sleep(Deadline::after(LIVENESS_SLICE)) {
            Woken::TimedOut if !self.post.gateway.is_alive() => Err(JobError::GatewayGone),
            Woken::TimedOut | Woken::Called => Ok(()),
        }
    }

    fn slot(&self) -> Slot<'_> {
        self.post.hall.slot(self.slot_index)
    }

    fn corrupt(&self, Bent { what, value }: Bent) -> JobError {
        JobError::Corrupt {
            slot_index: self.slot_index,
            what,
            value,
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.over {
            self.finish(Stage::Aborted);
        }
    }
}

fn check_head_bytes(encoded: &[u8]) -> Result<(), JobError> {
    if encoded.len() > HEAD_BYTES_MAX {
        let bytes = encoded.len();
        return Err(JobError::HeadTooLarge {
            bytes,
            limit: HEAD_BYTES_MAX,
        });
    }
    Ok(())
}

fn length(count: usize) -> u64 {
    u64::try_from(count).expect("a length in memory has at most 64 bits")
}
