//! What every log line about one request says of it.

use http::{Method, Uri, request};

use crate::request_id::RequestId;

/// The name of a request and what was asked. The query stays out of logs: it may hold secrets.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    id: RequestId,
    method: Method,
    uri: Uri,
}

impl Subject {
    pub(crate) fn new(id: RequestId, head: &request::Parts) -> Subject {
        Subject {
            id,
            method: head.method.clone(),
            uri: head.uri.clone(),
        }
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn of_nothing() -> Subject {
        let (head, ()) = http::Request::new(()).into_parts();
        Subject::new(crate::request_id::RequestIds::default().next(), &head)
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_str()
    }

    pub(crate) fn method(&self) -> &str {
        self.method.as_str()
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }
}
