//! S3-FIFO: a small queue that most leave unused, a main one with second chances, and a memory of what
//! has left the small one.

use super::Policy;
use super::order::Order;

/// Uses beyond are not counted.
const USES_MAX: u8 = 3;

/// Where a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Small,
    Main,
    /// Only remembered.
    Ghost,
}

/// A tenth of the entries is the small queue; as many are remembered as the main one holds.
#[derive(Debug)]
pub(crate) struct S3Fifo {
    place: Vec<Place>,
    uses: Vec<u8>,
    small: Order,
    main: Order,
    ghost: Order,
    small_max: usize,
    entries: usize,
}

impl S3Fifo {
    pub(crate) fn new(keys: usize, entries: usize) -> S3Fifo {
        S3Fifo {
            place: vec![Place::Nowhere; keys],
            uses: vec![0; keys],
            small: Order::new(keys),
            main: Order::new(keys),
            ghost: Order::new(keys),
            small_max: (entries / 10).max(1),
            entries,
        }
    }

    fn make_room(&mut self) {
        while self.small.length() + self.main.length() >= self.entries {
            if self.small.length() >= self.small_max {
                self.leave_small();
            } else {
                self.leave_main();
            }
        }
    }

    fn leave_small(&mut self) {
        let key = self.small.pop().expect("it is too full");
        if self.uses[key] > 1 {
            self.place[key] = Place::Main;
            self.uses[key] = 0;
            self.main.push(key);
            return;
        }
        self.place[key] = Place::Ghost;
        self.ghost.push(key);
        if self.ghost.length() > self.entries - self.small_max {
            let key = self.ghost.pop().expect("it is too full");
            self.place[key] = Place::Nowhere;
        }
    }

    fn leave_main(&mut self) {
        while let Some(key) = self.main.pop() {
            if self.uses[key] == 0 {
                self.place[key] = Place::Nowhere;
                return;
            }
            self.uses[key] -= 1;
            self.main.push(key);
        }
    }
}

impl Policy for S3Fifo {
    fn name(&self) -> &'static str {
        "S3-FIFO"
    }

    fn ask(&mut self, key: usize) -> bool {
        if matches!(self.place[key], Place::Small | Place::Main) {
            self.uses[key] = (self.uses[key] + 1).min(USES_MAX);
            return true;
        }
        let is_known = self.place[key] == Place::Ghost;
        if is_known {
            self.ghost.remove(key);
            self.place[key] = Place::Nowhere;
        }
        self.make_room();
        self.uses[key] = 0;
        if is_known {
            self.place[key] = Place::Main;
            self.main.push(key);
        } else {
            self.place[key] = Place::Small;
            self.small.push(key);
        }
        false
    }
}
