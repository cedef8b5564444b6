//! Turns hyper's request head into the one that crosses the exchange.

use std::time::{SystemTime, UNIX_EPOCH};

use askr_exchange::{HttpVersion, RequestHead};
use http::header::{
    CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use http::{Version, request};

use crate::client::Client;
use crate::reply::own_fields::REQUEST_ID;
use crate::route::Script;

/// What the gateway knows about a request beyond what the client sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) id: &'a str,
    pub(crate) client: &'a Client<'a>,
    /// What PHP is to find in `$_SERVER` beside the usual.
    pub(crate) variables: &'a [(&'static str, String)],
    /// What the route decision adds to the request.
    pub(crate) script: &'a Script<'a>,
    pub(crate) body_bytes: u64,
}

/// Appends the encoded head of `request` to `out`.
pub(crate) fn encode(
    request: &request::Parts,
    circumstances: Circumstances<'_>,
    out: &mut Vec<u8>,
) {
    let Circumstances {
        id,
        client,
        variables,
        script,
        body_bytes,
    } = circumstances;
    let target = match request.uri.path_and_query() {
        Some(target) => target.as_str(),
        None => "/",
    };
    let cookies = joined_cookies(&request.headers);
    // A chunked body is complete by now, so its length is known.
    let length = (body_bytes > 0).then(|| body_bytes.to_string());
    let derived = Derived {
        client,
        host: host(request, client),
        id,
        cookies: cookies.as_deref(),
        length: length.as_deref().map(str::as_bytes),
    };
    let head = RequestHead {
        id,
        method: request.method.as_str(),
        target,
        version: version(request.version),
        https: client.is_https(),
        headers: fields(&request.headers, &derived),
        variables: variables
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect(),
        remote_ip: client.remote_ip(),
        remote_port: client.remote_port(),
        server_ip: client.server_ip(),
        server_port: client.server_port(),
        script_name: &script.name,
        path_info: &script.path_info,
        body_bytes,
        received_us: now_us(),
    };
    head.encode(out);
}

/// Values that replace what the client sent, or that it did not send.
struct Derived<'a> {
    client: &'a Client<'a>,
    /// What we call the request, whatever a client does.
    id: &'a str,
    host: Option<&'a [u8]>,
    /// All cookie fields as one (RFC 9113 §8.2.3; PHP reads one).
    cookies: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
}

/// From a proxy that is believed, or from a target in absolute form, which outranks the Host field
/// (RFC 9112 §3.2.2).
fn host<'a>(request: &'a request::Parts, client: &'a Client<'_>) -> Option<&'a [u8]> {
    let own = || request.uri.authority().map(http::uri::Authority::as_str);
    client.told_host().or_else(own).map(str::as_bytes)
}

fn fields<'a>(headers: &'a HeaderMap, derived: &Derived<'a>) -> Vec<(&'a str, &'a [u8])> {
    let mut fields = Vec::with_capacity(headers.len() + 3);
    if let Some(host) = derived.host {
        fields.push(("host", host));
    }
    fields.extend(
        headers
            .iter()
            .filter(|(name, _)| reaches_php(name, derived))
            .map(|(name, value)| (name.as_str(), value.as_bytes())),
    );
    if let Some(cookies) = derived.cookies {
        fields.push(("cookie", cookies));
    }
    fields.push((REQUEST_ID, derived.id.as_bytes()));
    if let Some(length) = derived.length {
        fields.push(("content-length", length));
    }
    fields
}

/// `Proxy` would become the environment variable `HTTP_PROXY` (httpoxy); a name with an
/// underscore would become the variable of another field (`X_Forwarded_For`). The coding of the
/// body is undone by now.
fn reaches_php(name: &HeaderName, derived: &Derived<'_>) -> bool {
    match *name {
        TRANSFER_ENCODING => false,
        HOST => derived.host.is_none(),
        COOKIE => derived.cookies.is_none(),
        CONTENT_LENGTH => derived.length.is_none(),
        _ if name == REQUEST_ID => false,
        _ => {
            let is_plain = name.as_str() != "proxy" && !name.as_str().contains('_');
            is_plain && derived.client.lets_through(name)
        }
    }
}

/// The cookie fields as one, if there are several.
fn joined_cookies(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut values = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let (first, second) = (values.next()?, values.next()?);
    let mut joined = first.to_vec();
    for value in std::iter::once(second).chain(values) {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(value);
    }
    Some(joined)
}

fn version(version: Version) -> HttpVersion {
    match version {
        Version::HTTP_10 => HttpVersion::Http10,
        Version::HTTP_2 => HttpVersion::Http2,
        _ => HttpVersion::Http11,
    }
}

/// Unix time in microseconds; 0 on a machine whose clock stands before 1970.
pub(crate) fn now_us() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        })
}

#[cfg(test)]
mod tests;
