//! What can go wrong, one enum per operation.

use std::io;

use crate::control::ProcessEnd;
use crate::ids::WorkerId;

/// Why [`GatewayEnd::create`](crate::GatewayEnd::create) made no exchange.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A field of the limits is zero, too large or, for a ring, not a power of two.
    #[error("{name} = {value} is out of bounds")]
    Limits {
        /// The field of [`ExchangeLimits`](crate::ExchangeLimits).
        name: &'static str,
        /// Its value.
        value: u32,
    },
    /// The shared memory could not be made.
    #[error("shared memory of {bytes} bytes")]
    Region {
        /// Size asked for.
        bytes: usize,
        /// What the system said.
        #[source]
        source: askr_shm::CreateError,
    },
    /// The doorbell could not be made.
    #[error("doorbell")]
    Doorbell(#[source] io::Error),
}

/// Why [`WorkerEnd::open`](crate::WorkerEnd::open) refused what it was given.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The descriptor is not a sealed memory region of a usable size.
    #[error("region")]
    Region(#[source] askr_shm::OpenError),
    /// The region is not an exchange.
    #[error("magic is {found:#018x}")]
    Magic {
        /// What stands where the magic number should.
        found: u64,
    },
    /// The region was made by another version of Askr.
    #[error("layout version is {found}, expected {expected}")]
    Version {
        /// Version in the region.
        found: u32,
        /// Version of this program.
        expected: u32,
    },
    /// A size in the header is out of bounds.
    #[error("{name} = {value} is out of bounds")]
    Limits {
        /// The field of [`ExchangeLimits`](crate::ExchangeLimits).
        name: &'static str,
        /// Its value.
        value: u32,
    },
    /// The region is smaller than its own header claims.
    #[error("region has {found} bytes, its header needs {needed}")]
    Truncated {
        /// Size of the memory.
        found: usize,
        /// Size that the limits in the header need.
        needed: usize,
    },
    /// The seat does not exist, or the incarnation is 0.
    #[error("no seat for worker {worker}, there are {seat_count}")]
    NoSuchSeat {
        /// Who wanted to sit down.
        worker: WorkerId,
        /// Seats of this exchange.
        seat_count: u16,
    },
    /// Another worker sits there and was not buried.
    #[error("seat {} is taken by incarnation {incarnation}", worker.seat)]
    SeatTaken {
        /// Who wanted to sit down.
        worker: WorkerId,
        /// Who sits there.
        incarnation: u32,
    },
    /// The process that made the exchange no longer runs.
    #[error("the gateway, process {pid}, is gone")]
    GatewayGone {
        /// Its process id.
        pid: u32,
    },
}

/// Why [`Lease::poll_send`](crate::Lease::poll_send) did not take the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The head at the start of the bytes is larger than a worker accepts.
    #[error("request head of {bytes} bytes exceeds {limit}")]
    HeadTooLarge {
        /// Bytes of the encoded head.
        bytes: usize,
        /// [`HEAD_BYTES_MAX`](crate::HEAD_BYTES_MAX).
        limit: usize,
    },
    /// The worker has ended the request, so nobody will read the rest.
    #[error("the request is over")]
    Over,
    /// The worker died; see [`Lease::resubmit`](crate::Lease::resubmit).
    #[error("worker {worker} died")]
    WorkerLost {
        /// The one that had the request.
        worker: WorkerId,
        /// How its process ended, if whoever buried it knew.
        end: Option<ProcessEnd>,
    },
    /// A worker wrote nonsense into the shared memory.
    #[error("slot {slot_index}: {what} is {value:#x}")]
    Corrupt {
        /// The slot concerned.
        slot_index: u16,
        /// The field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
}

/// Why [`Lease::poll_reply`](crate::Lease::poll_reply) has no whole reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The worker died before it ended the reply.
    #[error("worker {worker} died")]
    WorkerLost {
        /// The one that had the request.
        worker: WorkerId,
        /// How its process ended, if whoever buried it knew.
        end: Option<ProcessEnd>,
    },
    /// The worker cut the reply on purpose.
    #[error("the worker aborted the reply")]
    Aborted,
    /// The request has had its time; see [`GatewayEnd::condemn`](crate::GatewayEnd::condemn).
    #[error("the request took too long")]
    Condemned,
    /// A worker wrote nonsense into the shared memory.
    #[error("slot {slot_index}: {what} is {value:#x}")]
    Corrupt {
        /// The slot concerned.
        slot_index: u16,
        /// The field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
}

/// Why a [`Job`](crate::Job) could not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The client left; nobody will read the reply.
    #[error("the request was cancelled")]
    Cancelled,
    /// The gateway process no longer runs.
    #[error("the gateway is gone")]
    GatewayGone,
    /// The encoded reply head is larger than the gateway accepts.
    #[error("reply head of {bytes} bytes exceeds {limit}")]
    HeadTooLarge {
        /// Bytes of the encoded head.
        bytes: usize,
        /// [`HEAD_BYTES_MAX`](crate::HEAD_BYTES_MAX).
        limit: usize,
    },
    /// The shared memory holds nonsense.
    #[error("slot {slot_index}: {what} is {value:#x}")]
    Corrupt {
        /// The slot concerned.
        slot_index: u16,
        /// The field.
        what: &'static str,
        /// Its value.
        value: u64,
    },
}

/// Why bytes are not a [`RequestHead`](crate::RequestHead) or [`ReplyHead`](crate::ReplyHead).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`HEAD_BYTES_MAX`](crate::HEAD_BYTES_MAX).
    #[error("head of {bytes} bytes exceeds {limit}")]
    TooLarge {
        /// Bytes given.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The length at the start does not match the bytes.
    #[error("head of {bytes} bytes claims {claimed}")]
    Length {
        /// Bytes given.
        bytes: usize,
        /// Length that the head claims.
        claimed: usize,
    },
    /// The document itself is malformed.
    #[error("malformed head")]
    Malformed(#[source] postcard::Error),
}
