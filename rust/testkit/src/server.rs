//! The real binary, end to end.

mod builder;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, kill_process, pidfd_open, prlimit,
};
use tempfile::TempDir;

use crate::application::Application;
use crate::client::Client;
use crate::deadline::{DEADLINE, eventually};
use crate::log::Log;
use crate::response::Response;

pub use builder::ServerBuilder;
pub(crate) use builder::binary;

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; dropping it kills everything it started, and prints its log if the test
/// has failed.
#[derive(Debug)]
pub struct Server {
    process: Child,
    log: Log,
    addresses: Vec<SocketAddr>,
    mark: String,
    application: Option<Arc<Application>>,
    /// How it was started, for commands that are to find it.
    builder: ServerBuilder,
    /// Where its control socket is; nobody else's is there.
    runtime_folder: TempDir,
}

/// A server that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code, if no signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Everything it wrote.
    pub log: String,
}

impl Server {
    /// Worker mode with a script of `tests/fixtures/php/worker`.
    #[must_use]
    pub fn with_script(name: &str) -> ServerBuilder {
        ServerBuilder::new().flag(
            "worker-script",
            builder::fixtures().join("worker").join(name),
        )
    }

    /// Classic mode over `tests/fixtures/php/public`.
    #[must_use]
    pub fn classic() -> ServerBuilder {
        ServerBuilder::new()
    }

    /// Worker mode over a copy of `tests/fixtures/application` that is this server's own.
    #[must_use]
    pub fn laravel() -> ServerBuilder {
        let application = Application::copy();
        application.booted().keeping(application)
    }

    /// The application that [`Server::laravel`] made.
    ///
    /// # Panics
    /// When the server was started otherwise.
    #[must_use]
    pub fn application(&self) -> &Application {
        let application = self.application.as_deref();
        application.expect("the server was made by Server::laravel")
    }

    /// Sends a GET on a connection of its own.
    #[track_caller]
    #[must_use]
    pub fn get(&self, target: &str) -> Response {
        self.client().get(target)
    }

