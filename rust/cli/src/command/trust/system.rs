//! The authorities of the machine, which curl, PHP and most programs trust.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{geteuid, getuid};

use super::{Outcome, Trusted, run};

/// Where a distribution takes authorities from, and what takes them up.
struct Store {
    folder: &'static str,
    program: &'static [&'static str],
}

/// Debian, Fedora, SUSE, Arch.
const STORES: [Store; 4] = [
    Store {
        folder: "/usr/local/share/ca-certificates",
        program: &["update-ca-certificates"],
    },
    Store {
        folder: "/etc/pki/ca-trust/source/anchors",
        program: &["update-ca-trust", "extract"],
    },
    Store {
        folder: "/usr/share/pki/trust/anchors",
        program: &["update-ca-certificates"],
    },
    Store {
        folder: "/etc/ca-certificates/trust-source/anchors",
        program: &["trust", "extract-compat"],
    },
];

/// Puts the certificate there, or takes it away.
pub(super) fn change(trusted: &Trusted<'_>, remove: bool) -> Outcome {
    let place = "this machine".to_owned();
    let Some(store) = STORES.iter().find(|store| Path::new(store.folder).is_dir()) else {
        let reason = "no known folder of authorities is there".to_owned();
        return Outcome {
            place,
            result: Err(reason),
        };
    };
    Outcome {
        place,
        result: change_in(store, trusted, remove),
    }
}

fn change_in(store: &Store, trusted: &Trusted<'_>, remove: bool) -> Result<(), String> {
    let target = target(store);
    if remove {
        run(as_root("rm").arg("-f").arg(&target))?;
    } else {
        let mode = ["-m", "644"];
        run(as_root("install").args(mode).arg(trusted.file).arg(&target))?;
    }
    let (program, words) = store.program.split_first().expect("each has a program");
    run(as_root(program).args(words))
}

/// Each user has an authority of their own.
fn target(store: &Store) -> PathBuf {
    let uid = getuid().as_raw();
    Path::new(store.folder).join(format!("askr-local-authority-{uid}.crt"))
}

fn as_root(program: &str) -> Command {
    if geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}
