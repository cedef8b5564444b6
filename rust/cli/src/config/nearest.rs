//! The known name somebody probably meant.

/// The candidate at the smallest edit distance, if that is small enough to be a slip.
pub(crate) fn nearest<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= slips_max(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many slips of the finger a name of this length can hold and still be recognised.
fn slips_max(name: &str) -> usize {
    (name.chars().count() / 4).clamp(1, 3)
}

/// Edits (insert, remove, replace, swap two neighbours) from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut line = vec![row];
        for column in 1..=to.len() {
            let replaced = above[column - 1] + usize::from(from[row - 1] != to[column - 1]);
            let mut best = replaced.min(above[column] + 1).min(line[column - 1] + 1);
            if row > 1
                && column > 1
                && from[row - 1] == to[column - 2]
                && from[row - 2] == to[column - 1]
            {
                best = best.min(before[column - 2] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["workers", "worker_script", "root", "queue_timeout"];

    #[test]
    fn slips_are_recognised() {
        assert_eq!(nearest("wrokers", NAMES), Some("workers"));
        assert_eq!(nearest("worker", NAMES), Some("workers"));
        assert_eq!(nearest("queue-timeout", NAMES), Some("queue_timeout"));
    }

    #[test]
    fn other_words_are_not() {
        assert_eq!(nearest("port", NAMES), None);
        assert_eq!(nearest("listeners", NAMES), None);
    }
}
