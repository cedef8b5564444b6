//! What was used last stays: LRU and LRU-2; and the order of arrival, FIFO.

use std::collections::BTreeSet;

use super::Policy;
use super::order::Order;

/// The least recently used one goes.
#[derive(Debug)]
pub(crate) struct Lru {
    order: Order,
    is_here: Vec<bool>,
    entries: usize,
}

impl Lru {
    pub(crate) fn new(keys: usize, entries: usize) -> Lru {
        Lru {
            order: Order::new(keys),
            is_here: vec![false; keys],
            entries,
        }
    }
}

impl Policy for Lru {
    fn name(&self) -> &'static str {
        "LRU"
    }

    fn ask(&mut self, key: usize) -> bool {
        let hit = self.is_here[key];
        if hit {
            self.order.remove(key);
        } else if self.order.length() == self.entries {
            let gone = self.order.pop();
            self.is_here[gone.expect("it is full")] = false;
        }
        self.order.push(key);
        self.is_here[key] = true;
        hit
    }
}

/// The one that came first goes.
#[derive(Debug)]
pub(crate) struct Fifo(Lru);

impl Fifo {
    pub(crate) fn new(keys: usize, entries: usize) -> Fifo {
        Fifo(Lru::new(keys, entries))
    }
}

impl Policy for Fifo {
    fn name(&self) -> &'static str {
        "FIFO"
    }

    fn ask(&mut self, key: usize) -> bool {
        self.0.is_here[key] || self.0.ask(key)
    }
}

/// LRU-2: the one goes whose last use but one is the longest ago. It remembers the uses of all keys,
/// those that are gone included.
#[derive(Debug)]
pub(crate) struct LruK {
    /// Time of the last use but one, and of the last, of each key.
    uses: Vec<(u64, u64)>,
    here: BTreeSet<(u64, u64, usize)>,
    clock: u64,
    entries: usize,
}

impl LruK {
    pub(crate) fn new(keys: usize, entries: usize) -> LruK {
        LruK {
            uses: vec![(0, 0); keys],
            here: BTreeSet::new(),
            clock: 0,
            entries,
        }
    }
}

impl Policy for LruK {
    fn name(&self) -> &'static str {
        "LRU-2"
    }

    fn ask(&mut self, key: usize) -> bool {
        self.clock += 1;
        let (before, last) = self.uses[key];
        let hit = self.here.remove(&(before, last, key));
        if !hit && self.here.len() == self.entries {
            self.here.pop_first();
        }
        self.uses[key] = (last, self.clock);
        self.here.insert((last, self.clock, key));
        hit
    }

    fn is_aim(&self) -> bool {
        true
    }
}
