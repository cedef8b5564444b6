//! What a client is told when there is no reply to forward: the only place that knows status
//! codes for errors.

pub(crate) mod banner;
pub(crate) mod body;
pub(crate) mod fixed;
pub(crate) mod head;
pub(crate) mod own_fields;
pub(crate) mod stream;

use std::io;
use std::time::Instant;

use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
};
use http::{Response, StatusCode};
use rustix::io::Errno;

use crate::complaints::Complaints;
use crate::connection::intake::fault::HeadFault;
use crate::dispatch::{self, DispatchFault};
use crate::hosting::redirects::Redirect;
use crate::limiter::TooMany;
use crate::limits::RETRY_AFTER_S;
use crate::reply::body::Content;
use crate::request::body::BodyFault;
use crate::request::subject::Subject;
use crate::route::PathFault;

/// Why a request is answered by the gateway instead of PHP.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Head(#[from] HeadFault),
    #[error(transparent)]
    Path(#[from] PathFault),
    #[error(transparent)]
    Body(#[from] BodyFault),
    #[error(transparent)]
    Dispatch(#[from] DispatchFault),
    #[error("{fault}")]
    TooMany {
        fault: TooMany,
        /// The client is still sending what nobody will read.
        close: bool,
    },
    #[error("there is nothing at this path")]
    NotFound,
    #[error("the file cannot be read")]
    File(#[from] io::Error),
    #[error("no worker is ready")]
    NotReady,
    #[error("the application does not start")]
    Resting,
    #[error("this port speaks HTTPS only")]
    NotEncrypted,
    #[error("no application has this host name")]
    Misdirected,
}

/// What goes with the text of a refusal.
struct Manner {
    status: StatusCode,
    /// The rest of the connection cannot be trusted or is not wanted.
    close: bool,
    /// How many seconds later it makes sense to come again.
    retry_after_s: Option<u64>,
}

/// The answer to a refused request: plain text, one line, the reason and the limit.
pub(crate) fn refuse(
    refusal: &Refusal,
    subject: &Subject,
    complaints: &Complaints,
) -> Response<Content> {
    let manner = manner(refusal);
    log(refusal, subject, manner.status, complaints);
    let text = format!("{} {refusal}\n", manner.status.as_str());
    let mut response = Response::new(Content::full(text));
    *response.status_mut() = manner.status;
    let headers = response.headers_mut();
    plain_text(headers);
    if manner.close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(seconds) = manner.retry_after_s {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Refusal::Head(HeadFault::Connect) = refusal {
        headers.insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    response
}

/// Sends the client to the same directory with a slash behind it.
pub(crate) fn redirect(path: &str, query: Option<&str>) -> Response<Content> {
    let location = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut response = Response::new(Content::Empty);
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Sends the client where a rule says.
pub(crate) fn redirect_to(redirect: &Redirect) -> Response<Content> {
    let mut response = Response::new(Content::Empty);
    *response.status_mut() = StatusCode::from_u16(redirect.status).unwrap_or(StatusCode::FOUND);
    if let Ok(location) = HeaderValue::from_str(&redirect.location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Sends the client to the same place by HTTPS, with the method and the body it has.
pub(crate) fn to_https(location: &str, close: bool) -> Response<Content> {
    let mut response = Response::new(Content::Empty);
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(LOCATION, location);
    }
    if close {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A fixed answer in plain text.
pub(crate) fn fixed(text: &'static str) -> Response<Content> {
    let mut response = Response::new(Content::fixed(text));
    plain_text(response.headers_mut());
    response
}

/// Makes `response` say that the client has what it would get.
pub(crate) fn not_modified(response: &mut Response<Content>) {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    without_contents(response);
}

/// Makes `response` say that it is about another version than the client wants.
pub(crate) fn precondition_failed(response: &mut Response<Content>) {
    *response.status_mut() = StatusCode::PRECONDITION_FAILED;
    without_contents(response);
    response.headers_mut().remove(CACHE_CONTROL);
}

/// Makes `response` say that nothing of the `length` bytes is what the client wants.
pub(crate) fn range_not_satisfiable(response: &mut Response<Content>, length: u64) {
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    without_contents(response);
    let headers = response.headers_mut();
    headers.remove(CACHE_CONTROL);
    if let Ok(range) = HeaderValue::try_from(format!("bytes */{length}")) {
        headers.insert(CONTENT_RANGE, range);
    }
}

fn without_contents(response: &mut Response<Content>) {
    *response.body_mut() = Content::Empty;
    for name in [
        CONTENT_TYPE,
        CONTENT_ENCODING,
        CONTENT_LENGTH,
        CONTENT_DISPOSITION,
    ] {
        response.headers_mut().remove(name);
    }
}

fn plain_text(headers: &mut HeaderMap) {
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
}

fn manner(refusal: &Refusal) -> Manner {
    match refusal {
        Refusal::Head(fault) => Manner::closing(head_status(*fault)),
        Refusal::Path(PathFault::Climbs | PathFault::Nul | PathFault::Encoding) => {
            Manner::staying(StatusCode::BAD_REQUEST)
        }
        Refusal::Body(fault) => Manner::closing(body_status(fault)),
        Refusal::Dispatch(fault) => dispatch_manner(fault),
        Refusal::TooMany { fault, close } => Manner {
            status: StatusCode::TOO_MANY_REQUESTS,
            close: *close,
            retry_after_s: Some(fault.wait_s),
        },
        Refusal::NotFound => Manner::staying(StatusCode::NOT_FOUND),
        Refusal::File(error) => Manner::staying(file_status(error)),
        Refusal::NotReady | Refusal::Resting => Manner::retrying(),
        Refusal::NotEncrypted => Manner::closing(StatusCode::BAD_REQUEST),
        Refusal::Misdirected => Manner::staying(StatusCode::MISDIRECTED_REQUEST),
    }
}

fn head_status(fault: HeadFault) -> StatusCode {
    match fault {
        HeadFault::RequestLineTooLong { .. } => StatusCode::URI_TOO_LONG,
        HeadFault::TooLarge { .. } | HeadFault::TooManyFields { .. } => {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        }
        HeadFault::Late { .. } => StatusCode::REQUEST_TIMEOUT,
        HeadFault::Connect => StatusCode::METHOD_NOT_ALLOWED,
        HeadFault::UnknownCoding => StatusCode::NOT_IMPLEMENTED,
        HeadFault::Version => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        HeadFault::RequestLine
        | HeadFault::Target
        | HeadFault::BareLineFeed
        | HeadFault::Folded
        | HeadFault::Field
        | HeadFault::HostMissing
        | HeadFault::HostRepeated
        | HeadFault::Host
        | HeadFault::HostsDiffer
        | HeadFault::Length
        | HeadFault::LengthsDiffer
        | HeadFault::LengthAndChunked
        | HeadFault::TransferCoding
        | HeadFault::Framing => StatusCode::BAD_REQUEST,
    }
}

fn body_status(fault: &BodyFault) -> StatusCode {
    match fault {
        BodyFault::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        BodyFault::Late { .. } => StatusCode::REQUEST_TIMEOUT,
        BodyFault::Broken(_) => StatusCode::BAD_REQUEST,
        BodyFault::Spool(error) if is_out_of_space(error) => StatusCode::INSUFFICIENT_STORAGE,
        BodyFault::Spool(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A file may be gone, or out of reach, since it was found.
fn file_status(error: &io::Error) -> StatusCode {
    match Errno::from_io_error(error) {
        Some(Errno::NOENT | Errno::NOTDIR | Errno::XDEV | Errno::LOOP) => StatusCode::NOT_FOUND,
        Some(Errno::ACCESS | Errno::PERM) => StatusCode::FORBIDDEN,
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn is_out_of_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

fn dispatch_manner(fault: &DispatchFault) -> Manner {
    match fault {
        DispatchFault::QueueFull { .. } | DispatchFault::QueueWait { .. } => Manner::retrying(),
        DispatchFault::WorkerLost { .. } | DispatchFault::Cut => {
            Manner::staying(StatusCode::BAD_GATEWAY)
        }
        DispatchFault::Condemned => Manner::staying(StatusCode::GATEWAY_TIMEOUT),
        DispatchFault::Corrupt { .. }
        | DispatchFault::ReplyHead(_)
        | DispatchFault::ReplyStatus { .. }
        | DispatchFault::Spool(_) => Manner::staying(StatusCode::INTERNAL_SERVER_ERROR),
        DispatchFault::HeadTooLarge { .. } => {
            Manner::staying(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
        }
    }
}

impl Manner {
    fn staying(status: StatusCode) -> Manner {
        Manner {
            status,
            close: false,
            retry_after_s: None,
        }
    }

    fn closing(status: StatusCode) -> Manner {
        Manner {
            close: true,
            ..Manner::staying(status)
        }
    }

    fn retrying() -> Manner {
        Manner {
            retry_after_s: Some(RETRY_AFTER_S),
            ..Manner::staying(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

/// Our own failures are for the operator; what a client did wrong is not.
fn log(refusal: &Refusal, subject: &Subject, status: StatusCode, complaints: &Complaints) {
    let error: &dyn std::error::Error = refusal;
    let (request, method, path) = (subject.id(), subject.method(), subject.path());
    let is_ours = status.is_server_error() && !matches!(refusal, Refusal::Head(_));
    let status = status.as_u16();
    if !is_ours {
        tracing::debug!(request, method, path, status, error, "request refused");
    } else if let Refusal::Dispatch(DispatchFault::WorkerLost { worker, end }) = refusal {
        dispatch::log_loss(subject, *worker, *end, "it is answered 502");
    } else if let Some(unlogged) = complaints.admit(Instant::now()) {
        tracing::warn!(
            request,
            method,
            path,
            status,
            error,
            pool = full_pool(refusal),
            unlogged,
            "request not answered by php"
        );
    }
}

/// The pool whose workers are too busy, if that is the reason.
fn full_pool(refusal: &Refusal) -> Option<&str> {
    match refusal {
        Refusal::Dispatch(
            DispatchFault::QueueFull { pool, .. } | DispatchFault::QueueWait { pool, .. },
        ) => Some(pool),
        _ => None,
    }
}

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE";

#[cfg(test)]
mod tests;
