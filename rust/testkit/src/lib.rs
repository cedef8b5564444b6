//! Harness, fakes and clients for tests.
//!
//! # Responsibility
//! A worker without PHP ([`FakeWorker`]), an HTTP client that sends what it is told byte by byte
//! ([`Client`]), clients of HTTP/2 that keep its rules ([`streams`]) and that break them
//! ([`frames`]), the real binary end to end ([`Server`]), a Laravel application for it to serve
//! ([`Application`]), releases of a small one that can be broken in every way ([`Releases`]), a
//! load whose every answer is looked at ([`Load`]), nginx in front of FPM to compare it with ([`Fpm`]), the seeds of
//! fuzz targets without a fuzzer ([`seeds`]), and waits that end ([`eventually`]).
//! # Not here
//! Starting a gateway alone: the tests of that crate do.
//! # Invariants
//! No wait is longer than [`DEADLINE`]; what fails panics with what was seen.
//! # Testing
//! By its users.
#![forbid(unsafe_code)]

mod application;
mod client;
mod deadline;
mod fake_worker;
mod fpm;
pub mod frames;
mod gate;
mod load;
mod log;
mod releases;
mod response;
pub mod seeds;
mod server;
pub mod streams;

pub use application::Application;
pub use client::Client;
pub use deadline::{DEADLINE, eventually};
pub use fake_worker::{After, FakeWorker, Received, encoded_head, reply};
pub use fpm::{Fpm, FpmBuilder};
pub use gate::Gate;
pub use load::{Answer, Load, Tally};
pub use releases::{Flaw, Releases};
pub use response::{Cut, Response};
pub use server::{Ended, Server, ServerBuilder};
