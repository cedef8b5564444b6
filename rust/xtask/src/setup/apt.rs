//! A private view of Debian's archive: other suites than the machine's, nothing installed.
//!
//! The archive address is the one the machine itself uses, signatures are checked against
//! Debian's archive keyring, and the list of installed packages is empty so that a dependency
//! closure is complete.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::Cache;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Suite whose source packages are taken.
pub(crate) const SOURCE_SUITE: &str = "trixie";

/// Suite whose binary packages are taken.
pub(crate) const BINARY_SUITE: &str = "forky";

/// Suite with the oldest Laravel that is supported.
pub(crate) const EARLIER_SUITE: &str = "trixie";

/// Suite whose PHP is the second engine that tests run on.
pub(crate) const EARLIEST_SUITE: &str = "bookworm";

/// Suite with versions of PHP that no release has yet; only taken where it is asked for by name.
pub(crate) const PREVIEW_SUITE: &str = "experimental";

/// Why Debian's archive could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AptError {
    /// The machine's own apt knows no Debian archive.
    #[error(
        "apt on this machine has no Debian archive among its sources (apt-get update --print-uris)"
    )]
    NoArchive,
    /// The keyring that checks the archive's signatures is missing.
    #[error("{KEYRING} is missing: install the package debian-archive-keyring")]
    NoKeyring,
    /// The simulated installation did not name the package asked for.
    #[error("the archive has no package {name} in suite {suite}")]
    NoPackage { name: String, suite: String },
    /// apt or dpkg failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file of the private root could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// One package of a dependency closure.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Built once for every architecture.
    pub(crate) is_portable: bool,
}

impl Package {
    /// Names this version: another suite may have a newer one.
    pub(crate) fn exactly(&self) -> String {
        format!("{}={}", self.name, self.version)
    }
}

/// apt with its own sources, lists and state.
#[derive(Debug)]
pub(crate) struct PrivateApt {
    config: PathBuf,
}

impl PrivateApt {
    /// Writes the configuration and fetches the package lists.
    pub(crate) fn open(cache: &Cache) -> Result<PrivateApt, AptError> {
        if !Path::new(KEYRING).is_file() {
            return Err(AptError::NoKeyring);
        }
        let root = cache.path("apt");
        for folder in ["lists/partial", "cache/archives/partial", "etc"] {
            files::create_folder(&root.join(folder))?;
        }
        files::write(&root.join("etc/sources.list"), &sources(&archive()?))?;
        files::write(&root.join("status"), "")?;
        let config = root.join("apt.conf");
        files::write(&config, &settings(&root))?;
        let apt = PrivateApt { config };
        process::read(apt.command("apt-get").args(["-q", "update"]))?;
        Ok(apt)
    }

    /// Everything `names` need of a suite, themselves included.
    pub(crate) fn closure(&self, names: &[&str], suite: &str) -> Result<Vec<Package>, AptError> {
        let plan = process::read(
            self.command("apt-get")
                .args(["install", "--simulate", "--no-install-recommends"])
                .args(["--target-release", suite])
                .args(names),
        )?;
        let packages: Vec<Package> = plan.lines().filter_map(planned).collect();
        for name in names {
            if !packages.iter().any(|package| package.name == *name) {
                return Err(AptError::NoPackage {
                    name: (*name).to_owned(),
                    suite: suite.to_owned(),
                });
            }
        }
        Ok(packages)
    }

    /// Downloads packages and unpacks them below `into`; nothing is installed.
    pub(crate) fn unpack(&self, names: &[impl AsRef<OsStr>], into: &Path) -> Result<(), AptError> {
        let downloads = into.join("downloads");
        files::create_folder(&downloads)?;
        process::read(
            self.command("apt-get")
                .args(["-q", "download"])
                .args(names)
                .current_dir(&downloads),
        )?;
        for archive in files::entries(&downloads)? {
            process::read(Command::new("dpkg").arg("-x").arg(&archive).arg(into))?;
        }
        Ok(files::remove_folder(&downloads)?)
    }

    /// Downloads the newest source package `name`; returns the upstream archive in it.
    pub(crate) fn source(&self, name: &str, into: &Path) -> Result<PathBuf, AptError> {
        files::create_folder(into)?;
        process::read(
            self.command("apt-get")
                .args(["-q", "source", "--download-only", "--tar-only"])
                .arg(format!("{name}/{SOURCE_SUITE}"))
                .current_dir(into),
        )?;
        files::entries(into)?
            .into_iter()
            .find(|path| path.to_string_lossy().contains(".orig.tar."))
            .ok_or_else(|| AptError::NoPackage {
                name: name.to_owned(),
                suite: SOURCE_SUITE.to_owned(),
            })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("APT_CONFIG", &self.config)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("LC_ALL", "C.UTF-8");
        command
    }
}

/// The address of the Debian archive in the machine's own sources.
fn archive() -> Result<String, AptError> {
    let listing = process::read(Command::new("apt-get").args(["update", "--print-uris"]))?;
    archive_in(&listing).ok_or(AptError::NoArchive)
}

fn archive_in(listing: &str) -> Option<String> {
    listing.lines().find_map(|line| {
        let address = line.strip_prefix('\'')?.split('\'').next()?;
        let (base, _) = address.split_once("/dists/")?;
        base.ends_with("/debian").then(|| base.to_owned())
    })
}

fn sources(archive: &str) -> String {
    format!(
        "deb [signed-by={KEYRING}] {archive} {BINARY_SUITE} main\n\
         deb [signed-by={KEYRING}] {archive} {EARLIER_SUITE} main\n\
         deb [signed-by={KEYRING}] {archive} {EARLIEST_SUITE} main\n\
         deb [signed-by={KEYRING}] {archive} {PREVIEW_SUITE} main\n\
         deb-src [signed-by={KEYRING}] {archive} {SOURCE_SUITE} main\n"
    )
}

fn settings(root: &Path) -> String {
    let root = root.display();
    format!(
        "Dir::Etc::sourcelist \"{root}/etc/sources.list\";\n\
         Dir::Etc::sourceparts \"-\";\n\
         Dir::State \"{root}\";\n\
         Dir::State::Lists \"{root}/lists\";\n\
         Dir::State::status \"{root}/status\";\n\
         Dir::Cache \"{root}/cache\";\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n\
         Acquire::Retries \"3\";\n"
    )
}

/// Reads a line such as `Inst php-json (2:8.4+96 Debian:testing [all])`.
fn planned(line: &str) -> Option<Package> {
    let mut words = line.strip_prefix("Inst ")?.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.trim_start_matches('(').to_owned();
    Some(Package {
        name,
        version,
        is_portable: line.contains("[all]"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_package_has_name_version_and_kind() {
        let package = planned("Inst php-json (2:8.4+96 Debian:testing [all])").unwrap();
        assert_eq!(package.name, "php-json");
        assert_eq!(package.version, "2:8.4+96");
        assert!(package.is_portable);
        assert!(
            !planned("Inst libc6 (2.41-12 Debian:testing [amd64])")
                .unwrap()
                .is_portable
        );
        assert!(planned("Conf libc6 (2.41-12 Debian:testing [amd64])").is_none());
    }

    #[test]
    fn the_main_archive_is_told_from_the_security_archive() {
        let listing = "'http://a.example/debian-security/dists/s/InRelease' x 0\n\
                       'http://a.example/debian/dists/bookworm/InRelease' y 0\n";
        assert_eq!(
            archive_in(listing).as_deref(),
            Some("http://a.example/debian")
        );
        assert_eq!(archive_in("nothing here"), None);
    }
}
