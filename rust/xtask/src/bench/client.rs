//! One connection that is kept, and what a server answers on it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The connection failed.
    #[error("the connection to the server: {0}")]
    Connection(#[from] std::io::Error),
    /// Bytes that are no HTTP, or too few of them.
    #[error("the server sent no complete response: {0:?}")]
    Malformed(String),
}

/// A client that connects again only when it has to.
#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Names in lower case.
    fields: Vec<(String, String)>,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(address: SocketAddr) -> Result<Client, ClientError> {
        Ok(Client {
            address,
            stream: Some(connected(address)?),
        })
    }

    /// Asks for a page.
    pub(crate) fn get(&mut self, path: &str) -> Result<Response, ClientError> {
        self.ask(&format!("GET {path}"), "", "")
    }

    /// Sends `request`, for example `GET /`, with more header fields, each with its line end.
    pub(crate) fn ask(
        &mut self,
        request: &str,
        fields: &str,
        body: &str,
    ) -> Result<Response, ClientError> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connected(self.address)?,
        };
        let head = format!("{request} HTTP/1.1\r\nHost: demo\r\n{fields}\r\n");
        stream.get_mut().write_all((head + body).as_bytes())?;
        let response = response(&mut stream)?;
        if response.field("connection") != Some("close") {
            self.stream = Some(stream);
        }
        Ok(response)
    }
}

impl Response {
    /// The value of a header field; its name in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let (_, value) = fields.find(|(field, _)| field == name)?;
        Some(value)
    }

    /// Its cookies as the next request sends them.
    pub(crate) fn cookies(&self) -> String {
        let set = self.fields.iter().filter(|(name, _)| name == "set-cookie");
        let cookies: Vec<&str> = set
            .filter_map(|(_, value)| value.split(';').next())
            .collect();
        cookies.join("; ")
    }

    /// Whether it is 200 with `marker` in it.
    pub(crate) fn is_right(&self, marker: &str) -> bool {
        let marker = marker.as_bytes();
        let mut windows = self.body.windows(marker.len());
        self.status == 200 && windows.any(|window| window == marker)
    }
}

fn connected(address: SocketAddr) -> Result<BufReader<TcpStream>, ClientError> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(BufReader::new(stream))
}

fn response(stream: &mut impl BufRead) -> Result<Response, ClientError> {
    let status_line = line(stream)?;
    let status = status_line.split(' ').nth(1);
    let status = status
        .and_then(|code| code.parse().ok())
        .ok_or(ClientError::Malformed(status_line))?;
    let mut fields = Vec::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        fields.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let mut response = Response {
        status,
        body: Vec::new(),
        fields,
    };
    let length = response.field("content-length").map(str::parse);
    response.body = match length {
        Some(Ok(length)) => bytes(stream, length)?,
        _ => chunks(stream)?,
    };
    Ok(response)
}

fn chunks(stream: &mut impl BufRead) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    loop {
        let head = line(stream)?;
        let Ok(size) = usize::from_str_radix(&head, 16) else {
            return Err(ClientError::Malformed(head));
        };
        body.extend(bytes(stream, size)?);
        line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn bytes(stream: &mut impl Read, count: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn line(stream: &mut impl BufRead) -> Result<String, ClientError> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line)?;
    let text = String::from_utf8_lossy(&line).into_owned();
    match text.strip_suffix("\r\n") {
        Some(text) => Ok(text.to_owned()),
        None => Err(ClientError::Malformed(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_length_or_in_chunks() {
        let sent = "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; path=/\r\nset-cookie: b=2\r\n\
                    Content-Length: 5\r\n\r\nhello";
        let read = response(&mut sent.as_bytes()).unwrap();
        assert!(read.is_right("ell") && !read.is_right("bell"));
        assert_eq!(read.cookies(), "a=1; b=2");

        let sent = "HTTP/1.1 502 Bad\r\nAskr-Generation: 7\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let read = response(&mut sent.as_bytes()).unwrap();
        assert_eq!(read.body, b"abc");
        assert!(!read.is_right("abc"));
        assert_eq!(read.field("askr-generation"), Some("7"));
    }

    #[test]
    fn half_an_answer_is_none() {
        for sent in [
            "",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
            "HTTP/1.1 200 OK\r\n\r\n3\r\nabc\r\n",
        ] {
            assert!(response(&mut sent.as_bytes()).is_err(), "{sent:?}");
        }
    }
}
