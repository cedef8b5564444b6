//! One connection of HTTP/2 with eight streams, against eight connections of HTTP/1.1: do requests
//! of one connection reach all workers?

use super::h2load::Load;
use super::{Certificate, EdgeError, Run, sample};
use crate::bench::fetch;
use crate::bench::result::{Finding, Results};
use crate::bench::row::{Row, ServerKind, Site};
use crate::bench::server::{Bench, Server};

const AT_A_TIME: u32 = 8;

/// What it is to keep of the throughput.
const RATIO_MIN: f64 = 0.9;

const STREAMS: &str = "askr, HTTP/2 over TLS";
const CONNECTIONS: &str = "askr, HTTP/1.1 over TLS";
const CLEAR: &str = "askr, HTTP/1.1";

pub(super) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    run: Run,
    results: &mut Results,
) -> Result<(), EdgeError> {
    let encrypted = Site {
        certificate: Some(Certificate::create(bench.folder)?),
        ..site.clone()
    };
    let clear = Server::start(bench, ServerKind::AskrWorker, site)?;
    let reply = fetch::checked(clear.address, Row::JsonH2.path(), Row::JsonH2.marker())?;
    let server = Server::start(bench, ServerKind::AskrWorker, &encrypted)?;
    let load = |scheme, server: &Server, connections, streams| Load {
        url: format!("{scheme}://{}{}", server.address, Row::JsonH2.path()),
        connections,
        streams,
        body_bytes: reply.body.len() as u64,
    };
    let loads = [
        (STREAMS, load("https", &server, 1, Some(AT_A_TIME))),
        (CONNECTIONS, load("https", &server, AT_A_TIME, None)),
        (CLEAR, load("http", &clear, AT_A_TIME, None)),
    ];
    for _ in 0..run.rounds {
        for (name, load) in &loads {
            let measured = load.run(run.seconds, bench.folder)?;
            results.add(sample(Row::JsonH2, name, load.connections, measured));
        }
    }
    tell(results);
    Ok(())
}

fn tell(results: &mut Results) {
    let row = Row::JsonH2.name();
    let of = |server, connections| results.find(row, server, connections);
    let (one, many, clear) = (
        of(STREAMS, 1),
        of(CONNECTIONS, AT_A_TIME),
        of(CLEAR, AT_A_TIME),
    );
    let Some(((one, many), clear)) = one.zip(many).zip(clear) else {
        return;
    };
    let what = "8 streams on one connection ÷ 8 connections of HTTP/1.1, both over TLS";
    let ratio = Finding::new(row, what, one.rps / many.rps, "");
    results.find_out(ratio.at_least(RATIO_MIN, "≥ 0.9"));
    let what = "8 streams over TLS ÷ 8 connections of HTTP/1.1 in the clear";
    results.find_out(Finding::new(row, what, one.rps / clear.rps, ""));
    let errors = one.errors + many.errors + clear.errors;
    results.find_out(Finding::count(row, "requests that failed", errors).at_most(0.0, "0"));
}
