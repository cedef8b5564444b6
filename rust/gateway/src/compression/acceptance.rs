//! What a client says about content codings (RFC 9110 §12.5.3).

use http::header::{ACCEPT_ENCODING, HeaderMap};

use super::Coding;

/// How much a client likes each coding, in thousandths; 0 is not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Acceptance {
    zstd: u16,
    brotli: u16,
    gzip: u16,
    /// Of no coding at all, if the client says so.
    identity: Option<u16>,
}

impl Acceptance {
    /// Takes no coding. So does a client that says nothing: it may take any, but those that know
    /// codings say so.
    pub(crate) const NONE: Acceptance = Acceptance {
        zstd: 0,
        brotli: 0,
        gzip: 0,
        identity: None,
    };

    /// What `headers` say. What is malformed counts as not said.
    pub(crate) fn of(headers: &HeaderMap) -> Acceptance {
        let mut said = Said::default();
        for value in headers.get_all(ACCEPT_ENCODING) {
            value
                .as_bytes()
                .split(|&byte| byte == b',')
                .for_each(|item| said.take(item));
        }
        let rest = said.rest.unwrap_or(0);
        Acceptance {
            zstd: said.zstd.unwrap_or(rest),
            brotli: said.brotli.unwrap_or(rest),
            gzip: said.gzip.unwrap_or(rest),
            identity: said.identity,
        }
    }

    /// The one of `offered` that the client likes best, the first of several; none if it likes
    /// none.
    pub(crate) fn best(self, offered: impl IntoIterator<Item = Coding>) -> Option<Coding> {
        let mut best: Option<(Coding, u16)> = None;
        for coding in offered {
            let weight = self.weight(coding);
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((coding, weight));
            }
        }
        best.map(|(coding, _)| coding)
    }

    /// How much the client likes `coding`; 0 is also what it likes less than no coding at all.
    pub(crate) fn weight(self, coding: Coding) -> u16 {
        let weight = match coding {
            Coding::Zstd => self.zstd,
            Coding::Brotli => self.brotli,
            Coding::Gzip => self.gzip,
        };
        match self.identity {
            Some(identity) if identity > weight => 0,
            _ => weight,
        }
    }
}

/// What was said so far; the first word on a coding counts.
#[derive(Debug, Default)]
struct Said {
    zstd: Option<u16>,
    brotli: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    /// `*`: every coding that is not named.
    rest: Option<u16>,
}

impl Said {
    fn take(&mut self, item: &[u8]) {
        let (name, weight) = match item.iter().position(|&byte| byte == b';') {
            Some(end) => (&item[..end], parse_weight(&item[end + 1..])),
            None => (item, Some(WEIGHT_MAX)),
        };
        let (Some(place), Some(weight)) = (self.place(name.trim_ascii()), weight) else {
            return;
        };
        place.get_or_insert(weight);
    }

    fn place(&mut self, name: &[u8]) -> Option<&mut Option<u16>> {
        let is = |token: &[u8]| name.eq_ignore_ascii_case(token);
        match name.len() {
            1 if is(b"*") => Some(&mut self.rest),
            2 if is(b"br") => Some(&mut self.brotli),
            4 if is(b"gzip") => Some(&mut self.gzip),
            4 if is(b"zstd") => Some(&mut self.zstd),
            // The same (RFC 9110 §8.4.1.3).
            6 if is(b"x-gzip") => Some(&mut self.gzip),
            8 if is(b"identity") => Some(&mut self.identity),
            _ => None,
        }
    }
}

/// `q=0.5` in thousandths (RFC 9110 §12.4.2).
fn parse_weight(parameter: &[u8]) -> Option<u16> {
    let (name, value) = parameter.trim_ascii().split_at_checked(2)?;
    if !name.eq_ignore_ascii_case(b"q=") {
        return None;
    }
    let (whole, fraction) = match value {
        [whole @ (b'0' | b'1')] => (whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut weight = u16::from(whole - b'0');
    for place in 0..3 {
        let digit = *fraction.get(place).unwrap_or(&b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        weight = weight * 10 + u16::from(digit - b'0');
    }
    (weight <= WEIGHT_MAX).then_some(weight)
}

const WEIGHT_MAX: u16 = 1000;

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn acceptance(values: &[&str]) -> Acceptance {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        Acceptance::of(&headers)
    }

    fn chosen(value: &str) -> Option<&'static str> {
        acceptance(&[value]).best(Coding::ALL).map(Coding::token)
    }

    #[test]
    fn the_heaviest_coding_is_chosen_and_the_first_offered_of_equals() {
        let table = [
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("zstd")),
            ("gzip, deflate, br", Some("br")),
            ("GZIP;Q=0.5 , Br;q=0.6", Some("br")),
            ("gzip;q=1.0, br;q=0.999", Some("gzip")),
            ("gzip;q=0.001", Some("gzip")),
            ("x-gzip", Some("gzip")),
            ("zstd;q=0, *", Some("br")),
            ("*", Some("zstd")),
            ("*;q=0.5, gzip", Some("gzip")),
            ("*;q=0", None),
            ("gzip;q=0", None),
            ("gzip;q=0, gzip", None),
            ("deflate, compress", None),
            ("", None),
            (",;,", None),
        ];
        for (value, coding) in table {
            assert_eq!(chosen(value), coding, "{value}");
        }
    }

    #[test]
    fn no_coding_at_all_is_chosen_only_when_it_is_liked_better() {
        let table = [
            ("identity", None),
            ("identity, gzip;q=0.5", None),
            ("identity;q=0.5, gzip;q=0.5", Some("gzip")),
            ("identity;q=0, gzip;q=0.1", Some("gzip")),
            ("identity;q=0, *;q=0", None),
            ("identity;q=0", None),
            ("gzip, identity;q=0.9", Some("gzip")),
        ];
        for (value, coding) in table {
            assert_eq!(chosen(value), coding, "{value}");
        }
    }

    #[test]
    fn what_is_malformed_counts_as_not_said() {
        for item in [
            "gzip;q=1.1",
            "gzip;q=2",
            "gzip;q=0.1234",
            "gzip;q=-1",
            "gzip;q=",
            "gzip;q",
            "gzip;",
            "gzip;q=.5",
            "gzip;q=1e1",
            "gzip;q=0.5;q=1",
            "gzip;level=9",
            "g zip",
            "gzip gzip",
            "gzip;q=0.\u{e9}",
        ] {
            assert_eq!(chosen(item), None, "{item}");
            assert_eq!(chosen(&format!("{item}, br;q=0.1")), Some("br"), "{item}");
        }
        assert_eq!(chosen("gzip ; q=0.5"), Some("gzip"));
        assert_eq!(chosen("gzip;q=1."), Some("gzip"));
    }

    #[test]
    fn several_fields_are_one_list() {
        let accepted = acceptance(&["deflate", "gzip;q=0.5", "br;q=0.7"]);
        assert_eq!(accepted.best(Coding::ALL), Some(Coding::Brotli));
        assert_eq!(accepted.best([Coding::Gzip]), Some(Coding::Gzip));
        assert_eq!(accepted.best([]), None);
        assert_eq!(acceptance(&[]), Acceptance::NONE);
    }

    proptest! {
        #[test]
        fn nothing_a_client_says_makes_it_take_what_it_refused(noise in "[ -~]{0,40}") {
            // The first word on a coding counts.
            let value = format!("zstd;q=0,br;q=0,gzip;q=0,{noise}");
            prop_assert_eq!(chosen(&value), None);
        }
    }
}
