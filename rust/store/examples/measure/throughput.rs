//! How many operations one, two and four processes do, 95 of 100 of them reads.

use std::time::{Duration, Instant};

use askr_store::{Kind, Namespace, Store, StoreError, Ttl, Value};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

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
    let (store, other) = (filled(), filled());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let of: [&[&Store]; 4] = [&[&store], &[&store; 2], &[&store; 4], &[&store, &other]];
        for (rates, stores) in rates.iter_mut().zip(of) {
            rates.push(together(stores));
        }
    }
    let [one, two, four, apart] = rates.map(|rates| Rate::median(&rates));
    for (count, rate) in [(1, one), (2, two), (4, four)] {
        let what = format!("processes: {count}");
        finding::tell(&what, rate.per_second / 1e6, "million operations/s");
        let what = format!("processes: {count}, per second of processor time");
        finding::tell(&what, rate.per_cpu_second / 1e6, "million operations/s");
    }
    // What two processes take from each other by the store, and not by the machine.
    let what = "2 processes in one store ÷ 2 with a store each, per second of processor time";
    finding::tell(what, two.per_cpu_second / apart.per_cpu_second, "");
    let (one, two, four) = (one.per_second, two.per_second, four.per_second);
    if cores > 1 {
        finding::at_least("2 processes ÷ 1", two / one, "", GROWTH_MIN);
        finding::at_least("4 processes ÷ 1", four / one, "", GROWTH_MIN);
    }
}

/// Operations of all processes together.
#[derive(Clone, Copy, Debug)]
struct Rate {
    per_second: f64,
    /// What is left of it when the machine has other things to do.
    per_cpu_second: f64,
}

impl Rate {
    fn median(rates: &[Rate]) -> Rate {
        let of = |value: fn(&Rate) -> f64| {
            let mut values: Vec<f64> = rates.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Rate {
            per_second: of(|rate| rate.per_second),
            per_cpu_second: of(|rate| rate.per_cpu_second),
        }
    }
}

fn filled() -> Store {
    let store = processes::store(STORE_BYTES);
    for key in 0..KEYS {
        let value = stamp::value(key, 0, VALUE_BYTES);
        write(&store, key, &value);
    }
    store
}

/// A process for each of the stores.
fn together(stores: &[&Store]) -> Rate {
    let role = Role {
        name: "throughput".to_owned(),
        number: 0,
        folder: std::env::temp_dir(),
    };
    let children: Vec<_> = (0..)
        .zip(stores)
        .map(|(number, store)| role.numbered(number).start(store))
        .collect();
    let (mut per_second, mut done, mut cpu) = (0.0, 0.0, 0.0);
    for child in children {
        let output = processes::output(child);
        let numbers: Vec<f64> = output
            .split_whitespace()
            .map(|number| number.parse().expect("it prints numbers"))
            .collect();
        per_second += numbers[0] / numbers[1];
        done += numbers[0];
        cpu += numbers[2];
    }
    Rate {
        per_second,
        per_cpu_second: done / cpu,
    }
}

/// One of the processes: prints its operations, the seconds and the seconds of processor time.
pub(crate) fn work(role: &Role) {
    pin(role.number);
    let store = processes::inherited();
    let mut random = Random::new(role.number);
    let mut value = [0; VALUE_BYTES];
    let mut done = 0;
    let cpu = cpu_seconds();
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
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("{done} {seconds} {cpu}");
}

/// Gives each process a core as long as there are some: left alone, the scheduler may put both on
/// one.
fn pin(number: u64) {
    let allowed = sched_getaffinity(None).expect("the kernel knows");
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|&core| allowed.is_set(core))
        .collect();
    let index = usize::try_from(number).expect("it is small") % cores.len();
    let mut only = CpuSet::new();
    only.set(cores[index]);
    sched_setaffinity(None, &only).expect("it is one of ours");
}

/// What this process has had of a processor.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.unwrap_or_default() / 1e9
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
