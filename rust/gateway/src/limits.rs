//! Every bound the gateway holds its clients and itself to.

use std::time::Duration;

/// What a client may send and how long anything may take.
///
/// Sizes are in bytes. Each limit that a client can run into is named in the answer it gets.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections open at once; more wait in the kernel's backlog.
    pub connections: usize,
    /// Connections of one client, which are closed beyond that; 0 is any number. IPv6 clients are
    /// one by their /64.
    pub client_connections: usize,
    /// Request line and header fields together (431). Stays below what one exchange head holds.
    pub head_bytes: usize,
    /// Header fields of one request (431). hyper's parser holds at most [`FIELDS_MAX`].
    pub head_fields: usize,
    /// The request line alone (414).
    pub request_line_bytes: usize,
    /// The request body (413).
    pub body_bytes: u64,
    /// The part of a body kept in memory; a larger one goes to an unlinked temporary file.
    pub body_memory_bytes: usize,
    /// From the first byte of a head to its last (408).
    pub head_read: Duration,
    /// What a body may take before its rate counts (408).
    pub body_read: Duration,
    /// Bytes per second a body must keep up after [`Limits::body_read`] (408).
    pub body_rate_bytes_min: u32,
    /// TLS handshakes under way at once; more wait, at most for twice [`Limits::handshake`].
    pub handshakes: usize,
    /// How long a client may take to begin a TLS handshake, and then to end it.
    pub handshake: Duration,
    /// An idle connection is closed after this.
    pub keep_alive: Duration,
    /// A client that takes no byte of its reply for this long is cut off.
    pub write_stall: Duration,
    /// Requests that one HTTP/2 connection may have under way; more are refused and may be sent
    /// again.
    pub http2_streams: u32,
    /// What the gateway holds of a reply for a slow reader, so that the worker goes free.
    pub reply_buffer_bytes: usize,
    /// What of a reply a temporary file holds beyond that.
    pub reply_file_bytes: u64,
    /// How long a worker waits for a client that takes nothing before that file is made.
    pub reply_patience: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            client_connections: 0,
            head_bytes: 32 * 1024,
            head_fields: FIELDS_MAX,
            request_line_bytes: 16 * 1024,
            body_bytes: 128 * 1024 * 1024,
            body_memory_bytes: 128 * 1024,
            head_read: Duration::from_secs(15),
            body_read: Duration::from_secs(30),
            body_rate_bytes_min: 1024,
            handshakes: 1000,
            handshake: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            write_stall: Duration::from_secs(60),
            http2_streams: 128,
            reply_buffer_bytes: 1024 * 1024,
            reply_file_bytes: 1024 * 1024 * 1024,
            reply_patience: Duration::from_millis(10),
        }
    }
}

/// Fields hyper parses without a heap allocation per request.
pub const FIELDS_MAX: usize = 100;

/// Connections the kernel holds for us before `accept`.
pub(crate) const BACKLOG: i32 = 4096;

/// How many idle connections are asked to leave at once when all places are taken.
pub(crate) const LEAVING_AT_ONCE: usize = 32;

/// What a balancer may say of its client ahead of a connection.
pub(crate) const PROXY_BYTES_MAX: usize = 4 * 1024;

/// Blank lines a client may send before a request line (RFC 9112 §2.2 asks for one).
pub(crate) const BLANK_LINES_MAX: usize = 4;

/// One chunk-size line, with its extensions.
pub(crate) const CHUNK_LINE_BYTES_MAX: usize = 1024;

/// All trailer fields of one chunked body.
pub(crate) const TRAILER_BYTES_MAX: usize = 8 * 1024;

/// How long a closing connection still takes what the client sends, so that the client reads
/// the answer instead of a reset.
pub(crate) const LINGER: Duration = Duration::from_secs(2);

/// An idle connection of HTTP/1 does without hyper and its buffers after this. Longer than clients
/// at work pause: beginning anew costs two allocations.
pub(crate) const REST_PATIENCE: Duration = Duration::from_millis(250);

/// What a closing connection still takes from the client.
pub(crate) const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// First pause after the machine or the process ran out of descriptors; doubles up to
/// [`ACCEPT_PAUSE_MAX`].
pub(crate) const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(10);

/// Longest pause between two tries to accept.
pub(crate) const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// How much of a body moves between file, ring and socket at a time.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// Parts of a file that one request may ask for; with more it gets the whole file.
pub(crate) const RANGES_MAX: usize = 16;

/// Files up to this size are kept in memory, larger ones by their descriptors.
pub(crate) const FILE_MEMORY_BYTES_MAX: u64 = 256 * 1024;

/// Descriptors of large files that are kept open because somebody may want them again.
pub(crate) const FILE_DESCRIPTORS_MAX: usize = 128;

/// How often descriptors that nobody used are given up.
pub(crate) const FILE_SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// What was changed longer ago has another time after its next change, on any file system.
pub(crate) const FILE_SETTLED: Duration = Duration::from_secs(2);

/// How much of a large file is read at a time.
pub(crate) const FILE_READ_BYTES: usize = 128 * 1024;

/// How much of a file the kernel is asked to send at a time.
pub(crate) const TRANSFER_BYTES_MAX: usize = 512 * 1024;

/// How long it is believed that a file has no packed copy beside it.
pub(crate) const SIBLING_RECHECK: Duration = Duration::from_secs(1);

/// Files of which that is known.
pub(crate) const SIBLINGS_KNOWN_MAX: usize = 10_000;

