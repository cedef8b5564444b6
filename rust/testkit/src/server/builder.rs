//! How a server is started.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use command_fds::{CommandFdExt, FdMapping};

use super::{Ended, PATIENCE, Server};
use crate::application::Application;
use crate::log::Log;

/// What a server writes when it serves, of each place.
const SERVES: &str = "askr: serving ";

/// As much of that as places with an address have.
const SERVING: &str = "askr: serving http";

/// A server that is not started yet.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    root: Option<PathBuf>,
    listen: Vec<String>,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    application: Option<Arc<Application>>,
    /// Sockets that it is handed over, in a service manager's place.
    handed: Vec<Arc<OwnedFd>>,
    user: Option<User>,
}

/// Somebody who may not be able to reach the binary by its name.
#[derive(Clone, Debug)]
struct User {
    uid: u32,
    binary: Arc<File>,
}

impl ServerBuilder {
    pub(super) fn new() -> Self {
        Self {
            root: Some(fixtures().join("public")),
            listen: vec!["127.0.0.1:0".to_owned()],
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: None,
            application: None,
            handed: Vec::new(),
            user: None,
        }
    }

    /// Keeps the application that is served until the server is gone.
    pub(super) fn keeping(mut self, application: Application) -> Self {
        self.application = Some(Arc::new(application));
        self
    }

    /// How many workers; two unless said.
    #[must_use]
    pub fn workers(self, count: u16) -> Self {
        self.flag("workers", count.to_string())
    }

    /// Workers are forked from an application that has booted.
    #[must_use]
    pub fn cow(self) -> Self {
        self.flag("cow", "on")
    }

    /// `worker`, `fork` or `request`.
    #[must_use]
    pub fn isolation(self, isolation: &str) -> Self {
        self.flag("isolation", isolation)
    }

    /// One more pool, for example `slow paths=/reports workers=1`.
    #[must_use]
    pub fn pool(self, pool: &str) -> Self {
        self.flag("pool", pool)
    }

    /// How long the first worker of a new generation is tried, for example `500ms`.
    #[must_use]
    pub fn canary_window(self, window: &str) -> Self {
        self.flag("canary-window", window)
    }

