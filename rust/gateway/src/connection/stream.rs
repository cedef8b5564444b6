//! The socket of one client, whatever it runs over.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use rustix::net::SendFlags;
use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::server::TlsStream;

/// A byte stream, with what was read ahead of whoever reads it.
///
/// A step at the start of a connection that has to look at bytes without using them up (which
/// protocol is it?) reads them ahead; reads give those first.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: Socket,
    ahead: BytesMut,
}

/// What a stream runs over.
#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<Stream>>),
}

impl Stream {
    /// The bytes read ahead and not used up.
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.ahead
    }

    /// Reads more ahead; ready with how much, which is 0 at the end of the stream.
    pub(crate) fn poll_read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [0; AHEAD_BYTES];
        let mut buf = ReadBuf::new(&mut chunk);
        ready!(self.socket.poll_read(cx, &mut buf))?;
        self.ahead.extend_from_slice(buf.filled());
        Poll::Ready(Ok(buf.filled().len()))
    }

    /// The protocol that a TLS client and we have agreed on; `None` in the clear as well.
    pub(crate) fn alpn(&self) -> Option<&[u8]> {
        match &self.socket {
            Socket::Tls(tls) => tls.get_ref().1.alpn_protocol(),
            Socket::Tcp(_) | Socket::Unix(_) => None,
        }
    }

    /// Whether the bytes on the wire are encrypted.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.socket, Socket::Tls(_))
    }

    /// The encrypted session, where there is one.
    pub(crate) fn session(&self) -> Option<&ServerConnection> {
        match &self.socket {
            Socket::Tls(tls) => Some(tls.get_ref().1),
            Socket::Tcp(_) | Socket::Unix(_) => None,
        }
    }

    /// Sends what is written at once, instead of waiting for more to fill a packet.
    pub(crate) fn send_at_once(&self) {
        if let Socket::Tcp(tcp) = &self.socket {
            // A socket that refuses is about to fail anyway.
            let _ = tcp.set_nodelay(true);
        }
    }

    /// Waits for the client's first bytes and shows them without using them up; none are the end
    /// of the stream.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn peek(&mut self) -> io::Result<&[u8]> {
        if self.ahead.is_empty() {
            poll_fn(|cx| self.poll_read_ahead(cx)).await?;
        }
        Ok(&self.ahead)
    }

    /// Whether the kernel can copy files into it.
    pub(crate) fn takes_files(&self) -> bool {
        matches!(self.socket, Socket::Tcp(_) | Socket::Unix(_))
    }

    /// Sends up to `bytes` bytes of `file` from `offset` on without looking at them.
    pub(crate) fn poll_send_file(
        &self,
        cx: &mut Context<'_>,
        file: &File,
        offset: u64,
        bytes: usize,
    ) -> Poll<io::Result<usize>> {
        self.poll_in_place(cx, |socket| {
            let mut offset = offset;
            Ok(rustix::fs::sendfile(
                socket,
                file,
                Some(&mut offset),
                bytes,
            )?)
        })
    }

    /// Writes what more will follow at once: the kernel may wait for that.
    pub(crate) fn poll_write_before_more(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
        self.poll_in_place(cx, |socket| Ok(rustix::net::send(socket, bytes, flags)?))
    }

    /// Does `write` on the socket itself, as soon as that has room.
    fn poll_in_place(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(BorrowedFd<'_>) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let wrote = match &self.socket {
                Socket::Tcp(tcp) => {
                    ready!(tcp.poll_write_ready(cx))?;
                    tcp.try_io(Interest::WRITABLE, || write(tcp.as_fd()))
                }
                Socket::Unix(unix) => {
                    ready!(unix.poll_write_ready(cx))?;
                    unix.try_io(Interest::WRITABLE, || write(unix.as_fd()))
                }
                Socket::Tls(_) => Err(io::ErrorKind::Unsupported.into()),
            };
            match wrote {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                wrote => return Poll::Ready(wrote),
            }
        }
    }

    /// Makes the end of this stream a reset.
    pub(crate) fn reset_on_close(&self) {
        match &self.socket {
            Socket::Tcp(tcp) => {
                let _ = tcp.set_zero_linger();
            }
            Socket::Tls(tls) => tls.get_ref().0.reset_on_close(),
            // Has no reset.
            Socket::Unix(_) => {}
        }
    }
}

impl Socket {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Socket::Unix(unix) => Pin::new(unix).poll_read(cx, buf),
            Socket::Tls(tls) => Pin::new(&mut **tls).poll_read(cx, buf),
        }
    }
}

impl From<TcpStream> for Stream {
    fn from(tcp: TcpStream) -> Stream {
        Socket::Tcp(tcp).into()
    }
}

impl From<UnixStream> for Stream {
    fn from(unix: UnixStream) -> Stream {
        Socket::Unix(unix).into()
    }
}

impl From<TlsStream<Stream>> for Stream {
    fn from(tls: TlsStream<Stream>) -> Stream {
        Socket::Tls(Box::new(tls)).into()
    }
}

impl From<Socket> for Stream {
    fn from(socket: Socket) -> Stream {
        Stream {
            socket,
            ahead: BytesMut::new(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return self.socket.poll_read(cx, buf);
        }
        let bytes = self.ahead.len().min(buf.remaining());
        buf.put_slice(&self.ahead[..bytes]);
        self.ahead.advance(bytes);
        if self.ahead.is_empty() {
            // Gives the memory back: an idle connection needs none of it.
            self.ahead = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Socket::Unix(unix) => Pin::new(unix).poll_write(cx, bytes),
            Socket::Tls(tls) => Pin::new(&mut **tls).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_write_vectored(cx, slices),
            Socket::Unix(unix) => Pin::new(unix).poll_write_vectored(cx, slices),
            Socket::Tls(tls) => Pin::new(&mut **tls).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Tcp(tcp) => tcp.is_write_vectored(),
            Socket::Unix(unix) => unix.is_write_vectored(),
            Socket::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_flush(cx),
            Socket::Unix(unix) => Pin::new(unix).poll_flush(cx),
            Socket::Tls(tls) => Pin::new(&mut **tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Socket::Unix(unix) => Pin::new(unix).poll_shutdown(cx),
            Socket::Tls(tls) => Pin::new(&mut **tls).poll_shutdown(cx),
        }
    }
}

/// How much is read ahead at a time: whatever a client sends at once, usually.
const AHEAD_BYTES: usize = 8 * 1024;
