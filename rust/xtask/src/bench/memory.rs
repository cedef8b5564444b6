//! Two hundred thousand requests through one worker: does its memory stay flat?

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use super::private;
use super::processes;
use super::row::{ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::visitor::{VisitError, Visitor};
use crate::checkout::Checkout;
use crate::files::FileError;
use crate::step::shown;

/// Requests between two looks at the memory.
const STRIDE: usize = 10_000;

/// Requests in all.
const REQUESTS: usize = 200_000;

/// What PHP's own count may grow by after the first [`STRIDE`]: less than a byte a request.
const PHP_GROWTH_KB_MAX: i64 = 128;

/// What the process may grow by: one block of PHP's allocator, which takes 2 MiB at a time.
const PRIVATE_GROWTH_KB_MAX: i64 = 2048;

/// Why memory is not flat, or could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MemoryError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Visit(#[from] VisitError),
    #[error(transparent)]
    File(#[from] FileError),
    /// The file that is downloaded cannot be read.
    #[error("the demo's download: {0}")]
    Download(std::io::Error),
    /// The home page does not say what it should.
    #[error("the home page does not say {what}")]
    NoFact { what: &'static str },
    /// Another worker took over.
    #[error("the worker served {served} of {sent} requests: it was replaced")]
    Replaced { served: i64, sent: usize },
    /// It grows.
    #[error(
        "memory grew after the first {STRIDE} requests: PHP by {php_kb} KiB (at most \
         {PHP_GROWTH_KB_MAX}), the process by {private_kb} KiB (at most {PRIVATE_GROWTH_KB_MAX})"
    )]
    Grows { php_kb: i64, private_kb: i64 },
}

/// One look.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    /// Requests before it, those of earlier looks included.
    requests: usize,
    /// What the worker says it has served.
    served: i64,
    /// `memory_get_usage()`.
    php_kb: i64,
    private_kb: i64,
    pss_kb: i64,
}

/// Visits the demo, prints what memory it takes on the way, and fails when that grows.
pub(crate) fn measure(
    checkout: &Checkout,
    bench: &Bench<'_>,
    site: &Site,
) -> Result<(), MemoryError> {
    let bench = Bench {
        workers: 1,
        ..bench.clone()
    };
    let server = Server::start(&bench, ServerKind::AskrWorker, site)?;
    let file = checkout.demo().join("resources/downloads/ash-leaf.png");
    let file = fs::read(file).map_err(MemoryError::Download)?;
    let mut visitor = Visitor::connect(server.address, file)?;
    let started = Instant::now();
    println!("   requests     PHP KiB  private KiB   PSS KiB");
    let mut looks = vec![look(&server, &mut visitor, 0)?];
    let warmed = looks[0].served - 1;
    while looks.len() <= REQUESTS / STRIDE {
        for round in 0..STRIDE / Visitor::ROUND {
            visitor.round(round)?;
        }
        let sent = looks.len() * STRIDE;
        let look = look(&server, &mut visitor, sent)?;
        // Each look is a request as well; some were served before the first.
        let requests = sent + looks.len() + 1;
        if look.served - warmed != i64::try_from(requests).unwrap_or(i64::MAX) {
            let served = look.served - warmed;
            let sent = requests;
            return Err(MemoryError::Replaced { served, sent });
        }
        looks.push(look);
    }
    println!(
        "   every answer was right; it took {}",
        shown(started.elapsed())
    );
    judged(&looks)
}

/// Growth from the look after the first stride to the last one.
fn judged(looks: &[Look]) -> Result<(), MemoryError> {
    let first = looks.get(1).copied().unwrap_or_default();
    let last = looks.last().copied().unwrap_or_default();
    let php_kb = last.php_kb - first.php_kb;
    let private_kb = last.private_kb - first.private_kb;
    println!("   growth after the first {STRIDE}: PHP {php_kb} KiB, private {private_kb} KiB");
    if php_kb > PHP_GROWTH_KB_MAX || private_kb > PRIVATE_GROWTH_KB_MAX {
        return Err(MemoryError::Grows { php_kb, private_kb });
    }
    Ok(())
}

fn look(server: &Server, visitor: &mut Visitor, sent: usize) -> Result<Look, MemoryError> {
    let page = visitor.page("/")?;
    let served = fact(&page, "Requests served by this worker")?;
    let rollup = server.workers().first().map(|pid| rollup(*pid));
    let rollup = rollup.unwrap_or_default();
    let look = Look {
        requests: sent,
        served,
        php_kb: fact(&page, "Memory in use, in KiB")?,
        private_kb: kb(&rollup, "Private_Clean:") + kb(&rollup, "Private_Dirty:"),
        pss_kb: kb(&rollup, "Pss:"),
    };
    println!("{}", line(look));
    Ok(look)
}

fn line(look: Look) -> String {
    let mut line = String::new();
    for (value, width) in [(look.php_kb, 12), (look.private_kb, 13), (look.pss_kb, 10)] {
        write!(line, "{value:>width$}").expect("a string takes everything");
    }
    format!("   {:>8}{line}", look.requests)
}

/// The number that the home page shows beside a label.
fn fact(page: &str, label: &'static str) -> Result<i64, MemoryError> {
    let number = private::fact(page, label).and_then(|number| number.try_into().ok());
    number.ok_or(MemoryError::NoFact { what: label })
}

fn rollup(pid: u32) -> String {
    fs::read_to_string(Path::new(&format!("/proc/{pid}/smaps_rollup"))).unwrap_or_default()
}

/// The value of a line of `smaps_rollup`; 0 when there is none.
fn kb(rollup: &str, name: &str) -> i64 {
    processes::kb_in(rollup, name)
        .and_then(|kb| kb.try_into().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(php: [i64; 3], private: [i64; 3]) -> Vec<Look> {
        let pairs = php.into_iter().zip(private).enumerate();
        let look = |(index, (php_kb, private_kb))| Look {
            requests: index * STRIDE,
            served: 1,
            php_kb,
            private_kb,
            pss_kb: private_kb,
        };
        pairs.map(look).collect()
    }

    #[test]
    fn growth_counts_from_the_second_look_on() {
        assert!(judged(&looks([0, 9000, 9100], [0, 50_000, 51_000])).is_ok());
        assert!(judged(&looks([0, 9000, 9129], [0, 50_000, 50_000])).is_err());
        assert!(judged(&looks([0, 9000, 9000], [0, 50_000, 52_049])).is_err());
    }
}
