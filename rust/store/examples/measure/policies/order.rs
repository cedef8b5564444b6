//! Keys in an order that changes: a doubly linked list over small numbers.

/// No key.
const NONE: usize = usize::MAX;

/// Keys from the newest to the oldest.
#[derive(Debug)]
pub(crate) struct Order {
    newer: Vec<usize>,
    older: Vec<usize>,
    newest: usize,
    oldest: usize,
    length: usize,
}

impl Order {
    /// An empty one, for keys below a bound.
    pub(crate) fn new(keys: usize) -> Order {
        Order {
            newer: vec![NONE; keys],
            older: vec![NONE; keys],
            newest: NONE,
            oldest: NONE,
            length: 0,
        }
    }

    /// How many keys are in it.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Puts a key that is not in it before all others.
    pub(crate) fn push(&mut self, key: usize) {
        self.older[key] = self.newest;
        self.newer[key] = NONE;
        if self.newest == NONE {
            self.oldest = key;
        } else {
            self.newer[self.newest] = key;
        }
        self.newest = key;
        self.length += 1;
    }

    /// Takes a key out that is in it.
    pub(crate) fn remove(&mut self, key: usize) {
        let (newer, older) = (self.newer[key], self.older[key]);
        if newer == NONE {
            self.newest = older;
        } else {
            self.older[newer] = older;
        }
        if older == NONE {
            self.oldest = newer;
        } else {
            self.newer[older] = newer;
        }
        self.length -= 1;
    }

    /// Takes the oldest out.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let key = self.oldest()?;
        self.remove(key);
        Some(key)
    }

    /// The oldest.
    pub(crate) fn oldest(&self) -> Option<usize> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    /// The next newer one of a key that is in it.
    pub(crate) fn newer(&self, key: usize) -> Option<usize> {
        (self.newer[key] != NONE).then(|| self.newer[key])
    }
}
