//! A visitor of the demo: one connection, one round through its pages, every answer checked.

use std::net::SocketAddr;

use super::client::{Client, ClientError, Response};

/// What the visitor uploads.
const FILE: &str = "A file of the visitor.\n";

/// Its SHA-256, which the demo shows.
const FILE_SHA256: &str = "de63f0213efc58f5527736f4e9d5962564f1b8d1babb58b30b78d2546890c39c";

/// Why a visit did not go as it has to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VisitError {
    /// There was no answer.
    #[error(transparent)]
    NoAnswer(#[from] ClientError),
    /// A form cannot be sent without its token.
    #[error("a form without a token")]
    NoToken,
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
    client: Client,
    download: Vec<u8>,
}

impl Visitor {
    /// Connects; `download` is what the download has to hold.
    pub(crate) fn connect(address: SocketAddr, download: Vec<u8>) -> Result<Visitor, VisitError> {
        Ok(Visitor {
            client: Client::connect(address)?,
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
        let cookies = form.cookies();
        let body = format!("_token={token}&name=Tree+{number}&height_cm=7");
        let sent = self.post(
            "/form",
            &cookies,
            "application/x-www-form-urlencoded",
            &body,
        )?;
        let shown = self.ask("GET /form", &format!("Cookie: {}\r\n", sent.cookies()), "")?;
        let shown = expect(
            "GET /form",
            shown,
            200,
            &format!("Tree {number} is 7 cm tall."),
        )?;

        let body = multipart(&token);
        let kind = "multipart/form-data; boundary=edge";
        let sent = self.post("/upload", &shown.cookies(), kind, &body)?;
        let shown = self.ask(
            "GET /upload",
            &format!("Cookie: {}\r\n", sent.cookies()),
            "",
        )?;
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
        Ok(self.client.ask(request, fields, body)?)
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
    token.map(str::to_owned).ok_or(VisitError::NoToken)
}

fn multipart(token: &str) -> String {
    format!(
        "--edge\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{token}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leaf.txt\"\r\n\
         Content-Type: text/plain\r\n\r\n{FILE}\r\n--edge--\r\n"
    )
}
