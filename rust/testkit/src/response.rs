//! Parses responses strictly enough to notice what a lenient client would forgive.

use std::io::{self, BufRead, Read};

/// A complete HTTP/1 response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The version in the status line, for example `HTTP/1.1`.
    pub version: String,
    /// Names in lower case and values, in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body without its framing.
    pub body: Vec<u8>,
}

/// Why there is no complete response.
#[derive(Debug)]
pub enum Cut {
    /// The connection ended before the first byte.
    Nothing,
    /// The connection ended in the middle.
    Midway {
        /// What had arrived of the body.
        body: Vec<u8>,
    },
    /// Bytes that are no response.
    Malformed(String),
    /// The connection failed or nothing came in time.
    Io(io::Error),
}

impl Response {
    /// The value of the first header called `name`.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of the header called `name`.
    #[must_use]
    pub fn headers_called(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(other, _)| other == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a test that asks for text expects some")
    }

    /// Reads one response; `head_only` for the answer to a HEAD request.
    pub(crate) fn read(input: &mut impl BufRead, head_only: bool) -> Result<Response, Cut> {
        let mut response = read_head(input)?;
        let bodiless = head_only || matches!(response.status, 100..=199 | 204 | 304);
        if bodiless {
            return Ok(response);
        }
        let mut body = Vec::new();
        match response.read_body(input, &mut body) {
            Ok(()) => {
                response.body = body;
                Ok(response)
            }
            Err(Cut::Nothing) => Err(Cut::Midway { body }),
            Err(other) => Err(other),
        }
    }

    fn read_body(&self, input: &mut impl BufRead, body: &mut Vec<u8>) -> Result<(), Cut> {
        let chunked = self.header("transfer-encoding") == Some("chunked");
        match self.header("content-length") {
            Some(_) if chunked => Err(Cut::Malformed("both length and chunks".to_owned())),
            Some(length) => read_exactly(input, parse(length, 10)?, body),
            None if chunked => read_chunks(input, body),
            None => input.read_to_end(body).map(drop).map_err(cut),
        }
    }
}

fn read_head(input: &mut impl BufRead) -> Result<Response, Cut> {
    let status_line = read_line(input)?;
    let mut parts = status_line.splitn(3, ' ');
    let version = parts.next().unwrap_or_default().to_owned();
    if !version.starts_with("HTTP/1.") {
        return Err(Cut::Malformed(status_line));
    }
    let status = parts.next().and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Cut::Malformed(status_line.clone()))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(input).map_err(midway)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Cut::Malformed(line.clone()))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Response {
        status,
        version,
        headers,
        body: Vec::new(),
    })
}

fn read_chunks(input: &mut impl BufRead, body: &mut Vec<u8>) -> Result<(), Cut> {
    loop {
        let size = parse(&read_line(input)?, 16)?;
        if size == 0 {
            let end = read_line(input)?;
            return match end.is_empty() {
                true => Ok(()),
                false => Err(Cut::Malformed(end)),
            };
        }
        read_exactly(input, size, body)?;
        let end = read_line(input)?;
        if !end.is_empty() {
            return Err(Cut::Malformed(end));
        }
    }
}

/// What arrives before the end is kept in `body` also when it is cut.
fn read_exactly(input: &mut impl BufRead, bytes: u64, body: &mut Vec<u8>) -> Result<(), Cut> {
    let read = input.take(bytes).read_to_end(body).map_err(cut)?;
    match read as u64 == bytes {
        true => Ok(()),
        false => Err(Cut::Nothing),
    }
}

fn read_line(input: &mut impl BufRead) -> Result<String, Cut> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line).map_err(cut)?;
    match line.strip_suffix(b"\r\n") {
        Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
        None if line.is_empty() => Err(Cut::Nothing),
        None => Err(Cut::Midway { body: Vec::new() }),
    }
}

fn parse(digits: &str, radix: u32) -> Result<u64, Cut> {
    u64::from_str_radix(digits, radix).map_err(|_| Cut::Malformed(digits.to_owned()))
}

fn midway(cut: Cut) -> Cut {
    match cut {
        Cut::Nothing => Cut::Midway { body: Vec::new() },
        other => other,
    }
}

/// A reset is an end too; whether it was expected is for the test to say.
fn cut(error: io::Error) -> Cut {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Cut::Nothing,
        _ => Cut::Io(error),
    }
}
