//! Addresses: whether the server could listen on them.

use std::io;
use std::net::SocketAddr;

use askr_gateway::{Listen, try_address};

use super::finding::Finding;
use crate::config::{Key, Settings};

const SUBJECT: &str = "listen";

/// Judges every TCP address that is to be listened on.
pub(super) fn findings(settings: &Settings) -> Vec<Finding> {
    let listen = settings.listen().iter().filter_map(Listen::address);
    let redirects = settings.addresses(Key::HttpRedirect).iter().copied();
    listen.chain(redirects).map(finding).collect()
}

fn finding(address: SocketAddr) -> Finding {
    let user = rustix::process::geteuid().as_raw();
    match try_address(address) {
        Ok(()) => Finding::ok(SUBJECT, format!("{address} can be bound by user {user}")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Finding::note(
            SUBJECT,
            format!("{address} is in use, maybe by this server"),
        ),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let evidence = format!(
                "{address} cannot be bound by user {user} ({error}): start as root, give it \
                 CAP_NET_BIND_SERVICE, or have a socket unit hand it over"
            );
            Finding::fail(SUBJECT, evidence)
        }
        Err(error) => Finding::fail(SUBJECT, format!("{address} cannot be bound: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::super::finding::State;
    use super::*;

    #[test]
    fn an_address_is_free_or_in_use_or_not_ours() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();

        assert_eq!(finding(address).state, State::Note);
        let any = "127.0.0.1:0".parse().unwrap();
        assert_eq!(finding(any).state, State::Ok);
        // RFC 5737: nobody has it.
        let foreign = "192.0.2.1:8000".parse().unwrap();
        assert_eq!(finding(foreign).state, State::Fail);
    }
}
