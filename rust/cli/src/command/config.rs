//! `askr config`: every option's effective value and where it came from.

use std::process::ExitCode;

use super::print;
use crate::config::{self, Inputs, Settings};
use crate::exit::Failure;

/// Prints the table of effective values, or the reference page.
pub(crate) fn config(inputs: &Inputs, markdown: bool) -> Result<ExitCode, Failure> {
    if markdown {
        return print(&config::markdown());
    }
    print(&config::table(&Settings::resolve(inputs)?))
}
