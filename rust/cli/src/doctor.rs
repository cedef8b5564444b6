//! Looks at the engine, applications, certificates, addresses and the machine, and shows what it
//! saw.

mod application;
mod certificates;
mod engine;
mod finding;
mod machine;
mod sockets;

pub(crate) use engine::REPORT_COMMAND;
pub(crate) use finding::{Finding, State, page};

use crate::config::{Inputs, Settings};
use application::Application;
use engine::ask_engine;

/// Everything that was found, in the order in which it is shown.
pub(crate) fn examine(settings: &Settings, inputs: &Inputs) -> Vec<Finding> {
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
    findings.extend(certificates::findings(settings, inputs));
    findings.extend(sockets::findings(settings));
    findings.extend(machine::findings(settings));
    findings
}
