//! The list of what does not apply, `exceptions.toml`, and what departs from it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::report::{Outcome, Test};

/// What does not apply, each with its reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    /// Files about another store, which are not run.
    files: BTreeMap<String, String>,
    /// Tests that fail, or are skipped, as they have to.
    tests: BTreeMap<String, String>,
    /// The same with the oldest Laravel alone.
    earliest: BTreeMap<String, String>,
    /// The same with the latest alone.
    latest: BTreeMap<String, String>,
}

impl Exceptions {
    /// The list in a folder, as it is for `earliest` or `latest`.
    pub(crate) fn read(folder: &Path, version: &str) -> Exceptions {
        let text = fs::read_to_string(folder.join("exceptions.toml")).unwrap();
        Exceptions::parse(&text, version)
    }

    fn parse(text: &str, version: &str) -> Exceptions {
        let mut exceptions: Exceptions = toml::from_str(text).unwrap();
        let own = match version {
            "earliest" => std::mem::take(&mut exceptions.earliest),
            _ => std::mem::take(&mut exceptions.latest),
        };
        exceptions.tests.extend(own);
        let reasons = exceptions.files.values().chain(exceptions.tests.values());
        for reason in reasons {
            assert!(reason.len() > 20, "not a reason: {reason}");
        }
        exceptions
    }

    /// Whether a file is not to be run.
    pub(crate) fn is_about_another_store(&self, file: &str) -> bool {
        self.files.contains_key(file)
    }

    /// Tests that fail unlisted, and listed ones that pass: the list is to be changed, or the store.
    pub(crate) fn surprises(&self, tests: &[Test]) -> Vec<String> {
        tests
            .iter()
            .filter_map(|test| self.surprise(test))
            .collect()
    }

    fn surprise(&self, test: &Test) -> Option<String> {
        let Test {
            name,
            outcome,
            reason,
            ..
        } = test;
        match (self.tests.get(&listed_name(name)), outcome) {
            (None, Outcome::Failed) => Some(format!("fails and is not listed: {name}: {reason}")),
            (None, Outcome::Skipped) => {
                Some(format!("is skipped and is not listed: {name}: {reason}"))
            }
            (Some(_), Outcome::Passed) => Some(format!("passes and is listed: {name}")),
            _ => None,
        }
    }
}

/// The name without its class's folders' separators, and without the set of data.
fn listed_name(name: &str) -> String {
    let name = name.split('#').next().unwrap_or(name);
    name.replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "
        [files]
        'Cache/A.php' = 'about the store of somebody else'
        [tests]
        'Cache/B::listed' = 'cannot be, for a good reason'
        [earliest]
        'Cache/B::old' = 'cannot be, for a good reason'
        [latest]
    ";

    fn surprises(version: &str, name: &str, outcome: Outcome) -> usize {
        let exceptions = Exceptions::parse(LIST, version);
        let test = Test {
            name: name.to_owned(),
            outcome,
            reason: String::new(),
            operations: 0,
        };
        exceptions.surprises(&[test]).len()
    }

    #[test]
    fn a_listed_test_may_not_pass_and_an_unlisted_one_may_not_fail() {
        let latest = |name, outcome| surprises("latest", name, outcome);
        assert_eq!(latest("Cache\\B::listed", Outcome::Passed), 1);
        assert_eq!(latest("Cache\\B::listed", Outcome::Failed), 0);
        assert_eq!(latest("Cache\\B::listed#0", Outcome::Skipped), 0);
        assert_eq!(latest("Cache\\B::other", Outcome::Failed), 1);
        assert_eq!(latest("Cache\\B::other", Outcome::Skipped), 1);
        assert_eq!(latest("Cache\\B::other", Outcome::Passed), 0);
    }

    #[test]
    fn one_version_may_have_exceptions_of_its_own() {
        assert_eq!(surprises("earliest", "Cache\\B::old", Outcome::Failed), 0);
        assert_eq!(surprises("latest", "Cache\\B::old", Outcome::Failed), 1);
    }
}
