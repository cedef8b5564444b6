use proptest::prelude::*;

use super::*;

fn one(start: u64, bytes: u64) -> Wanted {
    Wanted::One(Span { start, bytes })
}

#[test]
fn a_single_part_is_cut_to_the_file() {
    assert_eq!(wanted(b"bytes=0-0", 10), one(0, 1));
    assert_eq!(wanted(b"bytes=2-5", 10), one(2, 4));
    assert_eq!(wanted(b"bytes=2-", 10), one(2, 8));
    assert_eq!(wanted(b"bytes=2-99", 10), one(2, 8));
    assert_eq!(wanted(b"bytes=-3", 10), one(7, 3));
    assert_eq!(wanted(b"bytes=-99", 10), one(0, 10));
    assert_eq!(wanted(b"Bytes= 2-5 ", 10), one(2, 4));
    assert_eq!(wanted(b"bytes=,2-5,,", 10), one(2, 4));
    assert_eq!(wanted(b"bytes=2-99999999999999999999999", 10), one(2, 8));
    assert_eq!(wanted(b"bytes=5-,99-", 10), one(5, 5));
}

#[test]
fn parts_beyond_the_end_are_nothing() {
    for range in ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=10-10,11-"] {
        assert_eq!(wanted(range.as_bytes(), 10), Wanted::Nothing, "{range}");
    }
    let beyond_all = b"bytes=18446744073709551615-";
    assert_eq!(wanted(beyond_all, 10), Wanted::Nothing);
    for range in ["bytes=0-", "bytes=-5", "bytes=0-0"] {
        assert_eq!(wanted(range.as_bytes(), 0), Wanted::Nothing, "{range}");
    }
}

#[test]
fn what_is_malformed_or_of_another_unit_is_the_whole_file() {
    let malformed = [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-2",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "bytes=+1-2",
        "bytes= 1 - 2",
        "items=0-1",
        "bytes 0-1",
        "bytes=0-1;2-3",
        "bytes=0-1,x",
        "bytes=--1",
    ];
    for range in malformed {
        assert_eq!(wanted(range.as_bytes(), 10), Wanted::Everything, "{range}");
    }
}

#[test]
fn several_parts_come_in_the_order_they_were_asked_for() {
    let [tail, head] = [(8, 2), (0, 1)].map(|(start, bytes)| Span { start, bytes });
    assert_eq!(
        wanted(b"bytes=-2, 0-0", 10),
        Wanted::Several(vec![tail, head])
    );
    assert_eq!(
        wanted(b"bytes=-2,0-0,50-", 10),
        Wanted::Several(vec![tail, head])
    );
}

#[test]
fn more_than_the_file_is_worth_is_the_whole_file() {
    assert_eq!(wanted(b"bytes=0-9,0-9", 10), Wanted::Everything);
    assert_eq!(wanted(b"bytes=0-,-1", 10), Wanted::Everything);
    let many = |count: usize| format!("bytes={}", vec!["0-0"; count].join(","));
    assert!(matches!(
        wanted(many(RANGES_MAX).as_bytes(), 1000),
        Wanted::Several(_)
    ));
    assert_eq!(
        wanted(many(RANGES_MAX + 1).as_bytes(), 1000),
        Wanted::Everything
    );
}

#[test]
fn parts_of_the_largest_file_there_can_be_do_not_overflow() {
    assert_eq!(wanted(b"bytes=0-,0-,0-", u64::MAX), Wanted::Everything);
}

proptest! {
    #[test]
    fn no_part_leaves_the_file(range in "bytes=[-0-9, ]{0,40}", length in 0_u64..50) {
        let spans = match wanted(range.as_bytes(), length) {
            Wanted::Everything | Wanted::Nothing => vec![],
            Wanted::One(span) => vec![span],
            Wanted::Several(spans) => spans,
        };
        for span in spans {
            prop_assert!(span.bytes > 0 && span.end() <= length, "{span:?} of {length}");
        }
    }

    #[test]
    fn noise_does_not_panic(range in prop::collection::vec(any::<u8>(), 0..60)) {
        wanted(&range, 100);
    }
}
