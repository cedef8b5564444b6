//! Files that were sent before: the contents of small ones, the descriptors of large ones.
//!
//! Nothing is believed without a look at the disk: what is kept is used for the version of the
//! file that it was read from. So a change is seen at once; what is spared is opening, reading
//! and closing. Room is made at the oldest end, and what was used since it was last looked at
//! stays for another round.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use super::document::{Contents, Document, FileKey, Version};
use crate::limits::FILE_DESCRIPTORS_MAX;

/// Documents by the file they are of, bounded in bytes and in descriptors.
#[derive(Debug)]
pub(crate) struct FileCache(Mutex<Shelf>);

#[derive(Debug)]
struct Shelf {
    books: HashMap<FileKey, Kept>,
    /// Oldest first. May name what is gone or was replaced.
    order: VecDeque<(FileKey, u64)>,
    room: Room,
    left: Room,
    /// Given to what is kept next, so that an old place in the order is known as one.
    serial: u64,
}

#[derive(Debug)]
struct Kept {
    document: Arc<Document>,
    serial: u64,
    used: bool,
}

/// What documents take, or may take.
#[derive(Debug, Clone, Copy)]
struct Room {
    bytes: usize,
    descriptors: usize,
}

impl FileCache {
    pub(crate) fn new(bytes_max: usize) -> FileCache {
        let room = Room {
            bytes: bytes_max,
            descriptors: FILE_DESCRIPTORS_MAX,
        };
        FileCache(Mutex::new(Shelf {
            books: HashMap::new(),
            order: VecDeque::new(),
            room,
            left: room,
            serial: 0,
        }))
    }

    /// The document of `version`, if it is kept.
    pub(crate) fn find(&self, version: &Version) -> Option<Arc<Document>> {
        let mut shelf = self.shelf();
        let kept = shelf.books.get_mut(&version.key)?;
        if kept.document.version != *version {
            shelf.remove(version.key);
            return None;
        }
        kept.used = true;
        Some(Arc::clone(&kept.document))
    }

    /// Keeps `document` if it has room at all and could not have changed unnoticed.
    pub(crate) fn keep(&self, document: &Arc<Document>, now: SystemTime) {
        if document.version.is_settled(now) {
            self.shelf().put(Arc::clone(document));
        }
    }

    /// Gives up descriptors that nobody has used since the last call: the disk has no room for
    /// anything else while somebody holds a file that was removed.
    pub(crate) fn sweep(&self) {
        let mut shelf = self.shelf();
        let idle = |kept: &mut Kept| {
            matches!(kept.document.contents, Contents::File(_)) && !std::mem::take(&mut kept.used)
        };
        let books = shelf.books.iter_mut();
        let idle: Vec<FileKey> = books
            .filter_map(|(&key, kept)| idle(kept).then_some(key))
            .collect();
        for key in idle {
            shelf.remove(key);
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().expect("no holder of the files panics")
    }
}

impl Shelf {
    fn put(&mut self, document: Arc<Document>) {
        let (key, taken) = (document.version.key, Room::taken_by(&document));
        if !self.room.holds(taken) {
            return;
        }
        self.remove(key);
        while !self.left.holds(taken) {
            self.evict();
        }
        self.left.bytes -= taken.bytes;
        self.left.descriptors -= taken.descriptors;
        self.serial += 1;
        self.order.push_back((key, self.serial));
        let kept = Kept {
            document,
            serial: self.serial,
            used: false,
        };
        self.books.insert(key, kept);
        self.forget_what_is_gone();
    }

    /// Goes on by one place of the order.
    fn evict(&mut self) {
        let Some((key, serial)) = self.order.pop_front() else {
            return;
        };
        match self.books.get_mut(&key) {
            Some(kept) if kept.serial == serial && kept.used => {
                kept.used = false;
                self.order.push_back((key, serial));
            }
            Some(kept) if kept.serial == serial => self.remove(key),
            _ => {}
        }
    }

    fn remove(&mut self, key: FileKey) {
        if let Some(kept) = self.books.remove(&key) {
            let taken = Room::taken_by(&kept.document);
            self.left.bytes += taken.bytes;
            self.left.descriptors += taken.descriptors;
        }
    }

    /// Files that change often must not fill the order with places that name nothing.
    fn forget_what_is_gone(&mut self) {
        if self.order.len() > 2 * self.books.len() + 16 {
            let books = &self.books;
            self.order
                .retain(|(key, serial)| books.get(key).is_some_and(|kept| kept.serial == *serial));
        }
    }
}

impl Room {
    fn taken_by(document: &Document) -> Room {
        let (bytes, descriptors) = match &document.contents {
            Contents::Memory(bytes) => (bytes.len(), 0),
            Contents::File(_) => (0, 1),
        };
        Room {
            bytes: bytes + ENTRY_BYTES,
            descriptors,
        }
    }

    fn holds(self, other: Room) -> bool {
        other.bytes <= self.bytes && other.descriptors <= self.descriptors
    }
}

/// What an entry takes beside its contents, about.
const ENTRY_BYTES: usize = 512;

#[cfg(test)]
mod tests;
