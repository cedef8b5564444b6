//! Composer, and where it gets packages from: Packagist, or Debian's archive.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::composer_package;
use super::engine::Engine;
use super::php_tree::{PhpTree, TreeError};
use crate::cache::{self, Cache};
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

const PACKAGIST: &str = "https://repo.packagist.org/packages.json";
const COMPOSER_PHAR: &str = "https://getcomposer.org/download/latest-stable/composer.phar";

/// Why Composer is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolsError {
    /// Debian's packages could not be had.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Composer could not be downloaded or does not run.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The tool folder could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Where packages come from.
#[derive(Debug, Clone)]
enum Origin {
    Packagist,
    Debian(PhpTree),
}

/// Composer, ready to run.
#[derive(Debug)]
pub(crate) struct PhpTools {
    composer: PathBuf,
    php: PathBuf,
    /// A Composer home that knows the offline repository.
    home: Option<PathBuf>,
    origin: String,
    /// The offline repository with the oldest supported Laravel.
    earlier: Option<String>,
}

impl PhpTools {
    /// The tools in the cache, fetched when they are not there yet.
    pub(crate) fn open(cache: &Cache, engine: &Engine) -> Result<PhpTools, ToolsError> {
        let origin = choose(cache)?;
        let tools = match &origin {
            Origin::Packagist => PhpTools::from_packagist(cache, engine)?,
            Origin::Debian(tree) => PhpTools::from_debian(cache, engine, tree)?,
        };
        let version = process::read(tools.composer().arg("--version"))?;
        println!("   {}", version.lines().next().unwrap_or("Composer"));
        Ok(tools)
    }

    /// A Composer command without arguments.
    pub(crate) fn composer(&self) -> Command {
        let mut command = Command::new(&self.php);
        command
            .arg(&self.composer)
            .arg("--no-interaction")
            .env("COMPOSER_ALLOW_SUPERUSER", "1")
            .env("COMPOSER_NO_AUDIT", "1");
        if let Some(home) = &self.home {
            command.env("COMPOSER_HOME", home);
        }
        command
    }

    /// Names the origin of packages; changes when they have to be installed again.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether packages come from Packagist, and so from the repositories it names.
    pub(crate) fn has_packagist(&self) -> bool {
        self.home.is_none()
    }

    /// Whether the package `name` can be installed.
    pub(crate) fn offers(&self, name: &str) -> bool {
        self.has_packagist() || composer_package::is_wrapped(name)
    }

    /// Where the oldest supported Laravel is, if Composer does not find it by itself.
    pub(crate) fn earlier_repository(&self) -> Option<String> {
        self.earlier.clone()
    }

    fn from_packagist(cache: &Cache, engine: &Engine) -> Result<PhpTools, ToolsError> {
        let bin = cache.path("tools/packagist/bin");
        files::create_folder(&bin)?;
        let phar = bin.join("composer.phar");
        if !phar.is_file() {
            println!("   Composer from getcomposer.org");
            download_verified(COMPOSER_PHAR, &phar)?;
        }
        wrapper(&bin, "composer", &phar, None)?;
        files::link(&cache.path("tools/current"), Path::new("packagist"))?;
        Ok(PhpTools {
            composer: phar,
            php: engine.php.clone(),
            home: None,
            origin: "packagist".to_owned(),
            earlier: None,
        })
    }

    fn from_debian(cache: &Cache, engine: &Engine, tree: &PhpTree) -> Result<PhpTools, ToolsError> {
        let home = cache.path("composer-home");
        files::create_folder(&home)?;
        let repository = tree.repository();
        let configuration = json!({
            "repositories": {
                "debian": { "type": "path", "url": repository, "options": { "symlink": true } },
                "packagist.org": false,
            },
        });
        files::write(&home.join("config.json"), &format!("{configuration:#}\n"))?;

        let name = cache::key(&[&repository]);
        let bin = cache.path(&format!("tools/{name}/bin"));
        files::create_folder(&bin)?;
        for program in ["composer", "phpunit"] {
            wrapper(&bin, program, &tree.program(program), Some(&home))?;
        }
        files::link(&cache.path("tools/current"), Path::new(&name))?;
        Ok(PhpTools {
            composer: tree.program("composer"),
            php: engine.php.clone(),
            home: Some(home),
            origin: repository,
            earlier: Some(PhpTree::open_earlier(cache)?.repository()),
        })
    }
}

/// Packagist when it answers within a few seconds.
fn choose(cache: &Cache) -> Result<Origin, ToolsError> {
    let answers = process::read(
        Command::new("curl")
            .args(["--silent", "--fail", "--head", "--connect-timeout", "3"])
            .args(["--max-time", "10", PACKAGIST]),
    );
    if answers.is_ok() {
        println!("   packages come from Packagist");
        return Ok(Origin::Packagist);
    }
    println!("   Packagist does not answer: packages come from Debian's archive");
    Ok(Origin::Debian(PhpTree::open(cache)?))
}

/// Downloads a file with the checksum published beside it.
fn download_verified(address: &str, to: &Path) -> Result<(), ToolsError> {
    let partial = to.with_extension("partial");
    process::read(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--location"])
            .args(["--retry", "3", "--output"])
            .arg(&partial)
            .arg(address),
    )?;
    let sums = process::read(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--location"])
            .arg(format!("{address}.sha256sum")),
    )?;
    let sum = sums.split_whitespace().next().unwrap_or_default();
    let list = to.with_extension("sha256");
    files::write(&list, &format!("{sum}  {}\n", partial.display()))?;
    process::read(
        Command::new("sha256sum")
            .args(["--check", "--strict"])
            .arg(&list),
    )?;
    Ok(files::rename(&partial, to)?)
}

/// A program `name` in `bin` that runs `script` under the PHP built by setup.
fn wrapper(bin: &Path, name: &str, script: &Path, home: Option<&Path>) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;

    let mut text =
        String::from("#!/bin/sh\n# Written by cargo xtask setup. ASKR_PHP: another PHP.\n");
    if let Some(home) = home {
        text += &format!(
            "export COMPOSER_HOME=\"${{COMPOSER_HOME:-{}}}\"\n",
            home.display()
        );
    }
    text += "here=$(dirname \"$(readlink -f \"$0\")\")\n";
    text += "php=${ASKR_PHP:-$here/../../../libphp/current/bin/php}\n";
    text += &format!("exec \"$php\" \"{}\" \"$@\"\n", script.display());
    let path = bin.join(name);
    files::write(&path, &text)?;
    let mode = std::fs::Permissions::from_mode(0o755);
    files::named(
        "make executable",
        &path,
        std::fs::set_permissions(&path, mode),
    )
}
