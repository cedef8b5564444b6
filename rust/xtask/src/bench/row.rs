//! The rows of the table: what is asked for, and how each server is to answer it.

use std::path::{Path, PathBuf};

use super::edge::{self, Certificate};
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Row {
    /// A PHP script of one line.
    Script,
    /// The demo's JSON route, through the `web` middleware.
    Json,
    /// The demo's page: Blade and SQLite.
    Page,
    /// The JSON route, with and without the renewal of state before each request.
    Reset,
    /// The JSON route, unwatched, with every request inspected, and with one in a hundred.
    Paranoid,
    /// The gateway's own fixed answer, without PHP.
    Health,
    /// A file of 1 KB, beside nginx.
    #[value(name = "static-1k")]
    Static1k,
    /// A file of 1 MB, beside nginx.
    #[value(name = "static-1m")]
    Static1m,
    /// A file of 1 KB over TLS and HTTP/2, beside nginx.
    StaticH2,
    /// The JSON route over one connection of HTTP/2, and over eight of HTTP/1.1.
    JsonH2,
    /// Two thousand idle connections: what each costs, and what others notice.
    Idle,
    /// A thousand clients that send or read a byte a second: what do others notice?
    SlowClients,
    /// Two gigabytes up and down: whose memory grows?
    Large,
    /// The hand-over alone, against a bare futex.
    Exchange,
    /// The JSON route for a minute at 64 connections: does anything fail?
    Soak,
    /// The JSON route while a worker is killed once a second: is anything lost?
    Kill,
    /// The JSON route with a process for each request, in worker mode and under nginx + FPM.
    Isolation,
    /// From a worker's death until its replacement is ready, cold and with `--cow`.
    Respawn,
    /// The private memory of a worker after 100 requests, cold and with `--cow`.
    Private,
    /// The first request of a fresh worker, cold, with `--cow` and with `warm`.
    First,
    /// A hundred reloads under load: is anything lost, or answered by old code?
    Reload,
    /// Twenty reloads to releases that cannot serve: does the old code go on?
    Broken,
    /// One request of a hundred is slow: what do the others see, with and without a pool for them?
    Slow,
    /// Workers and templates killed at random: is anything lost?
    Storm,
    /// `askr_cache_get` beside `apcu_fetch`, in one process.
    CacheGet,
    /// Laravel's cache in the store beside the same in Redis.
    CacheDriver,
    /// Two processes add to one counter.
    Counter,
    /// The store with one, two and four processes.
    Throughput,
    /// What the store's eviction keeps of a Zipf trace.
    Zipf,
    /// Locks whose holders are killed.
    Leases,
    /// Writers to the store killed at random: is it whole, and does anybody wait?
    Kills,
    /// Two hundred thousand requests of all kinds through one worker: does its memory stay flat?
    /// Only when asked for: it takes some minutes, and adds nothing to the table.
    Memory,
}

/// A server that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServerKind {
    AskrWorker,
    /// Worker mode with a script that puts nothing back between requests.
    AskrWithoutReset,
    /// Worker mode with `--paranoid`.
    AskrParanoid,
    /// Worker mode with `--paranoid` for one request in a hundred.
    AskrSampling,
    /// Worker mode from a template that has booted the application.
    AskrCow,
    /// A process for each request.
    AskrFork,
    AskrClassic,
    NginxFpm,
    /// Files alone.
    NginxFiles,
}

/// What a server serves.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Document root with an `index.php`.
    pub(crate) root: PathBuf,
    /// For worker mode.
    pub(crate) worker_script: PathBuf,
    /// The same, without putting state back.
    pub(crate) without_reset: PathBuf,
    /// The Laravel application, if it is one.
    pub(crate) application: Option<PathBuf>,
    /// With which connections are encrypted, if they are.
    pub(crate) certificate: Option<Certificate>,
}

