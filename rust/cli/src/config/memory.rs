//! Whether the workers that may be fit into memory.

use askr_exchange::control::Isolation;

use super::error::ConfigError;
use super::options::Key;
use super::pool_config::PoolConfig;
use super::settings::Settings;
use super::units::bytes_text;
use crate::machine_memory::MachineMemory;

/// Private memory of a worker that shares a booted application, at the least: with Laravel it is
/// some three times as much after a hundred requests.
const FORKED_BYTES: u64 = 1 << 20;
/// Private memory of one that boots an application by itself, at the least: Laravel takes some
/// eight times as much.
const BOOTED_BYTES: u64 = 4 << 20;

/// Refuses a maximum that memory cannot hold even if the application is a small one.
///
/// # Errors
/// With the numbers.
pub(super) fn check(settings: &Settings, pools: &[PoolConfig]) -> Result<(), ConfigError> {
    let usable = MachineMemory::read().usable();
    let beside = |usable: u64| usable.saturating_sub(settings.bytes(Key::StoreSize));
    let problem = usable.and_then(|usable| problem(pools, beside(usable)));
    let Some(problem) = problem else {
        return Ok(());
    };
    let setting = settings.setting(Key::Workers);
    Err(ConfigError::Contradiction {
        name: setting.name.clone(),
        value: settings.workers().to_string(),
        origin: setting.source.clone(),
        problem: problem.into(),
        remedy: "lower the maximum, also that of pools, or store_size",
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

fn problem(pools: &[PoolConfig], usable: u64) -> Option<String> {
    let workers: u64 = pools.iter().map(|pool| u64::from(pool.workers_most)).sum();
    let least: u64 = pools.iter().map(least_bytes).sum();
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
