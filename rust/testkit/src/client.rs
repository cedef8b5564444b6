//! A client that says exactly what it is told.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::deadline::DEADLINE;
use crate::response::{Cut, Response};

/// One connection to a server under test.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    /// When the server cannot be reached.
    #[must_use]
    pub fn connect(address: SocketAddr) -> Client {
        Client::try_connect(address).expect("the server under test listens")
    }

    /// Connects, if the server is still there.
    pub(crate) fn try_connect(address: SocketAddr) -> std::io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            set(&stream, Some(DEADLINE)).expect("a deadline is not zero");
        }
        stream.set_nodelay(true)?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends `bytes` as they are.
    ///
    /// # Panics
    /// When the server has closed the connection.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes)
            .expect("the server takes what it is sent");
    }

    /// Sends `bytes` as they are, to a server that may have closed.
    ///
    /// # Errors
    /// When it has.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends a GET and reads the answer.
    pub fn get(&mut self, target: &str) -> Response {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.response()
    }

    /// Sends a GET and reads an answer that may not come.
    ///
    /// # Errors
    /// How it was cut.
    pub fn try_get(&mut self, target: &str) -> Result<Response, Cut> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
        self.try_send(request).map_err(Cut::Io)?;
        self.try_response()
    }

    /// Sends a POST with `body` and reads the answer.
    pub fn post(&mut self, target: &str, body: impl AsRef<[u8]>) -> Response {
        let body = body.as_ref();
        let bytes = body.len();
        self.send(format!(
            "POST {target} HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes}\r\n\r\n"
        ));
        self.send(body);
        self.response()
    }

    /// Reads a complete response.
    ///
    /// # Panics
    /// When it is cut, malformed or late.
    #[track_caller]
    pub fn response(&mut self) -> Response {
        match self.try_response() {
            Ok(response) => response,
            Err(cut) => panic!("no complete response: {cut:?}"),
        }
    }

    /// Reads the response to a HEAD request.
    ///
    /// # Panics
    /// When it is cut, malformed or late.
    #[track_caller]
    pub fn head_response(&mut self) -> Response {
        match Response::read(&mut self.stream, true) {
            Ok(response) => response,
            Err(cut) => panic!("no complete response: {cut:?}"),
        }
    }

    /// Reads a response that may not be complete.
    ///
    /// # Errors
    /// How it was cut.
    pub fn try_response(&mut self) -> Result<Response, Cut> {
        Response::read(&mut self.stream, false)
    }

    /// Reads exactly `count` bytes.
    ///
    /// # Panics
    /// When the connection ends before, or nothing comes in time.
    #[track_caller]
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream
            .read_exact(&mut bytes)
            .expect("the server sends so much");
        bytes
    }

    /// Waits for the server to close the connection, with nothing more to read.
    ///
    /// # Panics
    /// When something is left to read or the connection stays open.
    #[track_caller]
    pub fn closed(&mut self) {
        let rest = self.rest();
        let rest = String::from_utf8_lossy(&rest);
        assert!(rest.is_empty(), "before the end came {rest:?}");
    }

    /// Everything until the connection ends, in whatever way.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut rest) {
            assert_eq!(
                error.kind(),
                std::io::ErrorKind::ConnectionReset,
                "still open"
            );
        }
        rest
    }

    /// Whether the connection ends in a reset rather than in an orderly way.
    pub fn is_reset(&mut self) -> bool {
        let mut rest = Vec::new();
        let read = self.stream.read_to_end(&mut rest);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    }

    /// Closes the sending side.
    pub fn finish(&mut self) {
        // The server may have closed first.
        let _ = self.stream.get_mut().shutdown(Shutdown::Write);
    }

    /// The address of this end.
    ///
    /// # Panics
    /// When the socket is broken.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.stream
            .get_ref()
            .local_addr()
            .expect("the socket is open")
    }
}
