//! Files from Askr and from nginx: a large one over HTTP/1.1, a small one over TLS and HTTP/2, with
//! one certificate.

use super::h2load::{Load, proved};
use super::{Certificate, EdgeError, Run, sample};
use crate::bench::result::Results;
use crate::bench::row::{Row, ServerKind, Site};
use crate::bench::server::{Bench, Server};

const CONNECTIONS: u32 = 8;
const STREAMS: u32 = 8;

pub(super) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    (row, run): (Row, Run),
    results: &mut Results,
) -> Result<(), EdgeError> {
    let is_h2 = row == Row::StaticH2;
    let certificate = is_h2.then(|| Certificate::create(bench.folder));
    let site = Site {
        certificate: certificate.transpose()?,
        ..site.clone()
    };
    let (scheme, version) = if is_h2 {
        ("https", "2")
    } else {
        ("http", "1.1")
    };
    let file = site.root.join(row.path().trim_start_matches('/'));
    let body_bytes = std::fs::metadata(&file).map_or(0, |facts| facts.len());
    let mut contestants = Vec::new();
    for kind in [ServerKind::AskrWorker, ServerKind::NginxFiles] {
        let server = Server::start(bench, kind, &site)?;
        let load = Load {
            url: format!("{scheme}://{}{}", server.address, row.path()),
            connections: CONNECTIONS,
            streams: is_h2.then_some(STREAMS),
            body_bytes,
        };
        proved(&load.url, version, &file)?;
        contestants.push((server, load));
    }
    for _ in 0..run.rounds {
        for (server, load) in &contestants {
            let measured = load.run(run.seconds, bench.folder)?;
            let name = match server.kind {
                ServerKind::AskrWorker => "askr-gateway",
                kind => kind.name(),
            };
            results.add(sample(row, name, CONNECTIONS, measured));
        }
    }
    for (_, load) in &contestants {
        proved(&load.url, version, &file)?;
    }
    Ok(())
}
