//! Looks at the engine, the application and the machine, and shows what it saw.

mod application;
mod engine;
mod finding;
mod machine;

pub(crate) use engine::REPORT_COMMAND;
pub(crate) use finding::{Finding, State, page};

use crate::config::Settings;
use application::Application;
use engine::ask_engine;

/// Everything that was found, in the order in which it is shown.
pub(crate) fn examine(settings: &Settings) -> Vec<Finding> {
    let engine = ask_engine();
    let mut findings = engine::findings(&engine);
    for one in settings.applications() {
        let application = Application::of(&one.settings);
        let found = application.findings(engine.as_ref().ok()).into_iter();
        findings.extend(found.map(|finding| match one.names {
            [] => finding,
            _ => finding.about(one.name),
        }));
    }
    findings.extend(machine::findings(settings));
    findings
}
