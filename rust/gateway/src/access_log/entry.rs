//! Everything the access log can say of one request.

use askr_exchange::WorkerId;
use http::Version;

/// One request, when all is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) request: &'a str,
    pub(super) client: &'a str,
    /// Who is at the other end of the connection, if that is not the client.
    pub(super) peer: Option<&'a str>,
    /// What was asked; not known when its head was refused.
    pub(super) asked: Option<Asked<'a>>,
    pub(super) tls: Option<&'static str>,
    pub(super) status: u16,
    pub(super) end: End,
    pub(super) received_bytes: u64,
    pub(super) sent_bytes: u64,
    pub(super) duration_us: u64,
    pub(super) source: Source,
    pub(super) php: Option<Php<'a>>,
    pub(super) encoding: Option<&'a [u8]>,
    pub(super) cache: Option<&'static str>,
}

/// What a client has asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) host: &'a [u8],
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) is_https: bool,
    pub(super) version: Version,
    pub(super) user_agent: Option<&'a [u8]>,
    pub(super) referer: Option<&'a [u8]>,
}

/// What PHP had to do with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Php<'a> {
    pub(super) pool: &'a str,
    pub(super) worker: Option<WorkerId>,
    pub(super) generation: Option<u32>,
    /// How long the request waited for a worker to take it.
    pub(super) wait_us: Option<u64>,
    /// From then to the end of the reply, as far as PHP makes it.
    pub(super) php_us: Option<u64>,
}

/// How a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The connection took all of it.
    Whole,
    /// It broke off on our side: PHP died, or did not give what it had announced.
    Cut,
    /// The client went, or the server did not wait for it any more.
    Left,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The server itself.
    Server,
    /// A static file.
    File,
    /// A worker.
    Php,
}

impl End {
    pub(super) fn word(self) -> &'static str {
        match self {
            End::Whole => "whole",
            End::Cut => "cut",
            End::Left => "left",
        }
    }
}

impl Source {
    pub(super) fn word(self) -> &'static str {
        match self {
            Source::Server => "server",
            Source::File => "file",
            Source::Php => "php",
        }
    }
}

/// As the request line has it.
pub(super) fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}
