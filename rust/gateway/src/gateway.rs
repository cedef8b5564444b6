//! The gateway as a whole: bound before any worker exists, served until drained.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use askr_exchange::GatewayEnd;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::access_log::AccessLog;
use crate::banner::Banner;
use crate::complaints::Complaints;
use crate::compression::Compression;
use crate::config::{GatewayConfig, Limiting};
use crate::error::{BindError, ServeError};
use crate::files::FileDesk;
use crate::limiter::{LimitCounts, Limiter};
use crate::listen::Listen;
use crate::listener::{self, Listener};
use crate::park::Doorbell;
use crate::pools::Pools;
use crate::request_id::RequestIds;
use crate::service::{Glances, Site};
use crate::shutdown::Shutdown;
use crate::socket::{Handed, Listening};
use crate::static_files::{Disk, Reach};
use crate::tls::{Keeper, Tls};

/// Listening sockets and what is to be served on them.
#[derive(Debug)]
pub struct Gateway {
    listeners: Vec<Listening>,
    disk: Disk,
    roots: Option<watch::Receiver<Vec<PathBuf>>>,
    banner: Option<Banner>,
    limiter: Option<Arc<Limiter>>,
    tls: Option<(Tls, Keeper)>,
    access_log: Option<AccessLog>,
    config: GatewayConfig,
}

impl Gateway {
    /// Opens the sockets. Clients can connect from now on; they are answered by
    /// [`Gateway::serve`].
    ///
    /// # Errors
    /// When an address cannot be bound, the root is not a directory, or a certificate cannot be
    /// used.
    ///
    /// # Panics
    /// If the configuration has no pool.
    pub fn bind(config: GatewayConfig) -> Result<Gateway, BindError> {
        if config.listen.is_empty() {
            return Err(BindError::NoAddress);
        }
        let open = |listen: &Listen| {
            Listening::open(listen, config.tls.is_some()).map_err(|source| BindError::Address {
                listen: listen.clone(),
                source,
            })
        };
        let listeners = config.listen.iter().map(open).collect::<Result<_, _>>()?;
        Gateway::on(listeners, config)
    }

    /// Takes sockets that listen already, instead of those of [`GatewayConfig::listen`].
    ///
    /// # Errors
    /// When a socket is unusable, the root is not a directory, or a certificate cannot be used.
    ///
    /// # Panics
    /// If the configuration has no pool.
    pub fn over(handed: Vec<Handed>, config: GatewayConfig) -> Result<Gateway, BindError> {
        let take = |handed| Listening::take(handed, config.tls.is_some());
        let listeners = handed.into_iter().map(take).collect::<Result<_, _>>();
        Gateway::on(listeners.map_err(BindError::Listener)?, config)
    }

    fn on(listeners: Vec<Listening>, mut config: GatewayConfig) -> Result<Gateway, BindError> {
        assert!(!config.pools.is_empty(), "a pool takes what no other does");
        let bare = |listener: &&Listening| listener.is_https && config.tls.is_none();
        if let Some(listener) = listeners.iter().find(bare) {
            return Err(BindError::NoCertificate {
                url: listener.url().unwrap_or_default(),
            });
        }
        let elsewhere = config.files.sendfile_roots.clone().into();
        let reach = Reach::new(config.files.symlinks, elsewhere);
        let disk = Disk::open(&config.root, reach).map_err(|source| BindError::Root {
            root: config.root.clone(),
            source,
        })?;
        let limiter = config.limiting.take().map(limiter);
        let tls = config.tls.as_ref();
        let tls = tls.map(|tls| Tls::open(tls, &config.limits)).transpose()?;
        Ok(Gateway {
            listeners,
            disk,
            roots: None,
            banner: None,
            limiter,
            tls,
            access_log: None,
            config,
        })
    }

    /// Serves files from these roots as they change, the first before the others. Scripts are
    /// looked for in the first only.
    #[must_use]
    pub fn following(mut self, roots: watch::Receiver<Vec<PathBuf>>) -> Gateway {
        self.roots = Some(roots);
        self
    }

