//! Finds out whether changed files are PHP before anything is booted with them: a file that is
//! read only when a page needs it would not keep a generation from booting.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Checks those of `files` that are PHP.
///
/// # Errors
/// What PHP says about the first that is not, with file and line.
///
/// # Cancel safety
/// Dropping the future ends the check.
pub(super) async fn check(files: &[PathBuf]) -> Result<(), String> {
    let scripts = files.iter().filter(|path| is_script(path));
    let scripts: Vec<&PathBuf> = scripts.collect();
    if scripts.len() > FILES_MAX {
        return Ok(()); // the boot tells most of it, and sooner
    }
    for script in scripts {
        check_one(script).await?;
    }
    Ok(())
}

/// What cannot be checked passes: the boot has the last word.
async fn check_one(script: &Path) -> Result<(), String> {
    let mut command = Command::new("/proc/self/exe");
    command.args(["php", "-d", "display_errors=1", "-d", "log_errors=0", "-l"]);
    command.arg(script).stdin(Stdio::null()).kill_on_drop(true);
    let Ok(Ok(output)) = timeout(PATIENCE, command.output()).await else {
        return Ok(());
    };
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let fault = said.lines().map(str::trim).find(|line| !line.is_empty());
    match fault {
        // It is gone: a change like any other.
        Some(fault) if fault.starts_with("Could not open") => Ok(()),
        Some(fault) => Err(fault.to_owned()),
        None => Ok(()),
    }
}

fn is_script(path: &Path) -> bool {
    let is_template = path
        .to_str()
        .is_none_or(|path| path.ends_with(".blade.php"));
    !is_template && path.extension().is_some_and(|extension| extension == "php")
}

/// Files that are checked one by one.
const FILES_MAX: usize = 16;

/// How long one check may take.
const PATIENCE: Duration = Duration::from_secs(10);
