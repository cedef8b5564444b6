//! `--watch`: reloads when the code has changed, and tells the developer what became of it.

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::mem;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use askr_supervisor::{Progress, ReloadOrder, Remote};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{error, info};

use self::burst::Burst;
use self::interest::Interest;
use self::sight::{Changes, Sight};
use crate::config::WatchConfig;

mod burst;
mod inbox;
mod interest;
mod lint;
mod others;
mod sight;

/// Watches and reloads for as long as it is polled; `told` is what browsers show.
///
/// # Cancel safety
/// Dropping the future ends the watch. A reload that it has asked for goes on.
pub(super) async fn run(
    mut config: WatchConfig,
    remote: Remote,
    told: watch::Sender<Option<String>>,
) {
    if let Ok(base) = config.base.canonicalize() {
        config.move_to(base);
    }
    match Sight::open(Interest::new(config), sight::open) {
        Ok(sight) => Course::new(sight, remote, told).run().await,
        Err(fault) => error!(
            error = &fault as &dyn std::error::Error,
            "watch: changes are not seen"
        ),
    }
}

/// From changes to reloads.
struct Course {
    sight: Sight,
    remote: Remote,
    told: watch::Sender<Option<String>>,
    /// What has changed since the last try to load the code.
    fresh: Changes,
    /// What was tried and is not loaded yet.
    unloaded: BTreeSet<PathBuf>,
    burst: Option<Burst>,
    attempt: Option<Attempt>,
    /// The generation that serves although there is other code.
    behind: Option<u32>,
}

/// A reload that is under way.
struct Attempt {
    since: Instant,
    /// What it is for, as the log says it.
    files: String,
    /// Ends with the reason if the old code goes on serving.
    outcome: Pin<Box<dyn Future<Output = Result<(), Obstacle>> + Send>>,
}

/// Why the old code goes on serving.
enum Obstacle {
    /// What PHP says about a file.
    Syntax(String),
    /// What the fleet says, and has written into the log.
    Fleet(String),
}

impl Obstacle {
    /// Each reason is told once.
    fn log(&self, files: &str) {
        match self {
            Obstacle::Syntax(reason) => {
                error!("not reloaded, the old code goes on serving ({files}): {reason}");
            }
            Obstacle::Fleet(_) => error!("not reloaded, the old code goes on serving ({files})"),
        }
    }

    fn reason(&self) -> &str {
        let (Obstacle::Syntax(reason) | Obstacle::Fleet(reason)) = self;
        reason
    }
}

/// What the course waits for.
enum News {
    Changed(Changes),
    /// Nothing has changed for a moment.
    Quiet,
    Ended(Result<(), Obstacle>),
    /// Somebody else has reloaded.
    CaughtUp,
}

impl Course {
    fn new(sight: Sight, remote: Remote, told: watch::Sender<Option<String>>) -> Course {
        Course {
            sight,
            remote,
            told,
            fresh: Changes::default(),
            unloaded: BTreeSet::new(),
            burst: None,
            attempt: None,
            behind: None,
        }
    }

    async fn run(mut self) {
        loop {
            let burst = self.burst;
            let news = tokio::select! {
                changed = self.sight.changed() => News::Changed(changed),
                () = is_over(burst) => News::Quiet,
                ended = ended(&mut self.attempt) => News::Ended(ended),
                () = catches_up(&self.remote, self.behind) => News::CaughtUp,
            };
            match news {
                News::Changed(changes) => {
                    self.fresh.extend(changes);
                    self.burst = Some(Burst::note(self.burst, Instant::now()));
                }
                News::Quiet => self.begin_unless_others_go_on(),
                News::Ended(outcome) => self.conclude(outcome).await,
                News::CaughtUp => self.show(None),
            }
        }
    }

    fn begin_unless_others_go_on(&mut self) {
        let now = Instant::now();
        let burst = self.burst.take().filter(|burst| !burst.is_overdue(now));
        let base = self.sight.interest().base();
        if let Some(burst) = burst
            && others::are_at_work(base, self.fresh.paths())
        {
            self.burst = Some(burst.put_off(now));
            return;
        }
        let mut fresh = mem::take(&mut self.fresh);
        if !fresh.settle() {
            return;
        }
        let files = fresh.named(self.sight.interest());
        self.unloaded.extend(fresh.paths().map(Path::to_owned));
        let unloaded = self.unloaded.iter().cloned().collect();
        // A reload that is still under way gives way to this one.
        self.attempt = Some(Attempt {
            since: now,
            files,
            outcome: Box::pin(reload(self.remote.clone(), unloaded)),
        });
    }

    async fn conclude(&mut self, outcome: Result<(), Obstacle>) {
        let Some(Attempt { since, files, .. }) = self.attempt.take() else {
            return;
        };
        match outcome {
            Ok(()) => {
                let ms = since.elapsed().as_millis();
                info!("reloaded in {ms} ms ({files})");
                self.unloaded.clear();
                self.show(None);
            }
            Err(obstacle) => {
                obstacle.log(&files);
                let reason = obstacle.reason();
                let text = format!("Not reloaded, the old code goes on serving.\n{reason}");
                self.show(Some(text));
                let status = self.remote.status().await;
                self.behind = status.map(|status| status.generation);
            }
        }
    }

    /// What browsers show from now on.
    fn show(&mut self, text: Option<String>) {
        self.behind = None;
        self.told.send_replace(text);
    }
}

async fn is_over(burst: Option<Burst>) {
    match burst {
        Some(burst) => sleep_until(burst.ends_at()).await,
        None => pending().await,
    }
}

async fn ended(attempt: &mut Option<Attempt>) -> Result<(), Obstacle> {
    match attempt {
        Some(attempt) => attempt.outcome.as_mut().await,
        None => pending().await,
    }
}

/// Waits until another generation serves than the one that was behind.
async fn catches_up(remote: &Remote, behind: Option<u32>) {
    let Some(behind) = behind else {
        return pending().await;
    };
    loop {
        sleep(GLANCE_INTERVAL).await;
        let status = remote.status().await;
        if status.is_some_and(|status| status.generation != behind) {
            return;
        }
    }
}

async fn reload(remote: Remote, files: Vec<PathBuf>) -> Result<(), Obstacle> {
    lint::check(&files).await.map_err(Obstacle::Syntax)?;
    let order = ReloadOrder {
        canary: false,
        ..ReloadOrder::new()
    };
    let mut progress = remote.reload(order);
    while let Some(news) = progress.recv().await {
        match news {
            Progress::Note(_) => {}
            Progress::Done(_) => return Ok(()),
            Progress::Failed(reason) => return Err(Obstacle::Fleet(reason)),
        }
    }
    Err(Obstacle::Fleet("the server ends".to_owned()))
}

/// How often it is looked whether somebody else has reloaded, while the old code serves.
const GLANCE_INTERVAL: Duration = Duration::from_millis(500);
