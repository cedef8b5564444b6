//! One plain request, to see that a server answers and what the answer is.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The connection failed.
    #[error("GET http://{address}{path}: {source}")]
    Connection {
        address: SocketAddr,
        path: String,
        #[source]
        source: std::io::Error,
    },
    /// The answer is not the page that is to be measured.
    #[error("GET http://{address}{path} was answered, but not with 200 and {marker:?}:\n{start}")]
    Unexpected {
        address: SocketAddr,
        path: String,
        marker: String,
        start: String,
    },
}

/// A checked answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) body: Vec<u8>,
    /// A second request was answered with the same bytes.
    pub(crate) is_stable: bool,
}

/// Asks twice; both answers have status 200 and `marker` in them.
pub(crate) fn checked(address: SocketAddr, path: &str, marker: &str) -> Result<Reply, FetchError> {
    let body = once(address, path, marker)?;
    let again = once(address, path, marker)?;
    Ok(Reply {
        is_stable: body == again,
        body,
    })
}

/// Asks once; the answer has status 200 and `marker` in it.
pub(crate) fn once(address: SocketAddr, path: &str, marker: &str) -> Result<Vec<u8>, FetchError> {
    let bytes = exchange(address, path).map_err(|source| FetchError::Connection {
        address,
        path: path.to_owned(),
        source,
    })?;
    let text = String::from_utf8_lossy(&bytes);
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let is_ok = text.starts_with("HTTP/1.") && text.get(9..12) == Some("200");
    match end {
        Some(end) if is_ok && text.contains(marker) => Ok(bytes[end + 4..].to_vec()),
        _ => Err(FetchError::Unexpected {
            address,
            path: path.to_owned(),
            marker: marker.to_owned(),
            start: text.chars().take(600).collect(),
        }),
    }
}

/// HTTP/1.0: the body ends with the connection.
fn exchange(address: SocketAddr, path: &str) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(bytes)
}
