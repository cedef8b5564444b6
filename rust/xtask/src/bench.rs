//! `cargo xtask bench`: Askr against nginx + FPM, in one run, on the same engine.

mod broken;
mod client;
mod console;
mod contest;
mod edge;
mod fetch;
mod figures;
mod first;
mod hand_over;
mod load;
mod log;
mod memory;
mod nginx_fpm;
mod private;
mod processes;
mod releases;
mod reload;
mod report;
mod respawn;
mod result;
mod row;
mod server;
mod slow;
mod store;
mod storm;
mod traffic;
mod visitor;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use self::broken::BrokenError;
use self::edge::EdgeError;
use self::fetch::FetchError;
use self::first::FirstError;
use self::hand_over::HandOverError;
use self::load::LoadError;
use self::memory::MemoryError;
use self::private::PrivateError;
use self::reload::ReloadError;
use self::report::Conditions;
use self::respawn::RespawnError;
use self::result::Results;
pub(crate) use self::row::Row;
use self::row::{ServerKind, Site};
use self::server::{Bench, Server, ServerError};
use self::slow::SlowError;
use self::store::StoreError;
use self::storm::StormError;
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::setup::{self, Engine, SetupError};
use crate::step::step;

/// What to measure, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Rows to measure; all when none is given.
    rows: Vec<Row>,
    /// Measure with this many connections instead of 1, 8 and 64.
    #[arg(long, value_name = "N")]
    connections: Option<u32>,
    /// Length of one run.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Runs per row, server and number of connections; the table shows medians.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long the rows `storm` and `kills` kill.
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    storm_seconds: u64,
    /// Measure this binary instead of the checkout's; docs/benchmarks.md stays as it is.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Also write the raw figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Respawn(#[from] RespawnError),
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    First(#[from] FirstError),
    #[error(transparent)]
    Reload(#[from] ReloadError),
    #[error(transparent)]
    Broken(#[from] BrokenError),
    #[error(transparent)]
    Slow(#[from] SlowError),
    #[error(transparent)]
    Storm(#[from] StormError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Edge(#[from] EdgeError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{server} has no worker process to measure or to kill")]
    NoWorkers { server: &'static str },
}

/// Measures the rows asked for and writes the table.
pub(crate) fn run(checkout: &Checkout, cache: &Cache, options: &Options) -> Result<(), BenchError> {
    let ready = match &options.binary {
        Some(_) => setup::without_binary(checkout, cache)?,
        None => setup::run(checkout, cache)?,
    };
    setup::for_benchmarks(cache)?;
    let folder = checkout
        .target()
        .join(format!("bench-{}", std::process::id()));
    files::create_folder(&folder)?;
    let bench = Bench {
        binary: options.binary.clone().unwrap_or_else(|| checkout.binary()),
        engine: &ready.engine,
        php_ini: checkout.path("dist/php.ini"),
        folder: &folder,
        workers: thread::available_parallelism().map_or(2, usize::from),
        arguments: Vec::new(),
    };
    let conditions = Conditions::of(&bench, options.seconds, options.rounds);
    let mut results = Results::default();
    let measured = measure_all(checkout, &bench, options, &mut results)
        .and_then(|()| measure_store((checkout, cache), &bench, options, &mut results));
    if measured.is_err() {
        println!("   the servers' logs are left in {}", folder.display());
    }
    measured?;
    files::remove_folder(&folder)?;
    if options.rows == [Row::Memory] {
        return Ok(());
    }

    if options.binary.is_none() {
        let text = report::markdown(&conditions, &results);
        files::write(&checkout.path("docs/benchmarks.md"), &text)?;
    }
    println!("{}", report::table(&results));
    println!("{}", report::figures(&results));
    if let Some(path) = &options.json {
        files::write(path, &results.json())?;
    }
    Ok(())
}

/// What the binary serves from `root`, a folder with an `index.php`, in classic mode.
pub(crate) fn serve_once(
    checkout: &Checkout,
    engine: &Engine,
    root: &Path,
    marker: &str,
) -> Result<String, BenchError> {
    let bench = Bench {
        binary: checkout.binary(),
        engine,
        php_ini: checkout.path("dist/php.ini"),
        folder: root,
        workers: 1,
        arguments: Vec::new(),
    };
    let site = Site {
        root: root.to_owned(),
        worker_script: PathBuf::new(),
        without_reset: PathBuf::new(),
        application: None,
        certificate: None,
    };
    let server = Server::start(&bench, ServerKind::AskrClassic, &site)?;
    let reply = fetch::checked(server.address, "/", marker)?;
    Ok(String::from_utf8_lossy(&reply.body).into_owned())
}

fn measure_all(
    checkout: &Checkout,
    bench: &Bench<'_>,
    options: &Options,
    results: &mut Results,
) -> Result<(), BenchError> {
    let is_wanted = |row: &&Row| options.rows.is_empty() || options.rows.contains(*row);
    let groups: [&[Row]; 6] = [
        &[Row::Script, Row::Health],
        &[Row::Static1k],
        &[Row::Json, Row::Page],
        &[Row::Reset],
        &[Row::Paranoid],
        &[Row::Isolation],
    ];
    for group in groups {
        let rows: Vec<Row> = group.iter().filter(is_wanted).copied().collect();
        if let Some(first) = rows.first() {
            let site = first.site(checkout, bench.folder)?;
            step(&names(&rows), || {
                contest::compare(bench, &rows, &site, options, results)
            })?;
        }
    }
    for row in [Row::Soak, Row::Kill].iter().filter(is_wanted) {
        let site = row.site(checkout, bench.folder)?;
        step(row.name(), || contest::endure(bench, *row, &site, results))?;
    }
    if is_wanted(&&Row::Exchange) {
        step("exchange", || hand_over::measure(checkout, results))?;
    }
    let run = edge::Run {
        seconds: options.seconds,
        rounds: options.rounds,
    };
    for row in edge::ROWS.iter().filter(is_wanted) {
        step(row.name(), || {
            edge::measure(checkout, bench, *row, run, results)
        })?;
    }
    let lives = [
        Row::Respawn,
        Row::Private,
        Row::First,
        Row::Reload,
        Row::Broken,
        Row::Slow,
        Row::Storm,
    ];
    for row in lives.iter().filter(is_wanted) {
        step(row.name(), || live(checkout, bench, *row, options, results))?;
    }
    if options.rows.contains(&Row::Memory) {
        let site = Row::Memory.site(checkout, bench.folder)?;
        step("memory", || memory::measure(checkout, bench, &site))?;
    }
    Ok(())
}

/// The rows about the shared store.
fn measure_store(
    (checkout, cache): (&Checkout, &Cache),
    bench: &Bench<'_>,
    options: &Options,
    results: &mut Results,
) -> Result<(), BenchError> {
    let is_wanted = |row: &&Row| options.rows.is_empty() || options.rows.contains(*row);
    for row in store::ROWS.iter().filter(is_wanted) {
        let wanted = (*row, options.storm_seconds);
        step(row.name(), || {
            store::measure(checkout, cache, bench, wanted, results)
        })?;
    }
    Ok(())
}

/// A row about the life of workers and releases, which starts its servers itself.
fn live(
    checkout: &Checkout,
    bench: &Bench<'_>,
    row: Row,
    options: &Options,
    results: &mut Results,
) -> Result<(), BenchError> {
    let site = row.site(checkout, bench.folder)?;
    match row {
        Row::Respawn => respawn::measure(bench, &site, results)?,
        Row::Private => private::measure(bench, &site, results)?,
        Row::First => first::measure(checkout, bench, &site, results)?,
        Row::Reload => reload::measure(checkout, bench, &site, results)?,
        Row::Broken => broken::measure(checkout, bench, &site, results)?,
        Row::Slow => slow::measure(bench, &site, results)?,
        Row::Storm => {
            let lasts = Duration::from_secs(options.storm_seconds);
            storm::measure(bench, &site, lasts, results)?;
        }
        _ => {}
    }
    Ok(())
}

fn names(rows: &[Row]) -> String {
    let names: Vec<&str> = rows.iter().map(|row| row.name()).collect();
    names.join(", ")
}
