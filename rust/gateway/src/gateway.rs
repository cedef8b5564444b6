//! The gateway as a whole: bound before any worker exists, served until drained.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use askr_exchange::GatewayEnd;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::access_log::AccessLog;
use crate::complaints::Complaints;
use crate::compression::Compression;
use crate::config::{ApplicationConfig, GatewayConfig, Limiting, PoolConfig};
use crate::error::{BindError, ServeError};
use crate::files::FileDesk;
use crate::files::roots::{Disk, Reach, Symlinks};
use crate::hosting::application::{Application, Applications};
use crate::hosting::host_name::HostName;
use crate::hosting::https_redirect::HTTPS_PORT;
use crate::hosting::pools::Pools;
use crate::hosting::redirects::Redirects;
use crate::limiter::{LimitCounts, Limiter};
use crate::listening::listen::Listen;
use crate::listening::listener::{self, Listener};
use crate::listening::places::Places;
use crate::listening::socket::{Duty, Handed, Listening};
use crate::park::Doorbell;
use crate::reply::banner::Banner;
use crate::reply::own_fields;
use crate::request::id::RequestIds;
use crate::service::Site;
use crate::shutdown::Shutdown;
use crate::tls::{Keeper, Stapler, Tls};

/// Listening sockets and what is to be served on them.
#[derive(Debug)]
pub struct Gateway {
    listeners: Vec<Listening>,
    applications: Vec<Opened>,
    tls: Option<(Tls, Keeper)>,
    access_log: Option<AccessLog>,
    config: GatewayConfig,
}

/// An application whose root is there.
#[derive(Debug)]
struct Opened {
    disk: Disk,
    roots: Option<watch::Receiver<Vec<PathBuf>>>,
    banner: Option<Banner>,
    rests: Option<watch::Receiver<bool>>,
    limiter: Option<Arc<Limiter>>,
    names: Vec<HostName>,
    pools: Vec<PoolConfig>,
}

impl Gateway {
    /// Opens the sockets. Clients can connect from now on; they are answered by
    /// [`Gateway::serve`].
    ///
    /// # Errors
    /// When an address cannot be bound, a root is not a directory, or a certificate cannot be
    /// used.
    ///
    /// # Panics
    /// If the configuration has no application, or one has no pool.
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
    /// When a socket is unusable, a root is not a directory, or a certificate cannot be used.
    ///
    /// # Panics
    /// If the configuration has no application, or one has no pool.
    pub fn over(handed: Vec<Handed>, config: GatewayConfig) -> Result<Gateway, BindError> {
        let take = |handed| Listening::take(handed, config.tls.is_some());
        let listeners = handed.into_iter().map(take).collect::<Result<_, _>>();
        Gateway::on(listeners.map_err(BindError::Listener)?, config)
    }

    fn on(mut listeners: Vec<Listening>, mut config: GatewayConfig) -> Result<Gateway, BindError> {
        assert!(!config.applications.is_empty(), "somebody answers");
        for &address in &config.http_redirect {
            listeners.push(redirecting(address)?);
        }
        let bare = |listener: &&Listening| listener.duty == Duty::Https && config.tls.is_none();
        if let Some(listener) = listeners.iter().find(bare) {
            return Err(BindError::NoCertificate {
                url: listener.url().unwrap_or_default(),
            });
        }
        let symlinks = config.files.symlinks;
        let tls = config.tls.as_ref();
        let tls = tls.map(|tls| Tls::open(tls, &config.limits)).transpose()?;
        let applications = std::mem::take(&mut config.applications);
        let applications = applications
            .into_iter()
            .map(|one| Opened::new(one, symlinks));
        Ok(Gateway {
            listeners,
            applications: applications.collect::<Result<_, _>>()?,
            tls,
            access_log: None,
            config,
        })
    }

    /// Is to serve files of an application, by its index, from these roots as they change, the first
    /// before the others. Scripts are looked for in the first only.
    pub fn follow(&mut self, index: usize, roots: watch::Receiver<Vec<PathBuf>>) {
        self.applications[index].roots = Some(roots);
    }

    /// Is to answer 503 at once for an application, by its index, while it rests: nobody will take its
    /// requests.
    pub fn spare(&mut self, index: usize, rests: watch::Receiver<bool>) {
        self.applications[index].rests = Some(rests);
    }

    /// Is to show this text below every page that PHP makes for an application, while there is one.
    pub fn show(&mut self, index: usize, text: watch::Receiver<Option<String>>) {
        self.applications[index].banner = Some(Banner::new(text));
    }

    /// Writes a line for each request.
    #[must_use]
    pub fn logging(mut self, log: AccessLog) -> Gateway {
        self.access_log = Some(log);
        self
    }

    /// What becomes of requests for an application that a rule is about.
    #[must_use]
    pub fn limit_counts(&self, index: usize) -> LimitCounts {
        LimitCounts(self.applications[index].limiter.clone())
    }

