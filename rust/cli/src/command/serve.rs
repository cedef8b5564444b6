//! `askr serve`: composes exchange, gateway and supervisor, and ends them in order.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;

use askr_gateway::{BindError, Certificates, Gateway, GatewayConfig, Handed, TlsConfig};
use askr_supervisor::{Household, hide_inherited_descriptors};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use tracing::{info, warn};

use super::course::{Course, Sides};
use super::ensemble::Ensemble;
use super::house::{House, Site};
use super::logs::Logs;
use super::parts::{Common, SharedStore};
use super::signals::Signals;
use super::{parts, service_manager};
use crate::config::{self, Inputs, LogConfig, ServeConfig, Settings};
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
    let tls = config::tls(&settings, inputs)?;
    let exposed_keys = exposed_keys(&config, tls.as_ref());
    let log = LogConfig::new(&settings);
    let logs = Logs::open(&config)?;
    logging::init(log, logs.file.as_ref())?;
    say_what_is_unusual(&config);
    say_whom_keys_are_open_to(tls.as_ref(), &exposed_keys);
    open_files::raise_limit();
    let stores = config.applications.iter().map(parts::store);
    let stores: Vec<Option<SharedStore>> = stores.collect::<Result<_, _>>()?;
    let mut gateway = bind(handed, parts::gateway(&config, tls, &stores))?;
    let mut houses = Vec::new();
    let applications = settings.applications();
    for (index, store) in stores.into_iter().enumerate() {
        let site = Site {
            config: &config.applications[index],
            settings: &applications[index].settings,
            inputs,
        };
        houses.push(House::open(&site, store, gateway.limit_counts(index))?);
    }
    if let Some(access) = &logs.access {
        gateway = gateway.logging(access.clone());
    }
    houses.iter_mut().try_for_each(House::begin)?;
    let exchanges = parts::exchanges(&config)?;
    let runtime = askr_gateway::runtime(&exchanges.concat()).map_err(Failure::Runtime)?;
    let (tail, output) = match logs.file.as_ref().map(LogFile::tail).transpose() {
        Ok(pipe) => pipe.unzip(),
        Err(error) => return Err(Failure::Runtime(error)),
    };
    let common = Common {
        log,
        output: output.map(Arc::new),
        household: Household::default(),
        are_several: houses.len() > 1,
    };
    let outcome = runtime.block_on(async {
        let signals = Signals::listen().map_err(Failure::Runtime)?;
        let mut ensemble = Ensemble::new(gateway);
        for (house, exchanges) in houses.iter_mut().zip(&exchanges) {
            ensemble.admit(house, exchanges, &common)?;
        }
        let course = Course::new(config.shutdown_timeout, signals, log);
        let (gateway, fleets, watchdog, mut aside) = ensemble.begin();
        let sides = Sides {
            watchdog,
            logs: logs.clone(),
        };
        let outcome = followed(tail, course.run(gateway, exchanges, fleets, sides)).await;
        aside.shutdown().await;
        outcome
    });
    // What is cut off now has its line as well.
    drop(runtime);
    logs.finish();
    houses.into_iter().for_each(House::close);
    outcome
}

/// Nobody of the same user, such as PHP code, can read the memory of this process from now on,
/// attach to it or take its descriptors: it has the keys of certificates. The programs it
/// executes are as they always were.
fn keep_memory_private() -> Result<(), Failure> {
    let outcome = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    outcome.map_err(|error| Failure::Runtime(error.into()))
}

/// The files of keys that PHP code of some application could read.
fn exposed_keys(config: &ServeConfig, tls: Option<&TlsConfig>) -> Vec<PathBuf> {
    let users = config.applications.iter().map(|one| one.user.as_ref());
    let exposed = users.flat_map(|user| config::exposed_keys(tls, user));
    exposed.collect::<BTreeSet<_>>().into_iter().collect()
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
    for application in &config.applications {
        let name = application.shown_name();
        if application.paranoid.is_on() {
            let share = application.paranoid.share;
            info!(application = name, %share, "paranoid: a worker that watches says so when it has set its baseline");
        }
        let user = application.user.as_ref();
        if let Some(account) = user.filter(|account| account.is_root()) {
            warn!(application = name, user = account.name, "PHP runs as root");
        }
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
