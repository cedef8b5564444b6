//! The engine of this process.

use std::ffi::{CStr, CString, OsString};
use std::marker::PhantomData;
use std::os::raw::c_char;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use askr_php_sys as sys;
use askr_store::Store;

use crate::guard::{Embedding, guard, install};
use crate::limits::PATH_BYTES_MAX;
use crate::{CommandLine, Host, Request, RequestError, Stack, StartError, store};

/// PHP takes only names it knows for SAPIs that may use opcache, and applications that move from
/// FPM test for this one.
const SERVER_SAPI: &CStr = c"fpm-fcgi";
const COMMAND_LINE_SAPI: &CStr = c"cli";

/// opcache is linked into the binary: on huge pages it would move the code it is running from, and
/// the process would die. And it would kill whoever keeps it from wiping its memory for three
/// minutes, which is every worker. Wherever the settings come from, these win.
const LINKED_OPCACHE_INI: &str = "opcache.huge_code_pages=0\nopcache.force_restart_timeout=0\n";

/// How to start an engine.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// Settings that a php.ini may replace, as name and value.
    pub ini_defaults: Vec<(String, String)>,
    /// Settings that win over every php.ini.
    pub ini_overrides: Vec<(String, String)>,
    /// A php.ini, or a folder with one, in place of the usual one.
    pub ini_path: Option<String>,
    /// Read no php.ini at all.
    pub ini_ignored: bool,
    /// The path that the process was started by.
    pub executable: Option<String>,
    /// Command-line semantics instead of a server's.
    pub command_line: bool,
}

/// Proof that libphp has been started in this process. Not `Send`: the engine stays on the thread
/// that started it. Dropping it stops the engine.
pub struct Runtime {
    _settings: Box<Settings>,
    _thread: PhantomData<*mut ()>,
}

impl Runtime {
    /// Starts the engine of this process; there is one for its whole life.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(config: &EngineConfig, host: Box<dyn Host>) -> Result<Self, StartError> {
        static STARTED: AtomicBool = AtomicBool::new(false);
        let settings = Settings::new(config)?;
        if STARTED.swap(true, Ordering::SeqCst) {
            return Err(StartError::Twice);
        }
        install(Some(Embedding {
            host,
            incoming: Box::default(),
        }));
        // SAFETY: no engine was started in this process before, as `STARTED` proves; the settings
        // are boxed and kept in `Runtime` until the engine has stopped.
        match unsafe { sys::askr_php_start(&raw const settings.raw) } {
            sys::askr_php_status::ASKR_PHP_OK => Ok(Self {
                _settings: settings,
                _thread: PhantomData,
            }),
            _ => Err(StartError::Modules),
        }
    }

    /// The version of PHP that is linked in, such as `8.4.24`.
    pub fn version() -> String {
        // SAFETY: the function returns the address of a constant and has no precondition.
        let text = unsafe { sys::askr_php_version() };
        // SAFETY: the constant is a string literal: NUL-terminated, never freed, never changed.
        let text = unsafe { CStr::from_ptr(text) };
        text.to_string_lossy().into_owned()
    }

    /// Gives the engine other surroundings, as a worker does after it was forked.
    pub fn replace_host(&mut self, host: Box<dyn Host>) {
        install(Some(Embedding {
            host,
            incoming: Box::default(),
        }));
    }

    /// Gives PHP a store, for the rest of this process's life and that of all forked from it.
    ///
    /// # Panics
    /// If it was given one before.
    pub fn use_store(&mut self, store: Store) {
        store::install(store);
    }

    /// Where PHP puts uploaded files: `upload_tmp_dir` if it is set, and where it puts them when
    /// that cannot be used.
    pub fn upload_folders(&self) -> Vec<PathBuf> {
        let folder = |is_systems| {
            let mut text = vec![0_u8; PATH_BYTES_MAX];
            let (start, capacity) = (text.as_mut_ptr().cast(), text.len());
            // SAFETY: the engine runs, as `self` proves; the buffer has the length given, and `u8`
            // and `c_char` have the same size and alignment.
            let len = unsafe { sys::askr_php_upload_folder(is_systems, start, capacity) };
            text.truncate(len);
            (len > 0).then(|| PathBuf::from(OsString::from_vec(text)))
        };
        [false, true].into_iter().filter_map(folder).collect()
    }

    /// Where the stack of PHP calls is to be found in this process and in all forked from it.
    pub fn stack(&self) -> Stack {
        let mut layout = sys::askr_php_stack::default();
        // SAFETY: `layout` is valid for writes; the function reads nothing but constants.
        unsafe { sys::askr_php_stack_layout(&raw mut layout) }
        Stack::new(layout)
    }

    /// Changes a setting for all requests to come. Returns whether PHP took it.
    pub fn set(&mut self, name: &CStr, value: &CStr) -> bool {
        // SAFETY: the engine runs, as `self` proves, and no request is active, as `self` is
        // borrowed mutably; both strings are NUL-terminated and the shim copies the value.
        let status = unsafe { sys::askr_php_set(name.as_ptr(), value.as_ptr()) };
        status == sys::askr_php_status::ASKR_PHP_OK
    }

    /// Waits for a request and starts it; `None` when the host has no more.
    ///
    /// # Errors
    /// [`RequestError::BailedOut`] when PHP cannot start it; the reply has been ended.
    pub fn next_request(&mut self) -> Result<Option<Request<'_>>, RequestError> {
        let incoming = guard(ptr::null(), Embedding::take);
        if incoming.is_null() {
            Ok(None)
        } else {
            Request::start(self, incoming).map(Some)
        }
    }

    /// Starts the request in which a worker script boots: no client, no method.
    ///
    /// # Errors
    /// [`RequestError::BailedOut`] when PHP cannot start it.
    pub fn boot_request(&mut self) -> Result<Request<'_>, RequestError> {
        let incoming = guard(ptr::null(), |embedding| {
            embedding.incoming.clear();
            embedding.incoming.lend()
        });
        assert!(
            !incoming.is_null(),
            "a runtime has a host from its start to its drop"
        );
        Request::start(self, incoming)
    }

    /// Runs one command-line job; returns its exit status.
    pub fn run_command_line(&mut self, job: &CommandLine) -> i32 {
        let mut argv: Vec<*mut c_char> =
            job.argv.iter().map(|arg| arg.as_ptr().cast_mut()).collect();
        let raw = sys::askr_php_cli_job {
            action: job.action.to_sys(),
            subject: job
                .subject
                .as_ref()
                .map_or(ptr::null(), |subject| subject.as_ptr()),
            argc: i32::try_from(argv.len()).unwrap_or(i32::MAX),
            argv: argv.as_mut_ptr(),
        };
        // SAFETY: the engine runs, as `self` proves, and no request is active, as `self` is
        // borrowed mutably; `job` and `argv` outlive the call. No bailout leaves the function.
        unsafe { sys::askr_php_cli_run(&raw const raw) }
    }

    /// Makes the constant `PHP_BINARY` say `path`.
    pub fn name_binary(&mut self, path: &CStr) {
        // SAFETY: the engine runs, as `self` proves; the shim copies the NUL-terminated path.
        unsafe { sys::askr_php_cli_name_binary(path.as_ptr()) }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: `start` began the engine, and no request is active: each borrows the runtime.
        unsafe { sys::askr_php_stop() }
        install(None);
    }
}

