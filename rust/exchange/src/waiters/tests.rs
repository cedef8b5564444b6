use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Calls(AtomicUsize);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn poll(waiters: &mut Waiters, waiter: &mut Option<WaiterId>) -> Option<u16> {
    waiters.poll(&Context::from_waker(Waker::noop()), waiter)
}

#[test]
fn a_free_slot_is_given_at_once() {
    let mut waiters = Waiters::new(2);
    assert_eq!(poll(&mut waiters, &mut None), Some(0));
    assert_eq!(poll(&mut waiters, &mut None), Some(1));
}

#[test]
fn nobody_overtakes_a_waiter() {
    let mut waiters = Waiters::new(1);
    let slot = poll(&mut waiters, &mut None).unwrap();
    let (mut first, mut second, mut late) = (None, None, None);
    assert_eq!(poll(&mut waiters, &mut first), None);
    assert_eq!(poll(&mut waiters, &mut second), None);
    waiters.release(slot);
    assert_eq!(poll(&mut waiters, &mut late), None);
    assert_eq!(poll(&mut waiters, &mut second), None);
    assert_eq!(poll(&mut waiters, &mut first), Some(slot));
    assert_eq!(waiters.len(), 2);
}

#[test]
fn each_freed_slot_wakes_one_more_waiter() {
    let mut waiters = Waiters::new(2);
    let slots = [poll(&mut waiters, &mut None), poll(&mut waiters, &mut None)];
    let calls = [Arc::new(Calls::default()), Arc::new(Calls::default())];
    let mut ids = [None; 2];
    for (id, calls) in ids.iter_mut().zip(&calls) {
        waiters.poll(&Context::from_waker(&Arc::clone(calls).into()), id);
    }
    for (slot, calls) in slots.iter().zip(&calls) {
        waiters.release(slot.unwrap()).unwrap().wake();
        assert_eq!(calls.0.load(Ordering::Relaxed), 1);
    }
    assert_eq!(poll(&mut waiters, &mut ids[1]), Some(1));
    assert_eq!(poll(&mut waiters, &mut ids[0]), Some(0));
}

#[test]
fn a_woken_waiter_that_gives_up_passes_its_slot_on() {
    let mut waiters = Waiters::new(1);
    let slot = poll(&mut waiters, &mut None).unwrap();
    let (mut first, mut second) = (None, None);
    poll(&mut waiters, &mut first);
    poll(&mut waiters, &mut second);
    assert!(waiters.release(slot).is_some());
    assert!(waiters.forget(first.unwrap()).is_some());
    assert_eq!(poll(&mut waiters, &mut second), Some(slot));
    assert_eq!(waiters.len(), 0);
}

#[test]
fn a_waiter_that_gives_up_behind_others_wakes_nobody() {
    let mut waiters = Waiters::new(1);
    let slot = poll(&mut waiters, &mut None).unwrap();
    let (mut first, mut second) = (None, None);
    poll(&mut waiters, &mut first);
    poll(&mut waiters, &mut second);
    waiters.release(slot);
    assert!(waiters.forget(second.unwrap()).is_none());
    assert_eq!(poll(&mut waiters, &mut first), Some(slot));
}
