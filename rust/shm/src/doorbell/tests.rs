use std::time::Duration;

use super::*;
use crate::deadline::Deadline;

#[test]
fn a_ring_is_heard_once() {
    let bell = Doorbell::create().unwrap();
    assert!(!bell.quiet());
    bell.ring();
    bell.ring();
    assert!(bell.wait(Deadline::after(Duration::from_secs(60))));
    assert!(bell.quiet());
    assert!(!bell.quiet());
}

#[test]
fn waiting_for_a_silent_bell_ends_at_the_deadline() {
    let soon = Deadline::after(Duration::from_millis(5));
    assert!(!Doorbell::create().unwrap().wait(soon));
    assert!(soon.is_over());
}
