//! Decides which requests are answered 429, before PHP is woken.
//!
//! Every rule keeps a token bucket for each client it tells apart. The rules that have a request
//! are asked in one order: the longest path first, then the bucket that fills soonest, then as
//! configured. The first that refuses ends it, so that what a narrow rule refuses does not use up
//! a wide one.
//!
//! The buckets are in the store, whose clock they have.

use std::cmp::Reverse;
use std::hash::RandomState;
use std::sync::Arc;
use std::time::Instant;

use askr_store::{Rate, Store, Verdict};
use http::{HeaderMap, request};

use crate::client::Client;
use crate::complaints::Complaints;
use crate::config::LimitRule;
use crate::route::{NormalPath, Prefix};

pub(crate) mod bucket_key;
mod fields;
mod key;
mod tally;

pub(crate) use bucket_key::network;
pub use key::{LimitKey, LimitKeyError};
pub use tally::{LimitCounts, LimitTally};

use bucket_key::Keys;
use tally::Tally;

/// All rules, and what they have counted.
#[derive(Debug)]
pub(crate) struct Limiter {
    store: Arc<Store>,
    rules: Vec<Arc<Rule>>,
    /// The paths of all rules in the order in which they are asked; `None` is every path.
    order: Vec<(Option<Prefix>, usize)>,
    keys: Keys,
}

/// A request, as far as rules look at it.
pub(crate) struct Candidate<'a> {
    pub(crate) head: &'a request::Parts,
    pub(crate) client: &'a Client<'a>,
    /// Whether it is one for PHP; rules without paths have no others.
    pub(crate) is_for_php: bool,
}

/// One rule.
#[derive(Debug)]
struct Rule {
    name: String,
    key: LimitKey,
    rate: Rate,
    /// Its item of `RateLimit-Policy`.
    policy: String,
    tally: Tally,
    refusals: Complaints,
}

/// What the rules that were asked have said about one request.
#[derive(Debug, Default)]
pub(crate) struct Standings(Vec<Standing>);

#[derive(Debug)]
struct Standing {
    rule: Arc<Rule>,
    verdict: Verdict,
}

/// A rule that refuses, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("too many requests (limit {limit}); the next may come in {wait_s} s")]
pub(crate) struct TooMany {
    pub(crate) limit: String,
    pub(crate) wait_s: u64,
}

impl Limiter {
    pub(crate) fn new(store: Arc<Store>, rules: Vec<LimitRule>) -> Limiter {
        let mut order: Vec<(Option<Prefix>, usize)> = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match rule.paths.as_slice() {
                [] => order.push((None, index)),
                paths => order.extend(paths.iter().map(|path| (Some(Prefix::new(path)), index))),
            }
        }
        order.sort_by_key(|(prefix, index)| {
            let path_bytes = prefix.as_ref().map_or(0, Prefix::len);
            (Reverse(path_bytes), fields::fills_in(&rules[*index].rate))
        });
        Limiter {
            store,
            order,
            rules: rules.into_iter().map(Rule::new).map(Arc::new).collect(),
            keys: Keys::new(RandomState::new()),
        }
    }

    /// Counts a request with every rule that has it, up to the first that refuses.
    pub(crate) fn count(&self, candidate: &Candidate<'_>) -> Standings {
        let mut standings = Standings::default();
        let Ok(path) = NormalPath::of(candidate.head.uri.path()) else {
            return standings;
        };
        for (prefix, index) in &self.order {
            let is_its = match prefix {
                None => candidate.is_for_php,
                Some(prefix) => prefix.has(&path),
            };
            let rule = &self.rules[*index];
            if !is_its || standings.has(rule) {
                continue;
            }
            let Some(verdict) = self.ask(*index, candidate) else {
                continue;
            };
            let rule = rule.clone();
            standings.0.push(Standing { rule, verdict });
            if !verdict.allowed {
                break;
            }
        }
        standings
    }

    /// What one rule says, or nothing when it was not counted: then the request passes. A limit
    /// must not take the site down.
    fn ask(&self, index: usize, candidate: &Candidate<'_>) -> Option<Verdict> {
        let rule = &self.rules[index];
        let key = self.keys.of(index, &rule.key, candidate);
        let verdict = self.store.limit(&key, &rule.rate).ok();
        // Nothing is missing after a token was taken: none was.
        let verdict = verdict.filter(|verdict| !verdict.reset_after.is_zero());
        rule.tally.count(verdict.map(|verdict| verdict.allowed));
        if verdict.is_some_and(|verdict| !verdict.allowed) {
            rule.log_refusal(candidate);
        }
        verdict
    }

    fn tallies(&self) -> Vec<LimitTally> {
        let rules = self.rules.iter();
        rules.map(|rule| rule.tally.read(&rule.name)).collect()
    }
}

impl Rule {
    fn new(rule: LimitRule) -> Rule {
        let LimitRule {
            name, key, rate, ..
        } = rule;
        Rule {
            policy: fields::policy(&name, &rate),
            name,
            key,
            rate,
            tally: Tally::default(),
            refusals: Complaints::of_news(),
        }
    }

    fn log_refusal(&self, candidate: &Candidate<'_>) {
        if let Some(unlogged) = self.refusals.admit(Instant::now()) {
            let Candidate { head, client, .. } = candidate;
            let (limit, path) = (self.name.as_str(), head.uri.path());
            let client = client.remote_ip();
            tracing::info!(limit, client, path, unlogged, "limit refuses requests");
        }
    }
}

impl Standings {
    /// The rule that refuses, if one does.
    pub(crate) fn refusal(&self) -> Option<TooMany> {
        let Standing { rule, verdict } = self.0.last().filter(|last| !last.verdict.allowed)?;
        Some(TooMany {
            limit: rule.name.clone(),
            wait_s: fields::whole_seconds(verdict.retry_after).max(1),
        })
    }

    /// Adds what the client should know, beside what PHP says of limits of its own.
    pub(crate) fn describe(&self, headers: &mut HeaderMap) {
        if !self.0.is_empty() {
            let standings = self.0.iter();
            let known = standings.map(|Standing { rule, verdict }| (&**rule, verdict));
            fields::append(known, headers);
        }
    }

    fn has(&self, rule: &Arc<Rule>) -> bool {
        self.0
            .iter()
            .any(|standing| Arc::ptr_eq(&standing.rule, rule))
    }
}

#[cfg(test)]
mod tests;
