//! The hit rate on a Zipf trace, beside simulations of what other caches would keep of it.

use askr_store::{Namespace, OwnedValue, Store, Ttl, Value};

use crate::finding;
use crate::policies::{self, Policy};
use crate::processes;
use crate::random::{Random, mixed};
use crate::stamp;

/// Different keys of a trace.
const KEYS: u32 = 50_000;
const REQUESTS: usize = 2_000_000;

/// The first requests fill the caches and are not counted.
const WARM_UP: usize = 200_000;

/// Bytes of a value: 500 on average.
const VALUE_BYTES_MIN: u64 = 100;
const VALUE_BYTES_MAX: u64 = 900;

/// Exponents of the traces: the larger, the more the popular keys are asked for.
const EXPONENTS: [f64; 3] = [0.8, 1.0, 1.2];

/// Misses of the store may exceed the best of TinyLFU and LRU-2 by so much of their hits.
const GAP_MAX_PERCENT: f64 = 3.0;

/// Prints the hit rates of each trace.
pub(crate) fn measure() {
    for exponent in EXPONENTS {
        let trace = trace(exponent);
        let (ours, entries) = ours(&trace);
        let name = format!("Zipf {exponent}");
        finding::tell(&format!("{name}: askr"), ours, "%");
        let kept = 100.0 * count(entries) / f64::from(KEYS);
        finding::tell(&format!("{name}: keys that fit, all caches"), kept, "%");
        let mut aims = Vec::new();
        for mut policy in policies::all(KEYS as usize, entries) {
            let rate = simulated(policy.as_mut(), &trace);
            finding::tell(&format!("{name}: {}, simulated", policy.name()), rate, "%");
            if policy.is_aim() {
                aims.push(rate);
            }
        }
        let aim = aims.into_iter().fold(0.0, f64::max);
        let what = format!("{name}: hits missing to the better of TinyLFU and LRU-2");
        finding::at_most(&what, 100.0 * (aim - ours) / aim, "%", GAP_MAX_PERCENT);
    }
}

/// Keys in the order in which they are asked for.
fn trace(exponent: f64) -> Vec<u32> {
    let mut total = 0.0;
    let sums: Vec<f64> = (1..=KEYS)
        .map(|rank| {
            total += f64::from(rank).powf(-exponent);
            total
        })
        .collect();
    let mut random = Random::new(exponent.to_bits());
    (0..REQUESTS)
        .map(|_| {
            let at = random.fraction() * total;
            let rank = sums.partition_point(|sum| *sum < at);
            u32::try_from(rank).expect("a rank is a key").min(KEYS - 1)
        })
        .collect()
}

/// Bytes of a key's value.
fn bytes(key: u32) -> usize {
    let span = VALUE_BYTES_MAX - VALUE_BYTES_MIN + 1;
    usize::try_from(VALUE_BYTES_MIN + mixed(u64::from(key)) % span).expect("it is small")
}

/// The store's own hit rate, and how many entries it held: the simulations hold as many.
fn ours(trace: &[u32]) -> (f64, usize) {
    let working_set: usize = (0..KEYS).map(|key| bytes(key) + size_of::<u32>()).sum();
    // Three quarters of a store are its cache.
    let store = processes::store(working_set / 10 * 4 / 3);
    let mut hits = 0;
    for (at, &key) in trace.iter().enumerate() {
        let hit = ask(&store, key);
        hits += usize::from(hit && at >= WARM_UP);
    }
    let entries = store.statistics(Namespace::Cache).entries;
    (percent(hits), usize::try_from(entries).expect("they fit"))
}

/// Reads a key, and writes it where it is missing.
fn ask(store: &Store, key: u32) -> bool {
    let name = key.to_le_bytes();
    let found = store.get(Namespace::Cache, &name);
    if let Some(value) = found.expect("the store is whole") {
        let OwnedValue::Bytes(value) = value else {
            panic!("key {key} is no number");
        };
        assert_eq!(value.len(), bytes(key));
        assert!(stamp::number(u64::from(key), &value).is_some());
        return true;
    }
    let value = stamp::value(u64::from(key), 1, bytes(key));
    let value = Value::Bytes(&value);
    store
        .set(Namespace::Cache, &name, value, Ttl::Forever)
        .expect("a cache makes room");
    false
}

fn simulated(policy: &mut dyn Policy, trace: &[u32]) -> f64 {
    let mut hits = 0;
    for (at, &key) in trace.iter().enumerate() {
        let hit = policy.ask(key as usize);
        hits += usize::from(hit && at >= WARM_UP);
    }
    percent(hits)
}

fn percent(hits: usize) -> f64 {
    100.0 * count(hits) / count(REQUESTS - WARM_UP)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the requests of a trace are far below 2^52"
)]
fn count(number: usize) -> f64 {
    number as f64
}
