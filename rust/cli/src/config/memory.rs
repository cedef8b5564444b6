//! Whether the workers that may be fit into memory.

use askr_exchange::control::Isolation;

use super::application::ApplicationConfig;
use super::error::ConfigError;
use super::kind::Value;
use super::options::Key;
use super::pool_config::PoolConfig;
use super::settings::Settings;
use super::store::StoreConfig;
use super::units::bytes_text;
use crate::machine_memory::MachineMemory;

/// Private memory of a worker that shares a booted application, at the least: with Laravel it is
/// some three times as much after a hundred requests.
const FORKED_BYTES: u64 = 1 << 20;
/// Private memory of one that boots an application by itself, at the least: Laravel takes some
/// eight times as much.
const BOOTED_BYTES: u64 = 4 << 20;

/// Refuses a maximum that memory cannot hold even if the applications are small ones; all of them
/// together.
///
/// # Errors
/// With the numbers.
pub(super) fn check(
    settings: &Settings,
    applications: &[ApplicationConfig],
) -> Result<(), ConfigError> {
    let stores = applications.iter().filter_map(|one| one.store.as_ref());
    let stores = stores.map(StoreConfig::bytes).sum();
    let pools: Vec<&PoolConfig> = applications.iter().flat_map(|one| &one.pools).collect();
    let usable = MachineMemory::read().usable();
    let problem = usable.and_then(|usable| problem(&pools, usable.saturating_sub(stores)));
    let Some(problem) = problem else {
        return Ok(());
    };
    let is_one = settings.hosts().is_empty();
    let setting = settings.setting(if is_one { Key::Workers } else { Key::Hosts });
    let value = setting
        .value
        .as_ref()
        .map_or_else(String::new, Value::to_text);
    Err(ConfigError::Contradiction {
        name: setting.name.clone(),
        value,
        origin: setting.source.clone(),
        problem: problem.into(),
        remedy: "lower the maximum, also that of pools and hosts, or store_size",
    })
}

/// Refuses a store that memory cannot hold.
///
/// # Errors
/// With the numbers.
pub(super) fn check_store(settings: &Settings) -> Result<(), ConfigError> {
    let size = settings.bytes(Key::StoreSize);
    let usable = MachineMemory::read().usable();
    let problem = usable.and_then(|usable| store_problem(size, usable));
    let Some(problem) = problem else {
        return Ok(());
    };
    let setting = settings.setting(Key::StoreSize);
    Err(ConfigError::Contradiction {
        name: setting.name.clone(),
        value: bytes_text(size),
        origin: setting.source.clone(),
        problem: problem.into(),
        remedy: "give a smaller one",
    })
}

fn store_problem(size: u64, usable: u64) -> Option<String> {
    (size > usable).then(|| format!("there is {} of memory", bytes_text(usable >> 20 << 20)))
}

fn problem(pools: &[&PoolConfig], usable: u64) -> Option<String> {
    let workers: u64 = pools.iter().map(|pool| u64::from(pool.workers_most)).sum();
    let least: u64 = pools.iter().map(|pool| least_bytes(pool)).sum();
    (least > usable).then(|| {
        format!(
            "{workers} workers take at least {}, and beside the store there is {} of memory",
            bytes_text(least),
            bytes_text(usable >> 20 << 20),
        )
    })
}

fn least_bytes(pool: &PoolConfig) -> u64 {
    let each = match pool.isolation {
        Isolation::Worker { cow: true } | Isolation::Fork => FORKED_BYTES,
        Isolation::Worker { cow: false } | Isolation::Request => BOOTED_BYTES,
    };
    u64::from(pool.workers_most) * each
}

#[cfg(test)]
mod tests {
    use super::super::Inputs;
    use super::super::pool_config::pools;
    use super::*;

    #[test]
    fn what_memory_cannot_hold_is_said_with_the_numbers() {
        let mut inputs = Inputs::default();
        let mut flag = |name: &str, value: &str| {
            inputs.flags.insert(name.to_owned(), vec![value.to_owned()]);
        };
        flag("workers", "2..100");
        flag("worker_script", "/w.php");
        flag(
            "pools",
            "slow paths=/slow workers=50;pure paths=/pure workers=20 isolation=fork",
        );
        let pools = pools(&Settings::resolve(&inputs).unwrap());
        let pools: Vec<&PoolConfig> = pools.iter().collect();

        assert_eq!(
            problem(&pools, 600 << 20).unwrap(),
            "170 workers take at least 620MB, and beside the store there is 600MB of memory"
        );
        assert_eq!(problem(&pools, 620 << 20), None);
    }

    #[test]
    fn a_store_that_memory_cannot_hold_is_refused() {
        let told = store_problem(2 << 30, (1 << 30) + 5);
        assert_eq!(told.unwrap(), "there is 1GB of memory");
        assert_eq!(store_problem(1 << 30, 1 << 30), None);
    }
}
