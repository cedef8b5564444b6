//! The gateway's own endpoints. They never involve PHP.

use http::Response;

use crate::pools::Pools;
use crate::reply::{self, Refusal};
use crate::reply_body::Content;

/// `/askr/health`: this process lives.
pub(crate) fn health() -> Response<Content> {
    reply::fixed("ok\n")
}

/// `/askr/ready`: in each pool at least one worker can take a request.
pub(crate) fn ready(pools: &Pools) -> Result<Response<Content>, Refusal> {
    match pools.are_ready() {
        false => Err(Refusal::NotReady),
        true => Ok(reply::fixed("ready\n")),
    }
}
