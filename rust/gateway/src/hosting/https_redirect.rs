//! Where a request in the clear finds the same by HTTPS.

use http::Uri;

/// The port that needs no mention.
pub(crate) const HTTPS_PORT: u16 = 443;

/// The place of `uri` at `host`, whose own port was that of HTTP.
pub(crate) fn location(host: &str, port: u16, uri: &Uri) -> String {
    let name = without_port(host);
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let target = if target.starts_with('/') { target } else { "/" };
    match port {
        HTTPS_PORT => format!("https://{name}{target}"),
        port => format!("https://{name}:{port}{target}"),
    }
}

/// An IPv6 address stands in brackets.
fn without_port(host: &str) -> &str {
    let end = host.rfind(']').map_or(0, |end| end + 1);
    host[end..]
        .find(':')
        .map_or(host, |colon| &host[..end + colon])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_same_by_https() {
        let cases = [
            (
                "example.com",
                443,
                "/a?b=c%20d",
                "https://example.com/a?b=c%20d",
            ),
            ("example.com:80", 443, "/", "https://example.com/"),
            ("example.com:8000", 8443, "/a", "https://example.com:8443/a"),
            ("[::1]", 8443, "/a", "https://[::1]:8443/a"),
            ("[::1]:80", 443, "/a", "https://[::1]/a"),
            ("example.com", 443, "*", "https://example.com/"),
            (
                "example.com",
                443,
                "http://other.example/x",
                "https://example.com/x",
            ),
        ];
        for (host, port, target, expected) in cases {
            assert_eq!(location(host, port, &target.parse().unwrap()), expected);
        }
    }
}
