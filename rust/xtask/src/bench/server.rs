//! Starts the servers that are measured, all with the same settings of the same engine.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::edge;
use super::nginx_fpm;
use super::processes::{self, Below, Running};
use super::row::{ServerKind, Site};
use crate::files::{self, FileError};
use crate::process;
use crate::setup::Engine;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Settings that every server gets on top of `dist/php.ini`.
pub(crate) const INI: &[(&str, &str)] = &[
    ("opcache.jit", "disable"),
    ("opcache.validate_timestamps", "0"),
];

/// Environment of the application: as in production, whatever its `.env` says.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("APP_ENV", "production"),
    ("APP_DEBUG", "false"),
    // Exceptions are logged: the server's own log, which a benchmark throws away, takes them.
    ("LOG_CHANNEL", "stderr"),
    ("LOG_LEVEL", "error"),
];

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    /// A program of it could not be started.
    #[error("could not start {program}: {source}")]
    Start {
        program: String,
        #[source]
        source: std::io::Error,
    },
    /// It ended, or did not answer in time.
    #[error("{server} does not serve; its log:\n{log}")]
    Silent { server: &'static str, log: String },
    /// The peer would run without what Askr has.
    #[error("FPM runs without opcache: {php_fpm} -i does not say that it is up")]
    NoOpcache { php_fpm: String },
    /// Its files could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What all servers of a benchmark share.
#[derive(Debug, Clone)]
pub(crate) struct Bench<'a> {
    pub(crate) binary: PathBuf,
    pub(crate) engine: &'a Engine,
    /// `dist/php.ini`, which the binary has built in.
    pub(crate) php_ini: PathBuf,
    /// For configuration files, logs and sockets.
    pub(crate) folder: &'a Path,
    pub(crate) workers: usize,
    /// More options for Askr.
    pub(crate) arguments: Vec<String>,
}

/// A server that answers. Fields are ended in this order.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) kind: ServerKind,
    pub(crate) address: SocketAddr,
    /// What it says, the front server's words left out.
    pub(crate) log: PathBuf,
    /// nginx, when it stands in front.
    _front: Option<Running>,
    main: Running,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(
        bench: &Bench<'_>,
        kind: ServerKind,
        site: &Site,
    ) -> Result<Server, ServerError> {
        match kind {
            ServerKind::NginxFpm => start_nginx_fpm(bench, site),
            ServerKind::NginxFiles => start_nginx_files(bench, site),
            _ => start_askr(bench, kind, site),
        }
    }

    /// The processes that run PHP; the templates in between only fork.
    pub(crate) fn workers(&self) -> Vec<u32> {
        let below = self.below().into_iter().filter(|below| below.is_leaf);
        let mut workers: Vec<u32> = below.map(|below| below.pid).collect();
        workers.sort_unstable();
        workers
    }

    /// The process that has the sockets, or started those that have.
    pub(crate) fn main(&self) -> u32 {
        self.main.id()
    }

    /// Every process that descends from the server's main one.
    pub(crate) fn below(&self) -> Vec<Below> {
        processes::descendants(self.main.id())
    }
}

fn start_askr(bench: &Bench<'_>, kind: ServerKind, site: &Site) -> Result<Server, ServerError> {
    let log = bench.folder.join(format!("{}.log", kind.name()));
    let mut command = Command::new(&bench.binary);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--root"])
        .arg(&site.root)
        .arg(format!("--workers={}", bench.workers))
        .args(kind.flag())
        .args(&bench.arguments)
        .envs(ENVIRONMENT.iter().copied());
    for (key, value) in INI {
        command.arg(format!("--ini={key}={value}"));
    }
    if let Some(application) = &site.application {
        command.env("ASKR_APP_BASE", application);
    }
    if let Some(certificate) = &site.certificate {
        command.args(certificate.options());
    }
    if let Some(script) = site.script(kind) {
        command.arg("--worker-script").arg(script);
    }
    let mut main = start(&mut command, &log)?;
    let address = wait(kind, &mut main, &log, || serving(&log))?;
    Ok(Server {
        kind,
        address,
        log,
        _front: None,
        main,
    })
}

