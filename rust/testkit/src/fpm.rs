//! The reference: nginx in front of php-fpm, set up as Debian sets them up.

mod files;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client::Client;
use crate::log::Log;
use crate::response::Response;
use crate::server;
use files::Site;

/// How long the two programs may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// What FPM writes when it serves.
const READY: &str = "ready to handle connections";

/// A peer that is not started yet.
#[derive(Clone, Debug)]
pub struct FpmBuilder {
    root: PathBuf,
    children: u16,
    ini: Vec<(String, String)>,
    variables: Vec<(String, String)>,
}

/// A running peer; dropping it ends both programs, and prints what they wrote if the test has
/// failed.
#[derive(Debug)]
pub struct Fpm {
    nginx: Child,
    fpm: Child,
    log: Log,
    addresses: [SocketAddr; 2],
    _folder: TempDir,
}

impl Fpm {
    /// A peer with `root` as its document root: a PHP file answers for itself, what is missing
    /// is `/index.php`'s.
    #[must_use]
    pub fn over(root: impl Into<PathBuf>) -> FpmBuilder {
        FpmBuilder {
            root: root.into(),
            children: 2,
            ini: Vec::new(),
            variables: Vec::new(),
        }
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

    /// Where it serves on IPv4.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where it serves: on IPv4 and on IPv6.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Everything both programs have written so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.text()
    }
}

impl FpmBuilder {
    /// How many requests it runs at once; two unless said.
    #[must_use]
    pub fn children(mut self, count: u16) -> Self {
        self.children = count;
        self
    }

    /// A setting on top of `dist/php.ini`.
    #[must_use]
    pub fn ini(mut self, key: &str, value: &str) -> Self {
        self.ini.push((key.to_owned(), value.to_owned()));
        self
    }

    /// An environment variable of FPM's main process.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it and waits until it serves.
    ///
    /// # Panics
    /// When a program is missing or ends.
    #[track_caller]
    #[must_use]
    pub fn start(self) -> Fpm {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let site = Site {
            folder: folder.path(),
            root: &fs::canonicalize(&self.root).expect("the document root is there"),
            children: self.children,
            ini: &self.ini,
        };
        let log = Log::new();
        let fpm = start_fpm(&site, &self.variables, &log);
        // Waited for only once it is owned: a failure must end it.
        let listeners = ["127.0.0.1:0", "[::1]:0"].map(listen);
        let addresses = listeners.each_ref().map(address);
        let nginx = start_nginx(&site, &log, listeners);
        let started = Fpm {
            nginx,
            fpm,
            log,
            addresses,
            _folder: folder,
        };
        let serves = started.log.wait_for(PATIENCE, |log| log.contains(READY));
        assert!(serves, "FPM does not serve:\n{}", started.log());
        started
    }
}

impl Drop for Fpm {
    /// FPM may finish what it is doing, such as to remove uploaded files; it is ended with its
    /// children when it does not come to an end.
    fn drop(&mut self) {
        end(&mut self.nginx, &[Signal::TERM]);
        end(&mut self.fpm, &[Signal::QUIT, Signal::TERM]);
        if thread::panicking() {
            self.log.print();
        }
    }
}

/// Sends one signal after the other until the process ends, each with a deadline.
fn end(process: &mut Child, signals: &[Signal]) {
    let pid = Pid::from_child(process);
    let ends = signals.iter().any(|signal| {
        let _ = kill_process(pid, *signal);
        server::ends(pid)
    });
    if !ends {
        let _ = process.kill();
    }
    let _ = process.wait();
}

fn start_fpm(site: &Site<'_>, variables: &[(String, String)], log: &Log) -> Child {
    let mut command = Command::new(php_fpm());
    command
        .arg("--nodaemonize")
        .arg("--allow-to-run-as-root")
        .arg("--php-ini")
        .arg(site.write_php_ini())
        .arg("--fpm-config")
        .arg(site.write_fpm_configuration())
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut process = spawn(command, log);
    log.follow(process.stdout.take().expect("it was piped"));
    process
}

/// nginx takes over the two sockets as if from a predecessor: nobody else can have their ports.
fn start_nginx(site: &Site<'_>, log: &Log, listeners: [TcpListener; 2]) -> Child {
    let addresses = listeners.each_ref().map(address);
    let [v4, v6] = listeners.map(OwnedFd::from);
    let mut command = Command::new(nginx());
    command
        .arg("-c")
        .arg(site.write_nginx_configuration(addresses))
        .args(["-e", "stderr"])
        .env("NGINX", "0;1;")
        .stdin(v4)
        .stdout(v6);
    spawn(command, log)
}

#[track_caller]
fn spawn(mut command: Command, log: &Log) -> Child {
    let program = command.get_program().to_owned();
    let spawned = command.stderr(Stdio::piped()).spawn();
    let mut process = spawned.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    log.follow(process.stderr.take().expect("it was piped"));
    process
}

fn listen(address: &str) -> TcpListener {
    TcpListener::bind(address).expect("the loopback interface has free ports")
}

fn address(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("the socket is open")
}

/// Where distributions install it, which is not in every user's path.
fn nginx() -> &'static Path {
    let installed = Path::new("/usr/sbin/nginx");
    if installed.exists() {
        installed
    } else {
        Path::new("nginx")
    }
}

/// The php-fpm beside the PHP that the binary is linked with.
fn php_fpm() -> PathBuf {
    let config = std::env::var_os("ASKR_PHP_CONFIG").map_or_else(
        || cache().join("libphp/current/bin/php-config"),
        PathBuf::from,
    );
    let bin = config.parent().unwrap_or(Path::new("."));
    bin.with_file_name("sbin").join("php-fpm")
}

fn cache() -> PathBuf {
    if let Some(folder) = std::env::var_os("ASKR_CACHE_DIR") {
        return folder.into();
    }
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    base.unwrap_or_else(home).join("askr")
}
