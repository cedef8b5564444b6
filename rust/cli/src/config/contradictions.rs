//! Settings that are fine one by one and exclude each other.

use std::collections::BTreeSet;
use std::path::Path;

use askr_exchange::control::Isolation;

use super::access_log::COMBINED;
use super::application::root_path;
use super::error::ConfigError;
use super::hosts::{HOSTS_MAX, OWN_KEYS};
use super::kind::Value;
use super::limit_rules::RULES_MAX;
use super::options::Key;
use super::pool_config::{self, PoolConfig};
use super::redirects::REDIRECTS_MAX;
use super::settings::{Setting, Settings};
use super::share::Share;
use super::source::Source;
use super::store::StoreConfig;
use super::units::bytes_text;

mod tls;

/// More pools than this have no descriptors in a template; one is the pool of all other paths.
pub(crate) const POOLS_MAX: usize = 16;

/// Refuses what cannot be meant of the server as a whole.
///
/// # Errors
/// The first contradiction.
pub(super) fn check_server(settings: &Settings) -> Result<(), ConfigError> {
    let conflict = counts_conflict(settings)
        .or_else(|| orphan_conflict(settings))
        .or_else(|| places_conflict(settings));
    conflict.map_or(Ok(()), |conflict| Err(conflict.of(settings)))
}

/// Refuses what cannot be meant of one application.
///
/// # Errors
/// The first contradiction, with the setting that was given and what to do about it.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let pools = pool_config::pools(settings);
    let conflict = settings_conflict(settings, &pools)
        .or_else(|| script_conflict(settings, &pools))
        .or_else(|| paranoid_conflict(settings, &pools))
        .or_else(|| client_conflict(settings))
        .or_else(|| store_conflict(settings))
        .or_else(|| tls::conflict(settings))
        .or_else(|| compression_conflict(settings))
        .or_else(|| log_conflict(settings));
    conflict.map_or(Ok(()), |conflict| Err(conflict.of(settings)))
}

/// A setting and why it cannot be.
struct Conflict {
    key: Key,
    problem: String,
    remedy: &'static str,
}

impl Conflict {
    fn of(self, settings: &Settings) -> ConfigError {
        let Setting {
            value,
            source,
            name,
        } = settings.setting(self.key);
        ConfigError::Contradiction {
            name: name.clone(),
            value: value.as_ref().map_or_else(String::new, Value::to_text),
            origin: source.clone(),
            problem: self.problem.into(),
            remedy: self.remedy,
        }
    }
}

fn counts_conflict(settings: &Settings) -> Option<Conflict> {
    if settings.hosts().len() > HOSTS_MAX {
        return Some(Conflict {
            key: Key::Hosts,
            problem: format!("there can be {HOSTS_MAX}"),
            remedy: "give some of them a server of their own",
        });
    }
    (settings.redirects().len() > REDIRECTS_MAX).then(|| Conflict {
        key: Key::Redirects,
        problem: format!("there can be {REDIRECTS_MAX}"),
        remedy: "let an application answer them",
    })
}

/// What only one application can have, and no application has.
fn orphan_conflict(settings: &Settings) -> Option<Conflict> {
    if settings.has_own_application() {
        return None;
    }
    // The socket is that of the first of them, then.
    let is_given = |key: &&Key| {
        **key != Key::ControlSocket && settings.setting(**key).source != Source::Default
    };
    let key = OWN_KEYS.iter().find(is_given)?;
    Some(Conflict {
        key: *key,
        problem: "there are only applications of hosts".to_owned(),
        remedy: "give it to one of hosts, or give app_base or root for all other hosts",
    })
}

