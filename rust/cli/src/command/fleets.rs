//! The fleets of all applications, run and told as one.

use std::pin::Pin;
use std::time::Instant;

use askr_supervisor::{
    Progress, Readiness, ReloadOrder, Remote, RunError, Shutdown, ShutdownTrigger, Standing,
    Supervisor,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tracing::{Instrument, error, info, info_span};

/// News that may wait to be heard.
const NEWS_MAX: usize = 64;

/// All fleets of a server.
pub(super) struct Fleets {
    running: FuturesUnordered<Run>,
    trigger: ShutdownTrigger,
    members: Vec<Member>,
    news: mpsc::Receiver<(usize, News)>,
    told: mpsc::Sender<(usize, News)>,
    /// Who listens to the fleets.
    listening: JoinSet<()>,
    /// Reloads of ours that have not ended.
    reloads: usize,
    /// It did not end as it was told to.
    failure: Option<RunError>,
}

type Run = Pin<Box<dyn Future<Output = Result<(), RunError>>>>;

/// One fleet, as far as it has been heard of.
struct Member {
    /// Of several, what it is called.
    name: Option<String>,
    remote: Remote,
    standing: Standing,
    is_changing: bool,
}

/// What one fleet says.
enum News {
    Standing(Standing),
    Changing(bool),
    /// What becomes of a reload of ours; nothing follows `None`.
    Reload(Option<Progress>),
}

/// What is news of all fleets together.
pub(super) enum FleetsNews {
    /// None is left; what made one of them end that was not told to.
    Ended(Result<(), RunError>),
    /// Whatever can serve serves, for the first time or again.
    Settled,
    /// Nothing can serve any more.
    GivenUp(RunError),
    /// A change has begun, or the last of them has ended.
    Changing(bool),
    /// Reloads of ours have all ended.
    Reloaded,
}

impl Fleets {
    /// Runs the fleets, whose names are told where there are several.
    pub(super) fn new(supervisors: Vec<(String, Supervisor)>) -> Self {
        let are_several = supervisors.len() > 1;
        let (trigger, shutdown) = Shutdown::new();
        let (told, news) = mpsc::channel(NEWS_MAX);
        let mut fleets = Self {
            running: FuturesUnordered::new(),
            trigger,
            members: Vec::new(),
            news,
            told,
            listening: JoinSet::new(),
            reloads: 0,
            failure: None,
        };
        for (name, supervisor) in supervisors {
            fleets.add(are_several.then_some(name), supervisor, shutdown.clone());
        }
        fleets
    }

    fn add(&mut self, name: Option<String>, supervisor: Supervisor, shutdown: Shutdown) {
        let index = self.members.len();
        let heard = (supervisor.readiness(), supervisor.is_changing());
        self.listening
            .spawn(listen(index, heard, self.told.clone()));
        self.members.push(Member {
            name: name.clone(),
            remote: supervisor.remote(),
            standing: Standing::Booting,
            is_changing: false,
        });
        let run = supervisor.run(shutdown);
        self.running.push(match name {
            None => Box::pin(run),
            Some(name) => Box::pin(run.instrument(info_span!("application", name))),
        });
    }

    /// Runs all fleets until there is something to tell.
    ///
    /// # Cancel safety
    /// Safe: nothing is lost.
    pub(super) async fn run(&mut self) -> FleetsNews {
        loop {
            let heard = tokio::select! {
                biased;
                ended = self.running.next() => match ended {
                    None => return FleetsNews::Ended(self.failure.take().map_or(Ok(()), Err)),
                    Some(result) => {
                        self.failure = self.failure.take().or(result.err());
                        continue;
                    }
                },
                heard = self.news.recv() => heard.expect("there is a sender here"),
            };
            let (index, news) = heard;
            if let Some(news) = self.note(index, news) {
                return news;
            }
        }
    }

    /// Asks all fleets for their code as it is now.
    pub(super) fn reload(&mut self) {
        for (index, member) in self.members.iter().enumerate() {
            let progress = member.remote.reload(ReloadOrder::new());
            self.listening
                .spawn(follow(index, progress, self.told.clone()));
            self.reloads += 1;
        }
    }

    /// Workers serve on but are not replaced.
    pub(super) fn drain(&self) {
        self.trigger.drain();
    }

    /// Workers leave, and what is left at the deadline is killed.
    pub(super) fn stop(&self, deadline: Instant) {
        self.trigger.stop(deadline);
    }

    /// Everything is killed at once.
    pub(super) fn kill(&self) {
        self.trigger.kill();
    }

    fn note(&mut self, index: usize, news: News) -> Option<FleetsNews> {
        match news {
            News::Standing(standing) => {
                self.members[index].standing = standing;
                self.settled()
            }
            News::Changing(is_changing) => {
                let was_changing = self.are_changing();
                self.members[index].is_changing = is_changing;
                let are_changing = self.are_changing();
                (are_changing != was_changing).then_some(FleetsNews::Changing(are_changing))
            }
            News::Reload(Some(progress)) => {
                self.members[index].log(&progress);
                None
            }
            News::Reload(None) => {
                self.reloads -= 1;
                (self.reloads == 0).then_some(FleetsNews::Reloaded)
            }
        }
    }

    fn are_changing(&self) -> bool {
        self.members.iter().any(|member| member.is_changing)
    }

    /// What follows once nothing is booting any more.
    fn settled(&self) -> Option<FleetsNews> {
        let standings = || self.members.iter().map(|member| &member.standing);
        if standings().any(|standing| *standing == Standing::Booting) {
            return None;
        }
        if standings().any(|standing| *standing == Standing::Ready) {
            return Some(FleetsNews::Settled);
        }
        standings().find_map(|standing| match standing {
            Standing::GivenUp(error) => Some(FleetsNews::GivenUp(error.clone())),
            Standing::Booting | Standing::Ready => None,
        })
    }
}

impl Member {
    fn log(&self, progress: &Progress) {
        let application = self.name.as_deref();
        match progress {
            Progress::Note(text) => info!(application, text, "reload"),
            Progress::Done(text) => info!(application, text, "reload done"),
            Progress::Failed(text) => error!(application, text, "reload failed"),
        }
    }
}

/// Hears what a fleet has to say, until it has ended.
async fn listen(
    index: usize,
    (mut readiness, mut is_changing): (Readiness, watch::Receiver<bool>),
    told: mpsc::Sender<(usize, News)>,
) {
    loop {
        let news = tokio::select! {
            biased;
            standing = readiness.news() => News::Standing(standing),
            changed = is_changing.changed() => match changed {
                Ok(()) => News::Changing(*is_changing.borrow_and_update()),
                Err(_) => return,
            },
        };
        if told.send((index, news)).await.is_err() {
            return;
        }
    }
}

/// Hears what becomes of a reload.
async fn follow(
    index: usize,
    mut progress: mpsc::Receiver<Progress>,
    told: mpsc::Sender<(usize, News)>,
) {
    loop {
        let news = progress.recv().await;
        let is_over = news.is_none();
        if told.send((index, News::Reload(news))).await.is_err() || is_over {
            return;
        }
    }
}
