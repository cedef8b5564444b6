//! The control socket: one JSON document per packet, nothing from the other side trusted.
#![forbid(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use askr_exchange::CONTROL_BYTES_MAX;
use askr_exchange::control::{ToMain, ToTemplate};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    sockopt::{set_socket_passcred, socket_domain, socket_type},
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tracing::warn;

use crate::sys::watch;
use crate::throttle::Throttle;

/// Main's end of the control socket.
#[derive(Debug)]
pub(crate) struct Control {
    socket: AsyncFd<OwnedFd>,
    buffer: Vec<u8>,
    /// Packets that were no messages.
    rubbish: Throttle,
}

/// What came off the socket.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message, and the process that sent it as the kernel says.
    Message {
        message: ToMain,
        sender: Option<u32>,
        /// A descriptor that came with it.
        socket: Option<OwnedFd>,
    },
    /// Everybody on the other side is gone.
    Closed,
}

/// One packet as it arrived.
struct Packet {
    bytes: usize,
    is_cut: bool,
    sender: Option<u32>,
    socket: Option<OwnedFd>,
}

impl Control {
    /// Both ends; the second is the template's, and blocks.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
        let (ours, theirs) = socketpair(AddressFamily::UNIX, kind, flags, None)?;
        Ok((Self::new(ours)?, theirs))
    }

    /// Main's end of a pair that a template has made.
    ///
    /// # Errors
    /// When it is no such socket.
    pub(crate) fn offered(ours: OwnedFd) -> io::Result<Self> {
        let is_fitting = socket_domain(&ours)? == AddressFamily::UNIX
            && socket_type(&ours)? == SocketType::SEQPACKET;
        if !is_fitting {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Self::new(ours)
    }

    fn new(ours: OwnedFd) -> io::Result<Self> {
        let status = fcntl_getfl(&ours)?;
        fcntl_setfl(&ours, status | OFlags::NONBLOCK)?;
        set_socket_passcred(&ours, true)?;
        Ok(Self {
            socket: watch(ours)?,
            buffer: vec![0; CONTROL_BYTES_MAX],
            rubbish: Throttle::default(),
        })
    }

    /// The next message that is one; anything else is logged and skipped.
    ///
    /// # Cancel safety
    /// Safe: a packet is taken and returned in one step.
    #[cfg(test)]
    pub(crate) async fn receive(&mut self) -> Received {
        std::future::poll_fn(|context| self.poll_receive(context)).await
    }

    /// The next message that is one; anything else is logged and skipped.
    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        loop {
            let packet = match ready!(self.poll_packet(context)) {
                Ok(packet) => packet,
                Err(error) => {
                    warn!(%error, "control socket cannot be read");
                    return Poll::Ready(Received::Closed);
                }
            };
            if let Some(received) = self.understand(packet) {
                return Poll::Ready(received);
            }
        }
    }

    /// A message that waits, also when the event loop has not heard of it yet.
    pub(crate) fn take_waiting(&mut self) -> Option<Received> {
        loop {
            let packet = take_packet(self.socket.get_ref(), &mut self.buffer).ok()?;
            match self.understand(packet) {
                Some(Received::Closed) => return None,
                Some(received) => return Some(received),
                None => {}
            }
        }
    }

    fn understand(&mut self, packet: Packet) -> Option<Received> {
        let Packet {
            bytes,
            is_cut,
            sender,
            socket,
        } = packet;
        if bytes == 0 && sender.is_none() {
            return Some(Received::Closed);
        }
        let problem = match serde_json::from_slice(&self.buffer[..bytes]) {
            _ if is_cut => format!("longer than {CONTROL_BYTES_MAX} bytes"),
            Ok(message) => {
                return Some(Received::Message {
                    message,
                    sender,
                    socket,
                });
            }
            Err(error) => error.to_string(),
        };
        if let Some(count) = self.rubbish.next() {
            warn!(problem, sender, count, "control packet ignored");
        }
        None
    }

    /// Sends one message.
    pub(crate) async fn send(&self, message: &ToTemplate) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        if bytes.len() > CONTROL_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "message too large",
            ));
        }
        let write = |socket: &OwnedFd| {
            let mut nothing = SendAncillaryBuffer::default();
            let parts = [IoSlice::new(&bytes)];
            sendmsg(socket, &parts, &mut nothing, SendFlags::NOSIGNAL).map_err(io::Error::from)
        };
        self.socket
            .async_io(Interest::WRITABLE, write)
            .await
            .map(drop)
    }

    fn poll_packet(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Packet>> {
        let Self { socket, buffer, .. } = self;
        loop {
            let mut readable = ready!(socket.poll_read_ready(context))?;
            if let Ok(packet) = readable.try_io(|socket| take_packet(socket.get_ref(), buffer)) {
                return Poll::Ready(packet);
            }
        }
    }
}

fn take_packet(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Packet> {
    let mut space =
        [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1), ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(buffer)];
    let received = recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let (mut sender, mut descriptor) = (None, None);
    for message in ancillary.drain() {
        match message {
            RecvAncillaryMessage::ScmCredentials(credentials) => {
                sender = u32::try_from(credentials.pid.as_raw_nonzero().get()).ok();
            }
            // Whatever is more than one is closed.
            RecvAncillaryMessage::ScmRights(mut rights) => descriptor = rights.next(),
            _ => {}
        }
    }
    let is_cut = received.flags.contains(ReturnFlags::TRUNC);
    Ok(Packet {
        bytes: received.bytes,
        is_cut,
        sender,
        socket: descriptor,
    })
}

/// Descriptors that one packet may bring; the kernel drops what is more.
const DESCRIPTORS_MAX: usize = 1;

#[cfg(test)]
mod tests;
