//! What the system's news thread has seen, kept until it is looked at.

use std::collections::BTreeSet;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notify::event::{AccessKind, AccessMode, MetadataKind, ModifyKind, RenameMode};
use notify::{Event, EventKind};
use tokio::sync::Notify;

/// Where news is put; clones are the same inbox.
#[derive(Debug, Clone, Default)]
pub(super) struct Inbox(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    news: Mutex<News>,
    bell: Notify,
}

/// What has happened, in any order.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Something is there that was not, or is another.
    pub(super) touched: BTreeSet<PathBuf>,
    /// Those of them that were not there at first.
    pub(super) born: BTreeSet<PathBuf>,
    /// Something is not there any more.
    pub(super) gone: BTreeSet<PathBuf>,
    /// More has happened than is known.
    pub(super) is_incomplete: bool,
}

impl Inbox {
    /// Takes in what the watcher says.
    pub(super) fn put(&self, said: notify::Result<Event>) {
        let mut news = self.news();
        match said {
            Ok(event) if event.need_rescan() => news.is_incomplete = true,
            Ok(event) => match significance(event.kind) {
                Significance::None => return,
                Significance::Gone => news.gone.extend(event.paths),
                Significance::Touched => news.touched.extend(event.paths),
                Significance::Born => news.bear(event.paths),
            },
            Err(_) => news.is_incomplete = true,
        }
        if news.touched.len() + news.gone.len() > PATHS_MAX {
            *news = News {
                is_incomplete: true,
                ..News::default()
            };
        }
        drop(news);
        self.0.bell.notify_one();
    }

    /// Waits for news and takes it.
    ///
    /// # Cancel safety
    /// Safe: it is taken only when it is returned.
    pub(super) async fn take(&self) -> News {
        self.0.bell.notified().await;
        mem::take(&mut self.news())
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.0.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    fn bear(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            if !self.gone.contains(&path) && self.touched.insert(path.clone()) {
                self.born.insert(path);
            }
        }
    }
}

enum Significance {
    None,
    Gone,
    Touched,
    Born,
}

/// Files that are read, or whose rights change, are as they were. The time of a file is all that
/// polling looks at.
fn significance(kind: EventKind) -> Significance {
    match kind {
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
            Significance::Gone
        }
        EventKind::Modify(ModifyKind::Metadata(MetadataKind::WriteTime))
        | EventKind::Access(AccessKind::Close(AccessMode::Write)) => Significance::Touched,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => Significance::None,
        EventKind::Create(_) => Significance::Born,
        EventKind::Any | EventKind::Modify(_) | EventKind::Other => Significance::Touched,
    }
}

/// Paths that are told apart; more are simply many.
const PATHS_MAX: usize = 10_000;
