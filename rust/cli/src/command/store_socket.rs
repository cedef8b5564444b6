//! Binds the socket on which programs outside the server reach the store, and serves it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use askr_resp::{Server, ServerConfig};
use askr_store::Store;
use askr_supervisor::{SocketError, SocketFile, make_private_folder};
use rustix::process::geteuid;
use tracing::{debug, warn};

use crate::config::{ApplicationConfig, StoreSocket};
use crate::user::Account;

/// A socket that is bound, and where.
pub(super) struct StoreListener {
    file: SocketFile,
    path: PathBuf,
}

/// The store as it is served to programs outside; they are cut off when it is dropped.
pub(super) struct StoreServer {
    /// Ends before its socket goes.
    _server: Server,
    _file: SocketFile,
}

/// The socket, at the place that was chosen or else at the first that can be; it belongs to the
/// user that PHP runs as. To be called while there is one thread.
///
/// # Errors
/// When the place was chosen and cannot be. Without a chosen one the server does without, and says
/// so.
pub(super) fn bind(
    socket: &StoreSocket,
    user: Option<&Account>,
) -> Result<Option<StoreListener>, SocketError> {
    let (beside, private) = match socket {
        StoreSocket::Given(path) => return bind_given(path, user).map(Some),
        StoreSocket::Own { beside, private } => (beside, private),
    };
    let mut problem = "no folder for it".to_owned();
    let beside = beside.iter().map(|path| (path, false));
    for (path, is_private) in beside.chain(private.iter().map(|path| (path, true))) {
        match as_user(user, path, || bind_at(path, is_private)) {
            Ok(listener) => return Ok(Some(listener)),
            Err(error) => problem = words(&error),
        }
    }
    warn!(
        problem,
        "no socket for the store: programs outside the server do not reach it; give store_socket"
    );
    Ok(None)
}

impl StoreListener {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins to serve the store on it.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(super) fn serve(
        self,
        store: Arc<Store>,
        config: &ApplicationConfig,
    ) -> io::Result<StoreServer> {
        let own = geteuid().as_raw();
        let users = [own, config.user.as_ref().map_or(own, Account::uid)];
        let server = ServerConfig {
            users: users.into(),
            value_bytes_max: config
                .store
                .as_ref()
                .map_or(0, |store| store.sizes.value_max),
            version: env!("CARGO_PKG_VERSION"),
        };
        let server = Server::start(store, self.file.listener()?, server)?;
        debug!(path = %self.path.display(), "store socket");
        Ok(StoreServer {
            _server: server,
            _file: self.file,
        })
    }
}

/// Only root can make it where the user cannot; what the user cannot change there, it cannot turn
/// against root.
fn bind_given(path: &Path, user: Option<&Account>) -> Result<StoreListener, SocketError> {
    let is_forbidden = |error: &SocketError| {
        matches!(error, SocketError::Io { source, .. }
            if source.kind() == io::ErrorKind::PermissionDenied)
    };
    let (error, user) = match (as_user(user, path, || bind_at(path, false)), user) {
        (Err(error), Some(user)) if is_forbidden(&error) => (error, user),
        (result, _) => return result,
    };
    let listener = bind_at(path, false)?;
    user.own(path).map_err(|source| at(path, source))?;
    match as_user(Some(user), path, || connect(path)) {
        Ok(()) => Ok(listener),
        Err(_) => Err(error),
    }
}

fn bind_at(path: &Path, is_private: bool) -> Result<StoreListener, SocketError> {
    if let Some(folder) = path.parent().filter(|_| is_private) {
        make_private_folder(folder)?;
    }
    Ok(StoreListener {
        file: SocketFile::bind(path)?,
        path: path.to_owned(),
    })
}

fn connect(path: &Path) -> Result<(), SocketError> {
    let connected = UnixStream::connect(path);
    connected.map(drop).map_err(|source| at(path, source))
}

fn as_user<T>(
    user: Option<&Account>,
    path: &Path,
    act: impl FnOnce() -> Result<T, SocketError>,
) -> Result<T, SocketError> {
    match user {
        None => act(),
        Some(user) => user.stand_in(act).map_err(|source| at(path, source))?,
    }
}

fn at(path: &Path, source: io::Error) -> SocketError {
    SocketError::Io {
        path: path.to_owned(),
        source,
    }
}

fn words(error: &SocketError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
