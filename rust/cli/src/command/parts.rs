//! What each component is told, out of the one configuration.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use askr_exchange::control::{Isolation, TemplateConfig};
use askr_exchange::{CreateError, ExchangeLimits, GatewayEnd};
use askr_gateway::{GatewayConfig, Limiting, TlsConfig};
use askr_store::Store;
use askr_supervisor::{Household, PoolConfig, Program, Release, Releases, SupervisorConfig};

use super::places::Places;
use super::service_manager;
use crate::args::TEMPLATE_COMMAND;
use crate::config::{
    self, ApplicationConfig, LARAVEL_VARIABLE, LogConfig, ParanoidConfig, ServeConfig,
};
use crate::exit::Failure;
use crate::user::Account;

/// Fewer slots than this would let a burst of small requests wait outside the exchange.
const SLOTS_MIN: u16 = 16;

/// How long a canary may take to answer the one request that is made up for it: it boots nothing
/// any more.
const PROBE_PATIENCE: Duration = Duration::from_secs(10);

/// The store of a server, outliving every process but main.
pub(super) struct SharedStore {
    pub(super) store: Arc<Store>,
    /// Its memory, as a template is given it.
    memory: Arc<OwnedFd>,
}

/// One exchange for each pool of each application, all behind one doorbell.
///
/// # Errors
/// If the system refuses memory or descriptors.
pub(super) fn exchanges(config: &ServeConfig) -> Result<Vec<Vec<GatewayEnd>>, CreateError> {
    let mut first: Option<GatewayEnd> = None;
    let mut create = |pool: &config::PoolConfig| {
        let limits = exchange(&supervisor_pool(pool));
        let exchange = match &first {
            None => GatewayEnd::create(limits)?,
            Some(first) => first.create_beside(limits)?,
        };
        Ok(first.insert(exchange).clone())
    };
    let applications = config.applications.iter();
    let applications = applications.map(|one| one.pools.iter().map(&mut create).collect());
    applications.collect()
}

/// A slot for each worker's request and one that is taken next.
fn exchange(pool: &PoolConfig) -> ExchangeLimits {
    let seat_count = pool.seat_count();
    let slot_count = seat_count.max(SLOTS_MIN);
    ExchangeLimits {
        slot_count,
        seat_count,
        ..ExchangeLimits::default()
    }
}

/// The store that gateway and workers share, and its memory for them; `None` is no store.
///
/// # Errors
/// If the system refuses memory or descriptors.
pub(super) fn store(config: &ApplicationConfig) -> Result<Option<SharedStore>, Failure> {
    let Some(config) = &config.store else {
        return Ok(None);
    };
    let store = Store::create(&config.sizes)?;
    let memory = store.fd().try_clone_to_owned().map_err(Failure::Runtime)?;
    Ok(Some(SharedStore {
        store: Arc::new(store),
        memory: Arc::new(memory),
    }))
}

/// What the gateway is told; in the stores of the applications their limits count.
pub(super) fn gateway(
    config: &ServeConfig,
    tls: Option<TlsConfig>,
    stores: &[Option<SharedStore>],
) -> GatewayConfig {
    let applications = config.applications.iter().zip(stores);
    let applications = applications.map(|(one, store)| application(one, store.as_ref()));
    GatewayConfig {
        listen: config.listen.clone(),
        applications: applications.collect(),
        redirects: config.redirects.clone(),
        files: config.files.clone(),
        spool_folder: spool_folder(&config.applications[0].ini),
        limits: config.limits.clone(),
        tls,
        http_redirect: config.http_redirect.clone(),
        hsts: config.hsts,
        http2: config.http2,
        trust: config.trust.clone(),
        proxy_protocol: config.proxy_protocol.clone(),
        compression: config.compression.clone(),
        debug: config.debug,
    }
}

fn application(
    config: &ApplicationConfig,
    store: Option<&SharedStore>,
) -> askr_gateway::ApplicationConfig {
    let limiting = store
        .filter(|_| !config.limit_rules.is_empty())
        .map(|store| Limiting {
            store: store.store.clone(),
            rules: config.limit_rules.clone(),
        });
    let pool = |pool| gateway_pool(config, pool);
    askr_gateway::ApplicationConfig {
        names: config.names.clone(),
        root: config.root.clone(),
        sendfile_roots: config.sendfile_roots.clone(),
        rights: config.user.as_ref().map(Account::rights),
        pools: config.pools.iter().map(pool).collect(),
        limiting,
    }
}

/// The gateway says in its log whose pool it is.
fn gateway_pool(config: &ApplicationConfig, pool: &config::PoolConfig) -> askr_gateway::PoolConfig {
    let name = match config.names.is_empty() {
        true => pool.name.clone(),
        false => format!("{}/{}", config.name, pool.name),
    };
    askr_gateway::PoolConfig {
        name,
        paths: pool.paths.clone(),
        classic: pool.isolation == Isolation::Request,
        queue_waiting: pool.queue_limit,
        queue_wait: pool.queue_timeout,
    }
}

