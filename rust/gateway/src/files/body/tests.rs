use std::future::poll_fn;

use rustix::fs::{Advice, fadvise};

use super::*;

const BYTES: usize = 1_000_000;

fn contents() -> Vec<u8> {
    (0..BYTES).map(|at| at.to_le_bytes()[1]).collect()
}

fn file() -> Arc<File> {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(&contents(), 0).unwrap();
    Arc::new(file)
}

fn part(start: usize, end: usize) -> Piece {
    Piece::Part(Span {
        start: start as u64,
        bytes: (end - start) as u64,
    })
}

fn read(body: &mut FileBody, transfers: Option<&Transfers>) -> io::Result<Vec<u8>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut all = Vec::new();
        while let Some(data) = poll_fn(|cx| body.poll_data(cx, transfers)).await {
            let data = data?;
            all.extend_from_slice(&data);
        }
        Ok(all)
    })
}

#[test]
fn pieces_come_in_order_and_are_counted_down() {
    let text = Piece::Text(Bytes::from_static(b"between"));
    let mut body = FileBody::new(file(), [part(5, 300_005), text, part(0, 3)]);
    assert_eq!(body.bytes_left(), 300_010);
    let contents = contents();
    let expected = [&contents[5..300_005], b"between", &contents[..3]].concat();
    assert!(read(&mut body, None).unwrap() == expected);
    assert_eq!(body.bytes_left(), 0);
}

#[test]
fn what_is_not_in_memory_is_waited_for_elsewhere() {
    let file = file();
    file.sync_all().unwrap();
    // Where the system keeps files in memory only, this takes nothing out of it.
    fadvise(&*file, 0, None, Advice::DontNeed).unwrap();
    let mut body = FileBody::new(file, [part(0, BYTES)]);
    assert!(read(&mut body, None).unwrap() == contents());
}

#[test]
fn a_file_that_became_shorter_is_a_fault_and_no_short_reply() {
    let file = file();
    let mut body = FileBody::new(Arc::clone(&file), [part(0, BYTES)]);
    file.set_len(10).unwrap();
    let fault = read(&mut body, None).unwrap_err();
    assert_eq!(fault.kind(), io::ErrorKind::UnexpectedEof);
    assert!(body.bytes_left() > 0);
}

#[test]
fn what_the_kernel_sends_is_stood_in_for_byte_by_byte() {
    let transfers = Transfers::default();
    transfers.allow();
    let text = Piece::Text(Bytes::from_static(b"between"));
    let mut body = FileBody::new(file(), [part(0, BYTES), text]);
    assert_eq!(read(&mut body, Some(&transfers)).unwrap().len(), BYTES + 7);
}
