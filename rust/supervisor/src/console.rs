//! The control socket: commands for a running server, one line of JSON each, answered by lines of
//! JSON. `docs/protocol/console.md` describes them.
#![forbid(unsafe_code)]

mod message;
mod socket;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::geteuid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::error::SocketError;
use crate::remote::{Progress, Remote};
use crate::status::{HostStatus, Status, StoreStatus};

pub use message::{Answer, Command, Question};
pub use socket::{PATH_BYTES_MAX, SocketFile, check_private_folder, make_private_folder};

/// Clients served at once; further ones wait to be accepted.
const CLIENTS_MAX: usize = 16;
/// The longest line a client may send.
const LINE_BYTES_MAX: u64 = 16 << 10;
/// How long a client may take to send its line, and to take one of the answer.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 300 } else { 5_000 });

/// A control socket that is bound; dropping it removes the file.
#[derive(Debug)]
pub struct Console {
    socket: SocketFile,
}

/// An application that can be commanded.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What it is called.
    pub name: String,
    /// Steers its fleet.
    pub remote: Remote,
    store: Option<StoreReport>,
}

/// All applications of a server, as one of its sockets has them.
#[derive(Clone, Debug)]
struct Realm {
    subjects: Arc<[Subject]>,
    /// The one that is meant when none is named.
    own: usize,
}

/// What the store holds at the moment that it is called.
#[derive(Clone)]
struct StoreReport(Arc<dyn Fn() -> StoreStatus + Send + Sync>);

impl fmt::Debug for StoreReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("StoreReport")
    }
}

impl Subject {
    /// One without a store.
    #[must_use]
    pub fn new(name: &str, remote: Remote) -> Self {
        Self {
            name: name.to_owned(),
            remote,
            store: None,
        }
    }

    /// Tells of its store as well; `report` is not to wait for anything.
    #[must_use]
    pub fn telling_of_store(
        mut self,
        report: impl Fn() -> StoreStatus + Send + Sync + 'static,
    ) -> Self {
        self.store = Some(StoreReport(Arc::new(report)));
        self
    }

    /// What it runs; `None` when it has ended.
    async fn status(&self) -> Option<Status> {
        let mut status = self.remote.status().await?;
        status.store = self.store.as_ref().map(|report| (report.0)());
        Some(status)
    }
}

impl Realm {
    fn subject(&self, host: Option<&str>) -> Option<&Subject> {
        match host {
            None => self.subjects.get(self.own),
            Some(name) => self.subjects.iter().find(|subject| subject.name == name),
        }
    }

    /// What an application runs; that of all is told on the socket of the first.
    async fn status(&self, host: Option<&str>) -> Option<Status> {
        let mut status = self.subject(host)?.status().await?;
        if host.is_none() && self.own == 0 {
            for subject in &self.subjects[1..] {
                status.hosts.push(HostStatus {
                    name: subject.name.clone(),
                    status: subject.status().await?,
                });
            }
        }
        Some(status)
    }
}

impl Console {
    /// Binds the socket, in place of one that was there: the newest server has the name. Who may
    /// connect is its owner alone.
    ///
    /// # Errors
    /// When the socket cannot be made there.
    pub fn bind(path: &std::path::Path) -> Result<Self, SocketError> {
        let socket = SocketFile::bind(path)?;
        if socket.took_over() {
            warn!(socket = %path.display(), "another server answered on the control socket, it is mine now");
        }
        Ok(Self { socket })
    }

    /// Serves clients for ever; to be called inside a tokio runtime. Who names no application means
    /// the one at `own`.
    ///
    /// # Cancel safety
    /// Dropping the future cuts its clients off.
    pub async fn serve(self, subjects: Arc<[Subject]>, own: usize) {
        let realm = Realm { subjects, own };
        let listener = match self.socket.listener().and_then(UnixListener::from_std) {
            Ok(listener) => listener,
            Err(error) => return warn!(%error, "no commands are taken on the control socket"),
        };
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if clients.len() < CLIENTS_MAX => match accepted {
                    Ok((stream, _)) => {
                        clients.spawn(attend(stream, realm.clone()));
                    },
                    Err(error) => {
                        warn!(%error, "control socket");
                        tokio::time::sleep(PATIENCE).await; // until descriptors are free again
                    }
                },
                Some(_) = clients.join_next() => {}
            }
        }
    }
}

/// Serves one client, which may only be us or root.
async fn attend(stream: UnixStream, realm: Realm) {
    let mut client = Client::new(stream);
    let result = match client.uid() {
        Ok(uid) if uid == geteuid().as_raw() || uid == 0 => client.serve(&realm).await,
        Ok(uid) => {
            warn!(uid, "somebody else wants to use the control socket");
            client
                .refuse("only the server's own user and root may do that")
                .await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = result {
        debug!(%error, "a client of the control socket has left");
    }
}

/// Both directions of a connection, with a deadline on each step.
struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    fn new(stream: UnixStream) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    fn uid(&self) -> io::Result<u32> {
        Ok(self.stream.get_ref().peer_cred()?.uid())
    }

    async fn serve(&mut self, realm: &Realm) -> io::Result<()> {
        let line = self.read_line().await?;
        let Ok(question) = serde_json::from_slice::<Question>(&line) else {
            return self.refuse("not a command of this version").await;
        };
        debug!(?question, "command");
        let Question { host, command } = question;
        let host = host.as_deref();
        let Some(Subject { remote, .. }) = realm.subject(host) else {
            return self
                .refuse("the server has no application of that name")
                .await;
        };
        match command {
            Command::Reload(order) => self.follow(remote.reload(order)).await,
            Command::Rollback => self.follow(remote.rollback()).await,
            Command::Status => match realm.status(host).await {
                Some(status) => self.say(&Answer::Status(Box::new(status))).await,
                None => self.refuse("the server ends").await,
            },
        }
    }

    /// Tells of a change until its end, or until the client is gone: the change goes on then.
    async fn follow(
        &mut self,
        mut reports: tokio::sync::mpsc::Receiver<Progress>,
    ) -> io::Result<()> {
        while let Some(progress) = reports.recv().await {
            self.say(&Answer::Progress(progress)).await?;
        }
        Ok(())
    }

    async fn refuse(&mut self, why: &str) -> io::Result<()> {
        let end = Progress::Failed(why.to_owned());
        self.say(&Answer::Progress(end)).await
    }

    async fn read_line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stream).take(LINE_BYTES_MAX);
        in_time(bounded.read_until(b'\n', &mut line)).await?;
        if line.last() == Some(&b'\n') {
            return Ok(line);
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    async fn say(&mut self, answer: &Answer) -> io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        in_time(self.stream.write_all(&line)).await
    }
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(PATIENCE, step).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests;
