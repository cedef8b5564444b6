//! What one operation takes, in nanoseconds of processor time: `cargo run --release -p askr-store --example timing`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement, not a part of the server"
)]

use std::hint::black_box;
use std::time::Duration;

use askr_store::{Namespace, Number, Sizes, Store, Ttl, Value};

use Namespace::{Cache, Counters};

const ROUNDS: usize = 1_000_000;

fn main() {
    let store = Store::create(&Sizes::of(64 << 20, 8 << 20)).unwrap();
    let hour = Ttl::For(Duration::from_secs(3600));
    for (count, name) in [
        (1, "one key"),
        (1000, "1,000 keys"),
        (100_000, "100,000 keys"),
    ] {
        let keys: Vec<Vec<u8>> = (0..count)
            .map(|number| format!("laravel_cache:some.key.{number}").into_bytes())
            .collect();
        let key = |round: usize| &keys[round.wrapping_mul(7919) % keys.len()];
        let value = [7; 100];
        for (ttl, life) in [(Ttl::Forever, "for ever"), (hour, "an hour")] {
            for key in &keys {
                store.set(Cache, key, Value::Bytes(&value), ttl).unwrap();
            }
            let mut into = [0; 100];
            measure(
                &format!("find and read 100 bytes, {name}, {life}"),
                |round| {
                    let entry = store.find(Cache, key(round)).unwrap().unwrap();
                    assert!(store.read(&entry, &mut into));
                    black_box(&into);
                },
            );
        }
        measure(&format!("find what is missing, {name}"), |round| {
            black_box(store.find(Counters, key(round)).unwrap());
        });
        measure(&format!("set 100 bytes in place, {name}"), |round| {
            store
                .set(Cache, key(round), Value::Bytes(&value), hour)
                .unwrap();
        });
        measure(&format!("set of changing length, {name}"), |round| {
            let value = Value::Bytes(&value[..round % 100]);
            store.set(Cache, key(round), value, hour).unwrap();
        });
        measure(&format!("increment, {name}"), |round| {
            let one = Number::Integer(1);
            store
                .increment(Counters, key(round % 1000), one, Ttl::Forever)
                .unwrap();
        });
    }
    measure("set of new keys in a full cache", |round| {
        let key = round.to_le_bytes();
        store
            .set(Cache, &key, Value::Bytes(&[7; 100]), hour)
            .unwrap();
    });
    let large = vec![7; 1 << 20];
    let mut into = vec![0; 1 << 20];
    measure_few("set 1 MB", 1000, |round| {
        let key = (round % 8).to_le_bytes();
        store.set(Cache, &key, Value::Bytes(&large), hour).unwrap();
    });
    measure_few("find and read 1 MB", 1000, |round| {
        let entry = store
            .find(Cache, &(round % 8).to_le_bytes())
            .unwrap()
            .unwrap();
        assert!(store.read(&entry, &mut into));
    });
}

fn measure(what: &str, operation: impl FnMut(usize)) {
    measure_few(what, ROUNDS, operation);
}

fn measure_few(what: &str, rounds: usize, mut operation: impl FnMut(usize)) {
    let mut best = f64::MAX;
    for _ in 0..3 {
        let start = processor_ns();
        for round in 0..rounds {
            operation(round);
        }
        best = best.min((processor_ns() - start) as f64 / rounds as f64);
    }
    println!("{what:<55} {best:>10.1} ns");
}

/// Time that this thread has spent on a processor, whatever else the machine does.
fn processor_ns() -> u64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    times.split(' ').next().unwrap().parse().unwrap()
}
