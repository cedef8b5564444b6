//! The functions the shim calls. Each enters Rust through [`guard`] and calls the host.

use std::os::raw::{c_char, c_int};
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;
use std::{ptr, slice};

use askr_php_sys::askr_php_request;

use crate::Priority;
use crate::guard::{Embedding, guard};

mod store;

#[unsafe(no_mangle)]
extern "C" fn askr_rs_take() -> *const askr_php_request {
    guard(ptr::null(), Embedding::take)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_write(bytes: *const c_char, len: usize) -> bool {
    // SAFETY: the engine hands `len` readable bytes that stay until this call returns
    // (`sapi_module_struct.ub_write`); `borrow_bytes` copies nothing and keeps nothing.
    let bytes = unsafe { borrow_bytes(bytes, len) };
    guard(false, |embedding| embedding.host.write(bytes))
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_flush() -> bool {
    guard(false, |embedding| embedding.host.flush())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_header(line: *const c_char, len: usize) {
    // SAFETY: the shim passes a `sapi_header_struct`'s own bytes and length, alive for the call.
    let line = unsafe { borrow_bytes(line, len) };
    guard((), |embedding| embedding.host.header(line));
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_head(status: c_int) {
    guard((), |embedding| {
        embedding.host.head(u16::try_from(status).unwrap_or(500))
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_read_body(out: *mut c_char, len: usize) -> usize {
    if len == 0 {
        return 0;
    }
    // SAFETY: the engine hands a buffer of `len` > 0 bytes that nothing else uses during the call
    // (`sapi_module_struct.read_post`); bytes of any value are valid `u8`s, and every buffer the
    // engine passes is on its stack or from its allocator, so it is not null.
    let out = unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), len) };
    guard(0, |embedding| embedding.host.read_body(out))
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_reply_fail() {
    guard((), |embedding| embedding.host.reply_fail());
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_reply_end() {
    guard((), |embedding| embedding.host.reply_end());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_log(priority: c_int, message: *const c_char, len: usize) {
    // SAFETY: the shim passes a C string with its length, alive for the call.
    let message = unsafe { borrow_bytes(message, len) };
    let message = String::from_utf8_lossy(message);
    guard((), |embedding| {
        embedding
            .host
            .log(Priority::from_syslog(priority), &message)
    });
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_worker_id() -> i64 {
    guard(0, |embedding| i64::from(embedding.host.worker_id()))
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_expired() -> i64 {
    guard(-1, |embedding| {
        let ran = embedding.host.expired();
        ran.map_or(-1, |ran| i64::try_from(ran.as_millis()).unwrap_or(i64::MAX))
    })
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_extend_deadline(ms: i64) {
    let by = u64::try_from(ms).ok().filter(|&ms| ms > 0);
    guard((), |embedding| {
        embedding
            .host
            .extend_deadline(by.map(Duration::from_millis));
    });
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_is_awaited() -> bool {
    guard(false, |embedding| embedding.host.is_awaited())
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_recycle() {
    guard((), |embedding| embedding.host.recycle());
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_is_template() -> bool {
    guard(false, |embedding| embedding.host.is_template())
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_is_rewound() -> bool {
    guard(false, |embedding| embedding.host.is_rewound())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_stay(why: *const c_char, len: usize) {
    // SAFETY: the shim passes a C string with its length, which is part of the binary.
    let why = String::from_utf8_lossy(unsafe { borrow_bytes(why, len) });
    guard((), |embedding| embedding.host.stay(&why));
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_rest() {
    guard((), |embedding| embedding.host.rest());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_leave(why: *const c_char, len: usize) {
    // SAFETY: the shim passes a C string with its length, which is part of the binary.
    let why = String::from_utf8_lossy(unsafe { borrow_bytes(why, len) });
    guard((), |embedding| embedding.host.leave(&why));
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_fork_copies() -> bool {
    guard(false, Embedding::fork_copies)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_upload_folder(path: *mut c_char, capacity: usize) -> bool {
    let folder = guard(None, |embedding| embedding.host.upload_folder());
    let folder = folder.map(|folder| folder.into_os_string().into_vec());
    let Some(folder) = folder.filter(|folder| folder.len() < capacity) else {
        return false;
    };
    // SAFETY: the shim passes a buffer of `capacity` zeroed bytes of its own, alive for the call
    // and shared with nobody; the path and a NUL byte after it fit, as was checked above.
    let path = unsafe { slice::from_raw_parts_mut(path.cast::<u8>(), folder.len() + 1) };
    path[..folder.len()].copy_from_slice(&folder);
    path[folder.len()] = 0;
    true
}

/// # Safety
/// - `bytes` points to `len` readable bytes, or `len` is 0;
/// - they stay and do not change for `'a`, which must not outlive the callback.
unsafe fn borrow_bytes<'a>(bytes: *const c_char, len: usize) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    // SAFETY: `len` is not 0, so by this function's contract `bytes` points to that many readable
    // bytes that stay for `'a`; `c_char` and `u8` have the same size and alignment.
    unsafe { slice::from_raw_parts(bytes.cast(), len) }
}
