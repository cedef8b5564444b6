//! The shared store for programs outside the server, in the words of Redis.
//!
//! # Responsibility
//! Serves a Unix socket on which the commands of Redis that map onto the store, and those of ours
//! that Laravel's driver needs, are answered; `docs/protocol/store-socket.md` describes them.
//! # Not here
//! The entries (`store`); the socket's place and its file (`cli`, `supervisor`); PHP inside the
//! server, which uses the store's memory itself (`worker`).
//! # Invariants
//! All of it runs on a thread of its own: no wait for a lock of the store delays a request. No
//! client is given memory because it announces something, beyond what `limits.rs` allows; every
//! wait has a deadline. What a client may be told stands in `failure.rs` only.
//! # Testing
//! Unit tests beside the modules; `tests/` talks to a real server over a socket, with hostile
//! clients and with `redis-cli`.
#![forbid(unsafe_code)]

mod command;
mod commands;
mod config;
mod connection;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod house;
mod intake;
mod limits;
mod locking;
mod pattern;
mod reply;
mod server;
mod session;
mod words;

pub use config::ServerConfig;
pub use server::Server;
