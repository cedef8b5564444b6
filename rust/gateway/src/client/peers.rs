//! A list of who may speak for others: networks, addresses, and the words `unix` and `private`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A client of a TCP socket; IPv4 addresses mapped into IPv6 are IPv4.
    Ip(IpAddr),
    /// A process of this machine, on a Unix socket.
    Unix,
}

/// Some peers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerList(Vec<Item>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Net(IpNet),
    Unix,
    Private,
}

/// A text that names no peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address, a network such as 10.0.0.0/8, unix or private")]
pub struct PeerListError;

impl PeerList {
    /// The peers that `items` name.
    ///
    /// # Errors
    /// When one of them names none.
    pub fn of<T: AsRef<str>>(items: &[T]) -> Result<PeerList, PeerListError> {
        let items = items.iter().map(|item| item.as_ref().parse());
        items.collect::<Result<_, _>>().map(PeerList)
    }

    /// Whether nobody is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, peer: Peer) -> bool {
        self.0.iter().any(|item| item.has(peer))
    }

    pub(crate) fn has_address(&self, address: IpAddr) -> bool {
        self.has(Peer::Ip(address.to_canonical()))
    }
}

impl fmt::Display for PeerList {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            match item {
                Item::Net(net) => write!(out, "{comma}{net}")?,
                Item::Unix => write!(out, "{comma}{UNIX}")?,
                Item::Private => write!(out, "{comma}{PRIVATE}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Item {
    type Err = PeerListError;

    fn from_str(text: &str) -> Result<Item, PeerListError> {
        match text {
            UNIX => Ok(Item::Unix),
            PRIVATE => Ok(Item::Private),
            _ => net(text).map(Item::Net).ok_or(PeerListError),
        }
    }
}

impl Item {
    fn has(self, peer: Peer) -> bool {
        match (self, peer) {
            (Item::Unix, peer) => peer == Peer::Unix,
            (_, Peer::Unix) => false,
            (Item::Net(net), Peer::Ip(address)) => net.contains(&address),
            (Item::Private, Peer::Ip(address)) => is_private(address),
        }
    }
}

/// `10.0.0.0/8`, or an address alone. Bits beyond the prefix are a slip that somebody meant
/// differently, except that a mapped address means its IPv4 address.
fn net(text: &str) -> Option<IpNet> {
    let net = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse().ok()?,
    };
    (net.trunc() == net).then_some(net)
}

/// What no router of the internet leads to: loopback, private, link-local and unique local.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

const UNIX: &str = "unix";
const PRIVATE: &str = "private";

#[cfg(test)]
mod tests {
    use super::*;

    fn has(list: &[&str], address: &str) -> bool {
        let list = PeerList::of(list).unwrap();
        list.has_address(address.parse().unwrap())
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        assert!(has(&["10.0.0.0/8"], "10.255.0.1"));
        assert!(!has(&["10.0.0.0/8"], "11.0.0.1"));
        assert!(has(&["192.0.2.7"], "192.0.2.7"));
        assert!(!has(&["192.0.2.7"], "192.0.2.8"));
        assert!(has(&["2001:db8::/32"], "2001:db8:1::1"));
        assert!(!has(&["2001:db8::/32", "0.0.0.0/0"], "2001:db9::1"));
        assert!(has(&["192.0.2.1", "::/0"], "2001:db9::1"));
    }

    #[test]
    fn mapped_addresses_are_the_addresses_they_map() {
        assert!(has(&["10.0.0.0/8"], "::ffff:10.0.0.1"));
        assert!(has(&["::ffff:10.0.0.1"], "10.0.0.1"));
    }

    #[test]
    fn private_is_what_no_router_of_the_internet_leads_to() {
        let own = [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "fe80::1",
        ];
        for address in own {
            assert!(has(&["private"], address), "{address}");
        }
        for address in [
            "172.32.0.1",
            "8.8.8.8",
            "100.64.0.1",
            "2001:db8::1",
            "0.0.0.0",
        ] {
            assert!(!has(&["private"], address), "{address}");
        }
    }

    #[test]
    fn unix_sockets_are_named_by_their_word_only() {
        let unix = |list: &[&str]| PeerList::of(list).unwrap().has(Peer::Unix);
        assert!(unix(&["10.0.0.0/8", "unix"]));
        assert!(!unix(&["private", "0.0.0.0/0", "::/0"]));
        assert!(!has(&["unix"], "127.0.0.1"));
    }

    #[test]
    fn a_list_reads_back_from_its_own_text() {
        let list = PeerList::of(&["10.0.0.0/8", "::1", "unix", "private"]).unwrap();
        assert_eq!(list.to_string(), "10.0.0.0/8,::1/128,unix,private");
        let items: Vec<String> = list.to_string().split(',').map(str::to_owned).collect();
        assert_eq!(PeerList::of(&items), Ok(list));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for text in [
            "",
            "*",
            "localhost",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0",
            "Unix",
            "a,b",
        ] {
            assert_eq!(PeerList::of(&[text]), Err(PeerListError), "{text}");
        }
    }
}
