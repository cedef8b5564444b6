//! The applications of a server, of which the host name of a request says which is asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::files::roots::Disk;
use crate::hosting::host_name::{self, HostName};
use crate::hosting::pools::Pools;
use crate::limiter::Limiter;
use crate::limits::{POLLS_PER_GLANCE, SWEEP_INTERVAL};
use crate::reply::banner::Banner;

/// What answers the requests for some host names.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) pools: Pools,
    pub(crate) disk: Disk,
    pub(crate) banner: Option<Banner>,
    pub(crate) rests: Option<watch::Receiver<bool>>,
    pub(crate) limiter: Option<Arc<Limiter>>,
}

/// All applications.
#[derive(Debug)]
pub(crate) struct Applications {
    list: Vec<Application>,
    hosts: HostMap,
    polls: AtomicU32,
}

/// Which application has a host name: a name counts before a wildcard, a longer wildcard before a
/// shorter one.
#[derive(Debug, Default)]
pub(crate) struct HostMap {
    names: HashMap<Box<str>, usize>,
    /// By what is behind the star.
    below: HashMap<Box<str>, usize>,
    /// Who has all others.
    others: Option<usize>,
}

impl Application {
    /// Whether it has been given up until somebody begins anew.
    pub(crate) fn rests(&self) -> bool {
        self.rests.as_ref().is_some_and(|rests| *rests.borrow())
    }
}

impl Applications {
    /// Each with the names that are its; the one without names has all others.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn new(list: Vec<(Vec<HostName>, Application)>) -> Applications {
        assert!(!list.is_empty(), "there is an application");
        let (names, list): (Vec<_>, Vec<_>) = list.into_iter().unzip();
        Applications {
            list,
            hosts: HostMap::new(&names),
            polls: AtomicU32::new(0),
        }
    }

    /// The one that answers for a host as requests name it, with or without a port.
    pub(crate) fn of(&self, host: &str) -> Option<&Application> {
        self.list.get(self.hosts.find(host)?)
    }

    /// All of them; there is at least one.
    pub(crate) fn all(&self) -> &[Application] {
        &self.list
    }

    /// Looks for news from workers also while the I/O thread never runs out of other work, and so
    /// never comes to park; to be called with every poll of a connection.
    pub(crate) fn tick(&self) {
        let polls = self.polls.load(Relaxed).wrapping_add(1);
        self.polls.store(polls, Relaxed);
        if polls.is_multiple_of(POLLS_PER_GLANCE) {
            self.list.iter().for_each(|each| each.pools.poll());
        }
    }

    /// Ends requests whose worker does not exist, for ever: nobody else would. Workers can write
    /// anything into the memory that they share.
    ///
    /// # Cancel safety
    /// Safe to drop at any time.
    pub(crate) async fn sweep(&self) {
        let mut rounds = tokio::time::interval(SWEEP_INTERVAL);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            self.list.iter().for_each(|each| each.pools.sweep());
        }
    }
}

impl HostMap {
    fn new(names: &[Vec<HostName>]) -> HostMap {
        let mut map = HostMap::default();
        for (index, names) in names.iter().enumerate() {
            if names.is_empty() {
                map.others = Some(index);
            }
            for name in names {
                let names = match name.is_wildcard() {
                    true => &mut map.below,
                    false => &mut map.names,
                };
                names.insert(name.name().into(), index);
            }
        }
        map
    }

    fn find(&self, host: &str) -> Option<usize> {
        if self.names.is_empty() && self.below.is_empty() {
            return self.others;
        }
        let host = host_name::plain(host);
        let found = self.names.get(&*host).or_else(|| self.find_below(&host));
        found.copied().or(self.others)
    }

    fn find_below(&self, host: &str) -> Option<&usize> {
        if self.below.is_empty() {
            return None;
        }
        let dots = host.match_indices('.').filter(|(at, _)| *at > 0);
        dots.map(|(at, _)| &host[at + 1..])
            .find_map(|behind| self.below.get(behind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(applications: &[&[&str]]) -> HostMap {
        let names = |names: &&[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
        let names: Vec<Vec<HostName>> = applications.iter().map(names).collect();
        HostMap::new(&names)
    }

    #[test]
    fn the_closest_name_has_a_request() {
        let map = map(&[
            &[],
            &["shop.example", "*.shop.example"],
            &["api.shop.example", "*.api.shop.example"],
        ]);

        for (host, application) in [
            ("shop.example", 1),
            ("SHOP.example:8443", 1),
            ("shop.example.", 1),
            ("www.shop.example", 1),
            ("a.b.shop.example", 1),
            ("api.shop.example", 2),
            ("v2.api.shop.example", 2),
            ("example", 0),
            ("ashop.example", 0),
            (".shop.example", 0),
            ("", 0),
            ("127.0.0.1:80", 0),
        ] {
            assert_eq!(map.find(host), Some(application), "{host}");
        }
    }

    #[test]
    fn a_name_that_nobody_has_is_nobodys() {
        let map = map(&[&["shop.example"]]);

        assert_eq!(map.find("shop.example"), Some(0));
        assert_eq!(map.find("blog.example"), None);
    }

    #[test]
    fn one_application_without_names_has_everything() {
        let map = map(&[&[]]);

        assert_eq!(map.find("whatever"), Some(0));
    }
}
