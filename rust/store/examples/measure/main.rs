//! What the store does when several processes use it at once, and what its eviction keeps.
//!
//! `cargo run --release -p askr-store --example measure -- NAME` prints a line of JSON for each
//! finding: `{"what":"…","value":…,"unit":"…"}`, with `"most"` or `"least"` where it has a goal.
//!
//! - `throughput`: one, two and four processes, 95 % reads; every value read is compared.
//! - `zipf`: the hit rate on a Zipf trace with a tenth of the memory that all of it takes, beside
//!   simulations of other policies.
//! - `leases`: ten thousand acquisitions from eight processes whose holders are killed at random.
//! - `storm SECONDS`: writers are killed at random while others read and write.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the result is the output")]

mod finding;
mod leases;
mod policies;
mod processes;
mod random;
mod stamp;
mod storm;
mod throughput;
mod zipf;

use std::process::ExitCode;
use std::time::Duration;

use crate::processes::Role;

/// How long the storm takes when nothing is said.
const STORM_SECONDS: u64 = 60;

fn main() -> ExitCode {
    if let Some(role) = Role::of_this_process() {
        match role.name.as_str() {
            "throughput" => throughput::work(&role),
            "leases" => leases::work(&role),
            "writer" => storm::write(&role),
            "watcher" => storm::watch(&role),
            name => panic!("no role {name}"),
        }
        return ExitCode::SUCCESS;
    }
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let seconds = words.next().and_then(|word| word.parse().ok());
    match name.as_str() {
        "throughput" => throughput::measure(),
        "zipf" => zipf::measure(),
        "leases" => leases::measure(),
        "storm" => storm::measure(Duration::from_secs(seconds.unwrap_or(STORM_SECONDS))),
        _ => {
            println!("one of: throughput, zipf, leases, storm [SECONDS]");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
