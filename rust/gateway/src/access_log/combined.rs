//! A line in the combined format, as nginx and Apache write it and every tool reads it.

use std::io::Write;

use super::entry::{Asked, Entry, protocol};
use super::escape;
use super::moment::Moment;

/// Appends the line of `entry`.
pub(super) fn line(entry: &Entry<'_>, now: Moment<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(entry.client.as_bytes());
    out.extend_from_slice(b" - - [");
    now.combined(out);
    out.extend_from_slice(b"] \"");
    if let Some(asked) = &entry.asked {
        request_line(asked, out);
    }
    let Entry {
        status, sent_bytes, ..
    } = entry;
    write!(out, "\" {status} {sent_bytes} ").expect("memory grows");
    let asked = entry.asked.as_ref();
    word(asked.and_then(|asked| asked.referer), out);
    out.push(b' ');
    word(asked.and_then(|asked| asked.user_agent), out);
    out.push(b'\n');
}

fn request_line(asked: &Asked<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(asked.method.as_bytes());
    out.push(b' ');
    escape::combined(asked.path.as_bytes(), out);
    if let Some(query) = asked.query {
        out.push(b'?');
        escape::combined(query.as_bytes(), out);
    }
    out.push(b' ');
    out.extend_from_slice(protocol(asked.version).as_bytes());
}

fn word(value: Option<&[u8]>, out: &mut Vec<u8>) {
    out.push(b'"');
    match value {
        Some(value) => escape::combined(value, out),
        None => out.push(b'-'),
    }
    out.push(b'"');
}
