use std::time::Duration;

use super::*;
use crate::deadline::Deadline;

#[test]
fn rings_between_two_waits_are_heard_once() {
    let bell = Doorbell::create().unwrap();
    let soon = || Deadline::after(Duration::from_millis(1));
    assert!(!bell.wait(soon()).unwrap());
    for _ in 0..2 {
        bell.ring();
        bell.ring();
        assert!(bell.wait(Deadline::after(Duration::from_secs(60))).unwrap());
        assert!(!bell.wait(soon()).unwrap());
    }
}

#[test]
fn a_ring_before_the_first_wait_is_heard() {
    let bell = Doorbell::create().unwrap();
    bell.ring();
    assert!(bell.wait(Deadline::after(Duration::from_secs(60))).unwrap());
}

#[test]
fn waiting_for_a_silent_bell_ends_at_the_deadline() {
    let soon = Deadline::after(Duration::from_millis(5));
    assert!(!Doorbell::create().unwrap().wait(soon).unwrap());
    assert!(soon.is_over());
}
