//! What was measured, and the median of it.

use std::borrow::Cow;

use serde::Serialize;

use super::load::Measured;

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) row: &'static str,
    pub(crate) server: &'static str,
    pub(crate) connections: u32,
    pub(crate) measured: Measured,
    /// Mean over the workers, after the run.
    pub(crate) pss_kb: Option<u64>,
    /// Processor time of the workers a request, unless some of them were replaced.
    pub(crate) cpu_us: Option<f64>,
}

/// All runs of a row on a server with a number of connections.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) row: &'static str,
    pub(crate) server: &'static str,
    pub(crate) connections: u32,
    pub(crate) rps: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Over all runs.
    pub(crate) errors: u64,
    pub(crate) pss_kb_per_worker: Option<u64>,
    pub(crate) cpu_us_per_request: Option<f64>,
}

/// A figure that is no place of the table of servers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) row: &'static str,
    pub(crate) what: String,
    pub(crate) value: f64,
    /// Of the value; empty for a ratio or a count.
    pub(crate) unit: Cow<'static, str>,
    #[serde(skip)]
    pub(crate) goal: Option<Goal>,
}

/// What a finding is to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Goal {
    pub(crate) text: Cow<'static, str>,
    bound: Bound,
}

/// From where on a goal is missed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    Most(f64),
    Least(f64),
}

impl Goal {
    /// Whether a value reaches it.
    pub(crate) fn is_reached(&self, value: f64) -> bool {
        match self.bound {
            Bound::Most(most) => value <= most,
            Bound::Least(least) => value >= least,
        }
    }
}

/// The runs of a benchmark.
#[derive(Debug, Default)]
pub(crate) struct Results {
    samples: Vec<Sample>,
    findings: Vec<Finding>,
}

impl Results {
    /// Adds a run.
    pub(crate) fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    /// Adds a figure, and says it.
    pub(crate) fn find_out(&mut self, finding: Finding) {
        println!("   {}: {}", finding.what, finding.amount());
        self.findings.push(finding);
    }

    /// All of them, in the order in which they were found out.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Medians, in the order in which they were first measured.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut keys: Vec<(&str, &str, u32)> = Vec::new();
        for sample in &self.samples {
            let key = (sample.row, sample.server, sample.connections);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let entries = keys.iter().filter_map(|(row, server, connections)| {
            let runs: Vec<&Sample> = self
                .samples
                .iter()
                .filter(|sample| (sample.row, sample.server) == (row, server))
                .filter(|sample| sample.connections == *connections)
                .collect();
            entry(&runs)
        });
        entries.collect()
    }

    /// The median of one place in the table.
    pub(crate) fn find(&self, row: &str, server: &str, connections: u32) -> Option<Entry> {
        self.entries().into_iter().find(|entry| {
            (entry.row, entry.server) == (row, server) && entry.connections == connections
        })
    }

    /// The list other programs read: places of the table, then findings.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Item<'a> {
            Place(Entry),
            Finding(&'a Finding),
        }
        let places = self.entries().into_iter().map(Item::Place);
        let items: Vec<Item<'_>> = places
            .chain(self.findings.iter().map(Item::Finding))
            .collect();
        let text = serde_json::to_string_pretty(&items);
        text.expect("numbers and names always serialize") + "\n"
    }
}

impl Finding {
    /// One without a goal.
    pub(crate) fn new(
        row: &'static str,
        what: impl Into<String>,
        value: f64,
        unit: impl Into<Cow<'static, str>>,
    ) -> Finding {
        Finding {
            row,
            what: what.into(),
            value,
            unit: unit.into(),
            goal: None,
        }
    }

