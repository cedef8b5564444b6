//! `askr doctor`: what was looked at, its state and the evidence.

use std::process::ExitCode;

use super::print;
use crate::config::{Inputs, Settings};
use crate::doctor::{State, examine, page};
use crate::exit::{self, Failure};

/// Prints every finding; the exit code says whether any of them failed.
pub(crate) fn doctor(inputs: &Inputs) -> Result<ExitCode, Failure> {
    let findings = examine(&Settings::resolve(inputs)?, inputs);
    print(&page(&findings))?;
    let has_failed = findings.iter().any(|finding| finding.state == State::Fail);
    Ok(if has_failed {
        exit::doctor_failed()
    } else {
        ExitCode::SUCCESS
    })
}
