//! Reads the two structured channels: `askr.toml` and PHP's `config/askr.php`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::channels::{Inputs, LARAVEL_VARIABLE};
use super::error::ConfigError;

/// The name of the configuration file that is looked for when none is named.
pub(crate) const FILE_NAME: &str = "askr.toml";

/// The keys of an `askr.toml` and where it lies.
pub(crate) struct TomlFile {
    pub(crate) path: PathBuf,
    pub(crate) keys: Map<String, Json>,
}

/// The file that was named, else the first that is there of `./askr.toml` and `APP_BASE/askr.toml`.
pub(crate) fn toml_file(
    inputs: &Inputs,
    app_base: Option<&Path>,
) -> Result<Option<TomlFile>, ConfigError> {
    if let Some((path, origin)) = inputs.named_file() {
        return read(inputs.current_dir.join(path), origin).map(Some);
    }
    let beside = [Some(inputs.current_dir.as_path()), app_base];
    let found = beside
        .into_iter()
        .flatten()
        .map(|dir| dir.join(FILE_NAME))
        .find(|at| at.exists());
    found.map(|path| read(path, "found there")).transpose()
}

/// The keys that `php artisan askr:start` hands over.
pub(crate) fn laravel(inputs: &Inputs) -> Result<Map<String, Json>, ConfigError> {
    let Some(text) = inputs.variable(LARAVEL_VARIABLE) else {
        return Ok(Map::new());
    };
    match serde_json::from_str(text) {
        Ok(Json::Object(keys)) => Ok(keys),
        Ok(Json::Array(list)) if list.is_empty() => Ok(Map::new()),
        Ok(_) => Err(laravel_syntax("not a JSON object".to_owned())),
        Err(error) => Err(laravel_syntax(format!("not JSON: {error}"))),
    }
}

fn read(path: PathBuf, origin: &'static str) -> Result<TomlFile, ConfigError> {
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            return Err(ConfigError::Unreadable {
                path,
                origin,
                error,
            });
        }
    };
    match toml::from_str(&text) {
        Ok(keys) => Ok(TomlFile { path, keys }),
        Err(error) => Err(toml_syntax(&path, &text, &error)),
    }
}

fn toml_syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let problem = error.message().replace('\n', ", ");
    ConfigError::Syntax {
        place: format!("{} line {line}", path.display()),
        problem,
    }
}

fn laravel_syntax(problem: String) -> ConfigError {
    ConfigError::Syntax {
        place: format!("{LARAVEL_VARIABLE} (config/askr.php)"),
        problem,
    }
}