fn start_nginx_fpm(bench: &Bench<'_>, site: &Site) -> Result<Server, ServerError> {
    let kind = ServerKind::NginxFpm;
    let files = nginx_fpm::write(bench, site, free_address(bench)?)?;
    prove_opcache(bench, &files.php_ini)?;
    let fpm_log = bench.folder.join("fpm-output.log");
    let mut fpm = Command::new(&bench.engine.php_fpm);
    fpm.args(["--nodaemonize", "--allow-to-run-as-root", "--fpm-config"])
        .arg(&files.fpm_configuration)
        .arg("--php-ini")
        .arg(&files.php_ini)
        .envs(ENVIRONMENT.iter().copied());
    let mut main = start(&mut fpm, &fpm_log)?;
    wait(kind, &mut main, &fpm_log, || {
        files.socket.exists().then_some(())
    })?;

    let nginx_log = bench.folder.join("nginx-output.log");
    let address = files.address;
    let front = start_nginx(kind, &files.nginx_configuration, &nginx_log, address)?;
    Ok(Server {
        kind,
        address,
        log: fpm_log,
        _front: Some(front),
        main,
    })
}

fn start_nginx_files(bench: &Bench<'_>, site: &Site) -> Result<Server, ServerError> {
    let kind = ServerKind::NginxFiles;
    let address = free_address(bench)?;
    let configuration = bench.folder.join("nginx-files.conf");
    let text = edge::configuration(bench.folder, site, address);
    files::write(&configuration, &text)?;
    let log = bench.folder.join("nginx-files.log");
    let main = start_nginx(kind, &configuration, &log, address)?;
    Ok(Server {
        kind,
        address,
        log,
        _front: None,
        main,
    })
}

fn start_nginx(
    kind: ServerKind,
    configuration: &Path,
    log: &Path,
    address: SocketAddr,
) -> Result<Running, ServerError> {
    let mut nginx = Command::new("nginx");
    nginx.arg("-c").arg(configuration).args(["-e", "stderr"]);
    let mut running = start(&mut nginx, log)?;
    wait(kind, &mut running, log, || {
        std::net::TcpStream::connect(address).ok().map(drop)
    })?;
    Ok(running)
}

/// A comparison with an FPM that compiles every script again would be worth nothing.
fn prove_opcache(bench: &Bench<'_>, php_ini: &Path) -> Result<(), ServerError> {
    let mut information = Command::new(&bench.engine.php_fpm);
    information.arg("--php-ini").arg(php_ini).arg("-i");
    let text = process::read(&mut information).unwrap_or_default();
    if text.contains("Opcode Caching => Up and Running") {
        return Ok(());
    }
    Err(ServerError::NoOpcache {
        php_fpm: bench.engine.php_fpm.display().to_string(),
    })
}

fn start(command: &mut Command, log: &Path) -> Result<Running, ServerError> {
    let file = files::named("create", log, File::create(log))?;
    let twin = files::named("create", log, file.try_clone())?;
    let child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(twin)
        .spawn()
        .map_err(|source| ServerError::Start {
            program: command.get_program().to_string_lossy().into_owned(),
            source,
        })?;
    Ok(Running::new(child))
}

fn wait<T>(
    kind: ServerKind,
    process: &mut Running,
    log: &Path,
    mut ready: impl FnMut() -> Option<T>,
) -> Result<T, ServerError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = ready() {
            return Ok(value);
        }
        if process.has_ended() || Instant::now() > deadline {
            return Err(ServerError::Silent {
                server: kind.name(),
                log: std::fs::read_to_string(log).unwrap_or_default(),
            });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The address in `askr: serving http://ADDRESS`, or `https`.
fn serving(log: &Path) -> Option<SocketAddr> {
    let lines = BufReader::new(File::open(log).ok()?).lines();
    lines
        .map_while(Result::ok)
        .find_map(|line| address_in(&line))
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, scheme) = line.split_once("askr: serving http")?;
    let (_, address) = scheme.split_once("://")?;
    address.split([' ', '/', ',', '"']).next()?.parse().ok()
}

/// An address nobody listens on at the moment.
fn free_address(bench: &Bench<'_>) -> Result<SocketAddr, FileError> {
    let probe = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    files::named("find a free port for", bench.folder, probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_announces_it() {
        let expected = Some(SocketAddr::from(([127, 0, 0, 1], 41)));
        assert_eq!(address_in("askr: serving http://127.0.0.1:41"), expected);
        assert_eq!(
            address_in("askr: serving http://127.0.0.1:41/ (2 workers)"),
            expected
        );
        assert_eq!(address_in("askr: serving https://127.0.0.1:41"), expected);
        assert_eq!(address_in("askr: stopping"), None);
    }
}