    /// A new connection.
    #[track_caller]
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// The first address that it serves.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// All addresses that it serves.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Everything it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until it has written `text`.
    ///
    /// # Panics
    /// When it ends or takes too long before.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for_log_times(text, 1);
    }

    /// Waits until it has written `text` that often.
    ///
    /// # Panics
    /// When it ends or takes too long before.
    #[track_caller]
    pub fn wait_for_log_times(&self, text: &str, times: usize) {
        let seen = self
            .log
            .wait_for(PATIENCE, |log| log.matches(text).count() >= times);
        assert!(seen, "not logged {times} times: {text}\n{}", self.log());
    }

    /// Waits until `holds` does, asking again and again.
    ///
    /// # Panics
    /// When it does not hold in time.
    #[track_caller]
    pub fn eventually(&self, what: &str, mut holds: impl FnMut(&Server) -> bool) {
        eventually(what, || holds(self));
    }

    /// Stops reading what it writes: after the next write every further one fails.
    pub fn stop_listening(&self) {
        self.log.stop();
    }

    /// The main process.
    ///
    /// # Panics
    /// Never: a child's number is a process number.
    #[must_use]
    pub fn main_pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// The template process, if one runs.
    #[must_use]
    pub fn template_pid(&self) -> Option<Pid> {
        children_of(self.main_pid()).first().copied()
    }

    /// The worker processes that exist now.
    #[must_use]
    pub fn worker_pids(&self) -> Vec<Pid> {
        self.template_pid().map(children_of).unwrap_or_default()
    }

    /// Every process below main: templates and workers.
    #[must_use]
    pub fn descendants(&self) -> Vec<Pid> {
        let mut found = children_of(self.main_pid());
        let mut at = 0;
        while let Some(&pid) = found.get(at) {
            found.extend(children_of(pid));
            at += 1;
        }
        found
    }

    /// What a process has open, by number.
    #[must_use]
    pub fn descriptors_of(&self, pid: Pid) -> BTreeMap<i32, PathBuf> {
        let folder = format!("/proc/{}/fd", pid.as_raw_nonzero());
        let target = |fd: i32| Some((fd, fs::read_link(format!("{folder}/{fd}")).ok()?));
        numbers_in(&folder).into_iter().filter_map(target).collect()
    }

    /// Kills one of its processes; one that is gone already is fine.
    pub fn kill(&self, pid: Pid) {
        let _ = kill_process(pid, Signal::KILL);
    }

    /// The most memory that a process has had resident so far, in bytes.
    ///
    /// # Panics
    /// When it is gone.
    #[must_use]
    pub fn peak_bytes(&self, pid: Pid) -> u64 {
        let status = format!("/proc/{}/status", pid.as_raw_nonzero());
        let status = fs::read_to_string(status).expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kibibytes = kibibytes.and_then(|count| count.parse::<u64>().ok());
        kibibytes.expect("every process that runs has one") * 1024
    }

    /// From now on no write of a process takes a file beyond `bytes`, as if the disk were full.
    ///
    /// # Panics
    /// When it is gone.
    pub fn limit_file_size(&self, pid: Pid, bytes: u64) {
        let limit = Rlimit {
            current: Some(bytes),
            maximum: None,
        };
        prlimit(Some(pid), Resource::Fsize, limit).expect("the process runs");
    }

    /// From now on a process opens only so many descriptors beside those that it has; `None`
    /// lifts that.
    ///
    /// # Panics
    /// When it is gone.
    pub fn limit_descriptors(&self, pid: Pid, more: Option<usize>) {
        let open = self.descriptors_of(pid);
        let mut free = (0..DESCRIPTORS_MAX).filter(|number| !open.contains_key(number));
        let limit = more.and_then(|more| free.nth(more));
        let limit = Rlimit {
            current: Some(u64::from(limit.unwrap_or(DESCRIPTORS_MAX).cast_unsigned())),
            maximum: Some(u64::from(DESCRIPTORS_MAX.cast_unsigned())),
        };
        prlimit(Some(pid), Resource::Nofile, limit).expect("the process runs");
    }

    /// Sends a signal to the main process.
    ///
    /// # Panics
    /// When it has ended and was waited for.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.main_pid(), signal).expect("the server runs");
    }

    /// Kills main without a chance for its template to tidy up, and waits until all of its
    /// processes are gone to the last: with their locks, which outlive what others can see of a
    /// process.
    ///
    /// # Panics
    /// When one does not end in time.
    #[track_caller]
    pub fn die(self) {
        let mut all = self.worker_pids();
        all.extend(self.template_pid());
        if let Some(pid) = self.template_pid() {
            kill_process(pid, Signal::STOP).expect("the template runs");
        }
        self.kill(self.main_pid());
        let _ = self.wait();
        assert!(all.into_iter().all(|pid| ended(pid, DEADLINE)));
    }

    /// Runs `askr WORDS…` with the configuration that the server has, and waits for its end.
    ///
    /// # Panics
    /// When the binary cannot be executed.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Output {
        let output = self.prepare(words).output();
        output.expect("ASKR_BINARY can be executed")
    }

    /// Starts `askr WORDS…` as [`Server::command`] does; its output is piped.
    ///
    /// # Panics
    /// When the binary cannot be executed.
    #[must_use]
    pub fn spawn_command(&self, words: &[&str]) -> Child {
        let mut command = self.prepare(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("ASKR_BINARY can be executed")
    }

    fn prepare(&self, words: &[&str]) -> Command {
        let (name, rest) = words.split_first().expect("a command has a name");
        let mut command = self.builder.command(name, self.runtime_folder.path());
        command.args(rest);
        command
    }

    /// `php artisan` of the application that it serves, as somebody outside runs it, not started yet.
    #[must_use]
    pub fn artisan_command(&self, application: &Application, words: &[&str]) -> Command {
        let mut command = application.artisan_command(words);
        let socket = self.runtime_folder.path().join("control.sock");
        command.env("ASKR_CONTROL_SOCKET", socket);
        command
    }

    /// `askr reload`, which returns when no worker runs old code.
    ///
    /// # Panics
    /// When the reload is given up.
    #[track_caller]
    pub fn reload(&self) {
        let output = self.command(&["reload"]);
        assert!(output.status.success(), "not reloaded: {output:?}");
    }

    /// `askr rollback`, which returns when no worker runs other code.
    ///
    /// # Panics
    /// When the rollback is given up.
    #[track_caller]
    pub fn rollback(&self) {
        let output = self.command(&["rollback"]);
        assert!(output.status.success(), "not rolled back: {output:?}");
    }

    /// What `askr status --json` prints.
    ///
    /// # Panics
    /// When it prints nothing.
    #[track_caller]
    #[must_use]
    pub fn status(&self) -> String {
        let output = self.command(&["status", "--json"]);
        assert!(output.status.success(), "no status: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits for it to end by itself.
    ///
    /// # Panics
    /// When it does not end in time, or leaves a process behind.
    #[track_caller]
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let status = wait_for(&mut self.process).expect("the server ends in time");
        self.assert_nothing_is_left();
        self.ended(status)
    }

    /// SIGTERM, and [`Server::wait`].
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.wait()
    }

    fn ended(&self, status: ExitStatus) -> Ended {
        self.log.wait_for(PATIENCE, |_| false); // until both streams are closed
        Ended {
            code: status.code(),
            signal: status.signal(),
            log: self.log.text(),
        }
    }

    /// Every process that carries the mark of the server's environment is dead, or dies now: the
    /// kernel kills a template and its workers when their parent is gone, but not before.
    #[track_caller]
    fn assert_nothing_is_left(&self) {
        for pid in numbers_in("/proc") {
            let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
                continue;
            };
            let mut variables = environment.split(|byte| *byte == 0);
            if variables.any(|variable| variable == self.mark.as_bytes()) {
                let is_gone = Pid::from_raw(pid).is_none_or(ends);
                assert!(is_gone, "left behind: {}", describe(pid));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill(); // its template dies with it, and the workers with that
        let _ = self.process.wait();
        if thread::panicking() {
            self.log.print();
        }
    }
}

/// Waits for a child's end without asking again and again.
fn wait_for(process: &mut Child) -> Option<ExitStatus> {
    ended(Pid::from_child(process), PATIENCE).then(|| process.wait().ok())?
}

/// Whether a process is gone, or ends soon.
pub(crate) fn ends(pid: Pid) -> bool {
    ended(pid, DEADLINE)
}

fn ended(pid: Pid, patience: Duration) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    let mut events = [PollFd::new(&handle, PollFlags::IN)];
    let patience = Timespec {
        tv_sec: i64::try_from(patience.as_secs()).unwrap_or(0),
        tv_nsec: 0,
    };
    poll(&mut events, Some(&patience)) == Ok(1)
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero();
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|word| Pid::from_raw(word.parse().ok()?))
        .collect()
}

fn numbers_in(folder: &str) -> Vec<i32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn describe(pid: i32) -> String {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    format!("{pid} {:?} {stat}", String::from_utf8_lossy(&command))
}

/// More than any test needs.
const DESCRIPTORS_MAX: i32 = 1024;
