//! A well-behaved client of HTTP/2.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::{Buf, Bytes};
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::deadline::DEADLINE;
use crate::response::Response;

/// One connection, on which many requests can be under way.
#[derive(Debug)]
pub struct Streams {
    runtime: Runtime,
    requests: SendRequest<Bytes>,
}

/// A request under way.
#[derive(Debug)]
pub struct Asked {
    response: ResponseFuture,
    /// Takes the rest of the body.
    body: SendStream<Bytes>,
}

impl Streams {
    /// Connects with prior knowledge.
    ///
    /// # Panics
    /// When there is no server that speaks HTTP/2.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Streams {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("an event queue");
        let requests = runtime.block_on(async {
            let stream = TcpStream::connect(address).await.expect("a server");
            stream.set_nodelay(true).expect("a socket");
            let (requests, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
            tokio::spawn(connection);
            requests
        });
        Streams { runtime, requests }
    }

    /// Sends a GET and reads the answer.
    pub fn get(&mut self, target: &str) -> Response {
        self.ask(request("GET", target), b"")
    }

    /// Sends a POST with `body` and reads the answer.
    pub fn post(&mut self, target: &str, body: impl AsRef<[u8]>) -> Response {
        self.ask(request("POST", target), body.as_ref())
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn ask(&mut self, request: Request<()>, body: &[u8]) -> Response {
        match self.try_ask(request, body) {
            Ok(response) => response,
            Err(error) => panic!("no complete response: {error}"),
        }
    }

    /// Sends a request and reads an answer that may not come.
    ///
    /// # Errors
    /// How the stream or the connection ended.
    pub fn try_ask(&mut self, request: Request<()>, body: &[u8]) -> Result<Response, h2::Error> {
        let mut asked = self.begin(request, body.is_empty())?;
        if !body.is_empty() {
            self.send(&mut asked, body, true)?;
        }
        self.answer(asked)
    }

    /// Sends the head of a request; `ends` if nothing follows.
    ///
    /// # Errors
    /// When the connection is over.
    pub fn begin(&mut self, request: Request<()>, ends: bool) -> Result<Asked, h2::Error> {
        let requests = &mut self.requests;
        let ready = async {
            let sent = poll_fn(|cx| requests.poll_ready(cx)).await;
            sent.and_then(|()| requests.send_request(request, ends))
        };
        let (response, body) = self.runtime.block_on(in_time(ready))?;
        Ok(Asked { response, body })
    }

    /// Sends more of the body, as fast as the server lets it; what it does not want is not sent.
    ///
    /// # Errors
    /// When the stream is over.
    pub fn send(&mut self, asked: &mut Asked, body: &[u8], ends: bool) -> Result<(), h2::Error> {
        let mut left = Bytes::copy_from_slice(body);
        let body = &mut asked.body;
        self.runtime.block_on(in_time(async {
            if left.is_empty() {
                return body.send_data(left, ends);
            }
            while left.has_remaining() {
                body.reserve_capacity(left.len());
                let capacity = match poll_fn(|cx| body.poll_capacity(cx)).await {
                    Some(Ok(capacity)) => capacity,
                    Some(Err(_)) | None => return Ok(()),
                };
                let piece = left.split_to(capacity.min(left.len()));
                let last = ends && left.is_empty();
                body.send_data(piece, last)?;
            }
            Ok(())
        }))
    }

    /// Waits for the next interim reply, and says its status and fields.
    ///
    /// # Panics
    /// When the final one comes instead.
    #[track_caller]
    pub fn interim(&mut self, asked: &mut Asked) -> http::Response<()> {
        let interim = poll_fn(|cx| asked.response.poll_informational(cx));
        let interim = self.runtime.block_on(in_time(interim));
        interim.expect("no interim reply").expect("an answer")
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// How the stream or the connection ended.
    pub fn answer(&mut self, asked: Asked) -> Result<Response, h2::Error> {
        self.runtime.block_on(in_time(async {
            let (head, body) = asked.response.await?.into_parts();
            let headers = head.headers.iter().map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.as_str().to_owned(), value.into_owned())
            });
            let mut response = Response {
                status: head.status.as_u16(),
                version: format!("{:?}", head.version),
                headers: headers.collect(),
                body: Vec::new(),
            };
            read(body, &mut response.body).await?;
            Ok(response)
        }))
    }

    /// Takes a request back.
    pub fn take_back(&mut self, mut asked: Asked) {
        asked.body.send_reset(h2::Reason::CANCEL);
        drop(asked);
        self.turn();
    }

    /// Lets the connection send what waits.
    pub fn turn(&mut self) {
        self.runtime.block_on(async {
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        });
    }

    /// Waits for the server to say that it takes no more, and for the connection to end.
    ///
    /// # Panics
    /// When it does not.
    pub fn closed(&mut self) {
        let requests = &mut self.requests;
        let over = poll_fn(|cx| match requests.poll_ready(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(())) | Poll::Pending => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        });
        self.runtime.block_on(in_time(async {
            over.await;
        }));
    }
}

/// A request for `target` of the host `test`.
///
/// # Panics
/// When that is no path.
#[must_use]
pub fn request(method: &str, target: &str) -> Request<()> {
    let request = Request::builder().method(method);
    let request = request.uri(format!("http://test{target}"));
    request.body(()).expect("a request")
}

async fn read(mut body: RecvStream, into: &mut Vec<u8>) -> Result<(), h2::Error> {
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        into.extend_from_slice(&data);
    }
    Ok(())
}

/// Nothing a test waits for takes longer.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("not in time")
}