/// `upload_tmp_dir` as far as it is ours to know: main reads no php.ini.
fn spool_folder(ini: &[(String, String)]) -> PathBuf {
    let mut folders = ini
        .iter()
        .rev()
        .filter(|(name, _)| name == "upload_tmp_dir");
    folders
        .next()
        .map_or_else(std::env::temp_dir, |(_, folder)| folder.into())
}

/// What the supervisors of all applications have in common.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) log: LogConfig,
    /// Where PHP processes write.
    pub(super) output: Option<Arc<OwnedFd>>,
    pub(super) household: Household,
    /// There is more than one application: none ends the server.
    pub(super) are_several: bool,
}

/// What the supervisor of an application is told.
pub(super) fn supervisor(
    config: &ApplicationConfig,
    store: Option<&SharedStore>,
    common: &Common,
) -> SupervisorConfig {
    let pools = config.pools.iter().map(supervisor_pool).collect();
    let release = Release {
        template: template(config),
        program: Program {
            output: common.output.clone(),
            store: store.map(|store| Arc::clone(&store.memory)),
            ..program(config, common.log)
        },
    };
    let places = Places::new(config);
    let releases = Releases::new(move |path| places.resolve(path, &release));
    SupervisorConfig {
        boot_timeout: config.boot_timeout,
        rollback_keep: config.rollback_keep,
        canary: config.canary,
        probe: Some(canary_probe(config)),
        rests: common.are_several,
        household: common.household.clone(),
        endurance: config.endurance,
        refork_after: config.refork_after,
        ..SupervisorConfig::new(pools, releases)
    }
}

/// Asks a canary that no client asks for anything.
fn canary_probe(config: &ApplicationConfig) -> askr_supervisor::Probe {
    let (target, host) = (config.health_path.clone(), config.own_host());
    askr_supervisor::Probe::new(move |exchange, worker| {
        let probe = askr_gateway::Probe {
            target: target.clone(),
            host: host.clone(),
            worker: Some(worker),
            patience: PROBE_PATIENCE,
        };
        async move {
            let answer = askr_gateway::probe(&exchange, &probe).await;
            answer.map_err(|fault| fault.to_string())
        }
    })
}

fn supervisor_pool(pool: &config::PoolConfig) -> PoolConfig {
    PoolConfig {
        workers: pool.workers_least..=pool.workers_most,
        max_requests: pool.max_requests,
        deadlines: pool.deadlines,
        ..PoolConfig::new(&pool.name, pool.isolation, pool.workers_least)
    }
}

fn template(config: &ApplicationConfig) -> TemplateConfig {
    TemplateConfig {
        script: config.worker_script.clone(),
        pools: config.pools.iter().map(|pool| pool.isolation).collect(),
        root: config.root.clone(),
        ini: config.ini.clone(),
        generation: 1,
        debug: config.debug,
    }
}

/// This same binary; the application learns nothing of how we were configured.
fn program(config: &ApplicationConfig, log: LogConfig) -> Program {
    let mut program = Program::own_template();
    program.arguments = vec![TEMPLATE_COMMAND.into()];
    program.arguments.extend(log.words().map(OsString::from));
    // Of the application that is named there; where this one has a folder it is told.
    program.variables.push(("ASKR_APP_BASE".into(), None));
    program.variables.push((LARAVEL_VARIABLE.into(), None));
    let not_theirs = service_manager::VARIABLES.map(|name| (name.into(), None));
    program.variables.extend(not_theirs);
    program.variables.extend(paranoid(&config.paranoid));
    program
        .variables
        .push(sendfile_roots(&config.sendfile_roots));
    if let Some(account) = &config.user {
        program.arguments.push(account.ids.to_string().into());
        program.variables.extend(own_variables(account));
    }
    program
}

/// The folders from which PHP may have files sent, as the option has them.
fn sendfile_roots(roots: &[PathBuf]) -> (OsString, Option<OsString>) {
    let roots = roots.iter().map(|root| root.as_os_str());
    let roots = roots.collect::<Vec<_>>().join(OsStr::new(","));
    let roots = (!roots.is_empty()).then_some(roots);
    ("ASKR_SENDFILE_ROOTS".into(), roots)
}

/// What a login would have set.
fn own_variables(account: &Account) -> [(OsString, Option<OsString>); 3] {
    let name = || Some(OsString::from(&account.name));
    [
        ("HOME".into(), Some(account.home.clone().into())),
        ("USER".into(), name()),
        ("LOGNAME".into(), name()),
    ]
}

/// The settings in force, whatever channel they came from; the variables are gone when nothing is
/// to be watched.
fn paranoid(config: &ParanoidConfig) -> [(OsString, Option<OsString>); 3] {
    let variable = |name: &str, value: String| (name.into(), config.is_on().then(|| value.into()));
    [
        variable("ASKR_PARANOID", config.share.to_string()),
        variable("ASKR_PARANOID_VENDOR", config.vendor.join(",")),
        variable("ASKR_PARANOID_IGNORE", config.ignore.join(",")),
    ]
}
