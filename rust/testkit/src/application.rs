//! A Laravel application of a test's own.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::fpm::{Fpm, FpmBuilder};
use crate::server::{Server, ServerBuilder};

/// A copy of `tests/fixtures/application` in a folder that goes when this is dropped.
#[derive(Debug)]
pub struct Application {
    folder: TempDir,
}

impl Application {
    /// Copies it. Its packages stay where they are: in `laravel/demo/vendor`, or in the folder
    /// that `LARAVEL_VENDOR_DIR` names, for another version of Laravel.
    ///
    /// # Panics
    /// When it cannot be copied, or there are no packages.
    #[must_use]
    pub fn copy() -> Application {
        let packages = packages();
        assert!(
            packages.join("autoload.php").is_file(),
            "run `cargo xtask setup` first: {} is empty",
            packages.display()
        );
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy(
            &checkout().join("tests/fixtures/application"),
            folder.path(),
        )
        .expect("the fixture can be copied");
        Application { folder }
    }

    /// A path inside it.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file of it, a route or a setting.
    ///
    /// # Panics
    /// When its folder is not there.
    pub fn write(&self, below: &str, text: &str) {
        fs::write(self.path(below), text).expect("the folder of the file is there");
    }

    /// Worker mode: booted once by `laravel/worker.php`.
    #[must_use]
    pub fn booted(&self) -> ServerBuilder {
        self.classic()
            .variable("ASKR_APP_BASE", self.folder.path())
            .flag("worker-script", checkout().join("laravel/worker.php"))
    }

    /// Classic mode: booted for every request, as under FPM.
    #[must_use]
    pub fn classic(&self) -> ServerBuilder {
        Server::classic()
            .root(self.path("public"))
            .variable("COMPOSER_VENDOR_DIR", packages())
    }

    /// Behind nginx + FPM, whose processes see nothing of the environment: the packages are
    /// found where an application has its own.
    ///
    /// # Panics
    /// When they cannot be linked there.
    #[must_use]
    pub fn fpm(&self) -> FpmBuilder {
        let own = self.path("vendor");
        if !own.is_symlink() {
            symlink(packages(), own).expect("the copy is writable");
        }
        Fpm::over(self.path("public"))
    }

    /// Runs `php artisan`, with the PHP inside the binary `askr`.
    ///
    /// # Panics
    /// When the binary cannot be executed.
    #[must_use]
    pub fn artisan(&self, words: &[&str]) -> Output {
        let output = self.artisan_command(words).output();
        output.expect("ASKR_BINARY can be executed")
    }

    /// `php artisan` as [`Application::artisan`] runs it, not started yet.
    #[must_use]
    pub fn artisan_command(&self, words: &[&str]) -> Command {
        let binary = crate::server::binary();
        let mut command = Command::new(&binary);
        command
            .args(["php", "artisan", "--no-ansi", "--no-interaction"])
            .args(words)
            .env("COMPOSER_VENDOR_DIR", packages())
            .env("ASKR_BINARY", binary)
            .current_dir(self.folder.path());
        command
    }

    /// How many processes have its folder in their command line.
    #[must_use]
    pub fn process_count(&self) -> usize {
        let folder = self.folder.path().as_os_str().as_encoded_bytes();
        let is_ours = |path: PathBuf| {
            let line = fs::read(path.join("cmdline")).unwrap_or_default();
            line.windows(folder.len()).any(|part| part == folder)
        };
        let processes = fs::read_dir("/proc").expect("there is a /proc");
        processes
            .flatten()
            .filter(|entry| is_ours(entry.path()))
            .count()
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn packages() -> PathBuf {
    let named = std::env::var_os("LARAVEL_VENDOR_DIR").filter(|path| !path.is_empty());
    let folder = named.map_or_else(|| checkout().join("laravel/demo/vendor"), PathBuf::from);
    folder.canonicalize().unwrap_or(folder)
}

/// Leaves out what lies where Git ignores everything: something has been running there.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let is_for_output = from.join(".gitignore").is_file();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if !is_for_output {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
