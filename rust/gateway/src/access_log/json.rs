//! A line as one JSON object. What is not known of a request is left out.

use std::fmt::Display;
use std::io::Write;

use super::entry::{Asked, Entry, Php, protocol};
use super::escape;
use super::fields::AccessField;
use super::moment::Moment;

/// Appends the line of `entry`, with these fields in this order.
pub(super) fn line(fields: &[AccessField], entry: &Entry<'_>, now: Moment<'_>, out: &mut Vec<u8>) {
    let mut object = Object {
        out,
        is_first: true,
    };
    object.out.push(b'{');
    for &field in fields {
        write_field(field, entry, now, &mut object);
    }
    out.extend_from_slice(b"}\n");
}

fn write_field(field: AccessField, entry: &Entry<'_>, now: Moment<'_>, object: &mut Object<'_>) {
    let name = field.name();
    match field {
        AccessField::Time => object.with(name, |out| now.rfc3339(out)),
        AccessField::Request => object.word(name, entry.request),
        AccessField::Client => object.word(name, entry.client),
        AccessField::Peer => object.maybe_word(name, entry.peer),
        AccessField::Tls => object.maybe_word(name, entry.tls),
        AccessField::Status => object.number(name, u64::from(entry.status)),
        AccessField::End => object.word(name, entry.end.word()),
        AccessField::ReceivedBytes => object.number(name, entry.received_bytes),
        AccessField::SentBytes => object.number(name, entry.sent_bytes),
        AccessField::DurationMs => object.milliseconds(name, Some(entry.duration_us)),
        AccessField::Source => object.word(name, entry.source.word()),
        AccessField::Encoding => object.maybe_text(name, entry.encoding),
        AccessField::Cache => object.maybe_word(name, entry.cache),
        AccessField::WaitMs
        | AccessField::PhpMs
        | AccessField::Pool
        | AccessField::Worker
        | AccessField::Generation => {
            if let Some(php) = &entry.php {
                write_php(field, php, object);
            }
        }
        AccessField::Host
        | AccessField::Method
        | AccessField::Path
        | AccessField::Query
        | AccessField::Scheme
        | AccessField::Protocol
        | AccessField::UserAgent
        | AccessField::Referer => {
            if let Some(asked) = &entry.asked {
                write_asked(field, asked, object);
            }
        }
    }
}

fn write_asked(field: AccessField, asked: &Asked<'_>, object: &mut Object<'_>) {
    let name = field.name();
    match field {
        AccessField::Host => object.text(name, asked.host),
        AccessField::Method => object.word(name, asked.method),
        AccessField::Path => object.text(name, asked.path.as_bytes()),
        AccessField::Query => object.maybe_text(name, asked.query.map(str::as_bytes)),
        AccessField::Scheme => object.word(name, if asked.is_https { "https" } else { "http" }),
        AccessField::Protocol => object.word(name, protocol(asked.version)),
        AccessField::UserAgent => object.maybe_text(name, asked.user_agent),
        AccessField::Referer => object.maybe_text(name, asked.referer),
        _ => {}
    }
}

fn write_php(field: AccessField, php: &Php<'_>, object: &mut Object<'_>) {
    let name = field.name();
    match field {
        AccessField::WaitMs => object.milliseconds(name, php.wait_us),
        AccessField::PhpMs => object.milliseconds(name, php.php_us),
        AccessField::Pool => object.word(name, php.pool),
        AccessField::Worker => object.shown(name, php.worker),
        AccessField::Generation => {
            if let Some(generation) = php.generation {
                object.number(name, u64::from(generation));
            }
        }
        _ => {}
    }
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl Object<'_> {
    fn name(&mut self, name: &str) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn with(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    /// A word of our own choice, or one that was checked to need no escape.
    fn word(&mut self, name: &str, word: &str) {
        self.with(name, |out| out.extend_from_slice(word.as_bytes()));
    }

    fn maybe_word(&mut self, name: &str, word: Option<&str>) {
        if let Some(word) = word {
            self.word(name, word);
        }
    }

    fn text(&mut self, name: &str, value: &[u8]) {
        self.with(name, |out| escape::json(value, out));
    }

    fn maybe_text(&mut self, name: &str, value: Option<&[u8]>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn shown(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.with(name, |out| {
                write!(out, "{value}").expect("memory grows");
            });
        }
    }

    fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        let mut digits = itoa::Buffer::new();
        self.out.extend_from_slice(digits.format(value).as_bytes());
    }

    /// Microseconds as milliseconds with three decimals.
    fn milliseconds(&mut self, name: &str, microseconds: Option<u64>) {
        let Some(microseconds) = microseconds else {
            return;
        };
        self.number(name, microseconds / 1000);
        let fraction = u16::try_from(microseconds % 1000).unwrap_or(0);
        let digit = |divisor: u16| b'0' + u8::try_from(fraction / divisor % 10).unwrap_or(0);
        self.out
            .extend_from_slice(&[b'.', digit(100), digit(10), digit(1)]);
    }
}
