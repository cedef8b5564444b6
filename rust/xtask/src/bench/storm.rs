//! Random processes are killed, workers and templates, while requests come in.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use super::client::{Client, ClientError};
use super::processes::{self, Below};
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::{self, Turn};

const CONNECTIONS: usize = 8;

/// Shortest and longest time between two deaths, in milliseconds.
const PAUSE_MS: (u64, u64) = (100, 900);

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StormError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Who was killed.
#[derive(Debug, Default)]
struct Killed {
    templates: u64,
    workers: u64,
}

/// Numbers nobody can foresee, but that can be repeated: xorshift64.
#[derive(Debug)]
struct Chance(u64);

/// Kills for that long.
pub(crate) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    lasts: Duration,
    results: &mut Results,
) -> Result<(), StormError> {
    let server = Server::start(bench, ServerKind::AskrCow, site)?;
    let turn = |client: &mut Client, _| Turn::get(client, Row::Storm.path(), Row::Storm.marker());
    let storm = || kill(&server, lasts);
    let (killed, tally) = traffic::during(server.address, CONNECTIONS, turn, storm)?;
    tally.tell();
    let row = Row::Storm.name();
    results.find_out(Finding::count(row, "workers killed", killed.workers));
    results.find_out(Finding::count(row, "templates killed", killed.templates));
    let seconds = lasts.as_secs();
    let what = format!(
        "requests that failed in {seconds} s, of {}",
        tally.right + tally.failed
    );
    results.find_out(Finding::count(row, what, tally.failed).at_most(0.0, "0"));
    let rate = Finding::new(row, "right answers", tally.rate().round(), "requests/s");
    results.find_out(rate);
    Ok(())
}

fn kill(server: &Server, lasts: Duration) -> Killed {
    let mut chance = Chance::now();
    let mut killed = Killed::default();
    let started = Instant::now();
    while started.elapsed() < lasts {
        thread::sleep(Duration::from_millis(chance.between(PAUSE_MS)));
        let below = server.below();
        let Some(victim) = chance.one_of(&below) else {
            continue;
        };
        processes::signal(Signal::KILL, victim.pid);
        if victim.is_leaf {
            killed.workers += 1;
        } else {
            killed.templates += 1;
        }
    }
    killed
}

impl Chance {
    fn now() -> Chance {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seed = now.map_or(1, |now| u64::from(now.subsec_nanos()) | 1);
        println!("   seed {seed}");
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn between(&mut self, (least, most): (u64, u64)) -> u64 {
        least + self.next() % (most - least + 1)
    }

    fn one_of(&mut self, below: &[Below]) -> Option<Below> {
        let count = u64::try_from(below.len()).ok().filter(|count| *count > 0)?;
        let index = usize::try_from(self.next() % count).ok()?;
        below.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_can_be_hit() {
        let all: Vec<Below> = (1..=4).map(|pid| Below { pid, is_leaf: true }).collect();
        let mut chance = Chance(7);
        let mut hit: Vec<u32> = (0..100)
            .filter_map(|_| chance.one_of(&all))
            .map(|below| below.pid)
            .collect();
        hit.sort_unstable();
        hit.dedup();
        assert_eq!(hit, [1, 2, 3, 4]);
        assert_eq!(chance.one_of(&[]), None);
        assert!((0..100).all(|_| (100..=900).contains(&chance.between(PAUSE_MS))));
    }
}
