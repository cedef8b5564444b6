//! The gateway's own endpoints. They never involve PHP.

use http::Response;

use crate::hosting::application::Application;
use crate::reply::body::Content;
use crate::reply::{self, Refusal};

/// `/askr/health`: this process lives.
pub(crate) fn health() -> Response<Content> {
    reply::fixed("ok\n")
}

/// `/askr/ready`: in each pool of these applications at least one worker can take a request.
pub(crate) fn ready(applications: &[Application]) -> Result<Response<Content>, Refusal> {
    match applications.iter().all(|each| each.pools.are_ready()) {
        false => Err(Refusal::NotReady),
        true => Ok(reply::fixed("ready\n")),
    }
}
