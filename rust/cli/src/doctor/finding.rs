//! One thing that was looked at, its state, and what was seen.

use std::fmt::Write;

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// It works, but there is something to know.
    Note,
    /// The server or the application will not work like this.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) state: State,
    /// What was looked at.
    pub(crate) subject: &'static str,
    /// What was seen, and where.
    pub(crate) evidence: String,
}

impl Finding {
    pub(crate) fn ok(subject: &'static str, evidence: impl Into<String>) -> Self {
        Self {
            state: State::Ok,
            subject,
            evidence: evidence.into(),
        }
    }

    pub(crate) fn note(subject: &'static str, evidence: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            subject,
            evidence: evidence.into(),
        }
    }

    pub(crate) fn fail(subject: &'static str, evidence: impl Into<String>) -> Self {
        Self {
            state: State::Fail,
            subject,
            evidence: evidence.into(),
        }
    }
}

impl Finding {
    /// The same, of one of several applications.
    pub(crate) fn about(mut self, application: &str) -> Self {
        self.evidence = format!("{application}: {}", self.evidence);
        self
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Fail => "FAIL",
        }
    }
}

/// A line for each finding, and a summary.
pub(crate) fn page(findings: &[Finding]) -> String {
    let width = findings
        .iter()
        .map(|finding| finding.subject.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for Finding {
        state,
        subject,
        evidence,
    } in findings
    {
        let _ = writeln!(text, "{:4}  {subject:width$}  {evidence}", state.word());
    }
    let count = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let (ok, note, fail) = (count(State::Ok), count(State::Note), count(State::Fail));
    let _ = writeln!(text, "\n{ok} ok, {note} to note, {fail} failed");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_evidence_and_counts() {
        let findings = [
            Finding::ok("engine", "PHP 8.4.24"),
            Finding::note("memory", "no limit"),
            Finding::fail("opcache", "off"),
        ];
        assert_eq!(
            page(&findings),
            "ok    engine   PHP 8.4.24\nnote  memory   no limit\nFAIL  opcache  off\n\n\
             1 ok, 1 to note, 1 failed\n"
        );
    }
}
