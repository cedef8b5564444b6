//! What clients say, made harmless: nothing of it ends a line or a string, or reaches a terminal
//! as a command.

use crate::limits::LOGGED_VALUE_BYTES_MAX;

/// Appends `value` as the inside of a JSON string. What is no UTF-8 is replaced.
pub(crate) fn json(value: &[u8], out: &mut Vec<u8>) {
    let value = bounded(value);
    if value.iter().all(|&byte| is_plain(byte)) {
        out.extend_from_slice(value);
        return;
    }
    for chunk in value.utf8_chunks() {
        for character in chunk.valid().chars() {
            json_character(character, out);
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
}

/// Appends `value` as nginx has it in its combined format: `\xHH` for what is not plain ASCII.
pub(crate) fn combined(value: &[u8], out: &mut Vec<u8>) {
    let value = bounded(value);
    if value.iter().all(|&byte| is_plain(byte)) {
        out.extend_from_slice(value);
        return;
    }
    for &byte in value {
        if is_plain(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(b"\\x");
            push_hex(byte, HEX_UPPER, out);
        }
    }
}

fn bounded(value: &[u8]) -> &[u8] {
    &value[..value.len().min(LOGGED_VALUE_BYTES_MAX)]
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn json_character(character: char, out: &mut Vec<u8>) {
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
        '\u{2028}' | '\u{2029}' => {
            out.extend_from_slice(b"\\u20");
            push_hex(character as u8, HEX, out);
        }
        // Control characters of both halves end below 0x100.
        _ if character.is_control() => {
            out.extend_from_slice(b"\\u00");
            push_hex(character as u8, HEX, out);
        }
        _ => {
            let mut utf8 = [0; 4];
            out.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
    }
}

fn push_hex(byte: u8, digits: &[u8; 16], out: &mut Vec<u8>) {
    out.extend_from_slice(&[
        digits[usize::from(byte >> 4)],
        digits[usize::from(byte & 15)],
    ]);
}

const HEX: &[u8; 16] = b"0123456789abcdef";
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(escape: fn(&[u8], &mut Vec<u8>), value: &[u8]) -> String {
        let mut out = Vec::new();
        escape(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_could_forge_a_line_is_spelt_out() {
        let forged = b"a\"\r\n{\"status\":200}\\ \x1b[2J";
        assert_eq!(
            of(json, forged),
            r#"a\"\u000d\u000a{\"status\":200}\\ \u001b[2J"#
        );
        assert_eq!(
            of(combined, forged),
            r"a\x22\x0D\x0A{\x22status\x22:200}\x5C \x1B[2J"
        );
    }

    #[test]
    fn text_stays_text_and_what_is_none_is_replaced() {
        assert_eq!(
            of(json, "grün \u{9b}2J\u{2028}".as_bytes()),
            "grün \\u009b2J\\u2028"
        );
        assert_eq!(of(json, b"\xff\xc3"), "\\ufffd\\ufffd");
        assert_eq!(of(combined, "ü".as_bytes()), r"\xC3\xBC");
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = vec![b'a'; LOGGED_VALUE_BYTES_MAX + 1];
        assert_eq!(of(json, &long).len(), LOGGED_VALUE_BYTES_MAX);
        assert_eq!(of(combined, &long).len(), LOGGED_VALUE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn any_bytes_are_the_inside_of_one_json_string(value in any::<Vec<u8>>()) {
            let text = format!("\"{}\"", of(json, &value));
            let read: String = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, String::from_utf8_lossy(&value));
            prop_assert!(!text.bytes().any(|byte| byte < b' '));
        }

        #[test]
        fn any_bytes_are_one_word_of_a_combined_line(value in any::<Vec<u8>>()) {
            let text = of(combined, &value);
            prop_assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"'));
        }
    }
}
