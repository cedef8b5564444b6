//! Replies, and how they are written.

use crate::failure::Failure;

/// What a client is answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// A word.
    Word(&'static str),
    /// That nothing came of a command.
    Failure(Failure),
    /// A whole number.
    Integer(i64),
    /// Nothing.
    Null,
    /// A string of bytes.
    Bytes(Vec<u8>),
    /// Some in a row.
    Array(Vec<Reply>),
    /// Names with what they stand for.
    Map(Vec<(Reply, Reply)>),
}

/// Which version of the protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// RESP2.
    Two,
    /// RESP3.
    Three,
}

impl Reply {
    /// `OK`.
    pub(crate) const OK: Self = Self::Word("OK");

    /// 1 or 0.
    pub(crate) fn flag(is_so: bool) -> Self {
        Self::Integer(i64::from(is_so))
    }

    /// A number of things.
    pub(crate) fn count(count: usize) -> Self {
        Self::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A string that is text.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Bytes(text.into().into_bytes())
    }

    /// Writes it behind what is there.
    pub(crate) fn write(&self, version: Version, to: &mut Vec<u8>) {
        match self {
            Self::Word(word) => line(to, b'+', word),
            Self::Failure(failure) => line(to, b'-', &one_line(&failure.to_string())),
            Self::Integer(number) => line(to, b':', &number.to_string()),
            Self::Null if version == Version::Three => to.extend(b"_\r\n"),
            Self::Null => to.extend(b"$-1\r\n"),
            Self::Bytes(bytes) => {
                line(to, b'$', &bytes.len().to_string());
                to.extend(bytes);
                to.extend(b"\r\n");
            }
            Self::Array(items) => {
                begin_array(items.len(), to);
                for item in items {
                    item.write(version, to);
                }
            }
            Self::Map(pairs) => {
                match version {
                    Version::Three => line(to, b'%', &pairs.len().to_string()),
                    Version::Two => begin_array(pairs.len() * 2, to),
                }
                for (name, value) in pairs {
                    name.write(version, to);
                    value.write(version, to);
                }
            }
        }
    }
}

/// Writes the head of an array whose items follow.
pub(crate) fn begin_array(count: usize, to: &mut Vec<u8>) {
    line(to, b'*', &count.to_string());
}

fn line(to: &mut Vec<u8>, mark: u8, text: &str) {
    to.push(mark);
    to.extend(text.as_bytes());
    to.extend(b"\r\n");
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use redis_protocol::resp2::{decode as two, types::OwnedFrame as Two};
    use redis_protocol::resp3::{decode as three, types::OwnedFrame as Three};

    use super::*;

    fn sample() -> Reply {
        Reply::Array(vec![
            Reply::OK,
            Reply::Failure(Failure::Syntax),
            Reply::Integer(-7),
            Reply::Null,
            Reply::Bytes(b"a\r\nb\0".to_vec()),
            Reply::Map(vec![(Reply::text("x"), Reply::count(1))]),
        ])
    }

    #[test]
    fn others_read_what_is_written_in_the_second_version() {
        let mut bytes = Vec::new();
        sample().write(Version::Two, &mut bytes);

        let (frame, length) = two::decode(&bytes).unwrap().unwrap();

        assert_eq!(length, bytes.len());
        let Two::Array(items) = frame else { panic!() };
        assert_eq!(items[1], Two::Error("ERR syntax error".into()));
        assert_eq!(items[2], Two::Integer(-7));
        assert_eq!(items[3], Two::Null);
        assert_eq!(items[4], Two::BulkString(b"a\r\nb\0".to_vec()));
        let pair = vec![Two::BulkString(b"x".to_vec()), Two::Integer(1)];
        assert_eq!(items[5], Two::Array(pair));
    }

    #[test]
    fn others_read_what_is_written_in_the_third_version() {
        let mut bytes = Vec::new();
        sample().write(Version::Three, &mut bytes);

        let (frame, length) = three::complete::decode(&bytes).unwrap().unwrap();

        assert_eq!(length, bytes.len());
        let Three::Array { data, .. } = frame else {
            panic!()
        };
        assert_eq!(data[3], Three::Null);
        assert!(matches!(&data[5], Three::Map { data, .. } if data.len() == 1));
    }

    #[test]
    fn a_failure_is_one_line_whatever_a_client_called_its_command() {
        let failure = Failure::unknown(&[b"a\r\n+OK".as_slice().into()]);
        let mut bytes = Vec::new();
        Reply::Failure(failure).write(Version::Two, &mut bytes);

        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert!(bytes.starts_with(b"-ERR unknown command 'a  +OK'"));
    }
}
