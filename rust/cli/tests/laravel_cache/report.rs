//! What became of each test, as the suite's `Report` writes it.

use serde::Deserialize;

/// How a test ended.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// One test of Laravel's.
#[derive(Debug, Deserialize)]
pub(crate) struct Test {
    /// Class and method, as `Cache\CacheArrayStoreTest::testCacheTtl`.
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    /// Why it failed or was skipped.
    pub(crate) reason: String,
    /// How often it used the store.
    pub(crate) operations: u64,
}

/// A line of JSON for each test.
pub(crate) fn read(lines: &str) -> Vec<Test> {
    let parsed = lines.lines().map(serde_json::from_str);
    parsed
        .map(|test| test.unwrap_or_else(|error| panic!("{error} in:\n{lines}")))
        .collect()
}

/// How many there were of each kind.
pub(crate) fn summary(tests: &[Test]) -> String {
    let count = |outcome| tests.iter().filter(|test| test.outcome == outcome).count();
    let reached = tests.iter().filter(|test| test.operations > 0).count();
    format!(
        "Laravel's own tests: {} passed, {} do not apply, {} were skipped; {reached} used the store",
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Skipped),
    )
}

#[test]
fn a_line_is_a_test() {
    let line = r#"{"name":"A::b","outcome":"failed","reason":"no","operations":3}"#;

    let tests = read(line);

    assert_eq!(tests[0].outcome, Outcome::Failed);
    assert_eq!((tests[0].name.as_str(), tests[0].operations), ("A::b", 3));
}
