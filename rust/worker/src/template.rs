//! The first template of a generation: starts the engine, and forks the others on command.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use askr_exchange::control::{Child, Isolation, TemplateConfig, ToMain, ToTemplate};
use askr_php::{EngineConfig, Runtime, StartError};
use askr_store::{OpenError, Store};

use crate::booting::Booting;
use crate::control::Control;
use crate::desk::Desk;
use crate::fork::{become_subreaper, end_with, keep_memory_in_place};
use crate::household::{Household, JoinError};
use crate::idle::Idle;
use crate::nursery::{Birth, Nursery, Position, Stage};
use crate::progress::Progress;
use crate::run::BootError;
use crate::uploads::Uploads;
use crate::{ini, run};

/// Runs the template until main says stop or is gone. `control`, the memory of the store if there is
/// one and, for each pool, the region and the doorbell of its exchange are the descriptors that main
/// handed over.
pub fn template_main(
    control: OwnedFd,
    store: Option<OwnedFd>,
    exchanges: Vec<(OwnedFd, OwnedFd)>,
) -> ExitCode {
    end_with(nix::unistd::getppid());
    become_subreaper();
    let control = Control::new(control);
    let config = match control.receive() {
        Ok(ToTemplate::Boot(config)) => config,
        Ok(other) => return give_up(&control, &format!("main began with {other:?}")),
        Err(error) => return give_up(&control, &error.to_string()),
    };
    if config.pools.contains(&Isolation::Fork) {
        keep_memory_in_place();
    }
    let runtime = match start_engine(&config, store) {
        Ok(runtime) => runtime,
        Err(error) => return give_up(&control, &error.to_string()),
    };
    control.tell(&ToMain::EngineReady {
        php_version: Runtime::version(),
    });
    let uploads = Uploads::open(&runtime.upload_folders());
    let household = Rc::new(Household::new(config, exchanges, uploads, runtime.stack()));
    let mut nursery = Nursery::new(Rc::new(control), Rc::clone(&household), Stage::Engine);
    match nursery.run() {
        Some(birth) => begin(birth, runtime, household, nursery.into_control()),
        None => leave(nursery, &household),
    }
}

fn give_up(control: &Control, message: &str) -> ExitCode {
    control.tell(&ToMain::EngineFailed {
        message: message.to_owned(),
    });
    ExitCode::from(70)
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
enum EngineError {
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// What is forked from this process has the store mapped, too.
fn start_engine(config: &TemplateConfig, store: Option<OwnedFd>) -> Result<Runtime, EngineError> {
    let store = store.map(Store::open).transpose()?;
    let mut runtime = Runtime::start(&engine_config(config), Box::new(Idle))?;
    if let Some(store) = store {
        runtime.use_store(store);
    }
    Ok(runtime)
}

/// The engine of a server process.
fn engine_config(config: &TemplateConfig) -> EngineConfig {
    EngineConfig {
        ini_defaults: ini::defaults(),
        ini_overrides: config.ini.clone(),
        ..EngineConfig::default()
    }
}

fn leave(mut nursery: Nursery, household: &Household) -> ExitCode {
    nursery.close();
    if let Some(uploads) = &household.uploads {
        uploads.remove();
    }
    ExitCode::SUCCESS
}

/// The life of a process that the first template has forked.
fn begin(
    birth: Birth,
    mut runtime: Runtime,
    household: Rc<Household>,
    control: Rc<Control>,
) -> ExitCode {
    let name = match birth {
        Birth::Worker(position) => Child::Worker(position.worker),
        Birth::Template(template) => Child::Template(template),
    };
    let progress = Rc::new(Progress::new(name, control));
    let lived = match birth {
        Birth::Worker(position) => work(position, &mut runtime, household, &progress),
        Birth::Template(_) => boot(&mut runtime, household, &progress),
    };
    match lived {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress.boot_failed(&error.to_string());
            ExitCode::from(70)
        }
    }
}

/// Why a process did not come to serve.
#[derive(Debug, thiserror::Error)]
enum LifeError {
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Boot(#[from] BootError),
    #[error("there is no worker script to boot copy-on-write workers from")]
    NoScript,
}

/// Serves as a worker that boots by itself.
fn work(
    position: Position,
    runtime: &mut Runtime,
    household: Rc<Household>,
    progress: &Rc<Progress>,
) -> Result<(), LifeError> {
    let is_classic = household.isolation(position.pool) == Some(Isolation::Request);
    let script = household.config.script.clone();
    let script = script.filter(|_| !is_classic);
    if let Some(uploads) = &household.uploads {
        use_folder(uploads.of(position.worker), runtime);
    }
    let desk = Desk::sit_down(position, household, Rc::clone(progress))?;
    runtime.replace_host(Box::new(desk));
    Ok(run::serve(runtime, script.as_deref(), progress)?)
}

/// Boots the application, and forks workers from inside the script. This returns in them, too.
fn boot(
    runtime: &mut Runtime,
    household: Rc<Household>,
    progress: &Rc<Progress>,
) -> Result<(), LifeError> {
    let script = household.config.script.clone().ok_or(LifeError::NoScript)?;
    runtime.replace_host(Box::new(Booting::new(household, Rc::clone(progress))));
    Ok(run::serve(runtime, Some(&script), progress)?)
}

/// From now on PHP puts uploaded files, and request bodies that do not fit into memory, there.
fn use_folder(folder: PathBuf, runtime: &mut Runtime) {
    let folder = CString::new(folder.into_os_string().into_vec());
    let folder = folder.expect("the folder was made below one that exists, so it has no NUL byte");
    if !runtime.set(c"upload_tmp_dir", &folder) {
        tracing::warn!("php does not take upload_tmp_dir");
    }
}
