//! Asks a worker for a page, to see whether it can give one.

use std::future::poll_fn;
use std::time::Duration;

use askr_exchange::{
    DecodeError, GatewayEnd, HttpVersion, Lease, ReplyError, ReplyEvent, ReplyHead, RequestHead,
    SendError, WorkerId,
};
use tokio::time::timeout;

use crate::limits::CHUNK_BYTES;
use crate::request::head::now_us;
use crate::request::id::{RequestId, RequestIds};
use crate::route::FRONT_CONTROLLER;

/// What to ask for, and whom.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Path and query, for example `/up`.
    pub target: String,
    /// The host to ask it of.
    pub host: String,
    /// Nobody else may answer; `None` is whoever is free.
    pub worker: Option<WorkerId>,
    /// How long all of it may take.
    pub patience: Duration,
}

/// Why a probe brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFault {
    /// Nobody took it, or the answer did not end in time.
    #[error("no answer within {patience:?}")]
    Late {
        /// How long it could have taken.
        patience: Duration,
    },
    /// The target is longer than a worker accepts.
    #[error("the probe cannot be sent")]
    Send(#[source] SendError),
    /// The worker died, or did not answer whole.
    #[error("the worker did not answer")]
    Reply(#[source] ReplyError),
    /// The worker's answer makes no sense.
    #[error("the answer cannot be read")]
    Head(#[source] DecodeError),
}

/// Sends a GET through `exchange`, as a client on this machine would, and returns the status of
/// the answer once that is whole.
///
/// # Errors
/// When there is no whole answer in time.
///
/// # Cancel safety
/// Dropping the future cancels the request.
pub async fn probe(exchange: &GatewayEnd, probe: &Probe) -> Result<u16, ProbeFault> {
    let patience = probe.patience;
    let asked = timeout(patience, ask(exchange, probe)).await;
    asked.unwrap_or(Err(ProbeFault::Late { patience }))
}

async fn ask(exchange: &GatewayEnd, probe: &Probe) -> Result<u16, ProbeFault> {
    let mut lease = exchange.lease().await;
    send(&mut lease, probe).await?;
    let (mut status, mut part) = (0, Vec::new());
    loop {
        part.clear();
        let event = poll_fn(|cx| lease.poll_reply(cx, &mut part, CHUNK_BYTES));
        match event.await.map_err(ProbeFault::Reply)? {
            ReplyEvent::Head => {
                status = ReplyHead::decode(&part).map_err(ProbeFault::Head)?.status;
            }
            ReplyEvent::Interim | ReplyEvent::Body => {}
            ReplyEvent::End => return Ok(status),
        }
    }
}

async fn send(lease: &mut Lease, probe: &Probe) -> Result<(), ProbeFault> {
    let id = RequestIds::default().next();
    let path = probe.target.split('?').next().unwrap_or_default();
    lease.describe(id.as_str(), "GET", path);
    let head = encoded(&id, probe);
    let mut unsent = &head[..];
    let mut is_submitted = false;
    while !unsent.is_empty() {
        let sent = poll_fn(|cx| {
            let sent = lease.poll_send(cx, unsent);
            if !std::mem::replace(&mut is_submitted, true) {
                match probe.worker {
                    Some(worker) => lease.submit_to(worker),
                    None => lease.submit(),
                }
            }
            sent
        });
        match sent.await {
            Ok(sent) => unsent = &unsent[sent..],
            // The reply says why.
            Err(SendError::Over) => return Ok(()),
            Err(fault) => return Err(ProbeFault::Send(fault)),
        }
    }
    Ok(())
}

fn encoded(id: &RequestId, probe: &Probe) -> Vec<u8> {
    let head = RequestHead {
        id: id.as_str(),
        method: "GET",
        target: &probe.target,
        version: HttpVersion::Http11,
        https: false,
        headers: vec![
            ("host", probe.host.as_bytes()),
            ("user-agent", b"askr probe"),
        ],
        variables: Vec::new(),
        remote_ip: "127.0.0.1",
        remote_port: 0,
        server_ip: "127.0.0.1",
        server_port: 80,
        script_name: FRONT_CONTROLLER,
        path_info: "",
        body_bytes: 0,
        received_us: now_us(),
    };
    let mut encoded = Vec::new();
    head.encode(&mut encoded);
    encoded
}
