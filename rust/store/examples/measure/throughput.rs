//! How many operations one, two and four processes do, 95 of 100 of them reads.

use std::time::{Duration, Instant};

use askr_store::{Kind, Namespace, Store, StoreError, Ttl, Value};

use crate::finding;
use crate::processes::{self, Role};
use crate::random::Random;
use crate::stamp;

const KEYS: u64 = 10_000;
const VALUE_BYTES: usize = 100;
const STORE_BYTES: usize = 64 << 20;
const LASTS: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;

/// Looks at the clock only now and then.
const BATCH: u64 = 256;

/// What two processes are to do of what one does, when there are two cores for them.
const GROWTH_MIN: f64 = 1.5;

/// Prints operations per second, and how they grow.
pub(crate) fn measure() {
    let store = processes::store(STORE_BYTES);
    for key in 0..KEYS {
        let value = stamp::value(key, 0, VALUE_BYTES);
        write(&store, key, &value);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (rates, count) in rates.iter_mut().zip([1, 2, 4]) {
            rates.push(together(&store, count));
        }
    }
    let [one, two, four] = rates.map(median);
    for (count, rate) in [(1, one), (2, two), (4, four)] {
        let what = format!("processes: {count}");
        finding::tell(&what, rate / 1e6, "million operations/s");
    }
    if cores > 1 {
        finding::at_least("2 processes ÷ 1", two / one, "", GROWTH_MIN);
        finding::at_least("4 processes ÷ 1", four / one, "", GROWTH_MIN);
    }
}

fn together(store: &Store, count: u64) -> f64 {
    let role = Role {
        name: "throughput".to_owned(),
        number: 0,
        folder: std::env::temp_dir(),
    };
    let children: Vec<_> = (0..count)
        .map(|number| role.numbered(number).start(store))
        .collect();
    let rates = children.into_iter().map(processes::output);
    rates
        .map(|rate| rate.trim().parse::<f64>().expect("it prints its rate"))
        .sum()
}

/// One of the processes: prints its operations per second.
#[expect(
    clippy::cast_precision_loss,
    reason = "operations of two seconds are far below 2^52"
)]
pub(crate) fn work(role: &Role) {
    let store = processes::inherited();
    let mut random = Random::new(role.number);
    let mut value = [0; VALUE_BYTES];
    let mut done = 0;
    let start = Instant::now();
    while start.elapsed() < LASTS {
        for _ in 0..BATCH {
            let key = random.below(KEYS);
            if random.below(100) < 95 {
                check(&store, key, &mut value);
            } else {
                stamp::write(key, random.next(), &mut value);
                write(&store, key, &value);
            }
        }
        done += BATCH;
    }
    println!("{}", done as f64 / start.elapsed().as_secs_f64());
}

/// Reads as PHP does: looks up, then copies; again when it has changed between the two.
fn check(store: &Store, key: u64, value: &mut [u8; VALUE_BYTES]) {
    loop {
        let found = store.find(Namespace::Cache, &key.to_le_bytes());
        let entry = found.expect("the store is whole").expect("all keys fit");
        assert_eq!(entry.kind, Kind::Bytes(VALUE_BYTES));
        if store.read(&entry, value) {
            assert!(stamp::number(key, value).is_some(), "torn: key {key}");
            return;
        }
    }
}

fn write(store: &Store, key: u64, value: &[u8]) {
    let (key, value) = (key.to_le_bytes(), Value::Bytes(value));
    while let Err(error) = store.set(Namespace::Cache, &key, value, Ttl::Forever) {
        // Whoever has the lock is kept from running by others on this machine.
        assert_eq!(error, StoreError::Busy);
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
