//! The first request of a fresh worker against its later ones.

use std::time::{Duration, Instant};

use super::client::{Client, ClientError};
use super::releases::Releases;
use super::respawn::{self, RespawnError};
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::quantile_ms;
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// Fresh workers whose first request is timed.
const WORKERS: usize = 10;

/// Requests of each of them before one counts as a later one.
const LATER: usize = 10;

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FirstError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Respawn(#[from] RespawnError),
    #[error(transparent)]
    File(#[from] FileError),
    /// Not the page.
    #[error("the page was answered {status}")]
    Wrong { status: u16 },
}

/// Workers that boot, and workers that are forked, with and without the page being warm.
pub(crate) fn measure(
    checkout: &Checkout,
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), FirstError> {
    let bench = Bench {
        workers: 1,
        ..bench.clone()
    };
    let releases = Releases::create(checkout, &bench.folder.join("first"))?;
    for (name, warm) in [("plain", "[]"), ("warm", "['/page']")] {
        let release = releases.add(name)?;
        let text = format!("<?php\n\nreturn ['warm' => {warm}];\n");
        files::write(&release.join("config/askr.php"), &text)?;
    }
    let site = releases.site(site);
    for (release, kind, name) in [
        ("plain", ServerKind::AskrWorker, "worker mode"),
        ("warm", ServerKind::AskrWorker, "worker mode and `warm`"),
        ("plain", ServerKind::AskrCow, "`--cow`"),
        ("warm", ServerKind::AskrCow, "`--cow` and `warm`"),
    ] {
        releases.point_to(release)?;
        compare(&bench, kind, &site, name, results)?;
    }
    Ok(())
}

fn compare(
    bench: &Bench<'_>,
    kind: ServerKind,
    site: &Site,
    name: &str,
    results: &mut Results,
) -> Result<(), FirstError> {
    let server = Server::start(bench, kind, site)?;
    let mut client = Client::connect(server.address)?;
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..WORKERS {
        respawn::death(&server)?;
        first.push(page(&mut client)?);
        for _ in 0..LATER {
            page(&mut client)?;
        }
        later.push(page(&mut client)?);
    }
    first.sort_unstable();
    later.sort_unstable();
    let (first_ms, later_ms) = (quantile_ms(&first, 0.5), quantile_ms(&later, 0.5));
    let row = Row::First.name();
    for (what, value, unit) in [
        ("first request, median", first_ms, "ms"),
        ("a later one, median", later_ms, "ms"),
        ("first ÷ later", first_ms / later_ms, ""),
    ] {
        results.find_out(Finding::new(row, format!("{name}: {what}"), value, unit));
    }
    Ok(())
}

fn page(client: &mut Client) -> Result<Duration, FirstError> {
    let started = Instant::now();
    let response = client.get(Row::First.path())?;
    let took = started.elapsed();
    if response.is_right(Row::First.marker()) {
        return Ok(took);
    }
    Err(FirstError::Wrong {
        status: response.status,
    })
}
