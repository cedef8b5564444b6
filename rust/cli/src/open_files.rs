//! How many files and connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for the default `connection_limit` several times over, and little enough that programs
/// which close every possible descriptor at their start stay quick.
const WANTED: u64 = 65_536;

/// Raises the soft limit towards what the system allows; a failure leaves it as it was.
pub(crate) fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: Some(reachable(limit)),
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "limit on open files cannot be raised");
    }
}

/// What [`raise_limit`] makes of the soft limit.
pub(crate) fn reachable(limit: Rlimit) -> u64 {
    let soft = limit.current.unwrap_or(u64::MAX);
    let hard = limit.maximum.unwrap_or(u64::MAX);
    soft.max(WANTED.min(hard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_but_never_lowered_nor_past_the_hard_one() {
        let cases = [
            ((Some(1024), Some(4096)), 4096),
            ((Some(1024), Some(1 << 20)), WANTED),
            ((Some(1024), None), WANTED),
            ((Some(1 << 20), Some(1 << 20)), 1 << 20),
            ((None, None), u64::MAX),
        ];
        for ((current, maximum), expected) in cases {
            assert_eq!(reachable(Rlimit { current, maximum }), expected);
        }
    }
}
