//! The control socket: one JSON document per packet, nothing from the other side trusted.
#![forbid(unsafe_code)]

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use askr_exchange::CONTROL_BYTES_MAX;
use askr_exchange::control::{ToMain, ToTemplate};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
    sockopt::set_socket_passcred,
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
    },
    /// Everybody on the other side is gone.
    Closed,
}

/// One packet as it arrived.
struct Packet {
    bytes: usize,
    is_cut: bool,
    sender: Option<u32>,
}

impl Control {
    /// Both ends; the second is the template's, and blocks.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
        let (ours, theirs) = socketpair(AddressFamily::UNIX, kind, flags, None)?;
        let status = fcntl_getfl(&ours)?;
        fcntl_setfl(&ours, status | OFlags::NONBLOCK)?;
        set_socket_passcred(&ours, true)?;
        let buffer = vec![0; CONTROL_BYTES_MAX];
        Ok((
            Self {
                socket: watch(ours)?,
                buffer,
                rubbish: Throttle::default(),
            },
            theirs,
        ))
    }

    /// The next message that is one; anything else is logged and skipped.
    ///
    /// # Cancel safety
    /// Safe: a packet is taken and returned in one step.
    pub(crate) async fn receive(&mut self) -> Received {
        loop {
            let packet = match self.next_packet().await {
                Ok(packet) => packet,
                Err(error) => {
                    warn!(%error, "control socket cannot be read");
                    return Received::Closed;
                }
            };
            let Packet {
                bytes,
                is_cut,
                sender,
            } = packet;
            if bytes == 0 && sender.is_none() {
                return Received::Closed;
            }
            let problem = match serde_json::from_slice(&self.buffer[..bytes]) {
                _ if is_cut => format!("longer than {CONTROL_BYTES_MAX} bytes"),
                Ok(message) => return Received::Message { message, sender },
                Err(error) => error.to_string(),
            };
            if let Some(count) = self.rubbish.next() {
                warn!(problem, sender, count, "control packet ignored");
            }
        }
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

    async fn next_packet(&mut self) -> io::Result<Packet> {
        let Self { socket, buffer, .. } = self;
        socket
            .async_io(Interest::READABLE, |socket| take_packet(socket, buffer))
            .await
    }
}

fn take_packet(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<Packet> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(buffer)];
    let received = recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let sender = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmCredentials(credentials) => {
            u32::try_from(credentials.pid.as_raw_nonzero().get()).ok()
        }
        _ => None,
    });
    let is_cut = received.flags.contains(ReturnFlags::TRUNC);
    Ok(Packet {
        bytes: received.bytes,
        is_cut,
        sender,
    })
}

#[cfg(test)]
mod tests;
