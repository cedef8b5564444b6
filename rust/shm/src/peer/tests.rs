use std::process::{Command, Stdio};

use super::*;

#[test]
fn this_process_is_alive() {
    assert!(Peer::watch(Peer::own_pid()).unwrap().is_alive());
}

#[test]
fn the_end_of_a_process_is_noticed() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let peer = Peer::watch(child.id()).unwrap();
    assert!(peer.is_alive());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!peer.is_alive());
    assert!(Peer::watch(child.id()).is_none_or(|successor| successor.is_alive()));
}

#[test]
fn a_number_that_is_no_process_is_refused() {
    assert!(Peer::watch(0).is_none());
    assert!(Peer::watch(u32::MAX).is_none());
}
