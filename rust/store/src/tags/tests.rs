#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "test code outside of a test function"
)]

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn table(cache_bytes: usize) -> (Region, Tags) {
    let bytes = Tags::bytes_for(cache_bytes);
    let region = Region::create("tags", bytes).unwrap();
    (region, Tags::at(0, bytes))
}

fn tag(name: u64) -> u64 {
    Tags::hash(&name.to_le_bytes())
}

#[test]
fn what_was_written_before_is_gone_and_what_comes_after_stays() {
    let (region, tags) = table(0);
    let before = tags.epoch(&region);
    assert!(tags.is_current(&region, tag(1), before));
    tags.forget(&region, tag(1));
    assert!(!tags.is_current(&region, tag(1), before));
    assert!(tags.is_current(&region, tag(2), before));
    assert!(tags.is_current(&region, tag(1), tags.epoch(&region)));
}

#[test]
fn a_tag_that_is_forgotten_again_takes_no_second_place() {
    let (region, tags) = table(0);
    let others: Vec<u64> = (2..)
        .filter(|&name| tags.line(tag(name)) == tags.line(tag(1)))
        .take(6)
        .collect();
    let old = tags.epoch(&region);
    for &name in &others {
        tags.forget(&region, tag(name));
    }
    let before = tags.epoch(&region);
    for _ in 0..1_000 {
        tags.forget(&region, tag(1));
    }
    assert!(
        others
            .iter()
            .all(|&name| tags.is_current(&region, tag(name), before))
    );
    assert!(
        others
            .iter()
            .all(|&name| !tags.is_current(&region, tag(name), old))
    );
}

#[test]
fn more_tags_than_places_end_too_much_but_never_too_little() {
    let (region, tags) = table(0);
    let before = tags.epoch(&region);
    let many = 20 * tags.lines as u64 * 7;
    (0..many).for_each(|name| tags.forget(&region, tag(name)));
    assert!((0..many).all(|name| !tags.is_current(&region, tag(name), before)));
    let after = tags.epoch(&region);
    assert!((0..2 * many).all(|name| tags.is_current(&region, tag(name), after)));
}

#[test]
fn half_as_many_tags_as_places_end_hardly_anything_else() {
    let (region, tags) = table(48 << 20);
    let before = tags.epoch(&region);
    let places = tags.lines as u64 * 7;
    (0..places / 2).for_each(|name| tags.forget(&region, tag(name)));
    let ended = (places..2 * places).filter(|&name| !tags.is_current(&region, tag(name), before));
    let share = ended.count() as f64 / places as f64;
    assert!(share < 0.05, "{share}");
}

#[test]
fn nonsense_in_the_table_ends_entries_and_nothing_else() {
    let (region, tags) = table(0);
    for at in (0..region.bytes()).step_by(8) {
        region.word64(Offset::new(at)).store(u64::MAX, Relaxed);
    }
    assert!(!tags.is_current(&region, tag(1), tags.epoch(&region)));
    tags.forget(&region, tag(1));
    assert!(!tags.is_current(&region, tag(1), Epoch(0)));
}

#[test]
fn a_tag_forgotten_by_many_at_once_is_forgotten() {
    let (region, tags) = table(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let region = &region;
            scope.spawn(move || {
                for round in 0..2_000_u64 {
                    let name = tag(round * 4 + thread);
                    let before = tags.epoch(region);
                    tags.forget(region, name);
                    assert!(!tags.is_current(region, name, before));
                }
            });
        }
    });
}

proptest! {
    /// Few tags, so that no line is ever full: then the table is exact.
    #[test]
    fn it_agrees_with_a_map(steps in prop::collection::vec((0..6_u64, any::<bool>()), 1..100)) {
        let (region, tags) = table(0);
        let mut written: HashMap<u64, (Epoch, bool)> = HashMap::new();
        for (name, forget) in steps {
            if forget {
                tags.forget(&region, tag(name));
                written.entry(name).and_modify(|entry| entry.1 = false);
            } else {
                written.insert(name, (tags.epoch(&region), true));
            }
            for (&name, &(since, expected)) in &written {
                prop_assert_eq!(tags.is_current(&region, tag(name), since), expected);
            }
        }
    }
}
