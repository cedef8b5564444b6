//! Moves one request to one PHP worker and its reply back.
//!
//! # Responsibility
//! The shared-memory layout of one pool's exchange, the life cycle of a slot, bodies larger than
//! a slot, fair queues on both sides, recovery after a peer died, and the documents that cross:
//! request and reply heads (`wire`), and the messages of the control socket (`control`).
//! # Not here
//! Mapping memory, futexes and pidfds (`shm`); HTTP (gateway); PHP (php, worker); when to start
//! or end a process (supervisor). No clock, no socket, no environment: time is an argument.
//! # Invariants
//! A slot has one owner at a time, and only `Slot::advance` changes its state. Every index and
//! length that the other side wrote is loaded once and checked by its reader. Every wait is
//! bounded. A SIGKILL of either side at any instruction costs at most the one request.
//! # Testing
//! `tests/loom.rs` all interleavings of two ends, `tests/crash.rs` kills a peer in each state,
//! `tests/model.rs` random operations against a queue, `tests/hostile.rs` corrupt regions.
#![forbid(unsafe_code)]

mod bitmap;
pub mod control;
mod desk;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gateway_end;
mod hall;
mod ids;
mod job;
mod layout;
mod lease;
mod limits;
mod open;
mod ready;
mod ring;
mod seat;
mod slot;
mod spin;
mod subject;
mod waiters;
mod wire;
mod worker_end;

pub use error::{CreateError, DecodeError, JobError, OpenError, ReplyError, SendError};
pub use gateway_end::{GatewayEnd, LeaseFuture, SeatState};
pub use ids::{LeaseId, WaiterId, WorkerId};
pub use job::Job;
pub use lease::{Lease, ReplyEvent};
pub use limits::{
    CONTROL_BYTES_MAX, ExchangeLimits, HEAD_BYTES_MAX, RING_BYTES_MAX, RING_BYTES_MIN,
    SEAT_COUNT_MAX, SLOT_COUNT_MAX,
};
pub use seat::Activity;
pub use slot::Service;
pub use spin::Spin;
pub use subject::Subject;
pub use wire::{HttpVersion, ReplyHead, RequestHead};
pub use worker_end::{Taken, WorkerEnd};
