//! Requests one after the other on connections that stay open, every answer looked at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::deadline::eventually;

/// Clients that ask without a pause until they are stopped.
#[derive(Debug)]
pub struct Load {
    is_over: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<Answer>>>,
}

/// What became of one request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// When it was sent.
    pub sent: Instant,
    /// How long the answer took.
    pub took: Duration,
    /// Status and body, or why there is no whole answer.
    pub outcome: Result<(u16, String), String>,
}

/// All answers of a load, in no order.
#[derive(Debug)]
pub struct Tally {
    /// One for each request.
    pub answers: Vec<Answer>,
}

impl Load {
    /// So many clients that get `target` at `address`, each on a connection of its own.
    #[must_use]
    pub fn start(address: SocketAddr, clients: usize, target: &str) -> Load {
        let is_over = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicUsize::new(0));
        let client = |_| {
            let (is_over, answered) = (Arc::clone(&is_over), Arc::clone(&answered));
            let target = target.to_owned();
            thread::spawn(move || ask_until_over(address, &target, &is_over, &answered))
        };
        let clients = (0..clients).map(client).collect();
        Load {
            is_over,
            answered,
            clients,
        }
    }

    /// Requests answered so far, in whatever way.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    /// Waits until so many more requests are answered.
    ///
    /// # Panics
    /// When they are not in time.
    #[track_caller]
    pub fn wait_for(&self, more: usize) {
        let enough = self.answered() + more;
        eventually("requests are answered", || self.answered() >= enough);
    }

    /// Ends it and returns all answers.
    ///
    /// # Panics
    /// When a client has panicked.
    #[must_use]
    pub fn stop(mut self) -> Tally {
        self.is_over.store(true, Ordering::SeqCst);
        let clients = self.clients.drain(..);
        let answers = clients.flat_map(|client| client.join().expect("a client does not panic"));
        Tally {
            answers: answers.collect(),
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

impl Tally {
    /// Every answer was whole, had status 200 and one of these bodies.
    ///
    /// # Panics
    /// When one was not.
    #[track_caller]
    pub fn assert_all(&self, bodies: &[&str]) {
        let is_good = |answer: &&Answer| {
            let good = answer.outcome.as_ref().ok();
            good.is_some_and(|(status, body)| *status == 200 && bodies.contains(&body.as_str()))
        };
        let bad: Vec<&Answer> = self.answers.iter().filter(|one| !is_good(one)).collect();
        let (count, all) = (bad.len(), self.answers.len());
        assert!(
            bad.is_empty(),
            "{count} of {all} answers are not {bodies:?}: {:?}",
            &bad[..count.min(5)]
        );
        assert!(all > 0, "nobody was asked");
    }

    /// Those whose request was sent after `since`.
    #[must_use]
    pub fn since(&self, since: Instant) -> Tally {
        let later = self.answers.iter().filter(|answer| answer.sent >= since);
        Tally {
            answers: later.cloned().collect(),
        }
    }

    /// Those that were whole before `end`.
    #[must_use]
    pub fn until(&self, end: Instant) -> Tally {
        let earlier = self.answers.iter();
        let earlier = earlier.filter(|answer| answer.sent + answer.took <= end);
        Tally {
            answers: earlier.cloned().collect(),
        }
    }

    /// The time within which `share` of the answers came: 0.5 is the median, 1 the longest.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "an index into as many answers as fit into memory"
    )]
    pub fn within(&self, share: f64) -> Duration {
        let mut times: Vec<Duration> = self.answers.iter().map(|answer| answer.took).collect();
        times.sort_unstable();
        let index = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len()) - 1;
        times[index]
    }
}

fn ask_until_over(
    address: SocketAddr,
    target: &str,
    is_over: &AtomicBool,
    answered: &AtomicUsize,
) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut client = Client::connect(address);
    while !is_over.load(Ordering::SeqCst) {
        let sent = Instant::now();
        let outcome = client.try_get(target);
        let outcome = outcome.map(|answer| (answer.status, answer.text().to_owned()));
        let is_cut = outcome.is_err();
        answers.push(Answer {
            sent,
            took: sent.elapsed(),
            outcome: outcome.map_err(|cut| format!("{cut:?}")),
        });
        answered.fetch_add(1, Ordering::SeqCst);
        if is_cut {
            match Client::try_connect(address) {
                Ok(next) => client = next,
                // The server is gone, as the last answer says.
                Err(_) => break,
            }
        }
    }
    answers
}
