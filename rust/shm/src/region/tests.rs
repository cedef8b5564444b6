use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags};

use super::*;
use crate::error::{CreateError, OpenError};
use crate::offset::Offset;
use crate::sync::Ordering;

#[test]
fn two_mappings_see_the_same_words() {
    let one = Region::create("test", 8192).unwrap();
    let two = Region::open(one.fd().try_clone_to_owned().unwrap(), 8192).unwrap();
    one.word64(Offset::new(8184)).store(7, Ordering::Release);
    one.word32(Offset::new(4)).store(9, Ordering::Release);
    assert_eq!(two.word64(Offset::new(8184)).load(Ordering::Acquire), 7);
    assert_eq!(two.word32(Offset::new(4)).load(Ordering::Acquire), 9);
}

#[test]
fn copies_keep_every_byte_at_every_alignment() {
    let region = Region::create("test", 4096).unwrap();
    let sent: Vec<u8> = (1..=200).collect();
    for at in 0..20 {
        for bytes in 0..40 {
            region.copy_in(0, &[0; 256]);
            region.copy_in(at, &sent[..bytes]);
            let mut seen = [0xff; 256];
            region.copy_out(0, &mut seen);
            assert_eq!(seen[..at], vec![0; at]);
            assert_eq!(seen[at..at + bytes], sent[..bytes]);
            assert_eq!(seen[at + bytes..], vec![0; 256 - at - bytes]);
            let mut part = vec![0; bytes];
            region.copy_out(at, &mut part);
            assert_eq!(part, sent[..bytes]);
        }
    }
}

#[test]
#[should_panic(expected = "of a region")]
fn a_word_outside_is_refused() {
    let region = Region::create("test", 64).unwrap();
    let _ = region.word64(Offset::new(64));
}

#[test]
#[should_panic(expected = "of a region")]
fn a_copy_across_the_end_is_refused() {
    Region::create("test", 64).unwrap().copy_in(60, &[0; 5]);
}

#[test]
fn an_empty_region_is_refused() {
    let refused = Region::create("test", 0);
    assert!(matches!(refused, Err(CreateError::Size { bytes: 0 })));
}

#[test]
fn a_file_that_can_shrink_is_refused() {
    let flags = MemfdFlags::ALLOW_SEALING;
    let fd = rustix::fs::memfd_create("test", flags).unwrap();
    rustix::fs::ftruncate(&fd, 4096).unwrap();
    assert!(matches!(Region::open(fd, 64), Err(OpenError::NotSealed)));
}

#[test]
fn a_truncated_file_is_refused() {
    let fd = rustix::fs::memfd_create("test", MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&fd, 100).unwrap();
    rustix::fs::fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW).unwrap();
    let refused = Region::open(fd, 4096);
    assert!(matches!(
        refused,
        Err(OpenError::TooSmall {
            found: 100,
            needed: 4096
        })
    ));
}

#[test]
fn a_descriptor_that_is_no_memory_file_is_refused() {
    let fd = OwnedFd::from(File::open("/dev/null").unwrap());
    assert!(matches!(
        Region::open(fd, 64),
        Err(OpenError::System { .. })
    ));
}
