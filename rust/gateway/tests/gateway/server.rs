//! A gateway on an ephemeral port, in a thread of its own, with fake workers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use askr_exchange::{ExchangeLimits, GatewayEnd, Job, WorkerId};
use askr_gateway::{
    AccessLog, ApplicationConfig, CompressionConfig, FileConfig, Gateway, GatewayConfig, HostName,
    LimitCounts, LimitRule, Limiting, Limits, PoolConfig, RedirectRule, Shutdown, ShutdownTrigger,
    TlsConfig, runtime,
};
use askr_store::Store;
use askr_testkit::{After, Client, FakeWorker, Received, eventually, reply};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;

/// What a test starts from.
pub(crate) struct Server {
    addresses: Vec<SocketAddr>,
    exchanges: Vec<GatewayEnd>,
    runtime: Handle,
    trigger: ShutdownTrigger,
    limit_counts: LimitCounts,
    thread: Option<JoinHandle<()>>,
    _root: TempDir,
    incarnations: AtomicU32,
}

/// What a test may change before it starts the server.
pub(crate) struct Setup {
    /// The first is the one that most tests are about.
    pools: Vec<PoolConfig>,
    /// The host names of the application with these pools.
    names: Vec<HostName>,
    /// The applications beside it.
    hosts: Vec<ApplicationConfig>,
    redirects: Vec<RedirectRule>,
    limits: Limits,
    spool_folder: PathBuf,
    access_log: Option<AccessLog>,
    limiting: Option<Limiting>,
    tls: Option<TlsConfig>,
    exchange: ExchangeLimits,
    root: TempDir,
    files: FileConfig,
    sendfile_roots: Vec<PathBuf>,
    roots: Option<watch::Receiver<Vec<PathBuf>>>,
    banner: Option<watch::Receiver<Option<String>>>,
    http2: bool,
    /// What nothing above is about.
    config: GatewayConfig,
}

impl Setup {
    pub(crate) fn new() -> Setup {
        Setup {
            pools: vec![PoolConfig::default()],
            names: Vec::new(),
            hosts: Vec::new(),
            redirects: Vec::new(),
            limits: Limits::default(),
            spool_folder: std::env::temp_dir(),
            access_log: None,
            limiting: None,
            tls: None,
            exchange: ExchangeLimits {
                slot_count: 4,
                seat_count: 4,
                ..ExchangeLimits::default()
            },
            root: tempfile::tempdir().unwrap(),
            files: FileConfig::default(),
            sendfile_roots: Vec::new(),
            roots: None,
            banner: None,
            http2: true,
            config: GatewayConfig::default(),
        }
    }

    /// Changes what has no method of its own here.
    pub(crate) fn config(mut self, change: impl FnOnce(&mut GatewayConfig)) -> Setup {
        change(&mut self.config);
        self
    }

    pub(crate) fn classic(mut self) -> Setup {
        self.pools[0].classic = true;
        self
    }

    /// Changes the pool that takes what no other does.
    pub(crate) fn queue(mut self, change: impl FnOnce(&mut PoolConfig)) -> Setup {
        change(&mut self.pools[0]);
        self
    }

    /// One pool more, for paths below `path`.
    pub(crate) fn pool(mut self, path: &str, change: impl FnOnce(&mut PoolConfig)) -> Setup {
        let mut pool = PoolConfig {
            name: path.trim_start_matches('/').to_owned(),
            paths: vec![path.to_owned()],
            ..PoolConfig::default()
        };
        change(&mut pool);
        self.pools.push(pool);
        self
    }

    /// The host names of the application that the rest is about.
    pub(crate) fn names(mut self, names: &[&str]) -> Setup {
        self.names = names.iter().map(|name| name.parse().unwrap()).collect();
        self
    }

    /// One application more, for these host names; its exchanges follow those of all before.
    pub(crate) fn host(mut self, names: &[&str], root: &Path) -> Setup {
        self.hosts.push(ApplicationConfig {
            names: names.iter().map(|name| name.parse().unwrap()).collect(),
            root: root.to_owned(),
            ..ApplicationConfig::default()
        });
        self
    }

