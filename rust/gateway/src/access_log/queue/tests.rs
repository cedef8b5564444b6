use std::sync::Arc;
use std::thread;

use super::*;

fn add(queue: &Queue, line: &str) {
    queue.push(|out| out.extend_from_slice(line.as_bytes()));
}

#[test]
fn lines_that_find_no_room_are_counted_and_nobody_waits() {
    let queue = Queue::default();
    let long = format!("{}\n", "a".repeat(1023));
    for _ in 0..ACCESS_LOG_BYTES_MAX / 1024 + 7 {
        add(&queue, &long);
    }

    let batch = queue.take(Vec::new());
    assert_eq!((batch.lines.len(), batch.lost), (ACCESS_LOG_BYTES_MAX, 7));
    add(&queue, "fits\n");
    let batch = queue.take(batch.lines);
    assert_eq!((batch.lines.as_slice(), batch.lost), (&b"fits\n"[..], 0));
}

#[test]
fn an_idle_writer_is_woken_by_the_first_line() {
    let queue = Arc::new(Queue::default());
    let writing = queue.clone();
    let writer = thread::spawn(move || {
        let first = writing.take(Vec::new()).lines;
        let last = writing.take(Vec::new());
        writing.end();
        (first, last.lines, last.is_last)
    });

    add(&queue, "one\n");
    askr_testkit::eventually("the writer takes it", || {
        queue.lock().batch.lines.is_empty()
    });
    add(&queue, "two\n");
    assert!(queue.finish(Duration::from_secs(10)));

    let (first, last, is_last) = writer.join().unwrap();
    assert_eq!(
        (first, last, is_last),
        (b"one\n".to_vec(), b"two\n".to_vec(), true)
    );
}

#[test]
fn an_end_waits_for_its_patience_and_no_longer() {
    let queue = Queue::default();
    assert!(!queue.finish(Duration::from_millis(1)));
    assert!(queue.take(Vec::new()).is_last);
    queue.end();
    assert!(queue.finish(Duration::from_secs(10)));
}
