//! The control socket to main: one JSON document per packet.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use askr_exchange::CONTROL_BYTES_MAX;
use askr_exchange::control::{ToMain, ToTemplate};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvFlags, SendFlags, recv, send};

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
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
