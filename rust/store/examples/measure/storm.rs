//! Writers that are killed at random, and others that read and write meanwhile.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use askr_store::{LeaseTerms, Namespace, Number, OwnedValue, Store, StoreError, Ttl, Value};

use crate::finding;
use crate::processes::{self, Role};
use crate::random::Random;
use crate::stamp;

const WRITERS: u64 = 4;
const WATCHERS: u64 = 2;
const STORE_BYTES: usize = 32 << 20;
const KEYS: u64 = 5_000;
const VALUE_BYTES_MAX: u64 = 20_000;
const TAGS: u64 = 20;
/// Operations between two looks around.
const BATCH: usize = 100;

const BETWEEN_KILLS_MS: u64 = 20;

/// The longest that anybody may be kept from its work.
const WAIT_MS_MAX: f64 = 100.0;

/// Kills for so long, then looks at what is left.
pub(crate) fn measure(lasts: Duration) {
    let store = processes::store(STORE_BYTES);
    let folder = tempfile::tempdir().expect("a folder for the sign to stop");
    let role = |name: &str| Role {
        name: name.to_owned(),
        number: 0,
        folder: folder.path().to_owned(),
    };
    let watchers: Vec<Child> = (0..WATCHERS)
        .map(|number| role("watcher").numbered(number).start(&store))
        .collect();
    let killed = kill_writers(&store, &role("writer"), lasts);
    fs::write(folder.path().join("stop"), "").expect("the folder is writable");
    let seen: Vec<String> = watchers.into_iter().map(processes::output).collect();
    finding::tell("writers killed", count(killed), "");
    tell(&seen.concat());
    finding::at_most("damage found afterwards", count(damage(&store)), "", 0.0);
}

fn kill_writers(store: &Store, role: &Role, lasts: Duration) -> u64 {
    let mut random = Random::new(7);
    let mut writers: Vec<Child> = (0..WRITERS)
        .map(|number| role.numbered(number).start(store))
        .collect();
    let mut killed = 0;
    let end = Instant::now() + lasts;
    while Instant::now() < end {
        thread::sleep(Duration::from_millis(random.below(BETWEEN_KILLS_MS)));
        let index = usize::try_from(random.below(WRITERS)).expect("it is small");
        killed += 1;
        let next = role.numbered(WRITERS + killed).start(store);
        end_of(std::mem::replace(&mut writers[index], next));
    }
    writers.into_iter().for_each(end_of);
    killed + WRITERS
}

fn end_of(mut writer: Child) {
    let ended = writer.try_wait().expect("it is our child");
    assert!(ended.is_none(), "a writer has ended by itself: {ended:?}");
    writer.kill().expect("it is our child");
    writer.wait().expect("it is our child");
}

fn tell(seen: &str) {
    let of = |word: &str| -> Vec<f64> {
        let lines = seen.lines().filter_map(|line| line.strip_prefix(word));
        lines
            .filter_map(|value| value.trim().parse().ok())
            .collect()
    };
    let longest = of("longest_ms").into_iter().fold(0.0, f64::max);
    let total = |word| of(word).into_iter().sum::<f64>();
    finding::tell("operations of the others", total("operations"), "");
    finding::at_most("longest of them", longest, "ms", WAIT_MS_MAX);
    let by_others = of("longest_by_others_ms").into_iter().fold(0.0, f64::max);
    let what = "longest of them without waiting for a processor";
    finding::tell(what, by_others, "ms");
    finding::at_most("values of them that were not whole", total("torn"), "", 0.0);
    finding::at_most("refusals of a busy store", total("busy"), "", 0.0);
}

/// One of those that are killed.
pub(crate) fn write(role: &Role) {
    let store = processes::inherited();
    let mut random = Random::new(role.number);
    loop {
        let done = operate(&store, &mut random);
        assert!(is_fine(done), "a writer was refused: {done:?}");
    }
}

/// One of those that live: it prints what kept it waiting.
pub(crate) fn watch(role: &Role) {
    let store = processes::inherited();
    let mut random = Random::new(1_000_000 + role.number);
    let mut watched = Watched::default();
    while !role.folder.join("stop").exists() {
        watched.batch(|| operate(&store, &mut random));
    }
    watched.print();
}

/// What one that lives has seen.
#[derive(Debug, Default)]
struct Watched {
    longest: Duration,
    /// Without what it waited for a processor meanwhile.
    longest_by_others: Duration,
    operations: u64,
    torn: u64,
    busy: u64,
}

impl Watched {
    fn batch(&mut self, mut operate: impl FnMut() -> Result<Seen, StoreError>) {
        let unscheduled = unscheduled();
        let mut longest = Duration::ZERO;
        for _ in 0..BATCH {
            let start = Instant::now();
            let done = operate();
            longest = longest.max(start.elapsed());
            self.operations += 1;
            self.torn += u64::from(done == Ok(Seen::Torn));
            self.busy += u64::from(done == Err(StoreError::Busy));
            assert!(is_fine(done) || done == Ok(Seen::Torn), "refused: {done:?}");
        }
        self.longest = self.longest.max(longest);
        if longest > self.longest_by_others {
            let unscheduled = self::unscheduled().saturating_sub(unscheduled);
            let by_others = longest.saturating_sub(unscheduled);
            self.longest_by_others = self.longest_by_others.max(by_others);
        }
    }

