use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::sync::Ordering;

const WORD: Offset<u32> = Offset::new(64);

#[test]
fn a_wait_ends_at_its_deadline() {
    let region = Region::create("test", 4096).unwrap();
    let soon = Deadline::after(Duration::from_millis(5));
    while wait(&region, WORD, 0, soon) != Woken::TimedOut {}
    assert!(soon.is_over());
}

#[test]
fn a_changed_word_is_not_waited_for() {
    let region = Region::create("test", 4096).unwrap();
    let late = Deadline::after(Duration::from_secs(60));
    assert_eq!(wait(&region, WORD, 1, late), Woken::Called);
    assert!(!late.is_over());
}

#[test]
fn a_wake_reaches_a_second_mapping_of_the_same_memory() {
    let region = Region::create("test", 4096).unwrap();
    let other = Arc::new(Region::open(region.fd().try_clone_to_owned().unwrap(), 4096).unwrap());
    let sleeper = thread::spawn({
        let other = Arc::clone(&other);
        move || {
            let deadline = Deadline::after(Duration::from_secs(60));
            while other.word32(WORD).load(Ordering::Acquire) == 0 {
                assert_eq!(wait(&other, WORD, 0, deadline), Woken::Called);
            }
        }
    });
    region.word32(WORD).store(1, Ordering::Release);
    wake(&region, WORD);
    sleeper.join().unwrap();
}
