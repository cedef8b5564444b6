//! A visitor of the demo: one connection, one round through its pages, every answer checked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// What the visitor uploads.
const FILE: &str = "A file of the visitor.\n";

/// Its SHA-256, which the demo shows.
const FILE_SHA256: &str = "de63f0213efc58f5527736f4e9d5962564f1b8d1babb58b30b78d2546890c39c";

/// Why a visit did not go as it has to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    /// The connection failed.
    #[error("the connection to the server: {0}")]
    Connection(#[from] std::io::Error),
    /// Bytes that are no HTTP.
    #[error("the server sent no complete response: {0:?}")]
    Malformed(String),
    /// Another answer than the expected one.
    #[error("{request} was answered {status}, not as expected:\n{start}")]
    Unexpected {
        request: String,
        status: u16,
        start: String,
    },
}

/// One connection to the demo, with the cookies of one visitor.
#[derive(Debug)]
pub(crate) struct Visitor {
    stream: BufReader<TcpStream>,
    download: Vec<u8>,
}

#[derive(Debug)]
struct Response {
    status: u16,
    cookies: String,
    body: Vec<u8>,
}

impl Visitor {
    /// Connects; `download` is what the download has to hold.
    pub(crate) fn connect(address: SocketAddr, download: Vec<u8>) -> Result<Visitor, VisitError> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Visitor {
            stream: BufReader::new(stream),
            download,
        })
    }

    /// Everything the demo has, as somebody who was never there before.
    pub(crate) fn round(&mut self, number: usize) -> Result<(), VisitError> {
        let query = format!("/json?round={number}");
        self.get(&query, 200, &format!("\"round\":\"{number}\""))?;
        self.get("/page", 200, "</table>")?;
        self.form(number)?;
        self.get("/fail", 500, "Server Error")?;
        self.get("/stream?lines=3&ms=0", 200, "line 3 of 3\n")?;
        let (status, body) = {
            let response = self.ask("GET /download", "", "")?;
            (response.status, response.body)
        };
        if body == self.download {
            return Ok(());
        }
        Err(unexpected("GET /download", status, &body))
    }

    /// Requests of one [`Visitor::round`].
    pub(crate) const ROUND: usize = 10;

    /// The body of a page that answers 200.
    pub(crate) fn page(&mut self, path: &str) -> Result<String, VisitError> {
        let response = self.get(path, 200, "")?;
        Ok(String::from_utf8_lossy(&response.body).into_owned())
    }

    /// Both forms, each with what it says afterwards.
    fn form(&mut self, number: usize) -> Result<(), VisitError> {
        let form = self.get("/form", 200, "name=\"_token\"")?;
        let token = token(&form)?;
        let cookies = form.cookies;
        let body = format!("_token={token}&name=Tree+{number}&height_cm=7");
        let sent = self.post(
            "/form",
            &cookies,
            "application/x-www-form-urlencoded",
            &body,
        )?;
        let shown = self.ask("GET /form", &format!("Cookie: {}\r\n", sent.cookies), "")?;
        let shown = expect(
            "GET /form",
            shown,
            200,
            &format!("Tree {number} is 7 cm tall."),
        )?;

        let body = multipart(&token);
        let kind = "multipart/form-data; boundary=edge";
        let sent = self.post("/upload", &shown.cookies, kind, &body)?;
        let shown = self.ask("GET /upload", &format!("Cookie: {}\r\n", sent.cookies), "")?;
        expect("GET /upload", shown, 200, FILE_SHA256)?;
        Ok(())
    }

    fn get(&mut self, path: &str, status: u16, holds: &str) -> Result<Response, VisitError> {
        let request = format!("GET {path}");
        let response = self.ask(&request, "", "")?;
        expect(&request, response, status, holds)
    }

    /// A form that sends the visitor on.
    fn post(
        &mut self,
        path: &str,
        cookies: &str,
        kind: &str,
        body: &str,
    ) -> Result<Response, VisitError> {
        let request = format!("POST {path}");
        let bytes = body.len();
        let fields =
            format!("Cookie: {cookies}\r\nContent-Type: {kind}\r\nContent-Length: {bytes}\r\n");
        let response = self.ask(&request, &fields, body)?;
        expect(&request, response, 302, "")
    }

    fn ask(&mut self, request: &str, fields: &str, body: &str) -> Result<Response, VisitError> {
        let head = format!("{request} HTTP/1.1\r\nHost: demo\r\n{fields}\r\n");
        self.stream.get_mut().write_all((head + body).as_bytes())?;
        self.response()
    }

    fn response(&mut self) -> Result<Response, VisitError> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or(VisitError::Malformed(line))?;
        let (mut length, mut cookies) = (None, Vec::new());
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            match &*name.to_ascii_lowercase() {
                "content-length" => length = value.parse().ok(),
                "set-cookie" => cookies.extend(value.split(';').next().map(str::to_owned)),
                _ => {}
            }
        }
        let body = match length {
            Some(length) => self.bytes(length)?,
            None => self.chunks()?,
        };
        let cookies = cookies.join("; ");
        Ok(Response {
            status,
            cookies,
            body,
        })
    }

    fn chunks(&mut self) -> Result<Vec<u8>, VisitError> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let Ok(size) = usize::from_str_radix(&line, 16) else {
                return Err(VisitError::Malformed(line));
            };
            body.extend(self.bytes(size)?);
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, VisitError> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String, VisitError> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        let text = String::from_utf8_lossy(&line).into_owned();
        match text.strip_suffix("\r\n") {
            Some(text) => Ok(text.to_owned()),
            None => Err(VisitError::Malformed(text)),
        }
    }
}

fn expect(
    request: &str,
    response: Response,
    status: u16,
    holds: &str,
) -> Result<Response, VisitError> {
    let text = String::from_utf8_lossy(&response.body);
    if response.status == status && text.contains(holds) {
        return Ok(response);
    }
    Err(unexpected(request, response.status, &response.body))
}

fn unexpected(request: &str, status: u16, body: &[u8]) -> VisitError {
    let text = String::from_utf8_lossy(body);
    VisitError::Unexpected {
        request: request.to_owned(),
        status,
        start: text.chars().take(600).collect(),
    }
}

fn token(form: &Response) -> Result<String, VisitError> {
    let text = String::from_utf8_lossy(&form.body);
    let after = text.split("name=\"_token\" value=\"").nth(1);
    let token = after.and_then(|rest| rest.split('"').next());
    let missing = || VisitError::Malformed("a form without a token".to_owned());
    token.map(str::to_owned).ok_or_else(missing)
}

fn multipart(token: &str) -> String {
    format!(
        "--edge\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{token}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leaf.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{FILE}\r\n--edge--\r\n"
    )
}