/// The settings in the form the shim borrows them.
struct Settings {
    raw: sys::askr_php_config,
    _texts: Vec<CString>,
    _defaults: Vec<sys::askr_php_pair>,
}

impl Settings {
    fn new(config: &EngineConfig) -> Result<Box<Self>, StartError> {
        let mut texts = Texts(Vec::new());
        let overrides = ini_lines(&config.ini_overrides) + LINKED_OPCACHE_INI;
        let sapi = if config.command_line {
            COMMAND_LINE_SAPI
        } else {
            SERVER_SAPI
        };
        let mut defaults = Vec::with_capacity(config.ini_defaults.len());
        for (name, value) in &config.ini_defaults {
            let (name, value) = (texts.text(name)?, texts.text(value)?);
            defaults.push(sys::askr_php_pair { name, value });
        }
        let raw = sys::askr_php_config {
            sapi_name: sapi.as_ptr(),
            ini_entries: texts.keep(&overrides)?,
            ini_defaults: defaults.as_ptr(),
            ini_default_count: defaults.len(),
            ini_path: texts.optional(config.ini_path.as_deref())?,
            ini_ignored: config.ini_ignored,
            executable: texts.optional(config.executable.as_deref())?,
            command_line: config.command_line,
        };
        Ok(Box::new(Self {
            raw,
            _texts: texts.0,
            _defaults: defaults,
        }))
    }
}

/// C strings whose bytes do not move when the list grows.
struct Texts(Vec<CString>);

impl Texts {
    fn keep(&mut self, text: &str) -> Result<*const c_char, StartError> {
        let kept = CString::new(text).map_err(|_| StartError::NulByte {
            text: text.to_owned(),
        })?;
        self.0.push(kept);
        Ok(self.0.last().map_or(ptr::null(), |text| text.as_ptr()))
    }

    fn optional(&mut self, text: Option<&str>) -> Result<*const c_char, StartError> {
        text.map_or(Ok(ptr::null()), |text| self.keep(text))
    }

    fn text(&mut self, text: &str) -> Result<sys::askr_php_text, StartError> {
        Ok(sys::askr_php_text {
            bytes: self.keep(text)?,
            len: text.len(),
        })
    }
}

fn ini_lines(settings: &[(String, String)]) -> String {
    settings
        .iter()
        .map(|(name, value)| ini_line(name, value))
        .collect()
}

/// One line for PHP's ini parser. As PHP's own command line does it, a value that begins with a
/// letter or digit may be an expression such as `E_ALL & ~E_NOTICE`; any other is quoted.
fn ini_line(name: &str, value: &str) -> String {
    if value.starts_with(|first: char| first.is_ascii_alphanumeric() || "\"'".contains(first)) {
        format!("{name}={value}\n")
    } else {
        format!("{name}=\"{}\"\n", value.replace('"', "\\\""))
    }
}
