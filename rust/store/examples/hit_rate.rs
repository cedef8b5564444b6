//! The cache's hit rate on Zipf traces, next to that of other policies with room for as many
//! entries: `cargo run --release -p askr-store --example hit_rate`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement, not a part of the server"
)]

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use askr_store::{Namespace, Sizes, Store, Ttl, Value};

const KEYS: usize = 100_000;
const READS: usize = 3_000_000;
const WARM: usize = 1_000_000;
const VALUE_BYTES: usize = 400;

fn main() {
    println!(
        "{:<14} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "trace", "entries", "askr", "FIFO", "LRU", "LRU-2", "TinyLFU"
    );
    for exponent in [0.7, 0.9, 1.0, 1.1] {
        let trace = zipf(exponent);
        compare(&format!("zipf {exponent}"), &trace);
    }
    for every in [4, 2] {
        let trace = with_scans(&zipf(0.9), every);
        compare(&format!("scans 1/{every}"), &trace);
    }
    compare("shifting", &shifting(&zipf(1.0)));
}

fn compare(name: &str, trace: &[usize]) {
    let (askr, entries) = askr(trace);
    let others = [
        rate(trace, Fifo::new(entries)),
        rate(trace, Lru::new(entries)),
        rate(trace, LruTwo::new(entries)),
        rate(trace, TinyLfu::new(entries)),
    ];
    print!("{name:<14} {entries:>8} {askr:>7.2}");
    for other in others {
        print!(" {other:>7.2}");
    }
    println!();
}

/// Per cent of hits of our own cache, and how many entries it had room for.
fn askr(trace: &[usize]) -> (f64, usize) {
    let value = [7; VALUE_BYTES];
    let mut sizes = Sizes::of(64 << 20, 64 << 10);
    sizes.namespaces[0] = KEYS / 10 * (VALUE_BYTES + 80);
    let store = Store::create(&sizes).unwrap();
    let mut hits = 0_usize;
    for (number, key) in trace.iter().enumerate() {
        let key = format!("key {key}");
        let found = store.find(Namespace::Cache, key.as_bytes()).unwrap();
        hits += usize::from(found.is_some() && number >= WARM);
        if found.is_none() {
            let value = Value::Bytes(&value);
            let key = key.as_bytes();
            store
                .set(Namespace::Cache, key, value, Ttl::Forever)
                .unwrap();
        }
    }
    let entries = store.statistics(Namespace::Cache).entries;
    (
        percent(hits, trace.len()),
        usize::try_from(entries).unwrap(),
    )
}

fn rate(trace: &[usize], mut policy: impl Policy) -> f64 {
    let hits = trace
        .iter()
        .enumerate()
        .filter(|&(number, &key)| policy.is_hit(key) && number >= WARM)
        .count();
    percent(hits, trace.len())
}

fn percent(hits: usize, reads: usize) -> f64 {
    hits as f64 * 100.0 / (reads - WARM) as f64
}

/// A cache that reads through: what is missing is put in.
trait Policy {
    fn is_hit(&mut self, key: usize) -> bool;
}

struct Fifo {
    room: usize,
    keys: HashSet<usize>,
    queue: VecDeque<usize>,
}

impl Fifo {
    fn new(room: usize) -> Self {
        Fifo {
            room,
            keys: HashSet::new(),
            queue: VecDeque::new(),
        }
    }
}

impl Policy for Fifo {
    fn is_hit(&mut self, key: usize) -> bool {
        if !self.keys.insert(key) {
            return true;
        }
        self.queue.push_back(key);
        if self.queue.len() > self.room {
            let oldest = self.queue.pop_front().unwrap();
            self.keys.remove(&oldest);
        }
        false
    }
}

/// Keys in the order of some number, least first.
#[derive(Default)]
struct Order {
    rank: HashMap<usize, (u64, u64)>,
    order: BTreeSet<((u64, u64), usize)>,
}

impl Order {
    fn place(&mut self, key: usize, rank: (u64, u64)) {
        if let Some(before) = self.rank.insert(key, rank) {
            self.order.remove(&(before, key));
        }
        self.order.insert((rank, key));
    }

    fn has(&self, key: usize) -> bool {
        self.rank.contains_key(&key)
    }

    fn len(&self) -> usize {
        self.rank.len()
    }

    fn first(&self) -> usize {
        self.order.first().unwrap().1
    }

    fn remove(&mut self, key: usize) {
        if let Some(rank) = self.rank.remove(&key) {
            self.order.remove(&(rank, key));
        }
    }
}

struct Lru {
    room: usize,
    time: u64,
    order: Order,
}

