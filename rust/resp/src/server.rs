//! The thread that serves the socket.

use std::io;
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use askr_store::Store;
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::config::ServerConfig;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::house::House;
use crate::limits::{CLIENTS_MAX, END_MAX, LOCK_WAITS_MAX, STALL_MAX};

/// Serves a store on a socket, from a thread of its own; dropping it ends that.
#[derive(Debug)]
pub struct Server {
    ending: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve.
    ///
    /// # Errors
    /// When the system refuses a thread or an event loop.
    pub fn start(
        store: Arc<Store>,
        listener: StdListener,
        config: ServerConfig,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(LOCK_WAITS_MAX)
            .build()?;
        let (ending, told) = watch::channel(false);
        let house = Arc::new(House::new(store, config));
        let thread = thread::Builder::new().name("askr-store".to_owned());
        let thread = thread.spawn(move || {
            if let Err(error) = runtime.block_on(serve(listener, house, told)) {
                warn!(%error, "the store is not served to programs outside the server");
            }
            runtime.shutdown_timeout(END_MAX);
        })?;
        Ok(Self {
            ending,
            thread: Some(thread),
        })
    }

    /// Ends when the commands that run have ended, after a second at the latest.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ending.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(
    listener: StdListener,
    house: Arc<House>,
    mut ending: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    let mut clients = JoinSet::new();
    let told = ending.clone();
    let mut count = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    count += 1;
                    clients.spawn(attend(stream, Arc::clone(&house), count, told.clone()));
                }
                Err(error) => {
                    warn!(%error, "the store's socket");
                    // Until descriptors are free again.
                    let mut told = told.clone();
                    let _ = timeout(STALL_MAX, told.wait_for(|is_ending| *is_ending)).await;
                }
            },
            Some(_) = clients.join_next() => {}
            _ = ending.wait_for(|is_ending| *is_ending) => break,
        }
    }
    drop(listener);
    let all = async { while clients.join_next().await.is_some() {} };
    if timeout(END_MAX, all).await.is_err() {
        debug!("clients of the store's socket are cut off");
    }
    Ok(())
}

/// Serves one client, if it may be served.
async fn attend(stream: UnixStream, house: Arc<House>, id: u64, ending: watch::Receiver<bool>) {
    let refusal = refusal(&stream, &house);
    let connection = Connection::new(stream, Arc::clone(&house), id);
    let result = match refusal {
        Some(failure) => connection.refuse(failure).await,
        None => {
            let _place = Place::take(house);
            connection.serve(ending).await
        }
    };
    if let Err(error) = result {
        debug!(%error, client = id, "a client of the store's socket is gone");
    }
}

/// Why a client is not served.
fn refusal(stream: &UnixStream, house: &House) -> Option<Failure> {
    let uid = stream.peer_cred().map(|peer| peer.uid());
    match uid {
        Ok(uid) if uid == 0 || house.config.users.contains(&uid) => {}
        Ok(uid) => {
            warn!(uid, "somebody else wants to use the store's socket");
            return Some(Failure::Stranger);
        }
        Err(_) => return Some(Failure::Stranger),
    }
    (house.client_count() >= CLIENTS_MAX).then_some(Failure::TooManyClients)
}

/// One of the places for clients, until it is dropped.
struct Place(Arc<House>);

impl Place {
    fn take(house: Arc<House>) -> Self {
        house.clients.fetch_add(1, Ordering::Relaxed);
        Self(house)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Ordering::Relaxed);
    }
}
