//! Where the gateway listens: `[http://|https://]ADDRESS:PORT` or `unix:/PATH[|MODE]`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// A place to listen at, and what is spoken there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The place.
    pub place: ListenPlace,
    /// What is spoken; `None` is HTTPS on TCP when there are certificates, else HTTP.
    pub scheme: Option<Scheme>,
}

/// A place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenPlace {
    /// An address; port 0 picks a free one.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix {
        /// Its file, which must lie in a folder that is there.
        path: PathBuf,
        /// Who may connect, as the mode of that file.
        mode: u32,
    },
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Through TLS.
    Https,
}

/// A text that is no place to listen at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not [http://|https://]ADDRESS:PORT or unix:/PATH[|MODE]")]
pub struct ListenError;

impl Listen {
    /// The address, unless it is a Unix socket.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match self.place {
            ListenPlace::Tcp(address) => Some(address),
            ListenPlace::Unix { .. } => None,
        }
    }

    /// Whether TLS is spoken there, if there are certificates at all.
    #[must_use]
    pub fn is_https(&self, has_certificates: bool) -> bool {
        match (self.scheme, &self.place) {
            (Some(scheme), _) => scheme == Scheme::Https,
            (None, ListenPlace::Tcp(_)) => has_certificates,
            (None, ListenPlace::Unix { .. }) => false,
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Listen {
        Listen {
            place: ListenPlace::Tcp(address),
            scheme: None,
        }
    }
}

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Listen, ListenError> {
        if let Some(unix) = text.strip_prefix(UNIX) {
            let place = unix_place(unix).ok_or(ListenError)?;
            return Ok(Listen {
                place,
                scheme: None,
            });
        }
        let (scheme, address) = match text.split_once("://") {
            None => (None, text),
            Some(("http", address)) => (Some(Scheme::Http), address),
            Some(("https", address)) => (Some(Scheme::Https), address),
            Some(_) => return Err(ListenError),
        };
        let place = ListenPlace::Tcp(socket_address(address).ok_or(ListenError)?);
        Ok(Listen { place, scheme })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            ListenPlace::Tcp(address) => match self.scheme {
                Some(scheme) => write!(out, "{scheme}://{address}"),
                None => write!(out, "{address}"),
            },
            ListenPlace::Unix { path, mode } if *mode == MODE => {
                write!(out, "{UNIX}{}", path.display())
            }
            ListenPlace::Unix { path, mode } => {
                write!(out, "{UNIX}{}|{mode:04o}", path.display())
            }
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        })
    }
}

/// `localhost` is the loopback address that every machine has.
fn socket_address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse().ok(),
        None => text.parse().ok(),
    }
}

fn unix_place(text: &str) -> Option<ListenPlace> {
    let (path, mode) = match text.rsplit_once('|') {
        Some((path, mode)) => (path, octal(mode)?),
        None => (text, MODE),
    };
    let has_room = path.len() <= PATH_BYTES_MAX;
    let is_path = path.starts_with('/') && !path.ends_with('/') && !path.contains('\0');
    (is_path && has_room).then(|| ListenPlace::Unix {
        path: path.into(),
        mode,
    })
}

fn octal(text: &str) -> Option<u32> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let mode = u32::from_str_radix(text, 8).ok()?;
    (is_octal && mode <= 0o777).then_some(mode)
}

const UNIX: &str = "unix:";

/// The owner and the group.
const MODE: u32 = 0o660;

/// What the kernel takes for the path of a socket, without the zero at its end.
const PATH_BYTES_MAX: usize = 107;

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Listen {
        text.parse().expect(text)
    }

    #[test]
    fn a_place_reads_back_from_its_own_text() {
        for text in [
            "127.0.0.1:8000",
            "[::1]:0",
            "http://0.0.0.0:80",
            "https://[::]:443",
            "unix:/run/askr/http.sock",
            "unix:/run/askr/http.sock|0666",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
        assert_eq!(parsed("unix:/s|660").to_string(), "unix:/s");
        assert_eq!(
            parsed("https://localhost:1").to_string(),
            "https://127.0.0.1:1"
        );
    }

    #[test]
    fn tls_is_spoken_where_it_was_asked_for_and_on_tcp_when_there_are_certificates() {
        for (text, without, with) in [
            ("127.0.0.1:1", false, true),
            ("http://127.0.0.1:1", false, false),
            ("https://127.0.0.1:1", true, true),
            ("unix:/s", false, false),
        ] {
            let listen = parsed(text);
            assert_eq!(
                (listen.is_https(false), listen.is_https(true)),
                (without, with),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let long = format!("unix:/{}", "x".repeat(PATH_BYTES_MAX));
        for text in [
            "",
            "8000",
            "127.0.0.1",
            "example.org:80",
            "ftp://127.0.0.1:1",
            "http://127.0.0.1:1/",
            "HTTP://127.0.0.1:1",
            "unix:",
            "unix:run/s",
            "unix:/run/",
            "unix:/s|",
            "unix:/s|66",
            "unix:/s|0999",
            "unix:/s|1777",
            "https://unix:/s",
            &long,
        ] {
            assert_eq!(text.parse::<Listen>(), Err(ListenError), "{text}");
        }
    }
}