    /// The addresses really listened on, with the ports the system chose for port 0; those of Unix
    /// sockets are none. Those that only send clients to HTTPS are the last.
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
        let serving = self.listeners.iter();
        let serving = serving.filter(|listener| listener.duty != Duty::Redirect);
        serving.filter_map(Listening::url).collect()
    }

    /// Serves until `shutdown` begins to drain and the drain is over.
    ///
    /// Each pool of each application has its exchange, in the same order; all of them ring one
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
        exchanges: Vec<Vec<GatewayEnd>>,
        shutdown: Shutdown,
    ) -> Result<(), ServeError> {
        let _doorbell = Doorbell::register(&exchanges[0][0]).map_err(ServeError::Doorbell)?;
        let limits = Arc::new(self.config.limits);
        let (tls, keeper) = self.tls.unzip();
        let mut roots = Vec::new();
        let mut applications = Vec::new();
        for (mut opened, exchanges) in self.applications.into_iter().zip(exchanges) {
            roots.push(opened.roots.take());
            applications.push(opened.with(exchanges));
        }
        let site = Arc::new(Site {
            applications: Applications::new(applications),
            redirects: Redirects::new(self.config.redirects),
            files: FileDesk::new(self.config.files.cache_bytes, self.config.files.immutable),
            tls: tls.map(Arc::new),
            https_port: https_port(&self.listeners),
            hsts: own_fields::hsts(self.config.hsts),
            trust: self.config.trust,
            proxy_protocol: self.config.proxy_protocol,
            compression: Compression::new(self.config.compression),
            spool_folder: self.config.spool_folder,
            places: Arc::new(Places::new(&limits)),
            limits,
            http2: self.config.http2,
            complaints: Complaints::default(),
            request_ids: RequestIds::default(),
            access_log: self.access_log,
            debug: self.config.debug,
        });
        let mut aside = aside(&site, roots);
        if let Some((keeper, tls)) = keeper.zip(site.tls.clone()) {
            aside.spawn(keeper.run(tls.clone()));
            aside.spawn(Stapler::default().run(tls));
        }
        let mut listening = JoinSet::new();
        for listener in self.listeners {
            let listener = Listener::new(listener).map_err(ServeError::Listener)?;
            listening.spawn(listener::serve(listener, site.clone(), shutdown.clone()));
        }
        while listening.join_next().await.is_some() {}
        aside.shutdown().await;
        Ok(())
    }
}

impl Opened {
    fn new(config: ApplicationConfig, symlinks: Symlinks) -> Result<Opened, BindError> {
        let ApplicationConfig {
            names,
            root,
            sendfile_roots,
            rights,
            pools,
            limiting,
        } = config;
        assert!(!pools.is_empty(), "a pool takes what no other does");
        let reach = Reach::new(symlinks, sendfile_roots.into(), rights);
        let disk = Disk::open(&root, reach).map_err(|source| BindError::Root { root, source })?;
        let limiter = |limiting: Limiting| Limiter::new(limiting.store, limiting.rules);
        Ok(Opened {
            disk,
            roots: None,
            banner: None,
            rests: None,
            limiter: limiting.map(limiter).map(Arc::new),
            names,
            pools,
        })
    }

    fn with(self, exchanges: Vec<GatewayEnd>) -> (Vec<HostName>, Application) {
        let application = Application {
            pools: Pools::new(&self.pools, exchanges),
            disk: self.disk,
            banner: self.banner,
            rests: self.rests,
            limiter: self.limiter,
        };
        (self.names, application)
    }
}

fn redirecting(address: SocketAddr) -> Result<Listening, BindError> {
    Listening::redirecting(address).map_err(|source| BindError::Address {
        listen: address.into(),
        source,
    })
}

/// Where clients find HTTPS: what has the usual port, else the first.
fn https_port(listeners: &[Listening]) -> u16 {
    let https = listeners
        .iter()
        .filter(|listener| listener.duty == Duty::Https);
    let ports: Vec<u16> = https
        .filter_map(|listener| Some(listener.address()?.port()))
        .collect();
    match ports.first() {
        Some(&port) if !ports.contains(&HTTPS_PORT) => port,
        _ => HTTPS_PORT,
    }
}

/// What goes on beside the connections.
fn aside(site: &Arc<Site>, roots: Vec<Option<watch::Receiver<Vec<PathBuf>>>>) -> JoinSet<()> {
    let mut aside = JoinSet::new();
    let sweeping = site.clone();
    aside.spawn(async move { sweeping.applications.sweep().await });
    let filing = site.clone();
    aside.spawn(async move { filing.files.sweep().await });
    for (index, roots) in roots.into_iter().enumerate() {
        if let Some(roots) = roots {
            let following = site.clone();
            aside.spawn(async move {
                let application = &following.applications.all()[index];
                application.disk.follow(roots).await;
            });
        }
    }
    aside
}
