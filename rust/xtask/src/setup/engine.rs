//! The PHP engine that everything is built against and runs on.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::libphp::{self, LibphpError};
use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::process::{self, CommandError};

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// It could not be built.
    #[error(transparent)]
    Build(#[from] LibphpError),
    /// `$ASKR_PHP_CONFIG` does not answer.
    #[error("ASKR_PHP_CONFIG={path}: {source}", path = path.display())]
    Configured {
        path: PathBuf,
        #[source]
        source: CommandError,
    },
}

/// An installed PHP with its embeddable library.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    /// The command-line PHP.
    pub(crate) php: PathBuf,
    /// FPM of the same build.
    pub(crate) php_fpm: PathBuf,
    /// The version, as `8.4.24`.
    pub(crate) version: String,
}

impl Engine {
    /// The engine `$ASKR_PHP_CONFIG` names, else the one in the cache, built when missing.
    pub(crate) fn open(checkout: &Checkout, cache: &Cache) -> Result<Engine, EngineError> {
        if let Some(path) = std::env::var_os("ASKR_PHP_CONFIG").map(PathBuf::from) {
            let configured = Engine::configured(&path);
            let engine = configured.map_err(|source| EngineError::Configured { path, source })?;
            println!("   PHP {} named by ASKR_PHP_CONFIG", engine.version);
            return Ok(engine);
        }
        let prefix = libphp::open(checkout, cache)?;
        let path = prefix.join("bin/php-config");
        let engine =
            Engine::configured(&path).map_err(|source| EngineError::Configured { path, source })?;
        println!("   PHP {}", engine.version);
        Ok(engine)
    }

    /// The version without its patch level, as `8.4`.
    pub(crate) fn series(&self) -> &str {
        let series = self.version.rsplit_once('.');
        series.map_or(&*self.version, |(series, _)| series)
    }

    /// The folder it is installed in.
    pub(crate) fn prefix(&self) -> String {
        let bin = self.php.parent();
        let prefix = bin.and_then(Path::parent).unwrap_or(Path::new("/"));
        let prefix = prefix.canonicalize();
        prefix.map_or_else(|_| String::new(), |path| path.display().to_string())
    }

    fn configured(php_config: &Path) -> Result<Engine, CommandError> {
        let ask = |what: &str| {
            process::read(Command::new(php_config).arg(what)).map(|text| text.trim().to_owned())
        };
        let prefix = PathBuf::from(ask("--prefix")?);
        Ok(Engine {
            php: prefix.join("bin/php"),
            php_fpm: prefix.join("sbin/php-fpm"),
            version: ask("--version")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_a_version_without_its_patch_level() {
        let engine = Engine {
            php: PathBuf::new(),
            php_fpm: PathBuf::new(),
            version: "8.4.24".to_owned(),
        };
        assert_eq!(engine.series(), "8.4");
    }
}
