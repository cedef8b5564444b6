//! Which content codings a client takes (RFC 9110 §12.5.3).

use http::HeaderMap;
use http::header::ACCEPT_ENCODING;

/// How a file beside another is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    pub(crate) const ALL: [Coding; 3] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

    /// As `Content-Encoding` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// What the name of a packed file ends in.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Zstd => ".zst",
            Coding::Gzip => ".gz",
        }
    }

    fn is_named(self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name())
            || (self == Coding::Gzip && name.eq_ignore_ascii_case("x-gzip"))
    }
}

/// How much the client wants `coding`, in thousandths; 0 is not at all.
///
/// Without the field a client takes anything, but old ones that say nothing unpack nothing.
pub(crate) fn weight(asked: &HeaderMap, coding: Coding) -> u16 {
    let mut others = 0;
    for value in asked.get_all(ACCEPT_ENCODING) {
        let Ok(value) = value.to_str() else {
            continue;
        };
        for item in value.split(',') {
            let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
            match name.trim() {
                name if coding.is_named(name) => return quality(parameters),
                "*" => others = quality(parameters),
                _ => {}
            }
        }
    }
    others
}

/// The `q` among `parameters`. One that cannot be read is none at all, which is the cautious
/// reading: the client gets what everybody can read.
fn quality(parameters: &str) -> u16 {
    let mut values = parameters.split(';').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim().eq_ignore_ascii_case("q")).then_some(value.trim())
    });
    values.next().map_or(1000, thousandths)
}

fn thousandths(value: &str) -> u16 {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" if is_number && fraction.bytes().all(|byte| byte == b'0') => 1000,
        "0" if is_number => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn weights(value: &'static str) -> [u16; 3] {
        let mut asked = HeaderMap::new();
        asked.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
        Coding::ALL.map(|coding| weight(&asked, coding))
    }

    #[test]
    fn what_is_named_is_taken_with_its_weight() {
        assert_eq!(weights("gzip, deflate, br, zstd"), [1000, 1000, 1000]);
        assert_eq!(weights("GZip"), [0, 0, 1000]);
        assert_eq!(weights("x-gzip;q=0.5, br;Q=0.25"), [250, 0, 500]);
        assert_eq!(weights("br ; q=1.000, zstd;q=0.001"), [1000, 1, 0]);
        assert_eq!(weights("identity"), [0, 0, 0]);
        assert_eq!(weights(""), [0, 0, 0]);
        assert_eq!(weight(&HeaderMap::new(), Coding::Gzip), 0);
    }

    #[test]
    fn the_star_is_for_what_is_not_named() {
        assert_eq!(weights("*"), [1000, 1000, 1000]);
        assert_eq!(weights("br;q=0, *;q=0.5"), [0, 500, 500]);
        assert_eq!(weights("*;q=0, gzip"), [0, 0, 1000]);
    }

    #[test]
    fn a_weight_that_is_none_refuses() {
        for weight in ["2", "-1", "", "x", "0.1234", "1.5", "1.", ".5"] {
            let value: &'static str = format!("br;q={weight}").leak();
            let expected = if weight == "1." { 1000 } else { 0 };
            assert_eq!(weights(value)[0], expected, "{weight}");
        }
    }

    #[test]
    fn lines_of_the_field_are_one_list() {
        let mut asked = HeaderMap::new();
        asked.append(ACCEPT_ENCODING, HeaderValue::from_static("br;q=0"));
        asked.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        assert_eq!(weight(&asked, Coding::Brotli), 0);
        assert_eq!(weight(&asked, Coding::Gzip), 1000);
    }
}
