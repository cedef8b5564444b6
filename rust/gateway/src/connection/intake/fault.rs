//! Why the bytes of a client are refused before they are a request.

/// A request head that never becomes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadFault {
    #[error("the request line is longer than {limit} bytes")]
    RequestLineTooLong { limit: usize },
    #[error("the request head is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the request has more than {limit} header fields")]
    TooManyFields { limit: usize },
    #[error("the request head did not arrive within {seconds} s")]
    Late { seconds: u64 },
    #[error("the method CONNECT is not served")]
    Connect,
    #[error("the HTTP version is not served; use HTTP/1.1")]
    Version,
    #[error("malformed request line")]
    RequestLine,
    #[error("malformed request target")]
    Target,
    #[error("a line of the request head ends without a carriage return")]
    BareLineFeed,
    #[error("a header field is folded over several lines")]
    Folded,
    #[error("malformed header field")]
    Field,
    #[error("the Host header is missing")]
    HostMissing,
    #[error("there is more than one Host header")]
    HostRepeated,
    #[error("malformed Host header")]
    Host,
    #[error("the Host header is not the authority of the request")]
    HostsDiffer,
    #[error("malformed Content-Length")]
    Length,
    #[error("the Content-Length headers differ")]
    LengthsDiffer,
    #[error("the request has both Content-Length and Transfer-Encoding")]
    LengthAndChunked,
    #[error("malformed Transfer-Encoding")]
    TransferCoding,
    #[error("a Transfer-Encoding other than chunked is not served")]
    UnknownCoding,
    /// hyper found a request where the intake found none: one of them is being deceived.
    #[error("malformed request framing")]
    Framing,
}