/// Two applications of one place have the same names on the disk.
fn places_conflict(settings: &Settings) -> Option<Conflict> {
    if settings.hosts().is_empty() {
        return None;
    }
    let mut places = BTreeSet::new();
    for application in settings.applications() {
        let settings = &*application.settings;
        let base = settings.path(Key::AppBase).map(Path::to_owned);
        let own = base.or_else(|| root_path(settings));
        let sockets = [Key::ControlSocket, Key::StoreSocket, Key::StoreFile];
        let given = sockets.iter().filter_map(|key| settings.path(*key));
        for place in own.into_iter().chain(given.map(Path::to_owned)) {
            if let Some(place) = places.replace(place) {
                return Some(Conflict {
                    key: Key::Hosts,
                    problem: format!("{} is for two applications", place.display()),
                    remedy: "give one application all the names, or each its own",
                });
            }
        }
    }
    None
}

fn settings_conflict(settings: &Settings, pools: &[PoolConfig]) -> Option<Conflict> {
    if pools.len() > POOLS_MAX {
        return Some(Conflict {
            key: Key::Pools,
            problem: format!(
                "there can be {} beside the pool of all other paths",
                POOLS_MAX - 1
            ),
            remedy: "put paths that can share workers into one pool",
        });
    }
    if settings.limits().len() > RULES_MAX {
        return Some(Conflict {
            key: Key::Limits,
            problem: format!("there can be {RULES_MAX}"),
            remedy: "put paths that can share a rate into one limit",
        });
    }
    if settings.count(Key::ReforkAfter) > 0 && !settings.switch(Key::Cow) {
        return Some(Conflict {
            key: Key::ReforkAfter,
            problem: "without cow no worker is forked from a booted application".to_owned(),
            remedy: "turn cow on, or leave it out",
        });
    }
    None
}

/// Only a worker script can boot an application that stays.
fn script_conflict(settings: &Settings, pools: &[PoolConfig]) -> Option<Conflict> {
    if settings.path(Key::WorkerScript).is_some() {
        let forks = |pool: &PoolConfig| pool.isolation.needs_booted_template();
        return (settings.switch(Key::Cow) && !pools.iter().any(forks)).then(|| Conflict {
            key: Key::Cow,
            problem: "with isolation request nothing is booted that could be forked".to_owned(),
            remedy: "choose isolation worker, or leave it out",
        });
    }
    if settings.switch(Key::Cow) {
        return Some(Conflict {
            key: Key::Cow,
            problem: "without a worker_script nothing is booted that could be forked".to_owned(),
            remedy: "name a worker_script, or leave it out",
        });
    }
    let pool = pools
        .iter()
        .find(|pool| pool.isolation != Isolation::Request)?;
    let is_own = settings.word(Key::Isolation).is_none() || !pool.paths.is_empty();
    Some(Conflict {
        key: if is_own { Key::Pools } else { Key::Isolation },
        problem: match is_own {
            true => format!(
                "without a worker_script pool {} cannot boot what its isolation wants",
                pool.name
            ),
            false => "without a worker_script nothing is booted that could stay".to_owned(),
        },
        remedy: "name a worker_script, or choose isolation request",
    })
}

/// Watching needs state that could outlive a request, which only workers that stay have.
fn paranoid_conflict(settings: &Settings, pools: &[PoolConfig]) -> Option<Conflict> {
    if settings.share(Key::Paranoid) == Share::NONE {
        return None;
    }
    if settings.path(Key::WorkerScript).is_none() {
        return Some(Conflict {
            key: Key::Paranoid,
            problem: "in classic mode nothing stays from one request to the next".to_owned(),
            remedy: "name a worker_script, or leave it out",
        });
    }
    let stays = |pool: &PoolConfig| matches!(pool.isolation, Isolation::Worker { .. });
    let pool = pools.iter().find(|pool| !stays(pool))?;
    Some(Conflict {
        key: Key::Paranoid,
        problem: format!(
            "with the isolation of pool {} nothing stays from one request to the next",
            pool.name
        ),
        remedy: "choose isolation worker while you watch, or leave it out",
    })
}