    /// Sends clients elsewhere.
    pub(crate) fn redirect(mut self, from: &str, to: &str, status: u16) -> Setup {
        self.redirects.push(RedirectRule {
            name: "test".to_owned(),
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            status,
        });
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Setup {
        change(&mut self.limits);
        self
    }

    /// Where what has no room in memory goes.
    pub(crate) fn spool_folder(mut self, folder: impl Into<PathBuf>) -> Setup {
        self.spool_folder = folder.into();
        self
    }

    /// Holds clients to `rules`, counted in `store`.
    pub(crate) fn limiting(mut self, store: Arc<Store>, rules: Vec<LimitRule>) -> Setup {
        self.limiting = Some(Limiting { store, rules });
        self
    }

    /// Encrypts connections.
    pub(crate) fn tls(mut self, tls: TlsConfig) -> Setup {
        self.tls = Some(tls);
        self
    }

    /// Lets PHP have files sent from below these folders.
    pub(crate) fn sendfile_roots(mut self, roots: Vec<PathBuf>) -> Setup {
        self.sendfile_roots = roots;
        self
    }

    /// Changes how files are served.
    pub(crate) fn files(mut self, change: impl FnOnce(&mut FileConfig)) -> Setup {
        change(&mut self.files);
        self
    }

    pub(crate) fn compression(mut self, change: impl FnOnce(&mut CompressionConfig)) -> Setup {
        change(&mut self.config.compression);
        self
    }

    pub(crate) fn exchange(mut self, change: impl FnOnce(&mut ExchangeLimits)) -> Setup {
        change(&mut self.exchange);
        self
    }

    pub(crate) fn without_http2(mut self) -> Setup {
        self.http2 = false;
        self
    }

    /// Writes a line for each request.
    pub(crate) fn logging(mut self, log: AccessLog) -> Setup {
        self.access_log = Some(log);
        self
    }

    /// Puts a file under the root.
    pub(crate) fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Setup {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
        self
    }

    /// Serves files from these roots instead.
    pub(crate) fn following(mut self, roots: watch::Receiver<Vec<PathBuf>>) -> Setup {
        self.roots = Some(roots);
        self
    }

    /// Shows this text below pages.
    pub(crate) fn showing(mut self, text: watch::Receiver<Option<String>>) -> Setup {
        self.banner = Some(text);
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn start(self) -> Server {
        let first = GatewayEnd::create(self.exchange).unwrap();
        let beside = |_: &PoolConfig| first.create_beside(self.exchange).unwrap();
        let mut own: Vec<GatewayEnd> = self.pools[1..].iter().map(beside).collect();
        own.insert(0, first.clone());
        let others = self
            .hosts
            .iter()
            .map(|host| host.pools.iter().map(beside).collect());
        let exchanges: Vec<Vec<GatewayEnd>> = std::iter::once(own).chain(others).collect();
        let own = ApplicationConfig {
            names: self.names,
            root: self.root.path().to_owned(),
            sendfile_roots: self.sendfile_roots,
            rights: None,
            pools: self.pools,
            limiting: self.limiting,
        };
        let applications = std::iter::once(own).chain(self.hosts).collect();
        let mut gateway = Gateway::bind(GatewayConfig {
            spool_folder: self.spool_folder,
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            applications,
            redirects: self.redirects,
            limits: self.limits,
            tls: self.tls,
            http2: self.http2,
            files: self.files,
            ..self.config
        })
        .unwrap();
        if let Some(roots) = self.roots {
            gateway.follow(0, roots);
        }
        if let Some(text) = self.banner {
            gateway.show(0, text);
        }
        if let Some(log) = self.access_log {
            gateway = gateway.logging(log);
        }
        let addresses = gateway.addresses();
        let limit_counts = gateway.limit_counts(0);
        let (trigger, shutdown) = Shutdown::new();
        let ends = exchanges.clone();
        let (handle, handed) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = runtime(&ends.concat()).unwrap();
            handle.send(runtime.handle().clone()).unwrap();
            runtime.block_on(gateway.serve(ends, shutdown)).unwrap();
        });
        Server {
            addresses,
            exchanges: exchanges.concat(),
            runtime: handed.recv().unwrap(),
            trigger,
            limit_counts,
            thread: Some(thread),
            _root: self.root,
            incarnations: AtomicU32::new(1),
        }
    }
}

