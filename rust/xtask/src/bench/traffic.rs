//! Load from threads of this process, where what an answer means depends on when it was asked for.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::client::{Client, ClientError};

/// Failures that are told word by word.
const TOLD_MAX: usize = 5;

/// A connection that fails at once fails again at once; it waits for this long.
const PAUSE: Duration = Duration::from_millis(10);

/// What came of one request.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    /// The right answer, whose time counts.
    Right,
    /// An answer that was to be expected, and whose time says nothing.
    Aside,
    /// None, or a wrong one.
    Failed(String),
}

/// What came of all.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) right: u64,
    pub(crate) aside: u64,
    pub(crate) failed: u64,
    /// The first failures.
    pub(crate) told: Vec<String>,
    /// Of the right ones.
    times: Vec<Duration>,
    /// How long it went on.
    pub(crate) lasted: Duration,
}

/// Keeps `connections` busy with `turn`, which is given the number of the request on its
/// connection, until `meanwhile` is done.
pub(crate) fn during<T>(
    address: SocketAddr,
    connections: usize,
    turn: impl Fn(&mut Client, usize) -> Turn + Sync,
    meanwhile: impl FnOnce() -> T,
) -> Result<(T, Tally), ClientError> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::connect(address)?);
    }
    let is_over = AtomicBool::new(false);
    let tally = Mutex::new(Tally::default());
    let started = Instant::now();
    let done = thread::scope(|scope| {
        for mut client in clients {
            let (turn, tally, is_over) = (&turn, &tally, &is_over);
            scope.spawn(move || {
                let own = visit(&mut client, turn, is_over);
                tally.lock().expect("no thread panics with it").add(own);
            });
        }
        let done = meanwhile();
        is_over.store(true, Ordering::Relaxed);
        done
    });
    let mut tally = tally.into_inner().expect("no thread panicked with it");
    tally.lasted = started.elapsed();
    tally.times.sort_unstable();
    Ok((done, tally))
}

fn visit(
    client: &mut Client,
    turn: impl Fn(&mut Client, usize) -> Turn,
    is_over: &AtomicBool,
) -> Tally {
    let mut own = Tally::default();
    for number in 0.. {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        let outcome = turn(client, number);
        own.count(outcome, started.elapsed());
    }
    own
}

impl Turn {
    /// Asks for `path`; right is 200 with `marker` in it.
    pub(crate) fn get(client: &mut Client, path: &str, marker: &str) -> Turn {
        match client.get(path) {
            Ok(response) if response.is_right(marker) => Turn::Right,
            Ok(response) => {
                let text = String::from_utf8_lossy(&response.body);
                let start: String = text.chars().take(200).collect();
                Turn::Failed(format!("{path} was answered {}: {start}", response.status))
            }
            Err(error) => Turn::lost(path, &error),
        }
    }

    /// No answer.
    pub(crate) fn lost(path: &str, error: &ClientError) -> Turn {
        thread::sleep(PAUSE);
        Turn::Failed(format!("{path}: {error}"))
    }
}

impl Tally {
    fn count(&mut self, outcome: Turn, took: Duration) {
        match outcome {
            Turn::Right => {
                self.right += 1;
                self.times.push(took);
            }
            Turn::Aside => self.aside += 1,
            Turn::Failed(why) => {
                self.failed += 1;
                self.told.push(why);
                self.told.truncate(TOLD_MAX);
            }
        }
    }

    fn add(&mut self, other: Tally) {
        self.right += other.right;
        self.aside += other.aside;
        self.failed += other.failed;
        self.told.extend(other.told);
        self.told.truncate(TOLD_MAX);
        self.times.extend(other.times);
    }

    /// The time within which this share of the right answers came, in milliseconds.
    pub(crate) fn within_ms(&self, share: f64) -> f64 {
        quantile_ms(&self.times, share)
    }

    /// Right answers a second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of requests is far below 2^52"
    )]
    pub(crate) fn rate(&self) -> f64 {
        self.right as f64 / self.lasted.as_secs_f64().max(1e-9)
    }

    /// Says what failed.
    pub(crate) fn tell(&self) {
        for why in &self.told {
            println!("   failed: {why}");
        }
    }
}

/// A quantile of sorted times, in milliseconds; 0 of none.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of times is far below 2^52, and a share of it is in its range"
)]
pub(crate) fn quantile_ms(sorted: &[Duration], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    let index = place.clamp(1, sorted.len().max(1)) - 1;
    let time = sorted.get(index).copied().unwrap_or_default();
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_times_that_occurred() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert!((quantile_ms(&times, 0.5) - 50.0).abs() < 1e-9);
        assert!((quantile_ms(&times, 0.99) - 99.0).abs() < 1e-9);
        assert!((quantile_ms(&times[..1], 0.99) - 1.0).abs() < 1e-9);
        assert!(quantile_ms(&[], 0.5).abs() < 1e-9);
    }

    #[test]
    fn every_request_is_one_of_three_things() {
        let mut tally = Tally::default();
        tally.count(Turn::Right, Duration::from_millis(2));
        tally.count(Turn::Aside, Duration::from_millis(9));
        for number in 0..9 {
            tally.count(Turn::Failed(number.to_string()), Duration::ZERO);
        }
        let mut all = Tally::default();
        all.add(tally);
        assert_eq!((all.right, all.aside, all.failed), (1, 1, 9));
        assert_eq!(all.told, ["0", "1", "2", "3", "4"]);
        assert!((all.within_ms(0.99) - 2.0).abs() < 1e-9);
    }
}
