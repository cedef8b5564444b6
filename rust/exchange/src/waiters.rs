//! Free slots and the requests that wait for one, strictly first come first served.

use std::collections::VecDeque;
use std::task::{Context, Waker};

use crate::ids::WaiterId;

/// The gateway's private list of free slots and its queue of waiters.
///
/// The first `free.len()` waiters of the queue may each take a slot; a newcomer only if there is
/// one left for it. So nobody overtakes, and a waiter that was woken cannot lose its slot.
#[derive(Debug)]
pub(crate) struct Waiters {
    /// Used as a stack: the slot freed last is the one whose memory is still in the cache.
    free: Vec<u16>,
    /// Rising by id.
    queue: VecDeque<(WaiterId, Waker)>,
    next: u64,
}

impl Waiters {
    pub(crate) fn new(slot_count: u16) -> Waiters {
        Waiters {
            free: (0..slot_count).rev().collect(),
            queue: VecDeque::new(),
            next: 1,
        }
    }

    /// A slot, or a place in the queue that is remembered in `waiter`.
    pub(crate) fn poll(&mut self, cx: &Context<'_>, waiter: &mut Option<WaiterId>) -> Option<u16> {
        let place = waiter.and_then(|waiter| self.place_of(waiter));
        let Some(place) = place else {
            return self.arrive(cx, waiter);
        };
        if place < self.free.len() {
            self.queue.remove(place);
            *waiter = None;
            return self.free.pop();
        }
        self.queue[place].1.clone_from(cx.waker());
        None
    }

    /// Gives a slot back. Returns the waiter to wake, if one may go on now.
    pub(crate) fn release(&mut self, slot_index: u16) -> Option<Waker> {
        self.free.push(slot_index);
        self.last_admitted()
    }

    /// Takes a waiter out of the queue. Returns the waiter that may go on in its place.
    pub(crate) fn forget(&mut self, waiter: WaiterId) -> Option<Waker> {
        let place = self.place_of(waiter)?;
        self.queue.remove(place);
        if place < self.free.len() {
            self.last_admitted()
        } else {
            None
        }
    }

    /// Waiters in the queue.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    fn arrive(&mut self, cx: &Context<'_>, waiter: &mut Option<WaiterId>) -> Option<u16> {
        if self.queue.len() < self.free.len() {
            *waiter = None;
            return self.free.pop();
        }
        let id = WaiterId(self.next);
        self.next += 1;
        self.queue.push_back((id, cx.waker().clone()));
        *waiter = Some(id);
        None
    }

    fn place_of(&self, waiter: WaiterId) -> Option<usize> {
        self.queue.binary_search_by_key(&waiter, |&(id, _)| id).ok()
    }

    fn last_admitted(&self) -> Option<Waker> {
        let place = self.free.len().checked_sub(1)?;
        self.queue.get(place).map(|(_, waker)| waker.clone())
    }
}

#[cfg(test)]
mod tests;
