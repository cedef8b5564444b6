//! Sees changes in the folders that matter: through the kernel, or by looking again and again where
//! the kernel watches too much already.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Config, ErrorKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use rustix::io::Errno;
use tracing::{error, warn};

use super::inbox::{Inbox, News};
use super::interest::Interest;

/// How changes become known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// The kernel tells.
    Events,
    /// Every folder is looked at once in a while.
    Polls,
}

/// Makes a watcher that puts what it sees into an inbox.
pub(super) type Open = fn(Means, Inbox) -> notify::Result<Box<dyn Watcher + Send>>;

/// The folders that are watched, one by one, so that those that do not matter cost nothing.
pub(super) struct Sight {
    interest: Interest,
    open: Open,
    watcher: Box<dyn Watcher + Send>,
    means: Means,
    inbox: Inbox,
    folders: BTreeSet<PathBuf>,
}

/// Files that have changed, and whether each was not there before.
#[derive(Debug, Default)]
pub(super) struct Changes {
    files: BTreeMap<PathBuf, bool>,
    /// More has changed than is known.
    is_incomplete: bool,
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
#[error("no changes can be seen")]
pub(super) struct Blind(#[source] notify::Error);

impl Sight {
    /// Watches what `interest` says from now on.
    pub(super) fn open(interest: Interest, open: Open) -> Result<Sight, Blind> {
        let inbox = Inbox::default();
        let (watcher, means) = match open(Means::Events, inbox.clone()) {
            Ok(watcher) => (watcher, Means::Events),
            Err(fault) if is_limit(&fault) => {
                warn_of_limit();
                let watcher = open(Means::Polls, inbox.clone()).map_err(Blind)?;
                (watcher, Means::Polls)
            }
            Err(fault) => return Err(Blind(fault)),
        };
        let mut sight = Sight {
            interest,
            open,
            watcher,
            means,
            inbox,
            folders: BTreeSet::new(),
        };
        sight.look_everywhere();
        Ok(sight)
    }

    /// Waits for changes that count.
    ///
    /// # Cancel safety
    /// Safe: nothing is waited for once there is news.
    pub(super) async fn changed(&mut self) -> Changes {
        loop {
            let news = self.inbox.take().await;
            if news.is_incomplete {
                self.start_over();
                return Changes {
                    is_incomplete: true,
                    ..Changes::default()
                };
            }
            let changes = self.digest(&news);
            if !changes.files.is_empty() {
                return changes;
            }
        }
    }

    /// How changes become known now.
    #[cfg(test)]
    pub(super) fn means(&self) -> Means {
        self.means
    }

    pub(super) fn interest(&self) -> &Interest {
        &self.interest
    }

    /// What goes is forgotten first: a folder can have come in the place of another.
    fn digest(&mut self, news: &News) -> Changes {
        let mut changes = Changes::default();
        for path in &news.gone {
            self.forget(path);
        }
        for path in news.gone.union(&news.touched) {
            if is_folder(path) {
                for path in self.look_into(path) {
                    changes.files.insert(path, true);
                }
            } else if self.interest.counts(path) {
                let is_new = news.born.contains(path);
                changes.files.insert(path.clone(), is_new);
            }
        }
        changes
    }

    fn forget(&mut self, folder: &Path) {
        let below = self
            .folders
            .iter()
            .filter(|known| known.starts_with(folder));
        for known in below.cloned().collect::<Vec<_>>() {
            let _ = self.watcher.unwatch(&known); // the kernel may have dropped it with the folder
            self.folders.remove(&known);
        }
    }

    /// Watches `folder` and what is new below it; returns the files there that were not seen
    /// before.
    fn look_into(&mut self, folder: &Path) -> Vec<PathBuf> {
        let (mut found, mut unseen) = (Vec::new(), vec![folder.to_owned()]);
        while let Some(folder) = unseen.pop() {
            if !self.interest.is_watched(&folder) || self.folders.len() >= FOLDERS_MAX {
                continue;
            }
            let is_new = self.watch(&folder);
            for (path, is_folder) in entries(&folder) {
                if is_folder && !self.folders.contains(&path) {
                    unseen.push(path);
                } else if is_new && !is_folder && self.interest.counts(&path) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// Whether `folder` was not watched before.
    fn watch(&mut self, folder: &Path) -> bool {
        if self.folders.contains(folder) {
            return false;
        }
        match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {
                self.folders.insert(folder.to_owned());
            }
            Err(fault) if is_limit(&fault) && self.means == Means::Events => {
                warn_of_limit();
                self.poll_instead();
                return self.watch(folder);
            }
            // It may be gone again.
            Err(_) => {}
        }
        true
    }

    fn poll_instead(&mut self) {
        self.means = Means::Polls;
        self.open_again();
        for folder in &self.folders {
            let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive); // gone by now
        }
    }

    fn start_over(&mut self) {
        self.folders.clear();
        self.open_again();
        self.look_everywhere();
    }

    fn open_again(&mut self) {
        match (self.open)(self.means, self.inbox.clone()) {
            Ok(watcher) => self.watcher = watcher,
            Err(fault) => error!(%fault, "changes may not be seen any more"),
        }
    }

    fn look_everywhere(&mut self) {
        for start in self.interest.starts() {
            self.look_into(&start);
        }
    }
}

impl Changes {
    /// What has changed later is added.
    pub(super) fn extend(&mut self, later: Changes) {
        for (path, is_new) in later.files {
            self.files.entry(path).or_insert(is_new);
        }
        self.is_incomplete |= later.is_incomplete;
    }

    /// Leaves out files that have come and gone, as editors have them while they save. Whether
    /// something remains.
    pub(super) fn settle(&mut self) -> bool {
        self.files.retain(|path, is_new| !*is_new || path.exists());
        self.is_incomplete || !self.files.is_empty()
    }

    /// As one line of the log tells it.
    pub(super) fn named(&self, interest: &Interest) -> String {
        match self.files.first_key_value() {
            Some((first, _)) if self.files.len() == 1 && !self.is_incomplete => {
                interest.shown(first).to_string()
            }
            Some((first, _)) if !self.is_incomplete => {
                let first = interest.shown(first);
                format!("{first} and {} more", self.files.len() - 1)
            }
            _ => "many files".to_owned(),
        }
    }

    /// The files, as far as they are known.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    #[cfg(test)]
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }
}

/// The watcher of this system.
pub(super) fn open(means: Means, inbox: Inbox) -> notify::Result<Box<dyn Watcher + Send>> {
    let handler = move |said| inbox.put(said);
    let config = Config::default().with_poll_interval(POLL_INTERVAL);
    Ok(match means {
        Means::Events => Box::new(RecommendedWatcher::new(handler, config)?),
        Means::Polls => Box::new(PollWatcher::new(handler, config)?),
    })
}

/// The kernel bounds how much one user may watch, and how many may watch.
fn is_limit(fault: &notify::Error) -> bool {
    match &fault.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(error) => matches!(
            Errno::from_io_error(error),
            Some(Errno::MFILE | Errno::NOSPC)
        ),
        _ => false,
    }
}

fn warn_of_limit() {
    warn!(
        "the system watches as many folders as it may, so changes are looked for once a second; \
         raise the limit with: sysctl fs.inotify.max_user_watches=524288 \
         fs.inotify.max_user_instances=512"
    );
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// What is in a folder, and whether each is a folder; nothing if it is gone.
fn entries(folder: &Path) -> Vec<(PathBuf, bool)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let entries = entries.map(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        (entry.path(), is_folder)
    });
    entries.collect()
}

/// How often every folder is looked at where the kernel does not tell.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Folders that are watched; no application has more code than that.
const FOLDERS_MAX: usize = 20_000;

#[cfg(test)]
mod tests;
