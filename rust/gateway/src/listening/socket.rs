//! A socket that listens: opened by us or handed over, on TCP or a Unix socket with its file.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::limits::BACKLOG;
use crate::listening::listen::{Listen, ListenPlace, Scheme};

/// A socket that somebody else has opened, for us to serve on.
#[derive(Debug)]
pub struct Handed {
    /// It listens already.
    pub socket: ListeningSocket,
    /// What is spoken there; `None` as for [`Listen::scheme`].
    pub scheme: Option<Scheme>,
}

/// A socket that listens.
#[derive(Debug)]
pub enum ListeningSocket {
    /// On TCP.
    Tcp(TcpListener),
    /// On a Unix socket.
    Unix(UnixListener),
}

/// What becomes of those who connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// They are served in the clear.
    Http,
    /// They are served through TLS.
    Https,
    /// They are sent to where TLS is spoken.
    Redirect,
}

/// A socket that listens, and what for.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) socket: ListeningSocket,
    pub(crate) duty: Duty,
    /// Of a Unix socket that we have opened.
    pub(crate) file: Option<SocketFile>,
}

/// The file of a Unix socket. Dropping it removes it, unless it is somebody else's by then.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and inode.
    identity: (u64, u64),
}

impl Duty {
    fn of(is_https: bool) -> Duty {
        match is_https {
            true => Duty::Https,
            false => Duty::Http,
        }
    }
}

impl Listening {
    /// Opens a socket; needs no runtime yet.
    pub(crate) fn open(listen: &Listen, has_certificates: bool) -> io::Result<Listening> {
        let (socket, file) = match &listen.place {
            ListenPlace::Tcp(address) => (ListeningSocket::Tcp(open_tcp(*address)?), None),
            ListenPlace::Unix { path, mode } => {
                let (socket, file) = open_unix(path, *mode)?;
                (ListeningSocket::Unix(socket), Some(file))
            }
        };
        Ok(Listening {
            socket,
            duty: Duty::of(listen.is_https(has_certificates)),
            file,
        })
    }

    /// Opens a socket that only sends clients elsewhere.
    pub(crate) fn redirecting(address: SocketAddr) -> io::Result<Listening> {
        Ok(Listening {
            socket: ListeningSocket::Tcp(open_tcp(address)?),
            duty: Duty::Redirect,
            file: None,
        })
    }

    /// Takes over a socket that listens already.
    pub(crate) fn take(handed: Handed, has_certificates: bool) -> io::Result<Listening> {
        let is_tcp = match &handed.socket {
            ListeningSocket::Tcp(socket) => socket.set_nonblocking(true).map(|()| true),
            ListeningSocket::Unix(socket) => socket.set_nonblocking(true).map(|()| false),
        };
        let has_certificates = has_certificates && is_tcp?;
        Ok(Listening {
            socket: handed.socket,
            duty: Duty::of(match handed.scheme {
                Some(scheme) => scheme == Scheme::Https,
                None => has_certificates,
            }),
            file: None,
        })
    }

    /// The address really listened on, unless it is a Unix socket.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            ListeningSocket::Tcp(socket) => socket.local_addr().ok(),
            ListeningSocket::Unix(_) => None,
        }
    }

    /// How a client gets there: `https://127.0.0.1:8443`, `unix:/run/askr.sock`.
    pub(crate) fn url(&self) -> Option<String> {
        let scheme = match self.duty {
            Duty::Https => Scheme::Https,
            Duty::Http | Duty::Redirect => Scheme::Http,
        };
        match &self.socket {
            ListeningSocket::Tcp(_) => Some(format!("{scheme}://{}", self.address()?)),
            ListeningSocket::Unix(socket) => {
                let address = socket.local_addr().ok()?;
                let path = address.as_pathname()?;
                Some(format!("unix:{}", path.display()))
            }
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| identity(&found) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether an address could be listened on; nobody can connect meanwhile.
///
/// # Errors
/// What the system says against it.
pub fn try_address(address: SocketAddr) -> io::Result<()> {
    bind_tcp(address).map(drop)
}

fn open_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bind_tcp(address)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn bind_tcp(address: SocketAddr) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for old connections in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

/// Nobody can connect before the socket listens, and then the mode of its file is set.
fn open_unix(path: &Path, mode: u32) -> io::Result<(UnixListener, SocketFile)> {
    make_way(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(&fs::symlink_metadata(path)?),
    };
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    Ok((socket.into(), file))
}

/// Removes the socket that a dead server has left behind, and nothing else.
fn make_way(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => Err(io::ErrorKind::AlreadyExists.into()),
        Ok(_) if is_abandoned(path)? => fs::remove_file(path),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether nobody listens there. A server whose backlog is full does, and is not waited for.
fn is_abandoned(path: &Path) -> io::Result<bool> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn the_file_of_a_socket_has_its_mode_and_goes_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        for wanted in [0o660, 0o666] {
            let (_socket, file) = open_unix(&path, wanted).unwrap();
            assert_eq!(mode(&path), wanted);
            drop(file);
            assert!(!path.exists());
        }
    }

    #[test]
    fn what_a_dead_server_left_behind_makes_way_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        drop(UnixListener::bind(&path).unwrap());
        let (_socket, _file) = open_unix(&path, 0o660).unwrap();
        let refused = open_unix(&path, 0o660).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);

        let other = folder.path().join("notes");
        fs::write(&other, "mine").unwrap();
        let refused = open_unix(&other, 0o660).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    }

    #[test]
    fn the_file_of_another_server_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("http.sock");
        let (_socket, file) = open_unix(&path, 0o660).unwrap();
        fs::remove_file(&path).unwrap();
        let _other = UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }
}
