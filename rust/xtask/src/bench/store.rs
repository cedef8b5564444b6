//! The shared store: beside APCu and Redis, with several processes, and while they are killed.
//!
//! The engine's own measurements are an example program of its crate; those of PHP are scripts that a
//! server runs. Both print a line of JSON for each figure.

mod engine;
mod figure;
mod php;
mod redis;

use std::io;

use super::fetch::FetchError;
use super::result::Results;
use super::row::Row;
use super::server::{Bench, ServerError};
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::files::FileError;
use crate::process::CommandError;

/// Why a figure of the store is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    File(#[from] FileError),
    /// The example program does not run, or found something wrong.
    #[error(transparent)]
    Engine(#[from] CommandError),
    /// A program or script that measures printed something else.
    #[error("no figures in what was printed:\n{output}")]
    NoFigures { output: String },
    /// Setup could not have it.
    #[error("the extension {name} is not there: cargo xtask setup said why")]
    NoExtension { name: &'static str },
    /// Redis does not run.
    #[error("redis-server does not serve: {0}")]
    Redis(#[source] io::Error),
    /// Two requests were to run at the same time, in two workers.
    #[error("the two requests did not run together: {0}")]
    NotTogether(String),
}

/// The rows about the store, in the order in which they are measured.
pub(crate) const ROWS: &[Row] = &[
    Row::CacheGet,
    Row::CacheDriver,
    Row::Counter,
    Row::Throughput,
    Row::Zipf,
    Row::Leases,
    Row::Kills,
];

/// Whether a row of that name is one of them.
pub(crate) fn is_about_it(name: &str) -> bool {
    ROWS.iter().any(|row| row.name() == name)
}

/// Measures one of them.
pub(crate) fn measure(
    checkout: &Checkout,
    cache: &Cache,
    bench: &Bench<'_>,
    (row, seconds): (Row, u64),
    results: &mut Results,
) -> Result<(), StoreError> {
    let printed = match row {
        Row::CacheGet => php::cache_get(cache, bench)?,
        Row::CacheDriver => php::cache_driver(checkout, cache, bench)?,
        Row::Counter => php::counter(bench)?,
        Row::Kills => engine::run(checkout, &["storm", &seconds.to_string()])?,
        _ => engine::run(checkout, &[row.name()])?,
    };
    let findings = figure::read(row.name(), &printed);
    if findings.is_empty() {
        return Err(StoreError::NoFigures { output: printed });
    }
    for finding in findings {
        results.find_out(finding);
    }
    Ok(())
}
