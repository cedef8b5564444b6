//! The ratios the project set itself.

use std::borrow::Cow;

use super::result::{Finding, Results};

/// One of them, with what was measured.
#[derive(Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) goal: Cow<'static, str>,
    pub(crate) measured: f64,
    pub(crate) is_reached: bool,
}

/// Every figure whose rows were measured.
pub(crate) fn reached(results: &Results) -> Vec<Figure> {
    let mut candidates = ratios(results);
    candidates.extend(static_files(results));
    candidates.extend(isolation(results));
    candidates.extend(amounts(results));
    candidates.extend(results.findings().iter().map(found_out));
    candidates.into_iter().flatten().collect()
}

/// How much faster than something else.
fn ratios(results: &Results) -> Vec<Option<Figure>> {
    vec![
        at_least(
            "JSON route, 8 connections: worker mode ÷ nginx + FPM",
            "≥ 6, aim 9",
            6.0,
            ratio(results, ("json", "askr-worker"), ("json", "nginx-fpm"), 8),
        ),
        at_least(
            "one-line script, 64 connections: worker mode ÷ the gateway's own answer",
            "≥ 0.45",
            0.45,
            ratio(
                results,
                ("script", "askr-worker"),
                ("health", "askr-gateway"),
                64,
            ),
        ),
        at_least(
            "one-line script, 8 connections: worker mode ÷ nginx + FPM",
            "≥ 1.5",
            1.5,
            ratio(
                results,
                ("script", "askr-worker"),
                ("script", "nginx-fpm"),
                8,
            ),
        ),
        at_least(
            "one-line script, 8 connections: classic mode ÷ nginx + FPM",
            "≥ 1.0",
            1.0,
            ratio(
                results,
                ("script", "askr-classic"),
                ("script", "nginx-fpm"),
                8,
            ),
        ),
    ]
}

/// Files, beside nginx.
fn static_files(results: &Results) -> Vec<Option<Figure>> {
    let beside = |row, askr| ratio(results, (row, askr), (row, "nginx"), 8);
    vec![
        at_least(
            "file of 1 KB, HTTP/1.1, 8 connections: Askr ÷ nginx",
            "≥ 0.8, aim 1",
            0.8,
            beside("static-1k", "askr-gateway"),
        ),
        at_least(
            "file of 1 MB, HTTP/1.1, 8 connections: Askr ÷ nginx",
            "≥ 0.8, aim 1",
            0.8,
            beside("static-1m", "askr-gateway"),
        ),
        at_least(
            "file of 1 KB, TLS and HTTP/2, 8 connections of 8 streams: Askr ÷ nginx",
            "≥ 0.8, aim 1",
            0.8,
            beside("static-h2", "askr-gateway"),
        ),
        at_most(
            "files: responses that were wrong",
            "0",
            0.0,
            wrong_files(results),
        ),
    ]
}

/// Of all servers, sizes and numbers of connections.
fn wrong_files(results: &Results) -> Option<f64> {
    let entries = results.entries();
    let mut files = entries
        .iter()
        .filter(|entry| entry.row.starts_with("static-"))
        .peekable();
    files.peek()?;
    Some(count(files.map(|entry| entry.errors).sum()))
}

/// What a process for each request costs.
fn isolation(results: &Results) -> Vec<Option<Figure>> {
    let of = |server| results.find("isolation", server, 1);
    let later = of("askr-fork").zip(of("askr-worker"));
    vec![
        at_least(
            "JSON route, 8 connections: `--isolation fork` ÷ nginx + FPM",
            "≥ 1.5, aim 2.5",
            1.5,
            ratio(
                results,
                ("isolation", "askr-fork"),
                ("isolation", "nginx-fpm"),
                8,
            ),
        ),
        at_most(
            "JSON route, 1 connection: ms that `--isolation fork` takes longer, p50",
            "≤ 3",
            3.0,
            later.map(|(fork, worker)| fork.p50_ms - worker.p50_ms),
        ),
    ]
}

fn found_out(finding: &Finding) -> Option<Figure> {
    let goal = finding.goal.as_ref()?;
    let unit = if finding.unit.is_empty() {
        String::new()
    } else {
        format!(", {}", finding.unit)
    };
    Some(Figure {
        what: format!("`{}`: {}{unit}", finding.row, finding.what),
        goal: goal.text.clone(),
        measured: finding.value,
        is_reached: goal.is_reached(finding.value),
    })
}

