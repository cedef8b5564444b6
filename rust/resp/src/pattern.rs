//! The patterns of `KEYS` and `SCAN`: `*`, `?`, `[abc]`, `[^a-c]`, `\x`. No pattern takes longer
//! than its length times the key's.

/// Whether all of the key is as the pattern says.
pub(crate) fn matches(pattern: &[u8], key: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    // The last star, and how much of the key it has been given.
    let mut star: Option<(usize, usize)> = None;
    while from < key.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at + 1, from));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], key[from]) {
            at += length;
            from += 1;
        } else if let Some((behind, given)) = star {
            star = Some((behind, given + 1));
            (at, from) = (behind, given + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// How much of the pattern stands for this byte, when its beginning does.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => {
            let (is_in, length) = in_class(class, byte);
            is_in.then_some(length + 1)
        }
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [plain, ..] => (*plain == byte).then_some(1),
    }
}

/// Whether a class has the byte, and how long the class is; one without an end ends with the
/// pattern.
fn in_class(class: &[u8], byte: u8) -> (bool, usize) {
    let is_negated = class.first() == Some(&b'^');
    let mut at = usize::from(is_negated);
    let mut is_in = false;
    loop {
        match &class[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', escaped, ..] => {
                is_in |= *escaped == byte;
                at += 2;
            }
            [first, b'-', last, ..] if *last != b']' => {
                is_in |= (*first.min(last)..=*first.max(last)).contains(&byte);
                at += 3;
            }
            [plain, ..] => {
                is_in |= *plain == byte;
                at += 1;
            }
        }
    }
    (is_in != is_negated, at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_are_those_of_redis() {
        let cases = [
            ("*", "", true),
            ("*", "anything", true),
            ("h?llo", "hallo", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h[ae]llo", "hello", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            ("h\\*llo", "h*llo", true),
            ("h\\*llo", "hallo", false),
            ("[\\]]", "]", true),
            ("[abc", "b", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("", "", true),
            ("", "a", false),
            ("laravel_cache_*", "laravel_cache_users", true),
        ];
        for (pattern, key, expected) in cases {
            let found = matches(pattern.as_bytes(), key.as_bytes());
            assert_eq!(found, expected, "{pattern} {key}");
        }
    }

    /// Does the same by trying everything.
    fn matches_slowly(pattern: &[u8], key: &[u8]) -> bool {
        match pattern {
            [] => key.is_empty(),
            [b'*', rest @ ..] => (0..=key.len()).any(|from| matches_slowly(rest, &key[from..])),
            _ => key.split_first().is_some_and(|(byte, others)| {
                one(pattern, *byte).is_some_and(|length| matches_slowly(&pattern[length..], others))
            }),
        }
    }

    proptest! {
        #[test]
        fn no_detour_changes_what_is_found(
            pattern in "[ab*?\\[\\]^\\\\-]{0,8}", key in "[ab]{0,8}",
        ) {
            let (pattern, key) = (pattern.as_bytes(), key.as_bytes());
            prop_assert_eq!(matches(pattern, key), matches_slowly(pattern, key));
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = b"*a".repeat(5_000);
        let key = b"a".repeat(1_000);
        assert!(!matches(&pattern, &[key, b"b".to_vec()].concat()));
    }
}
