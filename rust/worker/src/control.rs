//! The control socket to main: one JSON document per packet.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use askr_exchange::CONTROL_BYTES_MAX;
use askr_exchange::control::{ToMain, ToTemplate};
use rustix::net::sockopt::{Timeout, set_socket_passcred, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags,
    SocketType, recv, send, sendmsg, socketpair,
};

use crate::limits::SEND_TIMEOUT;

/// A message did not arrive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    /// Main closed its end, or is gone.
    #[error("main is gone")]
    Closed,
    /// The socket failed.
    #[error("the control socket cannot be read")]
    Socket(#[source] io::Error),
    /// The packet is not a message.
    #[error("main sent a packet that is no message")]
    Malformed(#[source] serde_json::Error),
}

/// The template's end; a worker keeps it to send its own news.
pub(crate) struct Control {
    socket: OwnedFd,
}

impl Control {
    /// A main that does not read must not hold up a worker for ever.
    pub(crate) fn new(socket: OwnedFd) -> Self {
        if let Err(error) = set_socket_timeout(&socket, Timeout::Send, Some(SEND_TIMEOUT)) {
            tracing::warn!(%error, "the control socket has no send timeout");
        }
        Self { socket }
    }

    /// A new socket: this process's end, and main's, on which the kernel says who has sent what.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
        let (ours, mains) = socketpair(AddressFamily::UNIX, kind, flags, None)?;
        set_socket_passcred(&mains, true)?;
        Ok((Self::new(ours), mains))
    }

    /// Waits for the next command.
    pub(crate) fn receive(&self) -> Result<ToTemplate, ReceiveError> {
        let mut packet = vec![0; CONTROL_BYTES_MAX];
        let bytes = loop {
            match recv(&self.socket, &mut packet[..], RecvFlags::empty()) {
                Ok((0, _)) => return Err(ReceiveError::Closed),
                Ok((bytes, _)) => break bytes,
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(ReceiveError::Socket(errno.into())),
            }
        };
        serde_json::from_slice(&packet[..bytes]).map_err(ReceiveError::Malformed)
    }

    /// Tells main; when main is gone nobody is left to care.
    pub(crate) fn tell(&self, message: &ToMain) {
        let packet = serde_json::to_vec(message).expect("messages hold text and numbers only");
        if let Err(error) = send(&self.socket, &packet, SendFlags::NOSIGNAL) {
            tracing::debug!(%error, "main does not listen");
        }
    }

    /// Tells main, and gives it a descriptor.
    pub(crate) fn tell_with(&self, message: &ToMain, fd: &OwnedFd) -> io::Result<()> {
        let packet = serde_json::to_vec(message)?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let fds = [fd.as_fd()];
        ancillary.push(SendAncillaryMessage::ScmRights(&fds));
        let parts = [IoSlice::new(&packet)];
        sendmsg(&self.socket, &parts, &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
