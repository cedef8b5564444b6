//! The machine: what this process may use of it.

use std::thread;

use rustix::process::{Resource, geteuid, getrlimit};

use super::finding::Finding;
use crate::config::{
    ApplicationConfig, ConfigError, Key, ServeConfig, Settings, bytes_text, pool_configs,
};
use crate::machine_memory::MachineMemory;
use crate::open_files;

/// Fewer descriptors than this are used up by a few hundred connections.
const FILES_COMFORTABLE: u64 = 4096;
/// Fewer than this hardly start the server.
const FILES_LEAST: u64 = 256;
/// What a worker with a booted Laravel application needs at least.
const WORKER_BYTES: u64 = 64 << 20;

/// Judges the machine.
pub(super) fn findings(settings: &Settings) -> Vec<Finding> {
    let applications = settings.applications();
    let pools = applications.iter().map(|one| pool_configs(&one.settings));
    let workers = pools.flatten().map(|pool| u64::from(pool.workers_most));
    let workers = workers.sum();
    vec![
        configuration(settings),
        user(settings),
        cores(workers),
        memory(workers),
        files(),
    ]
}

fn configuration(settings: &Settings) -> Finding {
    match ServeConfig::new(settings) {
        Ok(config) => {
            let modes: Vec<String> = config.applications.iter().map(mode).collect();
            Finding::ok("configuration", modes.join("; "))
        }
        Err(error @ ConfigError::Missing { .. }) => {
            Finding::note("configuration", format!("askr serve needs more: {error}"))
        }
        Err(error) => Finding::fail("configuration", error.to_string()),
    }
}

fn mode(application: &ApplicationConfig) -> String {
    let root = application.root.display();
    let mode = if application.worker_script.is_some() {
        "worker mode"
    } else {
        "classic mode"
    };
    match application.shown_name() {
        None => format!("{mode}, root {root}"),
        Some(name) => format!("{name}: {mode}, root {root}"),
    }
}

/// Who PHP runs as; what cannot be is a fault of the configuration.
fn user(settings: &Settings) -> Finding {
    match settings.text(Key::User) {
        Some(user) => Finding::ok("user", format!("PHP runs as {user}")),
        None if geteuid().is_root() => Finding::note(
            "user",
            "PHP runs as root; give --user, or start the server as somebody else".to_owned(),
        ),
        None => Finding::ok("user", format!("PHP runs as user {}", geteuid().as_raw())),
    }
}

fn cores(workers: u64) -> Finding {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let evidence = format!("{cores} usable by affinity and cgroup quota, {workers} workers");
    if workers < cores {
        Finding::note("cores", evidence)
    } else {
        Finding::ok("cores", evidence)
    }
}

fn memory(workers: u64) -> Finding {
    const SUBJECT: &str = "memory";
    let memory = MachineMemory::read();
    let total_text = memory.total.map_or("unknown".to_owned(), in_megabytes);
    let group_text = memory.group.map_or("none".to_owned(), in_megabytes);
    let evidence = format!("machine {total_text}, cgroup limit {group_text}, {workers} workers");
    match memory.usable() {
        None => Finding::note(SUBJECT, evidence),
        Some(usable) if usable < workers * WORKER_BYTES => {
            let each = bytes_text(WORKER_BYTES);
            Finding::note(
                SUBJECT,
                format!("{evidence}: less than {each} for each worker"),
            )
        }
        Some(_) => Finding::ok(SUBJECT, evidence),
    }
}

fn files() -> Finding {
    const SUBJECT: &str = "open files";
    let limit = getrlimit(Resource::Nofile);
    let text = |value: Option<u64>| value.map_or("none".to_owned(), |value| value.to_string());
    let files = open_files::reachable(limit);
    let evidence = format!(
        "soft limit {}, hard limit {}; the server has {files}",
        text(limit.current),
        text(limit.maximum)
    );
    match files {
        0..FILES_LEAST => Finding::fail(SUBJECT, evidence),
        FILES_LEAST..FILES_COMFORTABLE => {
            Finding::note(SUBJECT, format!("{evidence}: few for many connections"))
        }
        _ => Finding::ok(SUBJECT, evidence),
    }
}

fn in_megabytes(bytes: u64) -> String {
    format!("{} MB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn more_workers_than_memory_are_noted() {
        assert_eq!(memory(1 << 30).state, State::Note);
    }

    #[test]
    fn fewer_workers_than_cores_are_noted() {
        assert_eq!(cores(0).state, State::Note);
        assert_eq!(cores(1 << 20).state, State::Ok);
    }
}
