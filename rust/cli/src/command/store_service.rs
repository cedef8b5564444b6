//! The store beside the requests: what is read at the start and written at the end, and who reaches
//! it from outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, SystemTime};
use std::{fs, thread};

use askr_gateway::{LimitCounts, LimitTally};
use askr_store::{ImportError, Namespace, Store};
use askr_supervisor::{LimitStatus, NamespaceStatus, StoreStatus};
use tracing::{info, warn};

use super::store_socket::{self, StoreListener, StoreServer};
use crate::config::{ApplicationConfig, StoreSocket};
use crate::exit::Failure;

/// How long writing the store may take; a service manager kills who takes much longer.
const WRITE_MAX: Duration = Duration::from_secs(5);

/// The store of a server that runs.
pub(super) struct StoreService {
    store: Arc<Store>,
    file: Option<PathBuf>,
    /// Where programs outside reach it.
    socket: Option<PathBuf>,
    listener: Option<StoreListener>,
    server: Option<StoreServer>,
}

impl StoreService {
    /// Reads what the last server wrote, and binds the socket for programs outside. To be called
    /// while there is one thread.
    ///
    /// # Errors
    /// When a socket that was asked for cannot be.
    pub(super) fn open(
        store: Arc<Store>,
        config: &ApplicationConfig,
        socket: &StoreSocket,
    ) -> Result<Self, Failure> {
        let file = config.store.as_ref().and_then(|store| store.file.clone());
        if let Some(file) = &file {
            read(&store, file);
        }
        let listener = store_socket::bind(socket, config.user.as_ref());
        let listener = listener.map_err(Failure::StoreSocket)?;
        let socket = listener.as_ref().map(|listener| listener.path().to_owned());
        Ok(Self {
            store,
            file,
            socket,
            listener,
            server: None,
        })
    }

    /// Lets programs outside in, from a thread of its own.
    ///
    /// # Errors
    /// When the system refuses one.
    pub(super) fn begin(&mut self, config: &ApplicationConfig) -> Result<(), Failure> {
        if let Some(listener) = self.listener.take() {
            let server = listener.serve(self.store.clone(), config);
            self.server = Some(server.map_err(Failure::Runtime)?);
        }
        Ok(())
    }

    /// Tells what the store holds, each time it is called.
    pub(super) fn report(
        &self,
        limits: LimitCounts,
    ) -> impl Fn() -> StoreStatus + Send + Sync + 'static {
        let (store, socket) = (Arc::clone(&self.store), self.socket.clone());
        move || StoreStatus {
            socket: socket.clone(),
            namespaces: Namespace::ALL.map(|part| status(&store, part)).into(),
            limits: limits.now().into_iter().map(limit).collect(),
        }
    }

    /// Lets nobody in any more and writes what is there; to be called when all workers are gone.
    pub(super) fn end(self) {
        drop(self.server);
        if let Some(file) = self.file {
            write_in_time(self.store, file);
        }
    }
}

/// A file that was read is gone: after a crash it would bring back what was deleted since.
fn read(store: &Store, file: &Path) {
    match store.import(file, SystemTime::now()) {
        Ok(content) => {
            info!(
                file = %file.display(),
                entries = content.entries,
                skipped = content.skipped,
                "store read"
            );
            if let Err(error) = fs::remove_file(file) {
                warn!(file = %file.display(), %error, "the store's file cannot be removed: a crash would bring it back");
            }
        }
        Err(ImportError::Missing) => {}
        Err(error) => {
            let reason = words(&error);
            warn!(file = %file.display(), reason, "the store begins empty: its file is not used");
        }
    }
}

fn write_in_time(store: Arc<Store>, file: PathBuf) {
    let (done, outcome) = channel();
    let path = file.clone();
    thread::spawn(move || {
        let written = store.export(&path, SystemTime::now());
        let _ = done.send(written); // nobody listens any more when it was too late
    });
    let file = file.display();
    match outcome.recv_timeout(WRITE_MAX) {
        Ok(Ok(content)) => {
            info!(%file, entries = content.entries, bytes = content.bytes, "store written");
        }
        Ok(Err(error)) => {
            let reason = words(&error);
            warn!(%file, reason, "the store is not written and is lost");
        }
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            warn!(%file, patience = ?WRITE_MAX, "writing the store takes too long, it is lost");
        }
    }
}

fn status(store: &Store, part: Namespace) -> NamespaceStatus {
    let figures = store.statistics(part);
    NamespaceStatus {
        name: part.name().to_owned(),
        entries: figures.entries,
        bytes: figures.bytes,
        capacity: figures.capacity,
        hits: figures.hits,
        misses: figures.misses,
        evictions: figures.evictions,
        refused: figures.refused,
    }
}

fn limit(tally: LimitTally) -> LimitStatus {
    let LimitTally {
        name,
        passed,
        refused,
        uncounted,
    } = tally;
    LimitStatus {
        name,
        passed,
        refused,
        uncounted,
    }
}

fn words(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
