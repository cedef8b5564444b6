//! What stands between clients and PHP: files, TLS, HTTP/2, and clients that take their time.

mod beside_nginx;
mod certificate;
mod ground;
mod h2load;
mod idle;
mod large;
mod nginx;
mod peaks;
mod slow_clients;
mod streams;

use std::path::PathBuf;

use super::client::ClientError;
use super::fetch::FetchError;
use super::load::Measured;
use super::result::Results;
use super::row::Row;
use super::server::{Bench, ServerError};
use crate::checkout::Checkout;
use crate::files::FileError;
use crate::process::CommandError;

pub(super) use self::certificate::Certificate;
pub(super) use self::ground::{MARKER, ground};
pub(super) use self::nginx::configuration;

/// The rows that start their servers themselves, in the order in which they are measured.
pub(crate) const ROWS: &[Row] = &[
    Row::Static1m,
    Row::StaticH2,
    Row::JsonH2,
    Row::Idle,
    Row::SlowClients,
    Row::Large,
];

/// Why a figure of the edge is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EdgeError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    File(#[from] FileError),
    /// A client program ended badly.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// h2load did not print what it prints.
    #[error("h2load printed no result:\n{output}")]
    NoResult { output: String },
    /// A body that is not the file.
    #[error("{url} over {version} is not {}", file.display())]
    Different {
        url: String,
        version: &'static str,
        file: PathBuf,
    },
    /// The crowd of clients did not come together.
    #[error("clients that stay: {0}")]
    Crowd(std::io::Error),
    /// PHP did not see the file that was sent.
    #[error("the upload was answered {said}, not {expected}")]
    Upload { said: String, expected: String },
    /// It cannot be read.
    #[error("the memory of process {pid} cannot be read")]
    Unreadable { pid: u32 },
}

/// Whether a row of that name is about the edge.
pub(crate) fn is_about_it(name: &str) -> bool {
    ROWS.iter().any(|row| row.name() == name)
}

/// Measures one of them.
pub(crate) fn measure(
    checkout: &Checkout,
    bench: &Bench<'_>,
    row: Row,
    run: Run,
    results: &mut Results,
) -> Result<(), EdgeError> {
    let site = row.site(checkout, bench.folder)?;
    match row {
        Row::Static1m | Row::StaticH2 => beside_nginx::measure(bench, &site, (row, run), results),
        Row::JsonH2 => streams::measure(bench, &site, run, results),
        Row::Idle => idle::measure(bench, &site, results),
        Row::SlowClients => slow_clients::measure(bench, &site, results),
        Row::Large => large::measure(bench, &site, results),
        _ => Ok(()),
    }
}

/// How long and how often servers are compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) seconds: u32,
    pub(crate) rounds: u32,
}

/// A run as a place of the table.
fn sample(
    row: Row,
    server: &'static str,
    connections: u32,
    measured: Measured,
) -> super::result::Sample {
    super::result::Sample {
        row: row.name(),
        server,
        connections,
        measured,
        pss_kb: None,
        cpu_us: None,
    }
}
