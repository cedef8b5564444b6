//! `askr trust`: this machine, and the browsers of this user, trust the local authority.

mod browsers;
mod system;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use askr_gateway::{AuthorityError, LocalAuthority};

use super::print;
use crate::config::{self, Inputs};
use crate::exit::{self, Failure};

/// Why the local authority is not trusted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    /// There is none.
    #[error("the local authority")]
    Authority(#[from] AuthorityError),
}

/// A certificate and what it is called where it is trusted.
struct Trusted<'a> {
    file: &'a Path,
    name: String,
}

/// What has become of one place.
struct Outcome {
    place: String,
    result: Result<(), String>,
}

/// Makes the authority if there is none, and has it trusted or, with `remove`, not any more.
pub(crate) fn trust(inputs: &Inputs, remove: bool) -> Result<ExitCode, Failure> {
    let authority = config::local_authority(inputs, Vec::new())?;
    let file = certificate(&authority)?;
    let trusted = Trusted {
        file: &file,
        name: format!("Askr local authority ({})", authority.machine),
    };
    let mut outcomes = vec![system::change(&trusted, remove)];
    outcomes.extend(browsers::change(&trusted, home(inputs).as_deref(), remove));
    print(&page(&file, &outcomes, remove))?;
    let has_failed = outcomes.iter().any(|outcome| outcome.result.is_err());
    Ok(match has_failed {
        true => exit::doctor_failed(),
        false => ExitCode::SUCCESS,
    })
}

fn certificate(authority: &LocalAuthority) -> Result<PathBuf, TrustError> {
    Ok(authority.certificate_file()?)
}

fn home(inputs: &Inputs) -> Option<PathBuf> {
    inputs.variable("HOME").map(PathBuf::from)
}

fn page(file: &Path, outcomes: &[Outcome], remove: bool) -> String {
    let done = if remove { "removed from" } else { "trusted by" };
    let lines = outcomes.iter().map(|outcome| match &outcome.result {
        Ok(()) => format!("{done} {}\n", outcome.place),
        Err(reason) => format!("not {done} {}: {reason}\n", outcome.place),
    });
    let lines: String = lines.collect();
    format!("{}\n{lines}", file.display())
}

/// Runs a program, which may ask for a password.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::inherit())
        .stderr(Stdio::piped())
        .output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name}: {}", said.trim()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("{name} is not installed"))
        }
        Err(error) => Err(format!("{name}: {error}")),
    }
}