impl Lru {
    fn new(room: usize) -> Self {
        Lru {
            room,
            time: 0,
            order: Order::default(),
        }
    }
}

impl Policy for Lru {
    fn is_hit(&mut self, key: usize) -> bool {
        let hit = self.order.has(key);
        self.time += 1;
        self.order.place(key, (self.time, 0));
        if self.order.len() > self.room {
            self.order.remove(self.order.first());
        }
        hit
    }
}

/// Drops what was read for the last time but one the longest ago; reads of what was dropped are
/// remembered.
struct LruTwo {
    room: usize,
    time: u64,
    order: Order,
    last: HashMap<usize, u64>,
}

impl LruTwo {
    fn new(room: usize) -> Self {
        LruTwo {
            room,
            time: 0,
            order: Order::default(),
            last: HashMap::new(),
        }
    }
}

impl Policy for LruTwo {
    fn is_hit(&mut self, key: usize) -> bool {
        let hit = self.order.has(key);
        self.time += 1;
        let before = self.last.insert(key, self.time).unwrap_or(0);
        if !hit && self.order.len() >= self.room {
            self.order.remove(self.order.first());
        }
        self.order.place(key, (before, self.time));
        hit
    }
}

/// W-TinyLFU: a window of 1 %, then a segmented LRU that only lets in what was read more often than
/// what it would drop. Counts are exact, and halved after ten reads per entry.
struct TinyLfu {
    window: Order,
    window_room: usize,
    probation: Order,
    protected: Order,
    room: usize,
    time: u64,
    counts: HashMap<usize, u32>,
    counted: usize,
}

impl TinyLfu {
    fn new(room: usize) -> Self {
        let window_room = (room / 100).max(1);
        TinyLfu {
            window: Order::default(),
            window_room,
            probation: Order::default(),
            protected: Order::default(),
            room: room - window_room,
            time: 0,
            counts: HashMap::new(),
            counted: 0,
        }
    }

    fn count(&mut self, key: usize) {
        *self.counts.entry(key).or_default() += 1;
        self.counted += 1;
        if self.counted >= self.room * 10 {
            self.counted /= 2;
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
        }
    }

    fn frequency(&self, key: usize) -> u32 {
        self.counts.get(&key).copied().unwrap_or(0).min(15)
    }

    fn admit(&mut self) {
        let candidate = self.window.first();
        self.window.remove(candidate);
        if self.probation.len() + self.protected.len() >= self.room {
            let victim = match self.probation.len() {
                0 => self.protected.first(),
                _ => self.probation.first(),
            };
            if self.frequency(candidate) <= self.frequency(victim) {
                return;
            }
            self.probation.remove(victim);
            self.protected.remove(victim);
        }
        self.probation.place(candidate, (self.time, 0));
    }
}

impl Policy for TinyLfu {
    fn is_hit(&mut self, key: usize) -> bool {
        self.time += 1;
        let rank = (self.time, 0);
        self.count(key);
        if self.window.has(key) {
            self.window.place(key, rank);
            return true;
        }
        if self.probation.has(key) || self.protected.has(key) {
            self.probation.remove(key);
            self.protected.place(key, rank);
            if self.protected.len() > self.room / 5 * 4 {
                let demoted = self.protected.first();
                self.protected.remove(demoted);
                self.probation.place(demoted, rank);
            }
            return true;
        }
        self.window.place(key, rank);
        if self.window.len() > self.window_room {
            self.admit();
        }
        false
    }
}

/// Reads with a frequency of 1/rank^exponent.
fn zipf(exponent: f64) -> Vec<usize> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=KEYS)
        .map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        })
        .collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..READS)
        .map(|_| {
            let point = random.fraction() * sum;
            sums.partition_point(|&upto| upto < point)
        })
        .collect()
}

/// The same, with runs through keys that are read once in between.
fn with_scans(trace: &[usize], every: usize) -> Vec<usize> {
    let mut next = KEYS;
    let chunks = trace.chunks(10_000).enumerate();
    chunks
        .flat_map(|(number, chunk)| {
            let scan = if number % every == 0 { chunk.len() } else { 0 };
            let scan: Vec<usize> = (next..next + scan).collect();
            next += scan.len();
            chunk.iter().copied().chain(scan)
        })
        .collect()
}

/// The same, with other keys becoming the most read ones every now and then.
fn shifting(trace: &[usize]) -> Vec<usize> {
    let shift = |number: usize| number / 500_000 * 10_000;
    let keys = trace.iter().enumerate();
    keys.map(|(number, key)| (key + shift(number)) % KEYS)
        .collect()
}

/// An xorshift.
struct Random(u64);

impl Random {
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
