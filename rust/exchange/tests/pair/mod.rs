//! Two ends of one exchange in one process, and a gateway without an event loop.
#![allow(dead_code, reason = "each test crate uses its own part")]
#![allow(clippy::cast_possible_truncation, reason = "the pattern repeats")]
#![allow(clippy::unwrap_used, reason = "test code outside of a test function")]

use std::os::fd::OwnedFd;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use askr_shm::Deadline;

use askr_exchange::{
    ExchangeLimits, GatewayEnd, HttpVersion, Job, Lease, ReplyError, ReplyEvent, ReplyHead,
    RequestHead, SendError, Taken, WorkerEnd, WorkerId,
};

/// Longer than any test takes; a wait that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// No wait at all.
pub(crate) const AT_ONCE: Duration = Duration::ZERO;

pub(crate) fn limits(slot_count: u16, ring_bytes: u32) -> ExchangeLimits {
    let (request_bytes, reply_bytes) = (ring_bytes, ring_bytes);
    ExchangeLimits {
        slot_count,
        seat_count: 4,
        request_bytes,
        reply_bytes,
    }
}

pub(crate) fn worker_id(seat: u16) -> WorkerId {
    WorkerId {
        seat,
        incarnation: u32::from(seat) + 1,
    }
}

pub(crate) fn fds(gateway: &GatewayEnd) -> (OwnedFd, OwnedFd) {
    let (region, doorbell) = gateway.fds();
    (
        region.try_clone_to_owned().unwrap(),
        doorbell.try_clone_to_owned().unwrap(),
    )
}

pub(crate) fn worker(gateway: &GatewayEnd, seat: u16) -> WorkerEnd {
    join(gateway, worker_id(seat))
}

pub(crate) fn join(gateway: &GatewayEnd, worker: WorkerId) -> WorkerEnd {
    let (region, doorbell) = fds(gateway);
    WorkerEnd::open(region, doorbell, worker).unwrap()
}

pub(crate) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// Polls until it is ready, sleeping at the doorbell in between.
pub(crate) fn wait<T>(
    gateway: &GatewayEnd,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> T {
    loop {
        if let Poll::Ready(value) = poll(&mut context()) {
            return value;
        }
        assert!(gateway.block(PATIENCE), "no news within {PATIENCE:?}");
    }
}

pub(crate) fn lease(gateway: &GatewayEnd) -> Lease {
    let mut future = pin!(gateway.lease());
    wait(gateway, |cx| future.as_mut().poll(cx))
}

pub(crate) fn request_head(target: &str, body_bytes: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let head = RequestHead {
        id: "0123456789abcdef",
        method: "POST",
        target,
        version: HttpVersion::Http11,
        https: false,
        headers: vec![("host", b"x.test")],
        variables: Vec::new(),
        remote_ip: "127.0.0.1",
        remote_port: 1,
        server_ip: "127.0.0.1",
        server_port: 80,
        script_name: "/index.php",
        path_info: "",
        body_bytes,
        received_us: 1,
    };
    head.encode(&mut bytes);
    bytes
}

pub(crate) fn reply_head(status: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    ReplyHead {
        status,
        headers: vec![(b"X-Test", b"yes")],
    }
    .encode(&mut bytes);
    bytes
}

/// Sends a request that fits into the ring and submits it.
pub(crate) fn submit(gateway: &GatewayEnd, target: &str, body: &[u8]) -> Lease {
    let mut lease = lease(gateway);
    let mut bytes = request_head(target, body.len() as u64);
    bytes.extend_from_slice(body);
    assert_eq!(send_some(&mut lease, &bytes), Ok(bytes.len()));
    lease.submit();
    lease
}

/// Sends what there is room for now.
pub(crate) fn send_some(lease: &mut Lease, bytes: &[u8]) -> Result<usize, SendError> {
    match lease.poll_send(&mut context(), bytes) {
        Poll::Ready(sent) => sent,
        Poll::Pending => Ok(0),
    }
}

pub(crate) fn send_all(gateway: &GatewayEnd, lease: &mut Lease, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let sent = wait(gateway, |cx| lease.poll_send(cx, bytes)).unwrap();
        bytes = &bytes[sent..];
    }
}

pub(crate) fn next_event(
    gateway: &GatewayEnd,
    lease: &mut Lease,
    out: &mut Vec<u8>,
) -> Result<ReplyEvent, ReplyError> {
    wait(gateway, |cx| lease.poll_reply(cx, out, 1024))
}

/// The whole reply: status and body.
pub(crate) fn reply(gateway: &GatewayEnd, lease: &mut Lease) -> Result<(u16, Vec<u8>), ReplyError> {
    let mut head = Vec::new();
    assert_eq!(next_event(gateway, lease, &mut head)?, ReplyEvent::Head);
    let status = ReplyHead::decode(&head).unwrap().status;
    let mut body = Vec::new();
    while next_event(gateway, lease, &mut body)? == ReplyEvent::Body {}
    Ok((status, body))
}

pub(crate) fn take(worker: &mut WorkerEnd) -> Job {
    match worker.take(PATIENCE) {
        Taken::Request(job) => job,
        other => panic!("took {other:?}"),
    }
}

/// The target of a job's request.
pub(crate) fn target(job: &mut Job) -> String {
    let head = job.head_bytes().unwrap();
    RequestHead::decode(&head).unwrap().target.to_owned()
}

pub(crate) fn read_all(job: &mut Job) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = [0; 100];
    loop {
        match job.read_body(&mut part).unwrap() {
            0 => return body,
            count => body.extend_from_slice(&part[..count]),
        }
    }
}

/// Answers with 200 and the body of the request.
pub(crate) fn echo(mut job: Job) {
    job.head_bytes().unwrap();
    job.write_head(&reply_head(200)).unwrap();
    let mut part = [0; 100];
    loop {
        match job.read_body(&mut part).unwrap() {
            0 => return job.end(),
            count => job.write_body(&part[..count]).unwrap(),
        }
    }
}

/// Waits, looking all the time, until something that makes no noise has happened.
pub(crate) fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Deadline::after(PATIENCE);
    while !happened() {
        assert!(!deadline.is_over(), "{what} did not happen");
        std::thread::yield_now();
    }
}

/// Bytes that show a swap, a gap or a repetition.
pub(crate) fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|index| (index * 7 + index / 251) as u8)
        .collect()
}
