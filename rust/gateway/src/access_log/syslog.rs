//! Lines as messages for the log of the system, here or on another machine.
//!
//! A socket of this machine is written to as `syslog(3)` does, because journald and the local
//! input of rsyslog know only that; over UDP a message has the form of RFC 5424. The crates there
//! are do not connect again when the daemon was restarted.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where the log of a system listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyslogAddress {
    /// A socket of this machine, such as `/dev/log`.
    Local(PathBuf),
    /// A host and a port for UDP.
    Remote(String),
}

/// An open connection, if such a thing can be said of datagrams.
#[derive(Debug)]
pub(super) struct Syslog {
    way: Way,
    zone: TimeZone,
    host: String,
    message: Vec<u8>,
}

#[derive(Debug)]
enum Way {
    Local(UnixDatagram, PathBuf),
    Remote(UdpSocket),
}

impl Syslog {
    pub(super) fn open(address: &SyslogAddress) -> io::Result<Syslog> {
        let way = match address {
            SyslogAddress::Local(path) => Way::Local(connect(path)?, path.clone()),
            SyslogAddress::Remote(host) => Way::Remote(connect_remote(host)?),
        };
        let node = rustix::system::uname();
        Ok(Syslog {
            way,
            zone: TimeZone::system(),
            host: node.nodename().to_string_lossy().into_owned(),
            message: Vec::new(),
        })
    }

    /// Sends each line as a message. The error is the last one, with how many are lost.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), (u64, io::Error)> {
        let now = Timestamp::now();
        let mut lost = None;
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            self.compose(line.strip_suffix(b"\n").unwrap_or(line), now);
            if let Err(error) = self.send() {
                let (count, _) = lost.unwrap_or((0, io::ErrorKind::Other.into()));
                lost = Some((count + 1, error));
            }
        }
        lost.map_or(Ok(()), Err)
    }

    fn compose(&mut self, line: &[u8], now: Timestamp) {
        let process = std::process::id();
        self.message.clear();
        let written = match self.way {
            Way::Local(..) => {
                let local = now.to_zoned(self.zone.clone());
                let time = local.strftime("%b %e %H:%M:%S");
                write!(self.message, "<{PRIORITY}>{time} askr[{process}]: ")
            }
            Way::Remote(_) => {
                let time = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ");
                let host = &self.host;
                write!(
                    self.message,
                    "<{PRIORITY}>1 {time} {host} askr {process} access - "
                )
            }
        };
        written.expect("memory grows");
        self.message.extend_from_slice(line);
    }

    /// A local daemon that was restarted has another socket of the same name.
    fn send(&mut self) -> io::Result<()> {
        match &mut self.way {
            Way::Remote(socket) => send_again_if_refused(|| socket.send(&self.message)),
            Way::Local(socket, path) => match socket.send(&self.message) {
                Err(error) if is_gone(&error) => {
                    *socket = connect(path)?;
                    socket.send(&self.message).map(drop)
                }
                sent => sent.map(drop),
            },
        }
    }
}

/// What a closed port answers comes with the next message, which is not to blame.
fn send_again_if_refused(send: impl Fn() -> io::Result<usize>) -> io::Result<()> {
    match send() {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => send().map(drop),
        sent => sent.map(drop),
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, NotConnected, NotFound};
    let kind = error.kind();
    matches!(
        kind,
        ConnectionRefused | ConnectionReset | NotConnected | NotFound
    )
}

fn connect(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn connect_remote(host: &str) -> io::Result<UdpSocket> {
    let mut last = io::ErrorKind::NotFound.into();
    for address in host.to_socket_addrs()? {
        let any = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let connected = UdpSocket::bind(any).and_then(|socket| {
            socket.connect(address)?;
            Ok(socket)
        });
        match connected {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Facility local7, severity info, as nginx has it.
const PRIORITY: u8 = 23 * 8 + 6;

/// How long a local daemon may keep us from going on.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_local_message_is_one_of_syslog_and_a_restarted_daemon_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open(&SyslogAddress::Local(path.clone())).unwrap();
        let mut read = [0; 200];

        syslog.write(b"one\ntwo\n").unwrap();
        let bytes = daemon.recv(&mut read).unwrap();
        let text = String::from_utf8_lossy(&read[..bytes]);
        assert!(
            text.starts_with("<190>") && text.ends_with("]: one"),
            "{text}"
        );
        let bytes = daemon.recv(&mut read).unwrap();
        assert!(read[..bytes].ends_with(b": two"));

        drop(daemon);
        fs::remove_file(&path).unwrap();
        let (lost, error) = syslog.write(b"three\nfour\n").unwrap_err();
        assert_eq!((lost, error.kind()), (2, io::ErrorKind::NotFound));

        let daemon = UnixDatagram::bind(&path).unwrap();
        syslog.write(b"five\n").unwrap();
        let bytes = daemon.recv(&mut read).unwrap();
        assert!(read[..bytes].ends_with(b": five"));
    }

    #[test]
    fn a_remote_message_has_the_form_of_rfc_5424() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let mut syslog = Syslog::open(&SyslogAddress::Remote(address)).unwrap();

        syslog.write(b"{\"status\":200}\n").unwrap();

        let mut read = [0; 500];
        let bytes = server.recv(&mut read).unwrap();
        let text = String::from_utf8_lossy(&read[..bytes]).into_owned();
        let parts: Vec<&str> = text.splitn(8, ' ').collect();
        let process = std::process::id().to_string();
        assert_eq!(
            (parts[0], parts[3], parts[4]),
            ("<190>1", "askr", process.as_str())
        );
        assert_eq!(parts[5..], ["access", "-", "{\"status\":200}"]);
        assert!(parts[1].parse::<Timestamp>().is_ok(), "{text}");
    }
}
