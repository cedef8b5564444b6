//! The functions by which native functions of PHP reach the store. Each enters Rust through
//! [`ask`], or through another function of its module that lets no panic out.

use std::os::raw::{c_char, c_int};
use std::slice;
use std::time::Duration;

use askr_php_sys as sys;
use askr_php_sys::askr_php_store_answer as Answer;
use askr_store::{Kind, LeaseTerms, Namespace, Number, OwnedValue, Statistics, Ttl, Value};

use super::borrow_bytes;
use crate::store::{ask, collect, fault, keep, read_found, remember};

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_find(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    out: *mut sys::askr_php_value,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| {
        let Some(found) = store.find(namespace(space), key)? else {
            return Ok(false);
        };
        // SAFETY: the shim passes a value of its own, to be written.
        unsafe { out.write(described(remember(found))) };
        Ok(true)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_read(out: *mut c_char, len: usize) -> bool {
    // SAFETY: the shim passes a string of `len` bytes that it has just allocated.
    let out = unsafe { borrow_room(out, len) };
    read_found(out)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_get(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    out: *mut sys::askr_php_value,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| {
        let value = store.get(namespace(space), key)?;
        // SAFETY: the shim passes a value of its own, to be written.
        Ok(unsafe { hand_over(value, out) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_take(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    out: *mut sys::askr_php_value,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| {
        let value = store.take(namespace(space), key)?;
        // SAFETY: the shim passes a value of its own, to be written.
        Ok(unsafe { hand_over(value, out) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_collect(out: *mut c_char, len: usize) {
    // SAFETY: the shim passes a string of `len` bytes that it has just allocated.
    let out = unsafe { borrow_room(out, len) };
    collect(out);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_set(entry: *const sys::askr_php_entry) -> Answer {
    // SAFETY: the shim passes an entry of its own whose texts it holds during the call.
    let entry = unsafe { Given::borrow(entry) };
    ask(|store| {
        let Given {
            space, key, value, ..
        } = entry;
        match &entry.tags[..] {
            [] => store.set(space, key, value, entry.ttl)?,
            tags => store.set_tagged(key, value, entry.ttl, tags)?,
        }
        Ok(true)
    })
}

/// All of them with the space, the time and the tags of the first.
#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_set_many(
    entries: *const sys::askr_php_entry,
    count: usize,
) -> Answer {
    // SAFETY: the shim passes entries of its own, at least one, whose texts it holds during the
    // call.
    let first = unsafe { Given::borrow(entries) };
    // SAFETY: as above; there are `count` of them.
    let entries = unsafe { slice::from_raw_parts(entries, count) };
    let pair = |entry: &sys::askr_php_entry| {
        // SAFETY: as above.
        let key = unsafe { borrow_text(entry.key) };
        // SAFETY: as above.
        (key, unsafe { borrow_value(&raw const entry.value) })
    };
    let pairs: Vec<_> = entries.iter().map(pair).collect();
    ask(|store| {
        store.set_many(first.space, &pairs, first.ttl, &first.tags)?;
        Ok(true)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_add(entry: *const sys::askr_php_entry) -> Answer {
    // SAFETY: the shim passes an entry of its own whose texts it holds during the call.
    let entry = unsafe { Given::borrow(entry) };
    ask(|store| {
        let Given {
            space, key, value, ..
        } = entry;
        match &entry.tags[..] {
            [] => store.add(space, key, value, entry.ttl),
            tags => store.add_tagged(key, value, entry.ttl, tags),
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_replace(
    entry: *const sys::askr_php_entry,
    expected: *const sys::askr_php_value,
) -> Answer {
    // SAFETY: the shim passes an entry of its own whose texts it holds during the call.
    let entry = unsafe { Given::borrow(entry) };
    // SAFETY: the same is so of the other value.
    let expected = unsafe { borrow_value(expected) };
    ask(|store| store.replace(entry.space, entry.key, expected, entry.value, entry.ttl))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_increment(
    entry: *const sys::askr_php_entry,
    sum: *mut sys::askr_php_value,
) -> Answer {
    // SAFETY: the shim passes an entry of its own whose texts it holds during the call.
    let entry = unsafe { Given::borrow(entry) };
    ask(|store| {
        let Value::Number(by) = entry.value else {
            unreachable!("the shim takes nothing else to add");
        };
        let number = store.increment(entry.space, entry.key, by, entry.ttl)?;
        // SAFETY: the shim passes a value of its own, to be written.
        unsafe { sum.write(described(Kind::Number(number))) };
        Ok(true)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_delete(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| store.delete(namespace(space), key))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_delete_if(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    expected: *const sys::askr_php_value,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    // SAFETY: the shim passes a value of its own whose text it holds, too.
    let expected = unsafe { borrow_value(expected) };
    ask(|store| store.delete_if(namespace(space), key, expected))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_touch(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    ttl_ms: i64,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| store.touch(namespace(space), key, ttl(ttl_ms)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_remaining(
    space: sys::askr_php_space,
    key: sys::askr_php_text,
    ms: *mut i64,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| {
        let Some(remaining) = store.remaining(namespace(space), key)? else {
            return Ok(false);
        };
        let whole = remaining.map_or(-1, |time| {
            i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
        });
        // SAFETY: the shim passes a number of its own, to be written.
        unsafe { ms.write(whole) };
        Ok(true)
    })
}

#[unsafe(no_mangle)]
extern "C" fn askr_rs_store_flush(space: sys::askr_php_space) -> Answer {
    ask(|store| store.flush(namespace(space)).map(|()| true))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_forget_tag(tag: sys::askr_php_text) -> Answer {
    // SAFETY: the tag is a PHP string that the shim holds during the call.
    let tag = unsafe { borrow_text(tag) };
    ask(|store| store.forget_tag(tag).map(|()| true))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_statistics(
    space: sys::askr_php_space,
    out: *mut sys::askr_php_space_statistics,
) -> Answer {
    ask(|store| {
        let namespace = namespace(space);
        let counts = counted(namespace.name(), store.statistics(namespace));
        // SAFETY: the shim passes statistics of its own, to be written.
        unsafe { out.write(counts) };
        Ok(true)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_lock_acquire(
    key: sys::askr_php_text,
    owner: sys::askr_php_text,
    lease: *const sys::askr_php_lease,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    // SAFETY: so is the owner.
    let owner = unsafe { borrow_text(owner) };
    // SAFETY: the shim passes a lease of its own.
    let lease = unsafe { lease.read() };
    let terms = LeaseTerms {
        ttl: ttl(lease.ttl_ms),
        until_death: lease.until_death,
        wait: Duration::from_millis(lease.wait_ms.cast_unsigned()),
    };
    ask(|store| store.acquire(key, owner, &terms))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_lock_release(
    key: sys::askr_php_text,
    owner: sys::askr_php_text,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    // SAFETY: so is the owner.
    let owner = unsafe { borrow_text(owner) };
    ask(|store| store.release(key, owner))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_lock_refresh(
    key: sys::askr_php_text,
    owner: sys::askr_php_text,
    ttl_ms: i64,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    // SAFETY: so is the owner.
    let owner = unsafe { borrow_text(owner) };
    ask(|store| store.refresh(key, owner, ttl(ttl_ms)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_lock_owner(
    key: sys::askr_php_text,
    out: *mut sys::askr_php_value,
) -> Answer {
    // SAFETY: the key is a PHP string that the shim holds during the call.
    let key = unsafe { borrow_text(key) };
    ask(|store| {
        let holder = store.holder(key)?;
        let owner = holder.map(|holder| OwnedValue::Bytes(holder.owner));
        // SAFETY: the shim passes a value of its own, to be written.
        Ok(unsafe { hand_over(owner, out) })
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn askr_rs_store_fault(text: *mut c_char, capacity: usize) -> c_int {
    let (words, number) = fault();
    // SAFETY: the shim passes a buffer of `capacity` bytes of its own.
    let room = unsafe { borrow_room(text, capacity) };
    let Some(last) = capacity.checked_sub(1) else {
        return number;
    };
    let length = words.len().min(last);
    room[..length].copy_from_slice(&words.as_bytes()[..length]);
    room[length] = 0;
    number
}

/// What PHP wants written.
struct Given<'a> {
    space: Namespace,
    key: &'a [u8],
    value: Value<'a>,
    ttl: Ttl,
    tags: Vec<&'a [u8]>,
}

impl Given<'_> {
    /// # Safety
    /// - `entry` points to an entry that is not written to during this call;
    /// - `tags` of it points to `tag_count` texts, or that is 0;
    /// - the bytes of all its texts stay and do not change during the callback.
    unsafe fn borrow(entry: *const sys::askr_php_entry) -> Self {
        // SAFETY: by this function's contract.
        let entry = unsafe { entry.read() };
        let texts = match entry.tag_count {
            0 => &[],
            // SAFETY: by this function's contract there are so many texts.
            count => unsafe { slice::from_raw_parts(entry.tags, count) },
        };
        // SAFETY: by this function's contract.
        let tag = |text: &sys::askr_php_text| unsafe { borrow_text(*text) };
        Self {
            space: namespace(entry.space),
            // SAFETY: by this function's contract.
            key: unsafe { borrow_text(entry.key) },
            // SAFETY: by this function's contract; `entry` is our copy.
            value: unsafe { borrow_value(&raw const entry.value) },
            ttl: ttl(entry.ttl_ms),
            tags: texts.iter().map(tag).collect(),
        }
    }
}

/// The shim's spaces have the numbers of the namespaces.
#[inline]
fn namespace(space: sys::askr_php_space) -> Namespace {
    match space {
        sys::askr_php_space_ASKR_PHP_SPACE_COUNTERS => Namespace::Counters,
        sys::askr_php_space_ASKR_PHP_SPACE_SESSIONS => Namespace::Sessions,
        sys::askr_php_space_ASKR_PHP_SPACE_LOCKS => Namespace::Locks,
        sys::askr_php_space_ASKR_PHP_SPACE_LIMITS => Namespace::Limits,
        _ => Namespace::Cache,
    }
}

fn ttl(ms: i64) -> Ttl {
    match u64::try_from(ms) {
        Ok(0) => Ttl::Forever,
        Ok(ms) => Ttl::For(Duration::from_millis(ms)),
        Err(_) => Ttl::Kept,
    }
}

#[inline]
fn described(kind: Kind) -> sys::askr_php_value {
    let mut value = sys::askr_php_value::default();
    match kind {
        Kind::Bytes(length) => {
            value.kind = sys::askr_php_value_kind_ASKR_PHP_VALUE_BYTES;
            value.bytes.len = length;
        }
        Kind::Number(Number::Integer(integer)) => {
            value.kind = sys::askr_php_value_kind_ASKR_PHP_VALUE_INTEGER;
            value.integer = integer;
        }
        Kind::Number(Number::Float(number)) => {
            value.kind = sys::askr_php_value_kind_ASKR_PHP_VALUE_FLOAT;
            value.number = number;
        }
    }
    value
}

/// Keeps a value for the shim to collect; false when there is none.
///
/// # Safety
/// - `out` points to a value that may be written to.
unsafe fn hand_over(value: Option<OwnedValue>, out: *mut sys::askr_php_value) -> bool {
    let Some(value) = value else {
        return false;
    };
    // SAFETY: by this function's contract.
    unsafe { out.write(described(keep(value))) };
    true
}

fn counted(name: &'static str, counts: Statistics) -> sys::askr_php_space_statistics {
    sys::askr_php_space_statistics {
        name: sys::askr_php_text {
            bytes: name.as_ptr().cast(),
            len: name.len(),
        },
        entries: counts.entries,
        bytes: counts.bytes,
        capacity: counts.capacity,
        hits: counts.hits,
        misses: counts.misses,
        evictions: counts.evictions,
        refused: counts.refused,
    }
}

/// # Safety
/// - those of [`borrow_bytes`].
#[inline]
unsafe fn borrow_text<'a>(text: sys::askr_php_text) -> &'a [u8] {
    // SAFETY: by this function's contract.
    unsafe { borrow_bytes(text.bytes, text.len) }
}

/// # Safety
/// - `value` points to a value that is not written to during this call;
/// - if it holds bytes, those of [`borrow_bytes`] for them.
unsafe fn borrow_value<'a>(value: *const sys::askr_php_value) -> Value<'a> {
    // SAFETY: by this function's contract.
    let value = unsafe { value.read() };
    match value.kind {
        sys::askr_php_value_kind_ASKR_PHP_VALUE_INTEGER => {
            Value::Number(Number::Integer(value.integer))
        }
        sys::askr_php_value_kind_ASKR_PHP_VALUE_FLOAT => Value::Number(Number::Float(value.number)),
        // SAFETY: by this function's contract; there are no other kinds.
        _ => Value::Bytes(unsafe { borrow_text(value.bytes) }),
    }
}

/// # Safety
/// - `out` points to `len` bytes that nothing else uses for `'a`, or `len` is 0;
/// - `'a` must not outlive the callback.
#[inline]
unsafe fn borrow_room<'a>(out: *mut c_char, len: usize) -> &'a mut [u8] {
    if len == 0 {
        return &mut [];
    }
    // SAFETY: by this function's contract; bytes of any value are valid `u8`s.
    unsafe { slice::from_raw_parts_mut(out.cast(), len) }
}
