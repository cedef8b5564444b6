//! Which version of HTTP a client speaks.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};

use tokio::time::Instant;

use crate::alarm::Alarm;
use crate::connection::stream::Stream;
use crate::limits::{HTTP2_PREFACE_PATIENCE, Limits};
use crate::service::Site;
use crate::shutdown::Shutdown;

/// A version of HTTP, as far as connections differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// 1.1 and 1.0.
    Http1,
    Http2,
}

/// Finds out which protocol the client speaks: over TLS that was agreed on in the handshake, in
/// the clear the first bytes tell (prior knowledge, RFC 9113 §3.3).
///
/// `None` if there is nothing to speak about: the client left, sent nothing in time, or sent
/// nothing before the drain.
///
/// # Cancel safety
/// What was read stays in `stream`.
pub(crate) async fn choose(
    stream: &mut Stream,
    site: &Site,
    shutdown: &mut Shutdown,
) -> Option<Protocol> {
    if !site.http2 {
        return Some(Protocol::Http1);
    }
    if stream.is_tls() {
        let agreed = stream.alpn() == Some(ALPN_HTTP2);
        return Some(if agreed {
            Protocol::Http2
        } else {
            Protocol::Http1
        });
    }
    let mut draining = pin!(shutdown.draining());
    let mut patience = Patience::default();
    poll_fn(|cx| {
        if let Poll::Ready(chosen) = poll_preface(stream, cx) {
            return Poll::Ready(chosen);
        }
        if draining.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        patience.poll(cx, stream, &site.limits)
    })
    .await
}

/// Ready when what has been read ahead decides; reads what is there.
fn poll_preface(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<Option<Protocol>> {
    loop {
        if let Some(protocol) = protocol_of(stream.ahead()) {
            return Poll::Ready(Some(protocol));
        }
        match stream.poll_read_ahead(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(0)) if stream.ahead().is_empty() => return Poll::Ready(None),
            Poll::Ready(Ok(0)) => return Poll::Ready(Some(Protocol::Http1)),
            Poll::Ready(Ok(_)) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(None),
        }
    }
}

/// What these first bytes are, unless more must be known.
fn protocol_of(bytes: &[u8]) -> Option<Protocol> {
    match bytes.len().min(PREFACE.len()) {
        len if bytes[..len] != PREFACE[..len] => Some(Protocol::Http1),
        len if len == PREFACE.len() => Some(Protocol::Http2),
        _ => None,
    }
}

/// How long a client may take for its first bytes.
#[derive(Debug, Default)]
struct Patience(Option<(Alarm, Instant)>);

impl Patience {
    /// Ready when the client has been waited for long enough. What began like HTTP/2 and goes on
    /// slowly is left to HTTP/1, which has patience and answers of its own.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &Stream,
        limits: &Limits,
    ) -> Poll<Option<Protocol>> {
        let silent = stream.ahead().is_empty();
        let patience = if silent {
            limits.keep_alive
        } else {
            HTTP2_PREFACE_PATIENCE
        };
        let (alarm, since) = self.0.get_or_insert_with(|| {
            let now = Instant::now();
            (Alarm::new(now + patience), now)
        });
        let rung = alarm.poll_until(cx, *since + patience);
        rung.map(|()| (!silent).then_some(Protocol::Http1))
    }
}

/// What the client of an HTTP/2 connection sends first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What HTTP/2 is called in a TLS handshake.
pub(crate) const ALPN_HTTP2: &[u8] = b"h2";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_protocol_as_soon_as_they_differ() {
        assert_eq!(protocol_of(b""), None);
        assert_eq!(protocol_of(b"P"), None);
        assert_eq!(protocol_of(b"PO"), Some(Protocol::Http1));
        assert_eq!(protocol_of(b"GET / HTTP/1.1\r\n"), Some(Protocol::Http1));
        assert_eq!(protocol_of(b"PRI * HTTP/2.0\r\n"), None);
        assert_eq!(
            protocol_of(b"PRI * HTTP/2.0\r\nHost"),
            Some(Protocol::Http1)
        );
        assert_eq!(protocol_of(PREFACE), Some(Protocol::Http2));
        let with_more = [PREFACE, b"\0\0\0"].concat();
        assert_eq!(protocol_of(&with_more), Some(Protocol::Http2));
    }
}
