//! A broken rule, and where.

use std::fmt;

/// One place that breaks one rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    file: String,
    line: Option<usize>,
    rule: &'static str,
    message: String,
}

impl Violation {
    /// Breaks `rule` as a whole file.
    pub(super) fn in_file(file: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Violation {
            file: file.to_owned(),
            line: None,
            rule,
            message: message.into(),
        }
    }

    /// Breaks `rule` at the line with this index, counted from 0.
    pub(super) fn at(
        file: &str,
        line_index: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Violation {
            line: Some(line_index + 1),
            ..Violation::in_file(file, rule, message)
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}: {}", self.rule, self.message)
    }
}
