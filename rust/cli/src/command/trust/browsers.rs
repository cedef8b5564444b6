//! The authorities of browsers, which have databases of their own on Linux (NSS).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Outcome, Trusted, run};

/// Where Firefox keeps its profiles, in the folder of the user.
const FIREFOX: [&str; 2] = [".mozilla/firefox", "snap/firefox/common/.mozilla/firefox"];
/// Where Chromium and what is made of it look.
const CHROMIUM: &str = ".pki/nssdb";

/// Puts the certificate into each database, or takes it away.
pub(super) fn change(trusted: &Trusted<'_>, home: Option<&Path>, remove: bool) -> Vec<Outcome> {
    let databases = home.map(databases).unwrap_or_default();
    let change = |database: PathBuf| Outcome {
        place: format!("browsers that use {}", database.display()),
        result: match remove {
            true => run(certutil(&database).args(["-D", "-n", &trusted.name])),
            false => add(&database, trusted),
        },
    };
    databases.into_iter().map(change).collect()
}

/// `C,,` is an authority for servers, and for nothing else.
fn add(database: &Path, trusted: &Trusted<'_>) -> Result<(), String> {
    let words = ["-A", "-t", "C,,", "-n", &trusted.name, "-i"];
    run(certutil(database).args(words).arg(trusted.file))
}

fn certutil(database: &Path) -> Command {
    let mut command = Command::new("certutil");
    command.arg("-d").arg(format!("sql:{}", database.display()));
    command
}

fn databases(home: &Path) -> Vec<PathBuf> {
    let profiles = FIREFOX
        .iter()
        .flat_map(|folder| folders_in(&home.join(folder)));
    let all = profiles.chain([home.join(CHROMIUM)]);
    all.filter(|folder| folder.join("cert9.db").is_file())
        .collect()
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_that_are_there_are_found() {
        let home = tempfile::tempdir().unwrap();
        let place = |name: &str| home.path().join(name);
        let folders = [
            ".mozilla/firefox/a.default",
            ".mozilla/firefox/b.empty",
            "snap/firefox/common/.mozilla/firefox/c.default",
            ".pki/nssdb",
        ];
        for folder in folders {
            fs::create_dir_all(place(folder)).unwrap();
            if !folder.ends_with("empty") {
                fs::write(place(folder).join("cert9.db"), "").unwrap();
            }
        }

        let found = databases(home.path());

        assert_eq!(
            found,
            [place(folders[0]), place(folders[2]), place(folders[3])]
        );
    }
}
