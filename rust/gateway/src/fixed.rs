//! The gateway's own endpoints. They never involve PHP.

use askr_exchange::GatewayEnd;
use http::Response;

use crate::reply::{self, Refusal};
use crate::reply_body::Content;

/// `/askr/health`: this process lives.
pub(crate) fn health() -> Response<Content> {
    reply::fixed("ok\n")
}

/// `/askr/ready`: at least one worker can take a request.
pub(crate) fn ready(exchange: &GatewayEnd) -> Result<Response<Content>, Refusal> {
    match exchange.ready_workers() {
        0 => Err(Refusal::NotReady),
        _ => Ok(reply::fixed("ready\n")),
    }
}