    /// The document root; `tests/fixtures/php/public` unless said.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Gives neither `--root` nor `--listen`, so that other channels can.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.root = None;
        self.listen.clear();
        self
    }

    /// The address; a free port of the loopback interface unless said.
    #[must_use]
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = vec![address.into()];
        self
    }

    /// One address more.
    #[must_use]
    pub fn also_listen(mut self, address: impl Into<String>) -> Self {
        self.listen.push(address.into());
        self
    }

    /// Hands over a socket that listens already, as socket activation does.
    #[must_use]
    pub fn hand_over(mut self, listener: impl Into<OwnedFd>) -> Self {
        self.listen.clear();
        self.handed.push(Arc::new(listener.into()));
        self
    }

    /// Starts it as another user, which wants root.
    ///
    /// # Panics
    /// When the binary cannot be read.
    #[must_use]
    pub fn as_user(mut self, uid: u32) -> Self {
        let binary = File::open(binary()).expect("the binary can be read");
        self.user = Some(User {
            uid,
            binary: Arc::new(binary),
        });
        self
    }

    /// A flag of `askr serve`, without its dashes, and its value.
    #[must_use]
    pub fn flag(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.argument(format!("--{name}")).argument(value)
    }

    /// An argument as it is.
    #[must_use]
    pub fn argument(mut self, word: impl AsRef<OsStr>) -> Self {
        self.arguments.push(word.as_ref().to_owned());
        self
    }

    /// An environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The folder it is started in.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Starts it and waits until it serves.
    ///
    /// # Panics
    /// When it ends or takes too long before.
    #[track_caller]
    #[must_use]
    pub fn start(self) -> Server {
        let is_unix = |listen: &&String| listen.starts_with("unix:");
        let count = self.listen.len() - self.listen.iter().filter(is_unix).count();
        let mut server = self.spawn();
        let serves = server.log.wait_for(PATIENCE, |log| {
            log.contains(SERVES) && addresses(log).len() >= count
        });
        assert!(serves, "it does not serve:\n{}", server.log());
        server.addresses = addresses(&server.log());
        server
    }

    /// Starts it and waits until it has ended by itself.
    ///
    /// # Panics
    /// When it does not end in time, or leaves a process behind.
    #[track_caller]
    #[must_use]
    pub fn fail(self) -> Ended {
        self.spawn().wait()
    }

    /// Starts it and waits for nothing.
    ///
    /// # Panics
    /// When the binary cannot be executed.
    #[track_caller]
    #[must_use]
    pub fn spawn(self) -> Server {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let (name, value) = (
            "TEST_SERVER_MARK",
            format!("{}-{count}", std::process::id()),
        );
        let runtime_folder = tempfile::tempdir().expect("there is room for a folder");
        let mut command = self.command("serve", runtime_folder.path());
        command
            .env(name, &value)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.map_descriptors(&mut command);
        if let Some(User { uid, .. }) = self.user {
            chown(runtime_folder.path(), Some(uid), Some(uid)).expect("these tests run as root");
            command.uid(uid).gid(uid);
        }
        let mut process = command.spawn().expect("ASKR_BINARY can be executed");
        let log = Log::new();
        log.follow(process.stdout.take().expect("it was piped"));
        log.follow(process.stderr.take().expect("it was piped"));
        Server {
            process,
            log,
            addresses: Vec::new(),
            mark: format!("{name}={value}"),
            application: self.application.clone(),
            builder: self,
            runtime_folder,
        }
    }

    /// From number 3 on, and the variable that says how many.
    fn map_descriptors(&self, command: &mut Command) {
        if self.handed.is_empty() {
            return;
        }
        let mapping = |(listener, child_fd): (&Arc<OwnedFd>, i32)| FdMapping {
            parent_fd: listener.try_clone().expect("a socket can be cloned"),
            child_fd,
        };
        let mappings = self.handed.iter().zip(3..).map(mapping).collect();
        command.fd_mappings(mappings).expect("the numbers differ");
        command.env("LISTEN_FDS", self.handed.len().to_string());
    }

    fn has_place_for_its_socket(&self) -> bool {
        let has_flag = self.arguments.iter().any(|word| word == "--control-socket");
        let mut names = self.variables.iter().map(|(name, _)| name);
        has_flag || names.any(|name| name == "XDG_RUNTIME_DIR" || name == "ASKR_CONTROL_SOCKET")
    }

    /// Nothing of this process's environment that would configure it.
    pub(super) fn command(&self, name: &str, runtime_folder: &Path) -> Command {
        let mut command = match &self.user {
            Some(user) => Command::new(format!("/proc/self/fd/{}", user.binary.as_raw_fd())),
            None => Command::new(binary()),
        };
        command.arg(name);
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS"] {
            command.env_remove(name);
        }
        for (name, _) in env::vars_os().filter(|(name, _)| is_configuration(name)) {
            command.env_remove(name);
        }
        if let Some(root) = &self.root {
            command.arg("--root").arg(root);
        }
        for address in &self.listen {
            command.arg("--listen").arg(address);
        }
        command
            .args(&self.arguments)
            .envs(self.variables.iter().cloned());
        if !self.has_place_for_its_socket() {
            let socket = runtime_folder.join("control.sock");
            command.arg("--control-socket").arg(socket);
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}

/// `tests/fixtures/php`.
pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/php")
}

/// `ASKR_BINARY`, else the one that cargo built beside this test.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = env::var_os("ASKR_BINARY").filter(|path| !path.is_empty()) {
        return path.into();
    }
    let test = env::current_exe().expect("a test has a path");
    let path = test
        .ancestors()
        .nth(2)
        .expect("a test lies in deps")
        .join("askr");
    assert!(
        path.is_file(),
        "set ASKR_BINARY: {} is not there",
        path.display()
    );
    path
}

fn is_configuration(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("ASKR_"))
}

/// The addresses of all complete lines that say where it serves.
fn addresses(log: &str) -> Vec<SocketAddr> {
    let complete = log.rsplit_once('\n').map_or("", |(complete, _)| complete);
    let lines = complete.lines().filter_map(|line| line.split_once(SERVING));
    lines.filter_map(|(_, rest)| address(rest)).collect()
}

/// The address that a line goes on with; in JSON more follows.
fn address(rest: &str) -> Option<SocketAddr> {
    let (_, rest) = rest.split_once("://")?;
    rest.split('"').next()?.trim_end().parse().ok()
}