/// Fields of a line that has them as they are.
fn log_conflict(settings: &Settings) -> Option<Conflict> {
    let is_given = settings.setting(Key::AccessLogFields).source != Source::Default;
    let is_combined = settings.choice(Key::AccessLogFormat) == COMBINED;
    (is_given && is_combined).then(|| Conflict {
        key: Key::AccessLogFields,
        problem: "the format combined has its own".to_owned(),
        remedy: "choose access_log_format json, or leave it out",
    })
}

/// What nobody could be believed, or no request could be.
fn client_conflict(settings: &Settings) -> Option<Conflict> {
    let is_given = |key| settings.setting(key).source != Source::Default;
    if is_given(Key::TrustedFields) && settings.peers(Key::TrustedProxies).is_none() {
        return Some(Conflict {
            key: Key::TrustedFields,
            problem: "without trusted_proxies nobody is believed".to_owned(),
            remedy: "name trusted_proxies, or leave it out",
        });
    }
    let head = settings.bytes(Key::HeadLimit);
    let line = settings.bytes(Key::RequestLineLimit);
    (is_given(Key::RequestLineLimit) && line > head).then(|| Conflict {
        key: Key::RequestLineLimit,
        problem: format!("that is more than head_limit {}", bytes_text(head)),
        remedy: "give a larger head_limit, or less",
    })
}

/// Sizes of which one does not leave room for another.
fn store_conflict(settings: &Settings) -> Option<Conflict> {
    let size = settings.bytes(Key::StoreSize);
    if size == 0 {
        return needless_store_conflict(settings);
    }
    if size < StoreConfig::SIZE_MIN {
        return Some(Conflict {
            key: Key::StoreSize,
            problem: "its parts would hold next to nothing".to_owned(),
            remedy: "give at least 4MB, or 0 for no store",
        });
    }
    if settings
        .size(Key::StoreSessions)
        .is_some_and(|bytes| bytes > size / 2)
    {
        return Some(Conflict {
            key: Key::StoreSessions,
            problem: format!("that is more than half of store_size {}", bytes_text(size)),
            remedy: "give a larger store_size, or less to sessions",
        });
    }
    let socket = settings.path(Key::StoreSocket);
    if socket.is_some() && socket == settings.path(Key::ControlSocket) {
        return Some(Conflict {
            key: Key::StoreSocket,
            problem: "that is the control socket".to_owned(),
            remedy: "give another path",
        });
    }
    let most = StoreConfig::value_most(settings);
    let is_larger = |bytes| bytes > most;
    settings
        .size(Key::StoreValueMax)
        .is_some_and(is_larger)
        .then(|| Conflict {
            key: Key::StoreValueMax,
            problem: format!(
                "the cache's part of store_size {} takes values of at most {most} bytes",
                bytes_text(size)
            ),
            remedy: "give a larger store_size, or a smaller store_value_max",
        })
}

fn needless_store_conflict(settings: &Settings) -> Option<Conflict> {
    let keys = [
        Key::StoreValueMax,
        Key::StoreSessions,
        Key::StoreFile,
        Key::StoreSocket,
    ];
    let is_given = |key: &Key| settings.setting(*key).value.is_some();
    let limits = (!settings.limits().is_empty()).then_some(Key::Limits);
    let given = keys.into_iter().find(is_given).or(limits)?;
    Some(Conflict {
        key: given,
        problem: "with store_size 0 there is no store".to_owned(),
        remedy: "give a store_size, or leave it out",
    })
}

fn compression_conflict(settings: &Settings) -> Option<Conflict> {
    if !settings.codings().is_empty() {
        return None;
    }
    let keys = [Key::CompressMin, Key::CompressTypes, Key::CompressLevels];
    let is_given = |key: &Key| settings.setting(*key).source != Source::Default;
    keys.into_iter().find(is_given).map(|key| Conflict {
        key,
        problem: "with compress off nothing is compressed".to_owned(),
        remedy: "turn compress on, or leave it out",
    })
}
