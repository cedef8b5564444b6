//! Decides which pool a path belongs to, whatever its spelling.

use std::cmp::Reverse;

use super::prefix::{NormalPath, Prefix};
use crate::config::PoolConfig;

/// The paths of all pools, and how each runs PHP. The first pool takes what no other does.
#[derive(Debug)]
pub(crate) struct PoolMap {
    /// The longest first.
    prefixes: Vec<(Prefix, usize)>,
    classic: Vec<bool>,
}

impl PoolMap {
    pub(crate) fn new(pools: &[PoolConfig]) -> PoolMap {
        let prefixes = pools.iter().enumerate().flat_map(|(pool, config)| {
            let paths = config.paths.iter();
            paths.map(move |path| (Prefix::new(path), pool))
        });
        let mut prefixes: Vec<(Prefix, usize)> = prefixes.collect();
        prefixes.sort_by_key(|(prefix, _)| Reverse(prefix.len()));
        PoolMap {
            prefixes,
            classic: pools.iter().map(|pool| pool.classic).collect(),
        }
    }

    /// The pool of a percent-decoded path: the one with the longest prefix of it that ends where
    /// a segment does.
    pub(super) fn pool_of(&self, text: &str) -> usize {
        if self.prefixes.is_empty() {
            return 0;
        }
        let path = NormalPath::of_decoded(text);
        let mut prefixes = self.prefixes.iter();
        let found = prefixes.find(|(prefix, _)| prefix.has(&path));
        found.map_or(0, |&(_, pool)| pool)
    }

    /// Whether a pool runs a script per request.
    pub(super) fn is_classic(&self, pool: usize) -> bool {
        self.classic[pool]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> PoolMap {
        let pool = |name: &str, paths: &[&str]| PoolConfig {
            name: name.to_owned(),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            ..PoolConfig::default()
        };
        PoolMap::new(&[
            pool("default", &[]),
            pool("slow", &["/reports", "export/"]),
            pool("fast", &["/reports/live", "/été"]),
        ])
    }

    #[track_caller]
    fn check(table: &[(&str, usize)]) {
        let map = map();
        for &(path, pool) in table {
            assert_eq!(map.pool_of(path), pool, "{path}");
        }
    }

    #[test]
    fn prefixes_end_where_segments_do_and_the_longest_wins() {
        check(&[
            ("/", 0),
            ("/other", 0),
            ("/reports", 1),
            ("/reports/", 1),
            ("/reports/2026/11", 1),
            ("/reportsx", 0),
            ("/report", 0),
            ("/x/reports", 0),
            ("/Reports", 0),
            ("/export", 1),
            ("/export/csv", 1),
            ("/reports/live", 2),
            ("/reports/live/now", 2),
            ("/reports/lively", 1),
            ("/été/plage", 2),
            ("*", 0),
        ]);
    }

    #[test]
    fn every_spelling_of_a_path_is_in_the_same_pool() {
        check(&[
            ("//reports", 1),
            ("///reports//live", 2),
            ("/./reports", 1),
            ("/reports/./live", 2),
            ("/reports/.", 1),
            ("/index.php/reports", 1),
            ("/index.php//reports/x", 1),
            ("//index.php/reports", 1),
            ("/./index.php/reports", 1),
            ("/index.php", 0),
            ("/index.php/", 0),
            ("/index.phpx/reports", 0),
            ("/index.phpreports", 1),
            ("/index.phpreports/live", 2),
            // To the application this is /index.php/reports: the front controller is taken off once.
            ("/index.php/index.php/reports", 0),
            ("/reports/index.php", 1),
        ]);
    }

    #[test]
    fn a_prefix_of_nothing_but_a_slash_takes_everything() {
        let all = PoolConfig {
            paths: vec!["/".to_owned()],
            ..PoolConfig::default()
        };
        let map = PoolMap::new(&[PoolConfig::default(), all]);
        assert_eq!(map.pool_of("/anything"), 1);
        assert_eq!(map.pool_of("/"), 1);
    }
}
