//! Somebody with a connection and cookies.

use std::collections::BTreeMap;

use askr_testkit::{Client, Cut, Response};

use crate::ask::Ask;

/// A visitor of one server.
#[derive(Debug)]
pub(crate) struct Visitor {
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// A stranger.
    pub(crate) fn new(client: Client) -> Self {
        Self {
            client,
            cookies: BTreeMap::new(),
        }
    }

    /// Asks, and keeps the cookies of the answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, ask: &Ask) -> Response {
        match self.try_ask(ask) {
            Ok(response) => response,
            Err(cut) => panic!("no complete response to {ask:?}: {cut:?}"),
        }
    }

    /// Asks for a response that may be cut.
    pub(crate) fn try_ask(&mut self, ask: &Ask) -> Result<Response, Cut> {
        self.client.send(ask.bytes(&self.cookies()));
        let response = match ask.is_head() {
            true => self.client.head_response(),
            false => self.client.try_response()?,
        };
        for cookie in response.headers_called("set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Ok(response)
    }

    fn cookies(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

/// Status, headers by name and body, without what differs between any two servers or visits.
pub(crate) fn comparable(response: &Response) -> (u16, Vec<String>, Vec<u8>) {
    let mut headers: Vec<_> = response
        .headers
        .iter()
        .filter(|(name, value)| !OF_THE_SERVER.contains(&name.as_str()) && !is_ours(name, value))
        .map(|(name, value)| match name.as_str() {
            "set-cookie" => format!("{name}: {}", comparable_cookie(value)),
            _ => format!("{name}: {value}"),
        })
        .collect();
    headers.sort();
    (response.status, headers, response.body.clone())
}

/// Askr compresses what nginx would only be told to.
fn is_ours(name: &str, value: &str) -> bool {
    name == "vary" && value == "Accept-Encoding"
}

/// What each server says as it likes: nginx sends in chunks what Askr sends with its length, and
/// takes `X-Accel-Buffering` as said to itself; Askr names each request.
const OF_THE_SERVER: &[&str] = &[
    "connection",
    "content-length",
    "date",
    "keep-alive",
    "server",
    "transfer-encoding",
    "x-accel-buffering",
    "x-request-id",
];

/// Laravel encrypts each value with a random vector, and counts the expiry from now.
fn comparable_cookie(cookie: &str) -> String {
    let attributes = cookie.split("; ").map(|attribute| {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name {
            "path" | "domain" | "samesite" | "plain" => format!("{name}={value}"),
            _ => name.to_owned(),
        }
    });
    attributes.collect::<Vec<_>>().join("; ")
}
