//! The Debian packages that building, testing and measuring need.

use std::path::Path;
use std::process::Command;

use crate::process::{self, CommandError};

/// Needed to fetch, build and link libphp.
const BUILD: &[&str] = &[
    "autoconf",
    "binutils",
    "bison",
    "bzip2",
    "ca-certificates",
    "curl",
    "debian-archive-keyring",
    "dpkg-dev",
    "file",
    "g++",
    "gcc",
    "git",
    "libcurl4-openssl-dev",
    "libclang-dev",
    "libfreetype6-dev",
    "libgmp-dev",
    "libicu-dev",
    "libjpeg-dev",
    "libonig-dev",
    "libpng-dev",
    "libpq-dev",
    "libreadline-dev",
    "libsodium-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libwebp-dev",
    "libxml2-dev",
    "libzip-dev",
    "make",
    "pkg-config",
    "re2c",
    "unzip",
    "xz-utils",
    "zlib1g-dev",
];

/// Needed by tests and benchmarks: a second engine to compile against, a peer, a load generator,
/// clients that speak to the store, clients that speak HTTP/2 and TLS.
const TEST: &[&str] = &[
    "libphp8.2-embed",
    "nghttp2-client",
    "nginx-light",
    "openssl",
    "php-predis",
    "php8.2-dev",
    "redis-tools",
    "wrk",
];

/// Needed by benchmarks alone: a peer of the store.
const BENCH: &[&str] = &["redis-server"];

/// Why the system packages are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackagesError {
    /// Another distribution.
    #[error(
        "this is not a Debian system (no dpkg-query): install what the Debian packages {names} \
         stand for, then set ASKR_SKIP_PACKAGES=1"
    )]
    NotDebian { names: String },
    /// Somebody with more rights has to install them.
    #[error(
        "these Debian packages are missing, and installing them needs root:\n    \
         sudo apt-get install --no-install-recommends {names}"
    )]
    NotRoot { names: String },
    /// apt failed.
    #[error("could not install {names}: {source}")]
    Install {
        names: String,
        #[source]
        source: CommandError,
    },
    /// The list of installed packages cannot be read.
    #[error(transparent)]
    Query(#[from] CommandError),
}

/// Installs what is missing for building and for tests.
pub(crate) fn install() -> Result<(), PackagesError> {
    install_all(&[BUILD, TEST].concat())
}

/// Installs what is missing for benchmarks, beyond that.
pub(crate) fn install_for_benchmarks() -> Result<(), PackagesError> {
    install_all(BENCH)
}

fn install_all(wanted: &[&str]) -> Result<(), PackagesError> {
    if std::env::var_os("ASKR_SKIP_PACKAGES").is_some() {
        println!("   not looked at: ASKR_SKIP_PACKAGES is set");
        return Ok(());
    }
    if !process::is_installed("dpkg-query") {
        return Err(PackagesError::NotDebian {
            names: wanted.join(" "),
        });
    }
    let installed = installed()?;
    let is_missing = |name: &&str| !provides(&installed, name);
    let missing: Vec<&str> = wanted.iter().copied().filter(is_missing).collect();
    if missing.is_empty() {
        println!("   all there");
        return Ok(());
    }
    install_missing(&missing)
}

fn install_missing(missing: &[&str]) -> Result<(), PackagesError> {
    let names = missing.join(" ");
    if !is_root()? {
        return Err(PackagesError::NotRoot { names });
    }
    println!("   installing {names}");
    let install = || {
        process::read(apt().arg("update"))?;
        process::read(
            apt()
                .args(["install", "--yes", "--no-install-recommends"])
                .args(missing)
                // nginx and redis are started by tests and benchmarks, never as a service.
                .env("RUNLEVEL", "1"),
        )
    };
    install()
        .map(drop)
        .map_err(|source| PackagesError::Install { names, source })
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .arg("--quiet")
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Names of installed packages and of the virtual packages they provide, one per line.
fn installed() -> Result<String, CommandError> {
    let format = "${db:Status-Status} ${Package}\\n${db:Status-Status} ${Provides}\\n";
    process::read(Command::new("dpkg-query").args(["--show", "--showformat", format]))
}

fn provides(installed: &str, name: &str) -> bool {
    installed
        .lines()
        .filter_map(|line| line.strip_prefix("installed "))
        .flat_map(|names| names.split(", "))
        .any(|provided| provided.split(' ').next() == Some(name))
}

fn is_root() -> Result<bool, CommandError> {
    // The owner of /proc/self is the effective user; std has no other way to ask.
    if let Ok(metadata) = Path::new("/proc/self").metadata() {
        use std::os::unix::fs::MetadataExt;
        return Ok(metadata.uid() == 0);
    }
    Ok(process::read(Command::new("id").arg("-u"))?.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_when_installed_or_provided_by_one_that_is() {
        let list = "installed libjpeg62-turbo-dev\ninstalled libjpeg-dev (= 1), libjpeg8-dev\n\
                    config-files wrk\nconfig-files \n";
        assert!(provides(list, "libjpeg62-turbo-dev"));
        assert!(provides(list, "libjpeg-dev"));
        assert!(!provides(list, "wrk"));
        assert!(!provides(list, "libjpeg"));
    }
}
