//! Log lines about requests that take too long. Each waits for what PHP was doing.
#![forbid(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use askr_exchange::{Subject, WorkerId};
use tracing::{error, warn};

/// Reports for which a trace was ordered that has not come yet.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    waiting: VecDeque<Waiting>,
}

/// A report and when it is given up to learn more.
#[derive(Debug)]
struct Waiting {
    report: Report,
    until_ms: u64,
}

/// A request that takes too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) what: What,
    pub(crate) pool: Arc<str>,
    pub(crate) worker: WorkerId,
    pub(crate) elapsed: Duration,
    pub(crate) subject: Option<Subject>,
}

/// How far it has come with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It is worth a look.
    Slow,
    /// PHP is told.
    Expired,
    /// Its worker is killed.
    Killed,
}

impl Overdue {
    /// A trace was ordered for it.
    pub(crate) fn wait(&mut self, report: Report, now_ms: u64) {
        let until_ms = now_ms.saturating_add(PATIENCE_MS);
        self.waiting.push_back(Waiting { report, until_ms });
    }

    /// What PHP was doing, or why nobody can tell. The report that it belongs to, if one waits.
    pub(crate) fn traced(&mut self, worker: WorkerId) -> Option<Report> {
        self.take(|waiting| waiting.report.worker == worker)
    }

    /// A report that has waited long enough.
    pub(crate) fn late(&mut self, now_ms: u64) -> Option<Report> {
        self.take(|waiting| waiting.until_ms <= now_ms)
    }

    fn take(&mut self, is_it: impl Fn(&Waiting) -> bool) -> Option<Report> {
        let place = self.waiting.iter().position(is_it)?;
        self.waiting.remove(place).map(|waiting| waiting.report)
    }
}

impl Report {
    /// Writes it with the calls, innermost first, or the reason why they are not known.
    pub(crate) fn log(&self, frames: Result<&[String], &str>) {
        let Self {
            what,
            pool,
            worker,
            elapsed,
            subject,
        } = self;
        let pool: &str = pool;
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let subject = subject.as_ref().filter(|subject| !subject.id.is_empty());
        let request = subject.map(|subject| subject.id.as_str());
        let method = subject.map(|subject| subject.method.as_str());
        let path = subject.map(|subject| subject.path.as_str());
        let php = frames.map(|frames| match frames {
            [] => "no PHP code".to_owned(),
            frames => frames.join(" < "),
        });
        let php = php.unwrap_or_else(|reason| format!("unknown: {reason}"));
        match what {
            What::Slow => {
                warn!(pool, %worker, elapsed_ms, request, method, path, php, "slow request");
            }
            What::Expired => {
                let message = "request timed out, PHP is told";
                warn!(pool, %worker, elapsed_ms, request, method, path, "{message}");
            }
            What::Killed => {
                let message = "request timed out, its worker is killed";
                error!(pool, %worker, elapsed_ms, request, method, path, php, "{message}");
            }
        }
    }
}

/// How long a line waits for its trace.
const PATIENCE_MS: u64 = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    fn report(seat: u16, what: What) -> Report {
        Report {
            what,
            pool: "default".into(),
            worker: WorkerId {
                seat,
                incarnation: 1,
            },
            elapsed: Duration::from_secs(10),
            subject: None,
        }
    }

    #[test]
    fn traces_come_in_the_order_in_which_they_were_asked_for() {
        let mut overdue = Overdue::default();
        overdue.wait(report(0, What::Slow), 0);
        overdue.wait(report(1, What::Slow), 0);
        overdue.wait(report(0, What::Killed), 1000);
        let first = report(0, What::Slow);
        assert_eq!(overdue.traced(first.worker), Some(first.clone()));
        assert_eq!(overdue.traced(first.worker), Some(report(0, What::Killed)));
        assert_eq!(overdue.traced(first.worker), None);
    }

    #[test]
    fn a_line_does_not_wait_for_ever() {
        let mut overdue = Overdue::default();
        overdue.wait(report(0, What::Killed), 500);
        assert_eq!(overdue.late(2499), None);
        assert_eq!(overdue.late(2500), Some(report(0, What::Killed)));
        assert_eq!(overdue.late(9999), None);
    }
}
