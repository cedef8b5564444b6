//! Listeners, TLS, HTTP, files, dispatch.
//!
//! # Responsibility
//! Owns every client socket: accepts, parses through hyper and h2, serves files, hands requests
//! for PHP to the exchange once they are complete, and sends the replies.
//! # Not here
//! Slots, rings and workers' ends (`exchange`); starting or ending workers (`supervisor`);
//! running PHP (`worker`, `php`); where settings come from (`cli`).
//! # Invariants
//! Never depends on `php`. One I/O thread; no lock is held across a wait. Every wait has a
//! deadline and every buffer a bound, named in `limits.rs`. Status codes for errors stand in
//! `reply.rs` only, the choice who answers in `route.rs` only, and what is too much of one client
//! in `limiter.rs` only. hyper sees only request heads the intake has judged. A reply that was
//! cut never looks whole to its client.
//! # Testing
//! `tests/` drives a real gateway over sockets, with `testkit::FakeWorker` for PHP; the pure
//! parts (`route`, `connection::intake`, `client`, `hosting`, …) are table-tested where they stand.
#![forbid(unsafe_code)]

mod access_log;
mod alarm;
mod client;
mod complaints;
mod compression;
mod config;
mod connection;
mod date;
mod dispatch;
mod error;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gateway;
mod hosting;
mod limiter;
mod limits;
mod listening;
mod park;
mod probe;
mod reply;
mod request;
mod route;
mod service;
mod shutdown;
mod tls;

pub use access_log::{AccessField, AccessFormat, AccessLog, AccessLogPlace, SyslogAddress};
pub use client::Trust;
pub use client::forwarded::TrustedField;
pub use client::peers::{PeerList, PeerListError};
pub use compression::{Coding, CodingError, CodingLevels, LevelError, MediaRange, MediaRangeError};
pub use config::{
    ApplicationConfig, CompressionConfig, FileConfig, GatewayConfig, LimitRule, Limiting,
    PoolConfig,
};
pub use error::{BindError, ServeError};
pub use files::roots::{Rights, Symlinks};
pub use gateway::Gateway;
pub use hosting::host_name::{HostName, HostNameError};
pub use hosting::redirect_rule::{RedirectError, RedirectFrom, RedirectRule, RedirectTo};
pub use limiter::{LimitCounts, LimitKey, LimitKeyError, LimitTally};
pub use limits::{FIELDS_MAX, Limits};
pub use listening::listen::{Listen, ListenError, ListenPlace, Scheme};
pub use listening::socket::{Handed, ListeningSocket, try_address};
pub use park::runtime;
pub use probe::{Probe, ProbeFault, probe};
pub use shutdown::{Shutdown, ShutdownTrigger, Stage};
pub use tls::{
    AuthorityError, Certificates, ClientAuth, Lifetime, LocalAuthority, PairError, PairFacts,
    PairFiles, TlsConfig, TlsError, TlsVersion,
};
