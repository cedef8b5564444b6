//! Nothing is drawn twice.

use std::collections::HashSet;

use crate::{json, server};

const REQUESTS: usize = 1_000;

#[test]
fn no_request_draws_what_another_has_drawn() {
    let server = server("chance.php", 1).start();
    let mut seen = HashSet::new();
    let mut pids = HashSet::new();

    for _ in 0..REQUESTS {
        let said = json(&server, "/");
        pids.insert(said["pid"].as_u64().unwrap());
        for (source, value) in said["drawn"].as_object().unwrap() {
            assert!(seen.insert(format!("{source} {value}")), "{source} {value}");
        }
    }

    assert_eq!(pids.len(), 1, "one process has served them all");
}