impl Row {
    /// The name in tables and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Row::Script => "script",
            Row::Json => "json",
            Row::Page => "page",
            Row::Reset => "reset",
            Row::Paranoid => "paranoid",
            Row::Health => "health",
            Row::Static1k => "static-1k",
            Row::Static1m => "static-1m",
            Row::StaticH2 => "static-h2",
            Row::JsonH2 => "json-h2",
            Row::Idle => "idle",
            Row::SlowClients => "slow-clients",
            Row::Large => "large",
            Row::Exchange => "exchange",
            Row::Soak => "soak",
            Row::Kill => "kill",
            Row::Isolation => "isolation",
            Row::Respawn => "respawn",
            Row::Private => "private",
            Row::First => "first",
            Row::Reload => "reload",
            Row::Broken => "broken",
            Row::Slow => "slow",
            Row::Storm => "storm",
            Row::CacheGet => "cache-get",
            Row::CacheDriver => "cache-driver",
            Row::Counter => "counter",
            Row::Throughput => "throughput",
            Row::Zipf => "zipf",
            Row::Leases => "leases",
            Row::Kills => "kills",
            Row::Memory => "memory",
        }
    }

    /// What is asked for.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Row::Script | Row::Memory | Row::Private | Row::Idle | Row::SlowClients => "/",
            Row::Page | Row::First => "/page",
            Row::Health | Row::Exchange => "/askr/health",
            Row::Reload | Row::Broken => "/release",
            Row::Static1k | Row::StaticH2 => "/1k.txt",
            Row::Static1m => "/1m.txt",
            _ => "/json",
        }
    }

    /// What every answer holds.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Row::Script => "Hello from one line of PHP.",
            Row::Page | Row::First => "</table>",
            Row::Memory | Row::Private => "Memory in use",
            Row::Health | Row::Exchange => "ok",
            Row::Reload | Row::Broken => "\"configuration\":",
            Row::Static1k | Row::Static1m | Row::StaticH2 => edge::MARKER,
            Row::Idle | Row::SlowClients => "The answer of a script.",
            _ => "\"stack\":\"laravel\"",
        }
    }

    /// The servers compared.
    pub(crate) fn servers(self) -> &'static [ServerKind] {
        match self {
            Row::Script | Row::Json | Row::Page => &[
                ServerKind::AskrWorker,
                ServerKind::AskrClassic,
                ServerKind::NginxFpm,
            ],
            Row::Reset => &[ServerKind::AskrWorker, ServerKind::AskrWithoutReset],
            Row::Paranoid => &[
                ServerKind::AskrWorker,
                ServerKind::AskrParanoid,
                ServerKind::AskrSampling,
            ],
            Row::Isolation => &[
                ServerKind::AskrWorker,
                ServerKind::AskrFork,
                ServerKind::NginxFpm,
            ],
            Row::Static1k => &[ServerKind::AskrWorker, ServerKind::NginxFiles],
            Row::Health | Row::Soak | Row::Kill => &[ServerKind::AskrWorker],
            // They start servers of their own.
            _ => &[],
        }
    }

    /// What is served; the script is written to `folder`.
    pub(crate) fn site(self, checkout: &Checkout, folder: &Path) -> Result<Site, FileError> {
        match self {
            Row::Script | Row::Health | Row::Exchange => one_line(folder),
            Row::Static1k
            | Row::Static1m
            | Row::StaticH2
            | Row::Idle
            | Row::SlowClients
            | Row::Large => edge::ground(folder),
            _ => demo(checkout, folder),
        }
    }
}

impl Site {
    /// The script that stays up, in the modes that have one.
    pub(crate) fn script(&self, kind: ServerKind) -> Option<&Path> {
        match kind {
            ServerKind::AskrWorker
            | ServerKind::AskrParanoid
            | ServerKind::AskrSampling
            | ServerKind::AskrCow
            | ServerKind::AskrFork => Some(&self.worker_script),
            ServerKind::AskrWithoutReset => Some(&self.without_reset),
            ServerKind::AskrClassic | ServerKind::NginxFpm | ServerKind::NginxFiles => None,
        }
    }
}

impl ServerKind {
    /// The flag that makes it what it is.
    pub(crate) fn flag(self) -> Option<&'static str> {
        match self {
            ServerKind::AskrParanoid => Some("--paranoid"),
            ServerKind::AskrSampling => Some("--paranoid=0.01"),
            ServerKind::AskrCow => Some("--cow"),
            ServerKind::AskrFork => Some("--isolation=fork"),
            _ => None,
        }
    }

    /// The name in tables and JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ServerKind::AskrWorker => "askr-worker",
            ServerKind::AskrWithoutReset => "askr-without-reset",
            ServerKind::AskrParanoid => "askr-paranoid",
            ServerKind::AskrSampling => "askr-paranoid-0.01",
            ServerKind::AskrCow => "askr-cow",
            ServerKind::AskrFork => "askr-fork",
            ServerKind::AskrClassic => "askr-classic",
            ServerKind::NginxFpm => "nginx-fpm",
            ServerKind::NginxFiles => "nginx",
        }
    }
}

/// The demo, and a worker script to compare with: an application has no such setting.
fn demo(checkout: &Checkout, folder: &Path) -> Result<Site, FileError> {
    let without_reset = folder.join("without-reset.php");
    files::write(&without_reset, include_str!("without_reset.php"))?;
    Ok(Site {
        root: checkout.demo().join("public"),
        worker_script: checkout.path("laravel/worker.php"),
        without_reset,
        application: Some(checkout.demo()),
        certificate: None,
    })
}

fn one_line(folder: &Path) -> Result<Site, FileError> {
    let root = folder.join("script");
    files::create_folder(&root)?;
    let hello = Row::Script.marker();
    let line = format!("echo '{hello}';");
    files::write(&root.join("index.php"), &format!("<?php {line}\n"))?;
    let worker_script = folder.join("script-worker.php");
    let text = format!(
        "<?php\n$handler = static function (): void {{ {line} }};\n\
         while (askr_handle_request($handler)) {{\n}}\n"
    );
    files::write(&worker_script, &text)?;
    Ok(Site {
        root,
        without_reset: worker_script.clone(),
        worker_script,
        application: None,
        certificate: None,
    })
}