    fn print(&self) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("longest_ms {}", ms(self.longest));
        println!("longest_by_others_ms {}", ms(self.longest_by_others));
        println!("operations {}", self.operations);
        println!("torn {}\nbusy {}", self.torn, self.busy);
    }
}

/// How long this process was ready to run and did not, since it began.
fn unscheduled() -> Duration {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let number = text
        .split(' ')
        .nth(1)
        .and_then(|number| number.parse().ok());
    Duration::from_nanos(number.unwrap_or_default())
}

/// Whether what was read was what somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Whole,
    Torn,
}

fn is_fine(done: Result<Seen, StoreError>) -> bool {
    // Bounds are reached, and a holder that died may keep the others waiting for a while.
    matches!(
        done,
        Ok(Seen::Whole) | Err(StoreError::Full(_) | StoreError::Busy)
    )
}

/// Any of the operations, on any of the keys.
fn operate(store: &Store, random: &mut Random) -> Result<Seen, StoreError> {
    let key = random.below(KEYS);
    let name = key.to_le_bytes();
    let ttl = if random.below(4) == 0 {
        Ttl::For(Duration::from_millis(1 + random.below(1_000)))
    } else {
        Ttl::Forever
    };
    let bytes = usize::try_from(random.below(VALUE_BYTES_MAX)).expect("it is small");
    match random.below(100) {
        0..40 => return check(key, store.get(Namespace::Cache, &name)?),
        40..60 => {
            let value = stamp::value(key, random.next(), bytes);
            store.set(Namespace::Cache, &name, Value::Bytes(&value), ttl)?;
        }
        60..68 => {
            let value = stamp::value(key, random.next(), bytes);
            let tag = random.below(TAGS).to_le_bytes();
            store.set_tagged(&name, Value::Bytes(&value), ttl, &[&tag])?;
        }
        68..70 => store.forget_tag(&random.below(TAGS).to_le_bytes())?,
        70..74 => drop(store.delete(Namespace::Cache, &name)?),
        74..76 => drop(store.touch(Namespace::Cache, &name, ttl)?),
        76..78 => return check(key, store.take(Namespace::Cache, &name)?),
        78..88 => drop(store.increment(Namespace::Counters, &name, Number::Integer(1), ttl)?),
        88..96 => {
            let value = stamp::value(key % 100, random.next(), bytes / 10);
            let name = (key % 100).to_le_bytes();
            store.set(Namespace::Sessions, &name, Value::Bytes(&value), ttl)?;
            return check(key % 100, store.get(Namespace::Sessions, &name)?);
        }
        _ => hold(store, &(key % 10).to_le_bytes())?,
    }
    Ok(Seen::Whole)
}

/// Takes a lock that its holder's death frees, and gives it back.
fn hold(store: &Store, name: &[u8]) -> Result<(), StoreError> {
    let terms = LeaseTerms {
        ttl: Ttl::For(Duration::from_secs(5)),
        until_death: true,
        wait: Duration::ZERO,
    };
    let owner = std::process::id().to_le_bytes();
    if store.acquire(name, &owner, &terms)? {
        store.release(name, &owner)?;
    }
    Ok(())
}

fn check(key: u64, value: Option<OwnedValue>) -> Result<Seen, StoreError> {
    Ok(match value {
        Some(OwnedValue::Bytes(value)) if stamp::number(key, &value).is_none() => Seen::Torn,
        Some(OwnedValue::Number(_)) => Seen::Torn,
        _ => Seen::Whole,
    })
}

/// Reads all that is left, then writes and empties: how often something was not as it has to be.
fn damage(store: &Store) -> u64 {
    let mut found = 0;
    for namespace in [Namespace::Cache, Namespace::Counters, Namespace::Sessions] {
        found += unreadable(store, namespace);
        for key in 0..100_u64 {
            found += u64::from(!remembers(store, namespace, key));
        }
        store.flush(namespace).expect("nobody else is there");
        found += u64::from(store.statistics(namespace).entries != 0);
        found += u64::from(!remembers(store, namespace, 1));
    }
    found
}

fn unreadable(store: &Store, namespace: Namespace) -> u64 {
    let (mut from, mut bad, mut met) = (0, 0, 0_u64);
    loop {
        let (keys, next) = store.keys(namespace, from, 100).expect("it is whole");
        for name in keys {
            met += 1;
            let key = u64::from_le_bytes(name.as_slice().try_into().expect("8 bytes"));
            let value = store.get(namespace, &name);
            let is_whole = match value.expect("it is whole") {
                Some(OwnedValue::Bytes(value)) => stamp::number(key, &value).is_some(),
                Some(OwnedValue::Number(_)) => namespace == Namespace::Counters,
                // It has expired since.
                None => true,
            };
            bad += u64::from(!is_whole);
        }
        if next == 0 {
            return bad + u64::from(met == 0);
        }
        from = next;
    }
}

fn remembers(store: &Store, namespace: Namespace, key: u64) -> bool {
    let (name, value) = (key.to_le_bytes(), stamp::value(key, 1, 100));
    let set = store.set(namespace, &name, Value::Bytes(&value), Ttl::Forever);
    let got = store.get(namespace, &name);
    set.is_ok() && got == Ok(Some(OwnedValue::Bytes(value)))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what is counted here is far below 2^52"
)]
fn count(number: u64) -> f64 {
    number as f64
}
