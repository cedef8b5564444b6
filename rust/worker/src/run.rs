//! The two ways a worker runs PHP.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use askr_exchange::control::Child;
use askr_php::{Exit, Outcome, Runtime};

use crate::progress::Progress;

/// Why a worker cannot serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BootError {
    /// PHP could not even start a request.
    #[error("PHP could not start a request; its log has the reason")]
    Request,
    /// The worker script failed before it asked for work.
    #[error("{0}")]
    Script(String),
    /// The worker script's path cannot be given to PHP.
    #[error("the path of the worker script contains a NUL byte")]
    Path,
}

/// Serves until the worker is to leave.
pub(crate) fn serve(
    runtime: &mut Runtime,
    script: Option<&Path>,
    progress: &Rc<Progress>,
) -> Result<(), BootError> {
    match script {
        None => serve_scripts(runtime),
        Some(script) => serve_loop(runtime, &c_path(script)?, progress),
    }
}

/// Classic mode: a script per request, as FPM does.
fn serve_scripts(runtime: &mut Runtime) -> Result<(), BootError> {
    loop {
        match runtime.next_request() {
            Ok(Some(mut request)) => {
                request.run_its_script();
            }
            Ok(None) => return Ok(()),
            Err(error) => tracing::error!(%error, "a request did not start"),
        }
    }
}

/// Worker mode: the script boots once and asks for requests. When a fatal error ends it, it boots
/// again in the same process, unless another has booted it: a fresh copy of that is there sooner.
/// When it ends before it asked for work, it is not worth repeating.
fn serve_loop(
    runtime: &mut Runtime,
    script: &CStr,
    progress: &Rc<Progress>,
) -> Result<(), BootError> {
    while !progress.retiring.get() {
        progress.booted.set(false);
        let mut request = runtime.boot_request().map_err(|_| BootError::Request)?;
        let exit = request.run(script);
        let error = request.last_error();
        drop(request);
        if !progress.booted.get() {
            let missed = missed_call(progress);
            return Err(BootError::Script(explain(exit, error, script, missed)));
        }
        if progress.retiring.get() {
            break;
        }
        let is_over = progress.is_copy.get();
        let error = error.as_deref().unwrap_or("none");
        let (request, next) = (
            progress.request(),
            if is_over { "leaving" } else { "booting again" },
        );
        tracing::warn!(request, ?exit.outcome, exit.status, error, "worker script ended, {next}");
        if is_over {
            break;
        }
    }
    Ok(())
}

/// What a script that came to its end should have called.
fn missed_call(progress: &Progress) -> &'static str {
    match progress.name() {
        Child::Worker(_) => "askr_handle_request()",
        Child::Template(_) => "askr_cow_ready(), where copy-on-write workers are forked",
    }
}

fn explain(exit: Exit, error: Option<String>, script: &CStr, missed: &str) -> String {
    let script = script.to_string_lossy();
    match (exit.outcome, error) {
        (_, Some(error)) => without_trace(&error).to_owned(),
        (Outcome::BailedOut, None) => format!("{script} ended with status {}", exit.status),
        (_, None) => format!(
            "{script} ended with status {} and never called {missed}",
            exit.status
        ),
    }
}

/// The log has the trace; who reads why a server gave up wants the sentence.
fn without_trace(error: &str) -> &str {
    error
        .split_once("\nStack trace:")
        .map_or(error, |(sentence, _)| sentence)
}

fn c_path(path: &Path) -> Result<CString, BootError> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| BootError::Path)
}