    /// A number of things.
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is counted in a run is far below 2^52"
    )]
    pub(crate) fn count(row: &'static str, what: impl Into<String>, count: u64) -> Finding {
        Finding::new(row, what, count as f64, "")
    }

    /// The same, to be at most this much.
    pub(crate) fn at_most(self, most: f64, text: impl Into<Cow<'static, str>>) -> Finding {
        self.with_goal(Bound::Most(most), text.into())
    }

    /// The same, to be at least this much.
    pub(crate) fn at_least(self, least: f64, text: impl Into<Cow<'static, str>>) -> Finding {
        self.with_goal(Bound::Least(least), text.into())
    }

    fn with_goal(self, bound: Bound, text: Cow<'static, str>) -> Finding {
        let goal = Some(Goal { text, bound });
        Finding { goal, ..self }
    }

    /// The value with its unit.
    pub(crate) fn amount(&self) -> String {
        let digits = if self.value.fract() == 0.0 { 0 } else { 2 };
        format!("{:.digits$} {}", self.value, self.unit)
            .trim_end()
            .to_owned()
    }
}

fn entry(runs: &[&Sample]) -> Option<Entry> {
    let first = runs.first()?;
    let of =
        |value: fn(&Measured) -> f64| median(runs.iter().map(|run| value(&run.measured)).collect());
    let cpu_us: Vec<f64> = runs.iter().filter_map(|run| run.cpu_us).collect();
    Some(Entry {
        row: first.row,
        server: first.server,
        connections: first.connections,
        rps: of(|measured| measured.rps),
        p50_ms: of(|measured| measured.p50_ms),
        p99_ms: of(|measured| measured.p99_ms),
        errors: runs.iter().map(|run| run.measured.errors).sum(),
        pss_kb_per_worker: runs.last().and_then(|run| run.pss_kb),
        cpu_us_per_request: (!cpu_us.is_empty()).then(|| median(cpu_us)),
    })
}

/// Nanoseconds of a run as microseconds of one of its requests.
#[expect(
    clippy::cast_precision_loss,
    reason = "nanoseconds and counts of one run are far below 2^52"
)]
pub(crate) fn per_request_us(spent_ns: u64, measured: &Measured) -> f64 {
    spent_ns as f64 / 1e3 / measured.requests.max(1) as f64
}

/// The middle value; the mean of the two middle ones of an even number.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    if values.len() % 2 == 1 {
        return values[middle];
    }
    f64::midpoint(values[middle - 1], values[middle])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rps: f64, errors: u64) -> Sample {
        Sample {
            row: "json",
            server: "askr-worker",
            connections: 8,
            measured: Measured {
                requests: 1,
                rps,
                p50_ms: 1.0,
                p99_ms: 2.0,
                errors,
            },
            pss_kb: Some(5),
            cpu_us: None,
        }
    }

    #[test]
    fn runs_become_a_median_and_their_errors_a_sum() {
        let mut results = Results::default();
        for (rps, errors) in [(10.0, 0), (1000.0, 2), (20.0, 1)] {
            results.add(sample(rps, errors));
        }
        let entry = results.find("json", "askr-worker", 8).unwrap();
        assert!((entry.rps - 20.0).abs() < 1e-9);
        assert_eq!(entry.errors, 3);
        assert_eq!(results.entries().len(), 1);
    }

    #[test]
    fn an_even_number_of_runs_has_a_median_too() {
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_finding_says_its_amount_and_follows_the_places() {
        let ratio = Finding::new("slow", "with a pool", 1.5, "");
        assert_eq!(ratio.amount(), "1.50");
        let count = Finding::count("storm", "failed", 3).at_most(0.0, "0");
        assert_eq!(count.amount(), "3");

        let mut results = Results::default();
        results.find_out(ratio);
        results.add(sample(1.0, 0));
        let list: serde_json::Value = serde_json::from_str(&results.json()).unwrap();
        assert_eq!(list[0]["server"], "askr-worker");
        assert_eq!(list[1]["what"], "with a pool");
        assert_eq!(results.findings().len(), 1);
    }

    #[test]
    fn the_json_has_the_documented_keys() {
        let mut results = Results::default();
        results.add(sample(1.0, 0));
        let list: serde_json::Value = serde_json::from_str(&results.json()).unwrap();
        let keys: Vec<&String> = list[0].as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "connections",
                "cpu_us_per_request",
                "errors",
                "p50_ms",
                "p99_ms",
                "pss_kb_per_worker",
                "row",
                "rps",
                "server"
            ]
        );
    }
}
