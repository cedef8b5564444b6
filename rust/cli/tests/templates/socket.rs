//! Main's end of a control socket.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use askr_exchange::CONTROL_BYTES_MAX;
use askr_exchange::control::{ToMain, ToTemplate};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

use crate::house::PATIENCE;

/// A socket, and what was heard on it while something else was waited for.
pub(crate) struct Socket {
    socket: OwnedFd,
    heard: Vec<(ToMain, Option<OwnedFd>)>,
}

impl Socket {
    /// Both ends; the second is the template's.
    pub(crate) fn pair() -> (Socket, OwnedFd) {
        let (kind, flags) = (SocketType::SEQPACKET, SocketFlags::CLOEXEC);
        let (ours, theirs) = socketpair(AddressFamily::UNIX, kind, flags, None).unwrap();
        (Socket::new(ours), theirs)
    }

    fn new(socket: OwnedFd) -> Socket {
        set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE)).unwrap();
        let heard = Vec::new();
        Socket { socket, heard }
    }

    pub(crate) fn tell(&self, message: &ToTemplate) {
        let packet = serde_json::to_vec(message).unwrap();
        let mut nothing = SendAncillaryBuffer::default();
        sendmsg(
            &self.socket,
            &[IoSlice::new(&packet)],
            &mut nothing,
            SendFlags::NOSIGNAL,
        )
        .unwrap();
    }

    /// Waits for a message; others keep for later.
    pub(crate) fn hear(&mut self, is_it: impl Fn(&ToMain) -> bool) -> ToMain {
        self.find(is_it).0
    }

    /// Waits for a message that comes with a socket.
    pub(crate) fn hear_with_socket(&mut self, message: &ToMain) -> Socket {
        let (_, socket) = self.find(|said| said == message);
        Socket::new(socket.unwrap())
    }

    /// Waits until everybody on the other side has closed it.
    pub(crate) fn is_over(&mut self) -> bool {
        loop {
            match self.receive() {
                Some(message) => self.heard.push(message),
                None => return true,
            }
        }
    }

    fn find(&mut self, is_it: impl Fn(&ToMain) -> bool) -> (ToMain, Option<OwnedFd>) {
        if let Some(at) = self.heard.iter().position(|(said, _)| is_it(said)) {
            return self.heard.remove(at);
        }
        loop {
            let message = self.receive();
            let message = message.unwrap_or_else(|| panic!("it is closed after {:?}", self.heard));
            if is_it(&message.0) {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// `None` when it is closed.
    fn receive(&mut self) -> Option<(ToMain, Option<OwnedFd>)> {
        let mut packet = vec![0; CONTROL_BYTES_MAX];
        let mut space =
            [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1), ScmCredentials(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut parts = [IoSliceMut::new(&mut packet)];
        let received = recvmsg(
            &self.socket,
            &mut parts,
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        );
        let bytes = received
            .unwrap_or_else(|error| panic!("{error} after {:?}", self.heard))
            .bytes;
        let fd = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        let message = (bytes > 0).then(|| serde_json::from_slice(&packet[..bytes]).unwrap())?;
        Some((message, fd))
    }
}
