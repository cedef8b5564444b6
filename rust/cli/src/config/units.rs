//! Sizes and durations as people write them: `64MB`, `30s`.

use std::time::Duration;

/// Bytes in `64MB`, `8K`, `512` or `1GiB`; units are powers of 1024 as in php.ini.
pub(crate) fn parse_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// The time in `500ms`, `30s`, `2m`, `1h` or `30` (seconds).
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let factor_ms: u64 = match unit.to_ascii_lowercase().as_str() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(factor_ms).map(Duration::from_millis)
}

/// The shortest exact text that [`parse_bytes`] reads back.
pub(crate) fn bytes_text(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    UNITS
        .into_iter()
        .find(|(factor, _)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map_or_else(
            || bytes.to_string(),
            |(factor, unit)| format!("{}{unit}", bytes / factor),
        )
}

/// The shortest exact text that [`parse_duration`] reads back.
pub(crate) fn duration_text(duration: Duration) -> String {
    let whole_ms = duration.as_millis();
    if whole_ms.is_multiple_of(1_000) {
        format!("{}s", whole_ms / 1_000)
    } else {
        format!("{whole_ms}ms")
    }
}

fn split(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        let cases = [
            ("512", 512),
            ("8K", 8192),
            ("64MB", 64 << 20),
            ("1 GiB", 1 << 30),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse_bytes(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_or_duration_is_refused() {
        for text in [
            "",
            "MB",
            "-1",
            "1.5MB",
            "10 parsecs",
            "99999999999999999999",
            "17179869184G",
        ] {
            assert_eq!(parse_bytes(text), None, "{text}");
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn durations_without_a_unit_are_seconds() {
        assert_eq!(parse_duration("30"), Some(Duration::from_secs(30)));
        assert_eq!(parse_duration("2m"), Some(Duration::from_secs(120)));
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
    }

    proptest! {
        #[test]
        fn written_values_read_back(number in 0_u64..1 << 50) {
            let duration = Duration::from_millis(number);
            prop_assert_eq!(parse_bytes(&bytes_text(number)), Some(number));
            prop_assert_eq!(parse_duration(&duration_text(duration)), Some(duration));
        }
    }
}
