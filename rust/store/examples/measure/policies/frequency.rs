//! What was used most stays: W-TinyLFU, a window before a segmented LRU, with a sketch of all uses at
//! its door.

use super::Policy;
use super::order::Order;
use crate::random::mixed;

/// Rows of the sketch.
const ROWS: usize = 4;

/// A counter does not go beyond.
const COUNT_MAX: u8 = 15;

/// After so many uses for each entry all counters are halved.
const AGE: usize = 10;

/// Where a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Window,
    Probation,
    Protected,
}

/// The window is a hundredth of the entries, what is protected four fifths of the rest.
#[derive(Debug)]
pub(crate) struct TinyLfu {
    place: Vec<Place>,
    window: Order,
    probation: Order,
    protected: Order,
    window_max: usize,
    main_max: usize,
    protected_max: usize,
    sketch: Sketch,
}

impl TinyLfu {
    pub(crate) fn new(keys: usize, entries: usize) -> TinyLfu {
        let window_max = (entries / 100).max(1);
        let main_max = entries - window_max;
        TinyLfu {
            place: vec![Place::Nowhere; keys],
            window: Order::new(keys),
            probation: Order::new(keys),
            protected: Order::new(keys),
            window_max,
            main_max,
            protected_max: main_max * 4 / 5,
            sketch: Sketch::new(entries),
        }
    }

    fn promote(&mut self, key: usize) {
        self.probation.remove(key);
        self.protected.push(key);
        self.place[key] = Place::Protected;
        if self.protected.length() > self.protected_max {
            let key = self.protected.pop().expect("it is too full");
            self.probation.push(key);
            self.place[key] = Place::Probation;
        }
    }

    fn admit(&mut self, key: usize) {
        self.window.push(key);
        self.place[key] = Place::Window;
        if self.window.length() <= self.window_max {
            return;
        }
        let candidate = self.window.pop().expect("it is too full");
        if self.probation.length() + self.protected.length() < self.main_max {
            self.probation.push(candidate);
            self.place[candidate] = Place::Probation;
            return;
        }
        let victim = self.probation.oldest().expect("not all are protected");
        if self.sketch.count(candidate) > self.sketch.count(victim) {
            self.probation.remove(victim);
            self.place[victim] = Place::Nowhere;
            self.probation.push(candidate);
            self.place[candidate] = Place::Probation;
        } else {
            self.place[candidate] = Place::Nowhere;
        }
    }
}

impl Policy for TinyLfu {
    fn name(&self) -> &'static str {
        "W-TinyLFU"
    }

    fn ask(&mut self, key: usize) -> bool {
        self.sketch.add(key);
        match self.place[key] {
            Place::Window => {
                self.window.remove(key);
                self.window.push(key);
            }
            Place::Probation => self.promote(key),
            Place::Protected => {
                self.protected.remove(key);
                self.protected.push(key);
            }
            Place::Nowhere => {
                self.admit(key);
                return false;
            }
        }
        true
    }

    fn is_aim(&self) -> bool {
        true
    }
}

/// How often keys were used lately, nearly.
#[derive(Debug)]
struct Sketch {
    rows: Vec<Vec<u8>>,
    added: usize,
    age: usize,
}

impl Sketch {
    fn new(entries: usize) -> Sketch {
        Sketch {
            rows: vec![vec![0; (entries * 4).next_power_of_two()]; ROWS],
            added: 0,
            age: entries * AGE,
        }
    }

    fn add(&mut self, key: usize) {
        for row in 0..ROWS {
            let cell = self.cell(row, key);
            let count = &mut self.rows[row][cell];
            *count = (*count + 1).min(COUNT_MAX);
        }
        self.added += 1;
        if self.added == self.age {
            self.added /= 2;
            for count in self.rows.iter_mut().flatten() {
                *count /= 2;
            }
        }
    }

    fn count(&self, key: usize) -> u8 {
        let counts = (0..ROWS).map(|row| self.rows[row][self.cell(row, key)]);
        counts.min().expect("there are rows")
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "any of the bits do, as long as they are the same each time"
    )]
    fn cell(&self, row: usize, key: usize) -> usize {
        let bits = mixed(mixed(row as u64) ^ key as u64);
        bits as usize & (self.rows[row].len() - 1)
    }
}