    /// Shows this text below every page that PHP makes, while there is one.
    #[must_use]
    pub fn showing(mut self, text: watch::Receiver<Option<String>>) -> Gateway {
        self.banner = Some(Banner::new(text));
        self
    }

    /// Writes a line for each request.
    #[must_use]
    pub fn logging(mut self, log: AccessLog) -> Gateway {
        self.access_log = Some(log);
        self
    }

    /// What becomes of requests that a rule is about.
    #[must_use]
    pub fn limit_counts(&self) -> LimitCounts {
        LimitCounts(self.limiter.clone())
    }

    /// The addresses really listened on, with the ports the system chose for port 0; those of Unix
    /// sockets are none.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(Listening::address)
            .collect()
    }

    /// How clients get here: `https://127.0.0.1:8443`, `unix:/run/askr.sock`.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.listeners.iter().filter_map(Listening::url).collect()
    }

    /// Serves until `shutdown` begins to drain and the drain is over.
    ///
    /// Each pool of the configuration has its exchange, in the same order; all of them ring one
    /// doorbell ([`GatewayEnd::create_beside`]). Wants the runtime of
    /// [`runtime`](crate::runtime), made for the same exchanges.
    ///
    /// # Errors
    /// When the runtime takes a socket or the doorbell not at all; never later.
    ///
    /// # Panics
    /// If there is not one exchange for each pool.
    ///
    /// # Cancel safety
    /// Dropping the future closes all connections.
    pub async fn serve(
        self,
        exchanges: Vec<GatewayEnd>,
        shutdown: Shutdown,
    ) -> Result<(), ServeError> {
        let _doorbell = Doorbell::register(&exchanges[0]).map_err(ServeError::Doorbell)?;
        let limits = Arc::new(self.config.limits);
        let places = Arc::new(Semaphore::new(
            limits.connections.min(Semaphore::MAX_PERMITS),
        ));
        let (tls, keeper) = self.tls.unzip();
        let site = Arc::new(Site {
            pools: Pools::new(&self.config.pools, exchanges),
            disk: self.disk,
            files: FileDesk::new(self.config.files.cache_bytes, self.config.files.immutable),
            banner: self.banner,
            limiter: self.limiter,
            tls: tls.map(Arc::new),
            trust: self.config.trust,
            proxy_protocol: self.config.proxy_protocol,
            compression: Compression::new(self.config.compression),
            spool_folder: self.config.spool_folder,
            limits,
            http2: self.config.http2,
            glances: Glances::default(),
            complaints: Complaints::default(),
            request_ids: RequestIds::default(),
            access_log: self.access_log,
            debug: self.config.debug,
        });
        let mut aside = aside(&site, self.roots);
        if let Some((keeper, tls)) = keeper.zip(site.tls.clone()) {
            aside.spawn(keeper.run(tls));
        }
        let mut listening = JoinSet::new();
        for listener in self.listeners {
            let listener = Listener::new(listener).map_err(ServeError::Listener)?;
            let (site, places) = (site.clone(), places.clone());
            listening.spawn(listener::serve(listener, site, places, shutdown.clone()));
        }
        while listening.join_next().await.is_some() {}
        aside.shutdown().await;
        Ok(())
    }
}

fn limiter(limiting: Limiting) -> Arc<Limiter> {
    Arc::new(Limiter::new(limiting.store, limiting.rules))
}

/// What goes on beside the connections.
fn aside(site: &Arc<Site>, roots: Option<watch::Receiver<Vec<PathBuf>>>) -> JoinSet<()> {
    let mut aside = JoinSet::new();
    let sweeping = site.clone();
    aside.spawn(async move { sweeping.pools.sweep().await });
    let filing = site.clone();
    aside.spawn(async move { filing.files.sweep().await });
    if let Some(roots) = roots {
        let following = site.clone();
        aside.spawn(async move { following.disk.follow(roots).await });
    }
    aside
}
