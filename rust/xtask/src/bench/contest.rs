//! Servers side by side: the same requests to each, in turn.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::fetch;
use super::load::{self, Pressure};
use super::processes;
use super::result::{self, Results, Sample};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server};
use super::{BenchError, Options};

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

/// One row on one server: what is measured in turn with the others.
#[derive(Debug)]
struct Contestant<'a> {
    row: Row,
    server: &'a Server,
    url: String,
    script: PathBuf,
}

/// Measures rows of one site on their servers in turn, round after round.
pub(super) fn compare(
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
        let is_without_php = matches!(self.row, Row::Health | Row::Static1k);
        let (server, pss_kb) = match self.server.kind {
            ServerKind::AskrWorker if is_without_php => ("askr-gateway", None),
            kind if is_without_php => (kind.name(), None),
            kind => (kind.name(), processes::pss_kb(&workers)),
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
pub(super) fn endure(
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
                processes::signal(Signal::KILL, *victim);
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
