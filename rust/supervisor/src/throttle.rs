//! Keeps a log readable when somebody repeats himself.
#![forbid(unsafe_code)]

/// Counts, and lets the first, second, fourth, eighth … pass.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    count: u64,
}

impl Throttle {
    /// Counts one more; the count when it is to be logged.
    pub(crate) fn next(&mut self) -> Option<u64> {
        self.count = self.count.saturating_add(1);
        self.count.is_power_of_two().then_some(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_repetitions_are_a_score_of_lines() {
        let mut throttle = Throttle::default();
        let passed: Vec<u64> = (0..1_000_000).filter_map(|_| throttle.next()).collect();
        assert_eq!(passed[..5], [1, 2, 4, 8, 16]);
        assert_eq!(passed.len(), 20);
    }
}