impl Server {
    pub(crate) fn start() -> Server {
        Setup::new().start()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// All that it listens on.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(crate) fn exchange(&self) -> &GatewayEnd {
        &self.exchanges[0]
    }

    /// What became of requests that a rule is about.
    pub(crate) fn limit_counts(&self) -> &LimitCounts {
        &self.limit_counts
    }

    /// Where it serves; also other tasks can run there.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// One for each pool.
    pub(crate) fn exchanges(&self) -> &[GatewayEnd] {
        &self.exchanges
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address())
    }

    /// Starts a worker of the first pool; each has a seat of its own.
    pub(crate) fn worker<S>(&self, script: S) -> FakeWorker
    where
        S: FnMut(&mut Option<Job>, &Received) -> After + Send + 'static,
    {
        self.worker_of(0, script)
    }

    /// Starts a worker of the pool at `index`.
    pub(crate) fn worker_of<S>(&self, index: usize, script: S) -> FakeWorker
    where
        S: FnMut(&mut Option<Job>, &Received) -> After + Send + 'static,
    {
        let incarnation = self.incarnations.fetch_add(1, Ordering::SeqCst);
        let seat = u16::try_from(incarnation % 4).unwrap();
        FakeWorker::start(
            &self.exchanges[index],
            WorkerId { seat, incarnation },
            script,
        )
    }

    /// Starts a worker that answers every request with `body`.
    pub(crate) fn worker_saying(&self, body: &'static str) -> FakeWorker {
        self.worker(move |job, _| {
            // A client that left meanwhile is what some tests are about.
            let _ = reply(job.take().unwrap(), 200, &[], body.as_bytes());
            After::Next
        })
    }

    /// Starts a worker that answers every request with `status`.
    pub(crate) fn worker_with_status(&self, status: u16) -> FakeWorker {
        self.worker(move |job, _| {
            let _ = reply(job.take().unwrap(), status, &[], b"");
            After::Next
        })
    }

    /// Starts a worker that answers with the body it was sent.
    pub(crate) fn worker_echoing(&self) -> FakeWorker {
        self.worker(|job, received| {
            let body = read_body(job.as_mut().unwrap(), received);
            let _ = reply(job.take().unwrap(), 200, &[], &body);
            After::Next
        })
    }

    /// Starts a worker that answers with the script it was to run.
    pub(crate) fn worker_naming_the_script(&self) -> FakeWorker {
        self.worker(|job, received| {
            let named = format!("{} [{}]", received.script_name, received.path_info);
            let _ = reply(job.take().unwrap(), 200, &[], named.as_bytes());
            After::Next
        })
    }

    /// Begins a drain that may take `patience`.
    pub(crate) fn drain(&self, patience: Duration) {
        self.trigger.drain(Instant::now() + patience);
    }

    /// Waits for the drain to be over.
    pub(crate) fn drained(&mut self) {
        let thread = self.thread.take().unwrap();
        eventually("the gateway returns", || thread.is_finished());
        thread.join().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.drain(Duration::ZERO);
        if let Some(thread) = self.thread.take()
            && !thread::panicking()
        {
            eventually("the gateway returns", || thread.is_finished());
            thread.join().unwrap();
        }
    }
}

/// Reads the whole body of a request.
pub(crate) fn read_body(job: &mut Job, received: &Received) -> Vec<u8> {
    let mut body = vec![0; usize::try_from(received.body_bytes).unwrap()];
    let mut read = 0;
    while read < body.len() {
        match job.read_body(&mut body[read..]) {
            Ok(0) | Err(_) => break,
            Ok(count) => read += count,
        }
    }
    body.truncate(read);
    body
}