/// How much of something, at most.
fn amounts(results: &Results) -> Vec<Option<Figure>> {
    vec![
        at_most(
            "JSON route, 1 connection: µs of processor time a request for putting state back",
            "≤ 60",
            60.0,
            cpu_us(results, "reset", "askr-worker", "askr-without-reset"),
        ),
        at_most(
            "JSON route, 1 connection: µs of processor time a request for `--paranoid`",
            "≤ 150",
            150.0,
            cpu_us(results, "paranoid", "askr-paranoid", "askr-worker"),
        ),
        at_most(
            "JSON route, 1 connection: µs of processor time a request for `--paranoid=0.01`",
            "≤ 15",
            15.0,
            cpu_us(results, "paranoid", "askr-paranoid-0.01", "askr-worker"),
        ),
        at_most(
            "round trip on one core: exchange ÷ bare futex",
            "≤ 1.5",
            1.5,
            round_trips(results, "exchange-one-core"),
        ),
        at_most(
            "round trip between two cores: exchange ÷ bare futex",
            "≤ 1.5",
            1.5,
            round_trips(results, "exchange-two-cores"),
        ),
        at_most(
            "failed requests in 60 s at 64 connections",
            "0",
            0.0,
            errors(results, "soak", 64),
        ),
        at_most(
            "requests lost while a worker is killed every second",
            "0",
            0.0,
            errors(results, "kill", 8),
        ),
    ]
}

fn at_least(
    what: &'static str,
    goal: &'static str,
    least: f64,
    measured: Option<f64>,
) -> Option<Figure> {
    figure(what, goal, measured, |measured| measured >= least)
}

fn at_most(
    what: &'static str,
    goal: &'static str,
    most: f64,
    measured: Option<f64>,
) -> Option<Figure> {
    figure(what, goal, measured, |measured| measured <= most)
}

fn figure(
    what: &'static str,
    goal: &'static str,
    measured: Option<f64>,
    reaches: impl Fn(f64) -> bool,
) -> Option<Figure> {
    measured.map(|measured| Figure {
        what: what.to_owned(),
        goal: Cow::Borrowed(goal),
        measured,
        is_reached: reaches(measured),
    })
}

/// Requests per second of one place in the table over another.
fn ratio(
    results: &Results,
    ours: (&str, &str),
    theirs: (&str, &str),
    connections: u32,
) -> Option<f64> {
    let ours = results.find(ours.0, ours.1, connections)?;
    let theirs = results.find(theirs.0, theirs.1, connections)?;
    Some(ours.rps / theirs.rps)
}

/// A difference of processor times: the latency of a busy machine says less about the two.
fn cpu_us(results: &Results, row: &str, with: &str, without: &str) -> Option<f64> {
    let with = results.find(row, with, 1)?;
    let without = results.find(row, without, 1)?;
    (with.errors + without.errors == 0).then_some(())?;
    Some(with.cpu_us_per_request? - without.cpu_us_per_request?)
}

fn round_trips(results: &Results, row: &str) -> Option<f64> {
    let exchange = results.find(row, "exchange", 1)?;
    let futex = results.find(row, "futex", 1)?;
    Some(exchange.p50_ms / futex.p50_ms)
}

fn errors(results: &Results, row: &str, connections: u32) -> Option<f64> {
    let entry = results.find(row, "askr-worker", connections)?;
    Some(count(entry.errors))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a number of failed requests is far below 2^52"
)]
fn count(errors: u64) -> f64 {
    errors as f64
}

#[cfg(test)]
mod tests {
    use super::super::load::Measured;
    use super::super::result::Sample;
    use super::*;

    fn results(samples: &[(&'static str, &'static str, u32, f64, u64)]) -> Results {
        let mut results = Results::default();
        for (row, server, connections, rps, errors) in samples {
            results.add(Sample {
                row,
                server,
                connections: *connections,
                measured: Measured {
                    requests: 1,
                    rps: *rps,
                    p50_ms: 1000.0 / rps,
                    p99_ms: 0.0,
                    errors: *errors,
                },
                pss_kb: None,
                cpu_us: Some(1e6 / rps),
            });
        }
        results
    }

    #[test]
    fn a_ratio_needs_both_of_its_places() {
        let one = results(&[("json", "askr-worker", 8, 700.0, 0)]);
        assert_eq!(reached(&one), []);
        let both = results(&[
            ("json", "askr-worker", 8, 700.0, 0),
            ("json", "nginx-fpm", 8, 100.0, 0),
        ]);
        let figures = reached(&both);
        assert_eq!(figures.len(), 1);
        assert!(figures[0].is_reached && (figures[0].measured - 7.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_reset_takes_is_a_difference_of_times() {
        let figures = reached(&results(&[
            ("reset", "askr-worker", 1, 1000.0, 0),
            ("reset", "askr-without-reset", 1, 1025.0, 0),
        ]));
        assert!(figures[0].is_reached && (figures[0].measured - 24.39).abs() < 0.01);
    }

    #[test]
    fn a_finding_with_a_goal_is_a_figure() {
        let mut results = Results::default();
        results.find_out(Finding::new("storm", "killed", 90.0, "processes"));
        results.find_out(Finding::new("respawn", "cow", 5.5, "ms").at_most(5.0, "≤ 5"));
        let figures = reached(&results);
        assert_eq!(figures.len(), 1);
        assert_eq!(figures[0].what, "`respawn`: cow, ms");
        assert!(!figures[0].is_reached);
    }

    #[test]
    fn one_failed_request_misses_the_goal() {
        let figures = reached(&results(&[("soak", "askr-worker", 64, 1.0, 1)]));
        assert!(!figures[0].is_reached);
    }
}
