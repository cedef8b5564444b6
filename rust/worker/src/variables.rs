//! From a request head to what PHP reads: `$_SERVER` as nginx and FPM would fill it.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use askr_exchange::{HttpVersion, RequestHead};
use askr_php::Incoming;

/// What is the same in every request of a worker.
pub(crate) struct Site {
    root: Vec<u8>,
}

impl Site {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.as_os_str().as_bytes().to_vec(),
        }
    }

    /// Describes the request for the engine.
    pub(crate) fn describe(&self, head: &RequestHead<'_>, incoming: &mut Incoming) {
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        incoming.set_line(head.method, head.target, query);
        incoming.set_content_length(head.body_bytes);
        incoming.set_protocol(if head.version == HttpVersion::Http10 {
            1000
        } else {
            1001
        });
        incoming.set_received(head.received_us);
        incoming.variable(b"REQUEST_ID", head.id.as_bytes());
        incoming.variable(b"QUERY_STRING", query.as_bytes());
        self.describe_script(head, incoming);
        describe_line(head, incoming);
        describe_addresses(head, incoming);
        describe_headers(head, incoming);
        for (name, value) in &head.variables {
            incoming.variable(name.as_bytes(), value);
        }
    }

    fn describe_script(&self, head: &RequestHead<'_>, incoming: &mut Incoming) {
        let file = [&self.root, head.script_name.as_bytes()].concat();
        let url = [head.script_name, head.path_info].concat();
        incoming.set_script(&file);
        incoming.variable(b"DOCUMENT_ROOT", &self.root);
        incoming.variable(b"SCRIPT_FILENAME", &file);
        incoming.variable(b"SCRIPT_NAME", head.script_name.as_bytes());
        incoming.variable(b"DOCUMENT_URI", head.script_name.as_bytes());
        incoming.variable(b"PHP_SELF", url.as_bytes());
        incoming.variable(b"PATH_INFO", head.path_info.as_bytes());
    }
}

fn describe_line(head: &RequestHead<'_>, incoming: &mut Incoming) {
    let protocol: &[u8] = match head.version {
        HttpVersion::Http10 => b"HTTP/1.0",
        HttpVersion::Http11 => b"HTTP/1.1",
        HttpVersion::Http2 => b"HTTP/2.0",
    };
    incoming.variable(b"REQUEST_METHOD", head.method.as_bytes());
    incoming.variable(b"REQUEST_URI", head.target.as_bytes());
    incoming.variable(b"SERVER_PROTOCOL", protocol);
    incoming.variable(b"GATEWAY_INTERFACE", b"CGI/1.1");
    incoming.variable(
        b"REQUEST_SCHEME",
        if head.https { b"https" } else { b"http" },
    );
    if head.https {
        incoming.variable(b"HTTPS", b"on");
    }
    incoming.variable(b"REDIRECT_STATUS", b"200");
}

fn describe_addresses(head: &RequestHead<'_>, incoming: &mut Incoming) {
    let host = field(head, "host").unwrap_or(head.server_ip.as_bytes());
    let software = concat!("askr/", env!("CARGO_PKG_VERSION"));
    incoming.variable(b"SERVER_SOFTWARE", software.as_bytes());
    incoming.variable(b"SERVER_NAME", without_port(host));
    incoming.variable(b"SERVER_ADDR", head.server_ip.as_bytes());
    incoming.variable(b"SERVER_PORT", head.server_port.to_string().as_bytes());
    incoming.variable(b"REMOTE_ADDR", head.remote_ip.as_bytes());
    incoming.variable(b"REMOTE_PORT", head.remote_port.to_string().as_bytes());
}

fn describe_headers(head: &RequestHead<'_>, incoming: &mut Incoming) {
    // nginx passes these on as empty when they are not there.
    incoming.set_content_type(b"");
    incoming.variable(b"CONTENT_TYPE", b"");
    incoming.variable(b"CONTENT_LENGTH", b"");
    for (index, &(name, value)) in head.headers.iter().enumerate() {
        let comes_again = |others: &[(&str, &[u8])]| others.iter().any(|&(other, _)| other == name);
        if !is_plain(name) || comes_again(&head.headers[..index]) {
            continue;
        }
        if comes_again(&head.headers[index + 1..]) {
            let separator: &[u8] = if name == "cookie" { b"; " } else { b", " };
            describe_header(name, &joined(head, name, separator), incoming);
        } else {
            describe_header(name, value, incoming);
        }
    }
}

fn describe_header(name: &str, value: &[u8], incoming: &mut Incoming) {
    match name {
        "content-type" => {
            incoming.set_content_type(value);
            incoming.variable(b"CONTENT_TYPE", value);
        }
        "content-length" => incoming.variable(b"CONTENT_LENGTH", value),
        "authorization" => incoming.set_authorization(value),
        "cookie" => incoming.set_cookies(value),
        _ => {}
    }
    incoming.header(name.as_bytes(), value);
    let upper = name.bytes().map(|byte| {
        if byte == b'-' {
            b'_'
        } else {
            byte.to_ascii_uppercase()
        }
    });
    incoming.variable_named(b"HTTP_".iter().copied().chain(upper), value);
}

/// Names that two different fields would share as variables, and the one that HTTP clients
/// inside PHP take for their proxy, reach nobody.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    name != "proxy" && name.bytes().all(plain)
}

fn joined(head: &RequestHead<'_>, name: &str, separator: &[u8]) -> Vec<u8> {
    let values = head.headers.iter().filter(|&&(other, _)| other == name);
    values
        .map(|&(_, value)| value)
        .collect::<Vec<_>>()
        .join(separator)
}

fn field<'a>(head: &RequestHead<'a>, name: &str) -> Option<&'a [u8]> {
    head.headers
        .iter()
        .find(|&&(other, _)| other == name)
        .map(|&(_, value)| value)
}

/// The host of `host:port`, where an IPv6 address stands in brackets.
fn without_port(host: &[u8]) -> &[u8] {
    let end_of_address = host.iter().rposition(|&byte| byte == b']').unwrap_or(0);
    let colon = host[end_of_address..].iter().position(|&byte| byte == b':');
    colon.map_or(host, |colon| &host[..end_of_address + colon])
}