/// How much of a reply moves between its worker, a temporary file and its client at a time.
pub(crate) const OVERFLOW_PIECE_BYTES: usize = 256 * 1024;

/// Interim replies that may wait for a client to take them.
pub(crate) const INTERIM_BYTES_MAX: usize = 16 * 1024;

/// Log lines a second about requests not answered by PHP; the rest is counted.
pub(crate) const COMPLAINTS_PER_S_MAX: u32 = 10;

/// How often the log says that a limit refuses requests.
pub(crate) const NEWS_INTERVAL: Duration = Duration::from_secs(60);

/// What `Retry-After` says when the queue is full, in seconds.
pub(crate) const RETRY_AFTER_S: u64 = 1;

/// How long a request may be held by a worker that does not exist.
pub(crate) const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// Polls of connections after which news from workers is looked for, if the thread did not park
/// before. As many as tokio runs tasks between two looks at its event queue.
pub(crate) const POLLS_PER_GLANCE: u32 = 61;

/// Sessions of TLS 1.2 that can be resumed by their number.
pub(crate) const TLS_SESSIONS_MAX: usize = 4096;

/// How often the files of certificates are looked at.
pub(crate) const CERTIFICATE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How often the log may say that a certificate ends.
pub(crate) const CERTIFICATE_CHECK_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Certificates of the local authority that are kept, each for a name that was asked for.
pub(crate) const LOCAL_CERTIFICATES_MAX: usize = 256;

/// How long the first words of HTTP/2, which come in one piece, may come in several.
pub(crate) const HTTP2_PREFACE_PATIENCE: Duration = Duration::from_secs(1);

/// What a client may send of one body before it is read.
pub(crate) const HTTP2_STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// What a client may send of all bodies of a connection before they are read.
pub(crate) const HTTP2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// What of one reply is handed over to be framed before it is written.
pub(crate) const HTTP2_SEND_BUFFER_BYTES: usize = 128 * 1024;

/// What a field counts beside its name and value (RFC 9113 §10.5.1).
pub(crate) const HTTP2_FIELD_OVERHEAD_BYTES: usize = 32;

/// Frames gathered for one write. As much as one TLS record holds.
pub(crate) const HTTP2_GATHER_BYTES: usize = 16 * 1024;

/// How long a client without requests has to see that the connection ends.
pub(crate) const HTTP2_GOAWAY_PATIENCE: Duration = Duration::from_secs(2);

/// Streams of one connection that end because of what the client does wrong.
pub(crate) const HTTP2_RESETS_OF_OURS_MAX: usize = 100;

/// Frames a client may send, beside requests and bodies, before it must earn more.
pub(crate) const HTTP2_ALLOWANCE_MAX: u32 = 2000;

/// Such frames a second that a client may send for ever.
pub(crate) const HTTP2_ALLOWANCE_PER_S: u32 = 20;

/// Bytes of bodies and replies that earn one such frame: less than the smallest window an honest
/// client opens.
pub(crate) const HTTP2_BYTES_PER_ALLOWANCE: usize = 256;

/// How many such frames it counts when a client takes a request back.
pub(crate) const HTTP2_RESET_COST: u32 = 10;

/// More of a reply than this is compressed on a thread of its own: up to here no level takes
/// half a millisecond.
pub(crate) const CODED_IN_PLACE_BYTES_MAX: usize = 16 * 1024;

/// How long a reply may take to show that it is a short one, before it is compressed as it comes.
pub(crate) const SHORT_REPLY_PATIENCE: Duration = Duration::from_millis(2);

/// How much of one reply is compressed before others have their turn, and how much of it a
/// client may wait for while more keeps coming.
pub(crate) const CODED_AT_A_TIME_BYTES: usize = 64 * 1024;

/// A larger file is sent as it is: who has such files compresses them once, beside the original.
pub(crate) const CODED_FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is kept of files in memory that were compressed, the originals counted.
pub(crate) const CODED_KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How far back zstd looks: 512 KB. Browsers go along up to 8 MB (RFC 9659), at the price of as
/// much memory for every reply under way.
pub(crate) const ZSTD_WINDOW_BITS: u32 = 19;

/// How far back brotli looks: 256 KB.
pub(crate) const BROTLI_WINDOW_BITS: u32 = 18;

/// Lines of the access log that may wait to be written, in bytes; what comes then is counted.
pub(crate) const ACCESS_LOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The access log is written as soon as this much of it waits …
pub(crate) const ACCESS_LOG_PIECE_BYTES: usize = 64 * 1024;

/// … or so long after its first line.
pub(crate) const ACCESS_LOG_INTERVAL: Duration = Duration::from_millis(100);

/// How much of what a client says is in one field of a line of the access log.
pub(crate) const LOGGED_VALUE_BYTES_MAX: usize = 4096;

/// How long a responder may take to say whether a certificate was revoked.
pub(crate) const RESPONDER_PATIENCE: Duration = Duration::from_secs(10);

/// What it may say.
pub(crate) const RESPONSE_BYTES_MAX: usize = 64 * 1024;

/// First pause after a responder has failed; doubles up to [`RESPONDER_PAUSE_MAX`].
pub(crate) const RESPONDER_PAUSE_MIN: Duration = Duration::from_secs(60);

/// Longest pause after a responder has failed, and between two questions that it answered.
pub(crate) const RESPONDER_PAUSE_MAX: Duration = Duration::from_secs(12 * 60 * 60);
