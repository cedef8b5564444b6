//! libFuzzer over the parsers that the crates offer in their modules `fuzzing`.
//!
//! # Responsibility
//! Finds the target that `ASKR_FUZZ_TARGET` names, and gives it what libFuzzer makes up. `list`
//! prints the targets' names instead, one a line. With `ASKR_FUZZ_CORPUS` the target's seeds are
//! first written to that folder.
//! # Not here
//! The parsers, their seeds and what must hold of them (`fuzzing` of each crate); how long, where
//! and with which flags (`xtask`).
//! # Invariants
//! No parser is called in any way that the server does not call it.
//! # Testing
//! The tests of each crate give its targets their seeds, cut and changed.
#![no_main]
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that another one reads"
)]

use std::path::Path;
use std::sync::LazyLock;

/// A name, what takes any bytes, and seeds.
type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

libfuzzer_sys::fuzz_target!(
    init: {
        prepare();
    },
    |bytes: &[u8]| {
        let (_, run, _) = *CHOSEN;
        run(bytes);
    }
);

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("ASKR_FUZZ_TARGET").unwrap_or_default();
    let found = targets().find(|(other, _, _)| *other == name);
    found.unwrap_or_else(|| ended(&format!("ASKR_FUZZ_TARGET names no target: {name:?}")))
});

fn targets() -> impl Iterator<Item = Target> {
    let all = [
        askr_gateway::fuzzing::TARGETS,
        askr_exchange::fuzzing::TARGETS,
        askr_resp::fuzzing::TARGETS,
        askr_store::fuzzing::TARGETS,
        askr_supervisor::fuzzing::TARGETS,
    ];
    all.into_iter().flatten().copied()
}

fn prepare() {
    if std::env::var("ASKR_FUZZ_TARGET").as_deref() == Ok("list") {
        targets().for_each(|(name, _, _)| println!("{name}"));
        std::process::exit(0);
    }
    let (_, _, seeds) = *CHOSEN;
    let Some(folder) = std::env::var_os("ASKR_FUZZ_CORPUS") else {
        return;
    };
    for (index, seed) in seeds.iter().enumerate() {
        let path = Path::new(&folder).join(format!("seed-{index}"));
        if let Err(error) = std::fs::write(&path, seed) {
            ended(&format!("{}: {error}", path.display()));
        }
    }
}

fn ended(why: &str) -> ! {
    eprintln!("{why}");
    std::process::exit(2)
}
