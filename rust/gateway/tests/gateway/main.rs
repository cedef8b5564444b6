//! A real gateway over real sockets, with fake workers instead of PHP.
#![expect(clippy::unwrap_used, reason = "a failed set-up fails the test")]

mod accelerated;
mod access_log;
mod banner;
mod bind;
mod clients;
mod compression;
mod encrypted;
mod failures;
mod files;
mod hostile;
mod hosts;
mod http2_attacks;
mod http2_deadlines;
mod http2_requests;
mod http2_rules;
mod interim;
mod limits;
mod ocsp;
mod pools;
mod probes;
mod requests;
mod resting;
mod roots;
mod server;
mod shutdown;
mod streams;
mod tls;
