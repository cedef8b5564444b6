//! What every log line about one request says of it.

use http::header::HeaderValue;
use http::{Method, Uri, request};

use crate::access_log::Record;
use crate::request::id::RequestId;

/// The name of a request and what was asked. The query stays out of logs: it may hold secrets.
#[derive(Debug)]
pub(crate) struct Subject {
    id: RequestId,
    method: Method,
    uri: Uri,
    record: Record,
}

impl Subject {
    pub(crate) fn new(id: RequestId, head: &request::Parts, record: Record) -> Subject {
        Subject {
            id,
            method: head.method.clone(),
            uri: head.uri.clone(),
            record,
        }
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn of_nothing() -> Subject {
        let (head, ()) = http::Request::new(()).into_parts();
        let id = crate::request::id::RequestIds::default().next();
        Subject::new(id, &head, Record::default())
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_str()
    }

    /// As a field of the reply.
    pub(crate) fn id_value(&self) -> HeaderValue {
        self.id.value()
    }

    pub(crate) fn method(&self) -> &str {
        self.method.as_str()
    }

    pub(crate) fn path(&self) -> &str {
        self.uri.path()
    }

    /// With its query.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// What becomes its line in the access log.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }
}
