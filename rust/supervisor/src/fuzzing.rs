//! What a fuzzer, or a test with the same seeds, calls: the messages of the two control sockets,
//! each with what must hold of its result.

use std::fmt::Debug;

use askr_exchange::control::{ToMain, ToTemplate};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::console::{Answer, Command};

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Every parser of this crate.
pub const TARGETS: &[Target] = &[
    ("control", control, CONTROL_SEEDS),
    ("console", console, CONSOLE_SEEDS),
];

const CONTROL_SEEDS: &[&[u8]] = &[
    br#"{"EngineReady":{"php_version":"8.4.24"}}"#,
    br#"{"Fork":{"worker":{"seat":1,"incarnation":2},"pool":0,"max_requests":5}}"#,
    br#"{"Interrupt":{"worker":{"seat":0,"incarnation":0}}}"#,
    br#""Stop""#,
    b"[[[[[[[[",
];

const CONSOLE_SEEDS: &[&[u8]] = &[
    br#"{"command":"reload","canary":true}"#,
    br#"{"command":"rollback"}"#,
    br#"{"command":"status"}"#,
    br#"{"command":"status","command":"reload"}"#,
];

/// Between main and the templates, in both directions.
fn control(packet: &[u8]) {
    reads_back::<ToMain>(packet);
    reads_back::<ToTemplate>(packet);
}

/// Between the server and commands outside, in both directions.
fn console(line: &[u8]) {
    reads_back::<Command>(line);
    let _answer = serde_json::from_slice::<Answer>(line);
}

/// What can be read can be written, and read again as the same.
fn reads_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<T>(bytes) else {
        return;
    };
    let text = serde_json::to_vec(&message).expect("what was read can be written");
    let again = serde_json::from_slice::<T>(&text).expect("what was written can be read");
    assert_eq!(again, message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_what_is_left_of_them_do_no_harm() {
        askr_testkit::seeds::replay(TARGETS);
    }
}
