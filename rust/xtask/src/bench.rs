//! `cargo xtask bench`: Askr against nginx + FPM, in one run, on the same engine.

mod fetch;
mod figures;
mod hand_over;
mod load;
mod memory;
mod nginx_fpm;
mod processes;
mod report;
mod result;
mod row;
mod server;
mod visitor;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use self::fetch::FetchError;
use self::hand_over::HandOverError;
use self::load::{LoadError, Pressure};
use self::memory::MemoryError;
use self::report::Conditions;
use self::result::{Results, Sample};
pub(crate) use self::row::Row;
use self::row::{ServerKind, Site};
use self::server::{Bench, Server, ServerError};
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::setup::{self, Engine, SetupError};
use crate::step::step;

/// Connections of the table, unless others are asked for.
const CONNECTIONS: &[u32] = &[1, 8, 64];
const WARM_UP: Pressure = Pressure {
    connections: 8,
    seconds: 2,
};
const SOAK: Pressure = Pressure {
    connections: 64,
    seconds: 60,
};
const KILL: Pressure = Pressure {
    connections: 8,
    seconds: 20,
};

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
    File(#[from] FileError),
    #[error("{server} has no worker process to measure or to kill")]
    NoWorkers { server: &'static str },
}

/// One row on one server: what is measured in turn with the others.
#[derive(Debug)]
struct Contestant<'a> {
    row: Row,
    server: &'a Server,
    url: String,
    script: PathBuf,
}

/// Measures the rows asked for and writes the table.
pub(crate) fn run(checkout: &Checkout, cache: &Cache, options: &Options) -> Result<(), BenchError> {
    let ready = setup::run(checkout, cache)?;
    let folder = checkout
        .target()
        .join(format!("bench-{}", std::process::id()));
    files::create_folder(&folder)?;
    let bench = Bench {
        binary: checkout.binary(),
        engine: &ready.engine,
        php_ini: checkout.path("dist/php.ini"),
        folder: &folder,
        workers: thread::available_parallelism().map_or(2, usize::from),
    };
    let conditions = Conditions::of(&bench, options.seconds, options.rounds);
    let mut results = Results::default();
    let measured = measure_all(checkout, &bench, options, &mut results);
    files::remove_folder(&folder)?;
    measured?;
    if options.rows == [Row::Memory] {
        return Ok(());
    }

    let text = report::markdown(&conditions, &results);
    files::write(&checkout.path("docs/benchmarks.md"), &text)?;
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
    };
    let site = Site {
        root: root.to_owned(),
        worker_script: PathBuf::new(),
        without_reset: PathBuf::new(),
        application: None,
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
    let groups: [&[Row]; 4] = [
        &[Row::Script, Row::Health],
        &[Row::Json, Row::Page],
        &[Row::Reset],
        &[Row::Paranoid],
    ];
    for group in groups {
        let rows: Vec<Row> = group.iter().filter(is_wanted).copied().collect();
        if let Some(first) = rows.first() {
            let site = first.site(checkout, bench.folder)?;
            step(&names(&rows), || {
                compare(bench, &rows, &site, options, results)
            })?;
        }
    }
    for row in [Row::Soak, Row::Kill].iter().filter(is_wanted) {
        let site = row.site(checkout, bench.folder)?;
        step(row.name(), || endure(bench, *row, &site, results))?;
    }
    if is_wanted(&&Row::Exchange) {
        step("exchange", || hand_over::measure(checkout, results))?;
    }
    if options.rows.contains(&Row::Memory) {
        let site = Row::Memory.site(checkout, bench.folder)?;
        step("memory", || memory::measure(checkout, bench, &site))?;
    }
    Ok(())
}

/// Measures rows of one site on their servers in turn, round after round.
fn compare(
    bench: &Bench<'_>,
    rows: &[Row],
    site: &Site,
    options: &Options,
    results: &mut Results,
) -> Result<(), BenchError> {
    let mut kinds: Vec<ServerKind> = rows.iter().flat_map(|row| row.servers()).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut servers = Vec::new();
    for kind in kinds {
        servers.push(Server::start(bench, kind, site)?);
    }
    let mut contestants = Vec::new();
    for row in rows {
        for server in servers
            .iter()
            .filter(|server| row.servers().contains(&server.kind))
        {
            contestants.push(enter(*row, server, bench.folder)?);
        }
    }
    let chosen = options.connections.map(|connections| vec![connections]);
    for connections in chosen.as_deref().unwrap_or(CONNECTIONS) {
        let pressure = Pressure {
            connections: *connections,
            seconds: options.seconds,
        };
        for _ in 0..options.rounds {
            for contestant in &contestants {
                results.add(contestant.measure(pressure)?);
            }
        }
    }
    Ok(())
}

/// Sees that the server gives the right answer, and lets it get warm.
fn enter<'a>(row: Row, server: &'a Server, folder: &Path) -> Result<Contestant<'a>, BenchError> {
    let reply = fetch::checked(server.address, row.path(), row.marker())?;
    let name = format!("{}-{}", row.name(), server.kind.name());
    let script = load::script(folder, &name, &reply, row.marker())?;
    let url = format!("http://{}{}", server.address, row.path());
    load::run(&url, &script, WARM_UP)?;
    Ok(Contestant {
        row,
        server,
        url,
        script,
    })
}

impl Contestant<'_> {
    fn measure(&self, pressure: Pressure) -> Result<Sample, BenchError> {
        let before = self.server.workers();
        let started_ns = processes::cpu_ns(&before);
        let measured = load::run(&self.url, &self.script, pressure)?;
        let workers = self.server.workers();
        let spent_ns = processes::cpu_ns(&workers).saturating_sub(started_ns);
        let (server, pss_kb) = if self.row == Row::Health {
            ("askr-gateway", None)
        } else {
            (self.server.kind.name(), processes::pss_kb(&workers))
        };
        Ok(Sample {
            row: self.row.name(),
            server,
            connections: pressure.connections,
            measured,
            pss_kb,
            cpu_us: (before == workers).then(|| result::per_request_us(spent_ns, &measured)),
        })
    }
}

/// One long run whose errors are the point.
fn endure(
    bench: &Bench<'_>,
    row: Row,
    site: &Site,
    results: &mut Results,
) -> Result<(), BenchError> {
    let server = Server::start(bench, ServerKind::AskrWorker, site)?;
    let contestant = enter(row, &server, bench.folder)?;
    let sample = if row == Row::Kill {
        under_fire(&contestant)?
    } else {
        contestant.measure(SOAK)?
    };
    results.add(sample);
    Ok(())
}

/// Load, with a worker killed every second meanwhile.
fn under_fire(contestant: &Contestant<'_>) -> Result<Sample, BenchError> {
    let server = contestant.server;
    thread::scope(|scope| {
        let load = scope.spawn(|| contestant.measure(KILL));
        let mut killed = 0;
        while !load.is_finished() {
            thread::sleep(Duration::from_secs(1));
            let workers = server.workers();
            if let (Some(victim), false) = (workers.first(), load.is_finished()) {
                processes::signal("KILL", *victim);
                killed += 1;
            }
        }
        println!("   {killed} workers killed");
        if killed == 0 {
            return Err(BenchError::NoWorkers {
                server: server.kind.name(),
            });
        }
        load.join().expect("the measurement does not panic")
    })
}

fn names(rows: &[Row]) -> String {
    let names: Vec<&str> = rows.iter().map(|row| row.name()).collect();
    names.join(", ")
}
