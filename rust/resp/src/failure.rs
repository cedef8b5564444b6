//! What clients are told when nothing comes of a command, in the words of Redis where it has any.

use askr_store::StoreError;
use bytes::Bytes;

use crate::intake::ProtocolError;

/// Why nothing came of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("ERR unknown command '{name}', with args beginning with: {rest}")]
    Unknown { name: String, rest: String },
    #[error("ERR unknown subcommand '{name}'. Try {command} HELP.")]
    UnknownSub { command: &'static str, name: String },
    #[error("ERR wrong number of arguments for '{0}' command")]
    Arity(&'static str),
    #[error("ERR syntax error")]
    Syntax,
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    #[error("ERR value is not a valid float")]
    NotAFloat,
    #[error("ERR increment would produce NaN or Infinity")]
    NotFinite,
    #[error("ERR increment or decrement would overflow")]
    Overflow,
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    #[error("ERR invalid expire time in '{0}' command")]
    ExpireTime(&'static str),
    #[error("ERR NX and XX, GT or LT options at the same time are not compatible")]
    ExpireOptions,
    #[error("ERR Unsupported option {0}")]
    ExpireOption(String),
    #[error("ERR GT and LT options at the same time are not compatible")]
    ExpireDirections,
    #[error("ERR invalid cursor")]
    Cursor,
    #[error("ERR DB index is out of range")]
    Database,
    #[error("ERR there are only locks in this database; SELECT another, or use ASKR.LOCK")]
    OnlyLocks,
    #[error("ERR only entries of database 0 have tags")]
    Tags,
    #[error("ERR a type is s, i or f")]
    Type,
    #[error("ERR KEYS finds too many; use SCAN")]
    TooManyKeys,
    #[error(
        "ERR the command has too many bytes, among them an argument of {0}; the store takes none that large"
    )]
    TooLarge(usize),
    #[error("ERR too much is sent and asked for by all clients together; try again")]
    TooMuch,
    #[error("ERR Protocol version is not an integer or out of range")]
    VersionNumber,
    #[error("ERR Syntax error in HELLO option '{0}'")]
    HelloOption(String),
    #[error("NOPROTO unsupported protocol version")]
    Version,
    #[error(
        "ERR AUTH <password> called without any password configured for the default user. \
         Are you sure your configuration is correct?"
    )]
    NoPassword,
    #[error("WRONGPASS invalid username-password pair or user is disabled.")]
    WrongPassword,
    #[error("ERR Client names cannot contain spaces, newlines or special characters.")]
    ClientName,
    #[error("ERR Protocol error: {0}")]
    Protocol(#[source] ProtocolError),
    #[error("ERR max number of clients reached")]
    TooManyClients,
    #[error("NOPERM only the user that PHP runs as, the server's and root may use the store")]
    Stranger,
    #[error("ERR the server ends")]
    Ending,
    #[error("{code} {error}", code = code(.error))]
    Store { error: StoreError },
}

impl Failure {
    /// Of a command that there is not.
    pub(crate) fn unknown(words: &[Bytes]) -> Self {
        const REST_BYTES_MAX: usize = 128;
        let mut rest = String::new();
        for word in words.iter().skip(1) {
            let room = REST_BYTES_MAX.saturating_sub(rest.len());
            if room == 0 {
                break;
            }
            rest.push_str(&format!("'{}' ", beginning(word, room)));
        }
        let name = words.first().map(|name| beginning(name, REST_BYTES_MAX));
        Self::Unknown {
            name: name.unwrap_or_default(),
            rest,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotANumber => Self::NotAnInteger,
            StoreError::Overflow => Self::Overflow,
            error => Self::Store { error },
        }
    }
}

/// Text for people, from bytes of anybody's.
pub(crate) fn beginning(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(most)]).into_owned()
}

fn code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full(_) => "OOM",
        StoreError::Busy => "BUSY",
        StoreError::Key { .. }
        | StoreError::ValueTooLarge { .. }
        | StoreError::NotANumber
        | StoreError::Overflow
        | StoreError::Corrupt => "ERR",
    }
}
