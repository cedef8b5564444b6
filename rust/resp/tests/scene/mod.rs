//! A store that is served, a real Redis, and clients of both.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use askr_resp::{Server, ServerConfig};
use askr_store::{Sizes, Store};
use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;
use tempfile::TempDir;

/// Long enough for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Most bytes of a value of a scene's store.
pub(crate) const VALUE_MAX: usize = 1 << 20;

/// A store with a socket.
pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) store: Arc<Store>,
    pub(crate) server: Option<Server>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sizes = Sizes {
            namespaces: [16 << 20, 1 << 20, 2 << 20, 1 << 20, 1 << 20],
            value_max: VALUE_MAX,
        };
        let store = Arc::new(Store::create(&sizes).unwrap());
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let config = ServerConfig {
            users: vec![std::os::unix::fs::MetadataExt::uid(
                &folder.path().metadata().unwrap(),
            )],
            value_bytes_max: VALUE_MAX,
            version: "0",
        };
        let server = Server::start(Arc::clone(&store), listener, config).unwrap();
        Self {
            folder,
            store,
            server: Some(server),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.path())
    }
}

/// A Redis, which Debian's `redis-tools` has under another name.
pub(crate) struct Redis {
    folder: TempDir,
    child: Child,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("redis-check-rdb")
            .arg0("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket", "s"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`cargo xtask setup` installs redis-tools");
        let log = BufReader::new(child.stdout.take().unwrap());
        let is_ready = |line: String| line.contains("eady to accept connections");
        assert!(log.lines().map_while(Result::ok).any(is_ready));
        Self { folder, child }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.folder.path().join("s"))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that waits for each reply.
pub(crate) struct Client {
    pub(crate) stream: UnixStream,
    received: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// The reply to the words of a line; `""` is an empty word.
    pub(crate) fn ask(&mut self, line: &str) -> OwnedFrame {
        let words = line
            .split(' ')
            .map(|word| word.trim_matches('"').as_bytes());
        self.ask_words(&words.collect::<Vec<_>>())
    }

    pub(crate) fn ask_words(&mut self, words: &[&[u8]]) -> OwnedFrame {
        self.stream.write_all(&command(words)).unwrap();
        self.reply().expect("a reply")
    }

    /// The next reply, or `None` when the server has closed.
    pub(crate) fn reply(&mut self) -> Option<OwnedFrame> {
        loop {
            if let Some((frame, length)) = decode(&self.received).unwrap() {
                self.received.drain(..length);
                return Some(frame);
            }
            let mut piece = [0; 65_536];
            match self.stream.read(&mut piece) {
                Ok(0) => return None,
                Ok(count) => self.received.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("no reply: {error}"),
            }
        }
    }
}

/// A command as it is sent.
pub(crate) fn command(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend(*word);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// A string of bytes.
pub(crate) fn bulk(text: &str) -> OwnedFrame {
    OwnedFrame::BulkString(text.as_bytes().to_vec())
}
