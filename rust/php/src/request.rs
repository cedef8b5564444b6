//! One active request.

use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int};
use std::ptr;

use askr_php_sys as sys;

use crate::limits::ERROR_BYTES_MAX;
use crate::{RequestError, Runtime};

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran to its end, or to `exit`.
    Completed,
    /// It could not be opened or compiled, or an exception was not caught.
    Failed,
    /// A fatal error ended it; the request must be dropped before anything else runs.
    BailedOut,
}

/// What a script left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// How it ended.
    pub outcome: Outcome,
    /// The status given to `exit`, 0 to 255.
    pub status: i32,
}

/// Proof that a PHP request is active on this thread. Dropping it ends the request: shutdown
/// functions run, buffers are flushed, headers are sent.
pub struct Request<'runtime> {
    _runtime: PhantomData<&'runtime mut Runtime>,
    _thread: PhantomData<*mut ()>,
}

impl<'runtime> Request<'runtime> {
    /// # Errors
    /// [`RequestError::BailedOut`] when a fatal error ends the start, for example because the
    /// body needs more memory than `memory_limit`.
    pub(crate) fn start(
        _runtime: &'runtime mut Runtime,
        incoming: *const sys::askr_php_request,
    ) -> Result<Self, RequestError> {
        let request = Self {
            _runtime: PhantomData,
            _thread: PhantomData,
        };
        // SAFETY: the engine runs, as `Runtime` proves; `incoming` points into the `Incoming`
        // that the embedding owns in a box and changes only when the next request is taken, and
        // no other request is active: this one borrows the runtime mutably.
        match unsafe { sys::askr_php_request_start(incoming) } {
            sys::askr_php_status::ASKR_PHP_OK => Ok(request),
            _ => Err(RequestError::BailedOut),
        }
    }

    /// Runs the script at `path`.
    pub fn run(&mut self, path: &CStr) -> Exit {
        self.execute(path.as_ptr())
    }

    /// Runs the script that the request itself names.
    pub fn run_its_script(&mut self) -> Exit {
        self.execute(ptr::null())
    }

    fn execute(&mut self, path: *const c_char) -> Exit {
        let mut status: c_int = 0;
        // SAFETY: a request is active, as `self` proves; `path` is null or comes from a `CStr`
        // that outlives the call; `status` is written on all paths. No bailout leaves the
        // function.
        let outcome = match unsafe { sys::askr_php_run(path, &raw mut status) } {
            sys::askr_php_status::ASKR_PHP_OK => Outcome::Completed,
            sys::askr_php_status::ASKR_PHP_FAILED => Outcome::Failed,
            sys::askr_php_status::ASKR_PHP_BAILED_OUT => Outcome::BailedOut,
        };
        Exit { outcome, status }
    }

    /// The last error PHP recorded in this request: message, file and line.
    pub fn last_error(&self) -> Option<String> {
        let mut text = vec![0_u8; ERROR_BYTES_MAX];
        // SAFETY: a request is active, as `self` proves; the pointer and the capacity are those
        // of `text`, and the shim writes no more than the capacity.
        let bytes = unsafe { sys::askr_php_last_error(text.as_mut_ptr().cast(), text.len()) };
        text.truncate(bytes);
        (bytes > 0).then(|| String::from_utf8_lossy(&text).into_owned())
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        // SAFETY: `start` began a request that nobody else ends; after a start that bailed out
        // the engine wants the same stop.
        unsafe { sys::askr_php_request_stop() }
    }
}
