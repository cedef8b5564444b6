//! Ten thousand acquisitions of a few locks from eight processes, whose holders are killed at random.
//!
//! Who has a lock is witnessed outside of the store: a holder leaves a link with its name, which no
//! second one can make. A link of a dead process is taken over, and says when it died.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::Duration;

use askr_store::{LeaseTerms, Store, Ttl};
use rustix::time::{ClockId, clock_gettime};

use crate::finding;
use crate::processes::{self, Role};
use crate::random::Random;

const ACQUISITIONS: u64 = 10_000;
const PROCESSES: u64 = 8;
const STORE_BYTES: usize = 16 << 20;

/// Locks; the even ones free at their holder's death, the odd ones at their time.
const LOCKS: u64 = 4;

/// Long enough that a holder that lives has given it back.
const TTL: Duration = Duration::from_millis(500);
const WAIT: Duration = Duration::from_millis(20);
const HELD_US_MAX: u64 = 1_000;
const BETWEEN_KILLS: Duration = Duration::from_millis(5);

/// Kills while it is counted, and prints what the processes saw.
pub(crate) fn measure() {
    let store = processes::store(STORE_BYTES);
    let folder = tempfile::tempdir().expect("a folder for the witnesses");
    let role = Role {
        name: "leases".to_owned(),
        number: 0,
        folder: folder.path().to_owned(),
    };
    let mut random = Random::new(1);
    let mut children: Vec<Child> = (0..PROCESSES)
        .map(|number| role.numbered(number).start(&store))
        .collect();
    let mut seen = String::new();
    let mut killed = 0;
    while counted(folder.path()) < ACQUISITIONS {
        thread::sleep(BETWEEN_KILLS);
        let index = usize::try_from(random.below(PROCESSES)).expect("it is small");
        killed += 1;
        let next = role.numbered(PROCESSES + killed).start(&store);
        let victim = std::mem::replace(&mut children[index], next);
        seen += &kill(victim, folder.path());
    }
    for child in children {
        seen += &processes::output(child);
    }
    tell(&seen, counted(folder.path()), killed);
}

fn kill(mut victim: Child, folder: &Path) -> String {
    let note = folder.join(format!("killed-{}", victim.id()));
    symlink(now_ns().to_string(), note).expect("the folder is writable");
    victim.kill().expect("it is our child");
    let output = victim.wait_with_output().expect("it is our child");
    String::from_utf8(output.stdout).expect("it prints words")
}

fn tell(seen: &str, acquisitions: u64, killed: u64) {
    let of = |word: &str| -> Vec<f64> {
        let lines = seen.lines().filter_map(|line| line.strip_prefix(word));
        let mut values: Vec<f64> = lines
            .filter_map(|value| value.trim().parse().ok())
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (double, at_death, at_ttl) = (of("double"), of("death"), of("ttl"));
    finding::at_least("acquisitions", count(acquisitions), "", count(ACQUISITIONS));
    finding::tell("processes killed", count(killed), "");
    finding::at_most(
        "locks with two holders",
        count(double.len() as u64),
        "",
        0.0,
    );
    let held = at_death.len() + at_ttl.len();
    finding::at_least("killed while they held a lock", count(held as u64), "", 1.0);
    for (what, times) in [
        ("free after the holder's death", &at_death),
        ("free after the lock's time, its holder dead", &at_ttl),
    ] {
        let Some((first, last)) = times.first().zip(times.last()) else {
            continue;
        };
        finding::at_least(&format!("{what}: soonest"), *first, "ms", 0.0);
        finding::tell(&format!("{what}: median"), times[times.len() / 2], "ms");
        finding::tell(&format!("{what}: latest"), *last, "ms");
    }
}

/// One of the processes.
pub(crate) fn work(role: &Role) {
    let store = processes::inherited();
    let mut random = Random::new(role.number);
    let mut turn = 0;
    while counted(&role.folder) < ACQUISITIONS {
        turn += 1;
        let lock = random.below(LOCKS);
        let owner = format!("{}-{turn}", std::process::id());
        if take(&store, lock, &owner) {
            let witness = witness(&role.folder, lock);
            count_one(&role.folder);
            thread::sleep(Duration::from_micros(random.below(HELD_US_MAX)));
            fs::remove_file(witness).expect("it is ours");
            let name = lock.to_le_bytes();
            let released = store.release(&name, owner.as_bytes());
            assert!(released.expect("the store is whole"), "it was ours");
        }
    }
}

fn take(store: &Store, lock: u64, owner: &str) -> bool {
    let until_death = lock.is_multiple_of(2);
    let terms = LeaseTerms {
        ttl: if until_death {
            Ttl::Forever
        } else {
            Ttl::For(TTL)
        },
        until_death,
        wait: WAIT,
    };
    let taken = store.acquire(&lock.to_le_bytes(), owner.as_bytes(), &terms);
    taken.expect("the store is whole")
}

/// Notes who has the lock, and says what became of whoever had it before and left no word.
fn witness(folder: &Path, lock: u64) -> PathBuf {
    let path = folder.join(format!("held-{lock}"));
    let note = format!("{} {}", std::process::id(), now_ns());
    if symlink(&note, &path).is_ok() {
        return path;
    }
    let Ok(before) = fs::read_link(&path) else {
        // It was there a moment ago: somebody else has it, or had it until now.
        println!("double 1");
        return replaced(path, &note);
    };
    let before = before.to_string_lossy().into_owned();
    let (pid, since) = before.split_once(' ').expect("a process and a time");
    if is_alive(pid) {
        println!("double 1");
        return replaced(path, &note);
    }
    let since: u64 = since.parse().expect("a time");
    if lock.is_multiple_of(2) {
        let died = fs::read_link(folder.join(format!("killed-{pid}"))).expect("it was killed");
        let died: u64 = died.to_string_lossy().parse().expect("a time");
        println!("death {}", later_ms(died));
    } else {
        let ttl_ns = u64::try_from(TTL.as_nanos()).expect("it is short");
        println!("ttl {}", later_ms(since + ttl_ns));
    }
    replaced(path, &note)
}

fn replaced(path: PathBuf, note: &str) -> PathBuf {
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{error}"),
        _ => {}
    }
    if symlink(note, &path).is_err() {
        println!("double 1");
    }
    path
}

/// A process that was killed and not waited for yet is dead.
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

fn count_one(folder: &Path) {
    let file = fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("count"));
    let written = file.and_then(|mut file| file.write_all(b"."));
    written.expect("the folder is writable");
}

fn counted(folder: &Path) -> u64 {
    fs::metadata(folder.join("count")).map_or(0, |metadata| metadata.len())
}

fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("it counts from the start");
    seconds * 1_000_000_000 + u64::try_from(now.tv_nsec).expect("below a second")
}

/// Milliseconds from then until now; less than zero when it is still to come.
fn later_ms(then_ns: u64) -> f64 {
    let now_ns = now_ns();
    if now_ns >= then_ns {
        count(now_ns - then_ns) / 1e6
    } else {
        -count(then_ns - now_ns) / 1e6
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what is counted here is far below 2^52"
)]
fn count(number: u64) -> f64 {
    number as f64
}
