//! What a line of the access log can say.

/// One thing a line in JSON says, by the name it has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessField {
    /// When the reply was over, local time.
    Time,
    /// The id of the request.
    Request,
    /// The client's address.
    Client,
    /// The address at the other end of the connection, where that is not the client.
    Peer,
    /// The name of the site that was asked for.
    Host,
    /// The method.
    Method,
    /// The path, not decoded.
    Path,
    /// What follows the question mark.
    Query,
    /// `http` or `https`.
    Scheme,
    /// `HTTP/1.1` and so on.
    Protocol,
    /// The version of TLS.
    Tls,
    /// The status code.
    Status,
    /// Whether the client got all of the reply.
    End,
    /// Of the request's body.
    ReceivedBytes,
    /// Of the reply's body.
    SentBytes,
    /// From the request's head to the end of its reply.
    DurationMs,
    /// Until a worker took it.
    WaitMs,
    /// From then to the end of what PHP had to say.
    PhpMs,
    /// Who answered.
    Source,
    /// The pool of the worker.
    Pool,
    /// The worker.
    Worker,
    /// The generation of its code.
    Generation,
    /// The coding of the reply's body.
    Encoding,
    /// What the cache of files had to do with it.
    Cache,
    /// `User-Agent`.
    UserAgent,
    /// `Referer`.
    Referer,
}

impl AccessField {
    /// All there are, in the order of a line.
    pub const ALL: [AccessField; 26] = [
        AccessField::Time,
        AccessField::Request,
        AccessField::Client,
        AccessField::Peer,
        AccessField::Host,
        AccessField::Method,
        AccessField::Path,
        AccessField::Query,
        AccessField::Scheme,
        AccessField::Protocol,
        AccessField::Tls,
        AccessField::Status,
        AccessField::End,
        AccessField::ReceivedBytes,
        AccessField::SentBytes,
        AccessField::DurationMs,
        AccessField::WaitMs,
        AccessField::PhpMs,
        AccessField::Source,
        AccessField::Pool,
        AccessField::Worker,
        AccessField::Generation,
        AccessField::Encoding,
        AccessField::Cache,
        AccessField::UserAgent,
        AccessField::Referer,
    ];

    /// Those of a line whose fields nobody has chosen: all but the query, which may hold secrets.
    #[must_use]
    pub fn usual() -> Vec<AccessField> {
        let mut usual = AccessField::ALL.to_vec();
        usual.retain(|field| *field != AccessField::Query);
        usual
    }

    /// The field called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<AccessField> {
        let mut all = AccessField::ALL.into_iter();
        all.find(|field| field.name() == name)
    }

    /// What it is called in lines and settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AccessField::Time => "time",
            AccessField::Request => "request",
            AccessField::Client => "client",
            AccessField::Peer => "peer",
            AccessField::Host => "host",
            AccessField::Method => "method",
            AccessField::Path => "path",
            AccessField::Query => "query",
            AccessField::Scheme => "scheme",
            AccessField::Protocol => "protocol",
            AccessField::Tls => "tls",
            AccessField::Status => "status",
            AccessField::End => "end",
            AccessField::ReceivedBytes => "received_bytes",
            AccessField::SentBytes => "sent_bytes",
            AccessField::DurationMs => "duration_ms",
            AccessField::WaitMs => "wait_ms",
            AccessField::PhpMs => "php_ms",
            AccessField::Source => "source",
            AccessField::Pool => "pool",
            AccessField::Worker => "worker",
            AccessField::Generation => "generation",
            AccessField::Encoding => "encoding",
            AccessField::Cache => "cache",
            AccessField::UserAgent => "user_agent",
            AccessField::Referer => "referer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_and_only_the_query_is_unusual() {
        for field in AccessField::ALL {
            assert_eq!(AccessField::named(field.name()), Some(field));
        }
        assert_eq!(AccessField::named("password"), None);
        assert_eq!(AccessField::usual().len(), AccessField::ALL.len() - 1);
        assert!(!AccessField::usual().contains(&AccessField::Query));
    }
}
