//! `askr serve`: composes exchange, gateway and supervisor, and ends them in order.

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use askr_gateway::{BindError, Certificates, Gateway, GatewayConfig, Handed, TlsConfig};
use askr_supervisor::{Supervisor, hide_inherited_descriptors};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::course::{Course, Sides};
use super::logs::Logs;
use super::signals::Signals;
use super::store_service::StoreService;
use super::watchdog::Watchdog;
use super::{control_socket, parts, service_manager};
use crate::config::{self, ControlSocket, Inputs, LogConfig, ServeConfig, Settings, StoreSocket};
use crate::exit::Failure;
use crate::log_file::{LogFile, Tail};
use crate::{logging, open_files};

/// Serves until SIGTERM, SIGINT or SIGQUIT; nothing is left running in any case.
pub(crate) fn serve(inputs: &Inputs) -> Result<ExitCode, Failure> {
    keep_memory_private()?;
    let handed = service_manager::listeners()?;
    hide_inherited_descriptors();
    let settings = Settings::resolve(inputs)?;
    let config = ServeConfig::new(&settings)?;
    let socket = ControlSocket::new(&settings, inputs)?;
    let store_socket = StoreSocket::new(&settings, inputs, config.user.as_ref())?;
    let tls = config::tls(&settings, inputs)?;
    let exposed_keys = config::exposed_keys(tls.as_ref(), config.user.as_ref());
    let log = LogConfig::new(&settings);
    let logs = Logs::open(&config)?;
    logging::init(log, logs.file.as_ref())?;
    say_what_is_unusual(&config);
    say_whom_keys_are_open_to(tls.as_ref(), &exposed_keys);
    open_files::raise_limit();
    let (told, shown) = watch::channel(None);
    let store = parts::store(&config)?;
    let mut gateway = bind(handed, parts::gateway(&config, tls, store.as_ref()))?;
    if config.watch.is_some() {
        gateway = gateway.showing(shown);
    }
    if let Some(access) = &logs.access {
        gateway = gateway.logging(access.clone());
    }
    let mut console = control_socket::bind(&socket)?;
    let service = match &store {
        Some(store) => {
            let counts = gateway.limit_counts();
            let service = StoreService::begin(store.store.clone(), &config, &store_socket)?;
            console = console.map(|console| console.telling_of_store(service.report(counts)));
            Some(service)
        }
        None => None,
    };
    let exchanges = parts::exchanges(&config)?;
    let runtime = askr_gateway::runtime(&exchanges).map_err(Failure::Runtime)?;
    let (tail, output) = match logs.file.as_ref().map(LogFile::tail).transpose() {
        Ok(pipe) => pipe.unzip(),
        Err(error) => return Err(Failure::Runtime(error)),
    };
    let outcome = runtime.block_on(async {
        let signals = Signals::listen().map_err(Failure::Runtime)?;
        let supervisor = parts::supervisor(&config, log, output.map(Arc::new), store.as_ref());
        let supervisor = Supervisor::start(supervisor, exchanges.clone())?;
        let gateway = gateway.following(supervisor.roots());
        let sides = Sides {
            console,
            watchdog: Watchdog::new(
                supervisor.remote(),
                exchanges[0].clone(),
                &config.health_path,
            ),
            logs: logs.clone(),
        };
        let course = Course::new(config.shutdown_timeout, signals, &supervisor, log);
        let mut aside = JoinSet::new();
        if let Some(watched) = config.watch.clone() {
            aside.spawn(super::watch::run(watched, supervisor.remote(), told));
        }
        let outcome = followed(tail, course.run(gateway, exchanges, supervisor, sides)).await;
        aside.shutdown().await;
        outcome
    });
    // What is cut off now has its line as well.
    drop(runtime);
    logs.finish();
    if let Some(service) = service {
        service.end();
    }
    outcome
}

/// Nobody of the same user, such as PHP code, can read the memory of this process from now on,
/// attach to it or take its descriptors: it has the keys of certificates. The programs it
/// executes are as they always were.
fn keep_memory_private() -> Result<(), Failure> {
    let outcome = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    outcome.map_err(|error| Failure::Runtime(error.into()))
}

/// The sockets that a service manager opened, or else our own.
fn bind(handed: Vec<Handed>, config: GatewayConfig) -> Result<Gateway, BindError> {
    if handed.is_empty() {
        Gateway::bind(config)
    } else {
        Gateway::over(handed, config)
    }
}

fn say_what_is_unusual(config: &ServeConfig) {
    if config.paranoid.is_on() {
        let share = config.paranoid.share;
        info!(%share, "paranoid: a worker that watches says so when it has set its baseline");
    }
    if let Some(account) = config.user.as_ref().filter(|account| account.is_root()) {
        warn!(user = account.name, "PHP runs as root");
    }
}

fn say_whom_keys_are_open_to(tls: Option<&TlsConfig>, exposed: &[PathBuf]) {
    for key in exposed {
        let key = key.display();
        warn!(%key, "PHP code can read this key; start as root, and give --user");
    }
    if let Some(Certificates::Local(authority)) = tls.map(|tls| &tls.certificates) {
        let folder = authority.folder.display();
        info!(%folder, "certificates are signed by a local authority; see askr trust");
    }
}

/// Writes down what PHP processes say, as long as `course` takes.
async fn followed<T>(tail: Option<Tail>, course: impl Future<Output = T>) -> T {
    let Some(mut tail) = tail else {
        return course.await;
    };
    let outcome = {
        let mut course = pin!(course);
        tokio::select! {
            outcome = &mut course => outcome,
            result = tail.follow() => {
                warn!(?result, "what PHP processes write does not reach the log file any more");
                course.await
            }
        }
    };
    tail.finish();
    outcome
}
